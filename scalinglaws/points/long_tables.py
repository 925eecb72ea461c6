"""Tables with a metric's name in one column and its value in another: a row for each metric -> a column for each."""

from ..formats.raw import Raw, is_number
from .names import metric_of

_NAMES = ("metric", "metric_name", "tag", "key", "variable", "measure", "outcome", "name", "quantity")
_VALUES = ("value", "metric_value", "values")
MOST_METRICS = 100


def widened(raw: Raw) -> Raw:
    """Give every metric a column, and every run and step one row; another table is returned unchanged.

    A table is long where a column of names holds the name of a loss and more, and a column `value` its numbers.
    """
    by_lower = {name.lower(): name for name in raw.columns}
    value = next((by_lower[name] for name in _VALUES if name in by_lower), None)
    labels = (by_lower[name] for name in _NAMES if name in by_lower)
    label = next((name for name in labels if value and _names_losses(raw.columns[name])), None)
    if value is None or label is None:
        return raw
    others = [name for name in raw.columns if name not in (value, label)]
    rows: dict[tuple, dict] = {}
    first: dict[tuple, int] = {}
    for i, metric in enumerate(raw.columns[label]):
        key = tuple(raw.columns[name][i] for name in others)
        if str(metric) in rows.setdefault(key, {}):
            return raw  # two values of one metric in one place: not told apart by the other columns
        rows[key][str(metric)] = raw.columns[value][i]
        first.setdefault(key, raw.rows[i])
    metrics = list(dict.fromkeys(map(str, raw.columns[label])))
    columns = {name: [key[j] for key in rows] for j, name in enumerate(others)}
    columns |= {metric: [row.get(metric) for row in rows.values()] for metric in metrics}
    said = f"{len(raw.rows)} rows of {len(metrics)} metrics ({label}) are made {len(rows)} rows, a column for each"
    return Raw(columns, list(first.values()), raw.rejected, raw.source, f"long {raw.form}", [*raw.notes, said])


def _names_losses(cells: list) -> bool:
    labels = set(map(str, cells))
    several = 2 <= len(labels) <= MOST_METRICS and not any(map(is_number, labels))
    return several and any(metric_of(label) in ("loss_nats", "loss_bits_per_byte") for label in labels)
