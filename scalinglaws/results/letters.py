"""The column of the points that each letter of a report denotes, and its name in words."""

from typing import TYPE_CHECKING

from ..quantities import QUANTITIES

if TYPE_CHECKING:
    from .study_results import StudyResults

_SIZES = {
    "params_nonembedding": "non-embedding parameters",
    "params_nonembedding_exact": "non-embedding parameters as built",
    "params_with_head": "parameters with the output head",
    "params_total": "parameters, including embeddings",
    "params_active": "active parameters",
}


def size_of(results: "StudyResults") -> str:
    """Return the name of the column of N."""
    return results.counts["N"]


def tokens_of(results: "StudyResults") -> str:
    """Return the name of the column of D."""
    return results.counts["D"]


def flops_of(results: "StudyResults") -> str:
    """Return the name of the column of C."""
    return results.counts["C"]


def loss_of(results: "StudyResults") -> str:
    """Return the name of the column of L."""
    return results.counts["L"]


def sizes_in_words(results: "StudyResults") -> str:
    """Say in words what N counts."""
    return size_in_words(size_of(results))


def size_in_words(column: str) -> str:
    """Say in words what a column of sizes counts."""
    return _SIZES.get(column, column.replace("_", " "))


def unit_of_loss(name: str) -> str:
    """Return the unit of a column of losses, such as nats/token; a column of another table keeps its own."""
    known = QUANTITIES.get(name)
    return known.unit if known and known.unit else "as in the table"


def loss_unit(results: "StudyResults") -> str:
    """Return the unit of the loss, such as nats/token."""
    return unit_of_loss(loss_of(results))


def loss_unit_in_words(results: "StudyResults") -> str:
    """Return the unit of the loss for running text, such as nats per token."""
    return loss_unit(results).replace("/", " per ")


def of_a_table(results: "StudyResults") -> bool:
    """Say whether the results are those of a table of runs that were trained elsewhere."""
    return results.of == "table"
