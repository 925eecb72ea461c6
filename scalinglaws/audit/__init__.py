"""Points and the claims made from them -> what a careful reviewer would find: the rules of a trustworthy study."""

from .bench import audit
from .record import SEVERITIES, Rule
from .rules import RULES

__all__ = ["RULES", "SEVERITIES", "Rule", "audit"]
