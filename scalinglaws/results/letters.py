"""What a report counts by each letter: the column of the points, and words for it."""

from typing import TYPE_CHECKING

from ..quantities import QUANTITIES

if TYPE_CHECKING:
    from .study_results import StudyResults

_SIZES = {
    "params_nonembedding": "non-embedding parameters",
    "params_nonembedding_exact": "non-embedding parameters as built",
    "params_with_head": "parameters with the output head",
    "params_total": "parameters, embeddings included",
    "params_active": "active parameters",
}


def size_of(results: "StudyResults") -> str:
    """Name the column that N counts."""
    return results.counts["N"]


def tokens_of(results: "StudyResults") -> str:
    """Name the column that D counts."""
    return results.counts["D"]


def flops_of(results: "StudyResults") -> str:
    """Name the column that C counts."""
    return results.counts["C"]


def loss_of(results: "StudyResults") -> str:
    """Name the column that L is."""
    return results.counts["L"]


def sizes_in_words(results: "StudyResults") -> str:
    """Say what N counts."""
    return _SIZES.get(size_of(results), size_of(results).replace("_", " "))


def loss_unit(results: "StudyResults") -> str:
    """Give the unit of the loss, as in nats/token."""
    known = QUANTITIES.get(loss_of(results))
    return known.unit if known and known.unit else "as in the table"


def loss_unit_in_words(results: "StudyResults") -> str:
    """Give the unit of the loss for running text, as in nats per token."""
    return loss_unit(results).replace("/", " per ")


def of_a_table(results: "StudyResults") -> bool:
    """Say whether somebody else trained the runs."""
    return results.of == "table"
