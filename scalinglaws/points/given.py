"""Facts of all rows or of one run that the table does not hold: given={"batch_tokens": 524288}."""

from collections.abc import Mapping

from ..errors import PointsError, argument, nearest, unknown_name
from ..formats.raw import missing
from ..quantities import QUANTITIES, SYNONYMS
from ..records.ranges import shown
from .points import Points

Given = Mapping[str, object]


def with_given(columns: Mapping[str, list], given: Given) -> tuple[dict[str, list], list[str]]:
    """Add the quantities that were given; give the columns and a sentence on each.

    Args:
        columns: quantity -> cells, one per row.
        given: quantity -> number, for all rows; or -> {run: number}, for the rows of these runs. Cells that the table
            fills are not replaced.

    Raises:
        NameUnknownError: no such quantity. PointsError: the table holds it in every row, no such run, or no number.
    """
    found, said = dict(columns), []
    rows = len(next(iter(columns.values()), []))
    for name, value in given.items():
        quantity = SYNONYMS.get(name, name)
        if quantity not in QUANTITIES:
            raise unknown_name("quantity", name, QUANTITIES)
        values = _values(name, value, columns, rows)
        cells = found.get(quantity, [None] * rows)
        if all(not missing(cell) for cell, one in zip(cells, values, strict=True) if one is not None):
            stated = argument(given={name: dict(value) if isinstance(value, Mapping) else value})
            raise PointsError(f"{stated}: the table holds {quantity} in these rows. Leave one of them out.")
        found[quantity] = [one if missing(cell) else cell for cell, one in zip(cells, values, strict=True)]
        said.append(_sentence(quantity, value))
    return found, said


def with_facts(points: Points, given: Given) -> Points:
    """Add what was given to points; see `with_given`."""
    if not given:
        return points
    held = {name: values for name, values in points.columns.items() if name == "run_id" or name in given}
    columns: dict[str, list] = {"": [None] * len(points), **{name: values.tolist() for name, values in held.items()}}
    made, _ = with_given(columns, given)
    return points.replace(**{name: cells for name, cells in made.items() if name not in columns or name in given})


def _values(name: str, value: object, columns: Mapping[str, list], rows: int) -> list:
    if not isinstance(value, Mapping):
        return [_checked(name, value)] * rows
    if "run_id" not in columns:
        raise PointsError(f"given {name}: it is given by run, and the table has no column run_id.")
    runs = [str(run) for run in columns["run_id"]]
    for run in value:
        if run not in runs:
            raise PointsError(f"given {name}: no run is called {run!r}.{nearest(run, dict.fromkeys(runs))}")
    return [_checked(name, value[run]) if run in value else None for run in runs]


def _checked(name: str, value: object) -> object:
    if QUANTITIES[SYNONYMS.get(name, name)].role == "label":
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PointsError(f"given {name}: {shown(value)} is not a number. Write {argument(given={name: 524288})}.")
    return value


def _sentence(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        return f"{name} is given for {', '.join(f'{run} ({one:,})' for run, one in value.items())}"
    return f"{name} is {value:,} in every row, as given" if isinstance(value, int) else f"{name} is {value}, as given"
