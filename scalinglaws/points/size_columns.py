"""Which column of a table holds the sizes of its models, where no name says which parameters it counts."""

from ..quantities import playing
from .cells_with_units import read_alike
from .names import count_of_parameters
from .points import Points

SMALLEST = 1e4  # parameters of a model whose size is written with a letter: 10K


def column_of_sizes(points: Points) -> str | None:
    """Name the column that counts parameters by its name, or by its cells (70M, 1.3B); None where there is none."""
    numbers = (name for name, values in points.columns.items() if values.dtype.kind == "f")
    return count_of_parameters(numbers) or next(
        (name for name in points.columns if _written_as_sizes(points, name)), None
    )


def _written_as_sizes(points: Points, name: str) -> bool:
    if points[name].dtype.kind != "U" or name in playing("label"):
        return False
    labels = [label for label in points.distinct(name)[0].tolist() if label]
    sizes = read_alike(list(labels)) if labels and not any(label.isdigit() for label in labels) else None
    return sizes is not None and min(size for size in sizes if size is not None) >= SMALLEST
