"""Points -> every law, line and interval that a report shows."""

from .asked import COUNTS, JOINT, column_of
from .bench import Inference, infer, largest_compute
from .shown import residuals, unsound
from .spread import seed_spread

__all__ = [
    "COUNTS",
    "JOINT",
    "Inference",
    "column_of",
    "infer",
    "largest_compute",
    "residuals",
    "seed_spread",
    "unsound",
]
