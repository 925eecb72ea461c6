"""Points -> how far the exponent and the optimum move when N, D, C and L are counted otherwise."""

from .bench import ROUTES, conventions
from .record import Convention, Conventions, Moved, Refit, Unavailable

__all__ = ["ROUTES", "Convention", "Conventions", "Moved", "Refit", "Unavailable", "conventions"]
