"""Units of a foreign table, turned into ours: unit={"loss": "bits", "params_total": "millions"}."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from ..errors import PointsError, argument, nearest
from ..formats.powers import POWERS
from ..quantities import PF_DAY, quantity

SCALES = {name: POWERS[name] for name in ("thousands", "millions", "billions", "trillions")}
_FACTORS: dict[str, dict[str, float]] = {
    "nats/token": {"nats": 1.0, "bits": math.log(2)},
    "bits/byte": {"bits": 1.0, "nats": 1 / math.log(2)},
    "FLOPs": {"flops": 1.0, "pf-days": PF_DAY, "petaflops": 1e15, "exaflops": 1e18, "zettaflops": 1e21},
    "params": {"params": 1.0, **SCALES},
    "tokens": {"tokens": 1.0, **SCALES},
    "steps": {"steps": 1.0, "thousands": SCALES["thousands"]},
    "s": {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0},
}
_LOGARITHMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log10": lambda values: 10.0**values,
    "ln": np.exp,
    "log2": np.exp2,
}
_OF_ROLE = {"accuracy": {"percent": 0.01}, "error": {"percent": 0.01}}
# One of these units is a number of tokens that another column gives: tokens in steps, a batch in sequences.
_BY_COLUMN = {
    ("tokens", "steps"): "batch_tokens",
    ("tokens", "sequences"): "n_ctx",
    ("batch", "sequences"): "n_ctx",
    ("tokens_unique", "sequences"): "n_ctx",
}


def allowed_units(name: str) -> list[str]:
    """List the units in which a table may hold a quantity."""
    known = quantity(name)
    special = ["perplexity"] if known.unit == "nats/token" else []
    special += list(_LOGARITHMS) if _factors(name) else []
    return [*_factors(name), *special, *(unit for role, unit in _BY_COLUMN if role == known.role)]


def _factors(name: str) -> dict[str, float]:
    known = quantity(name)
    return _OF_ROLE.get(known.role, _FACTORS.get(known.unit, {}))


def converted(name: str, values: np.ndarray, unit: str, columns: Mapping[str, np.ndarray | list]) -> np.ndarray:
    """Turn values of quantity `name`, given in `unit`, into the unit of the quantity.

    A loss may also be given as "perplexity": L = ln(perplexity).

    Raises:
        PointsError: this quantity is not measured in that unit, or the column that the unit needs is missing.
    """
    known = quantity(name)
    by = _BY_COLUMN.get((known.role, unit))
    if by is not None:
        if by not in columns:
            raise PointsError(
                f"{argument(unit={name: unit})}: this needs a column {by!r}, the tokens of one unit. "
                f"Name it with {argument(map={by: 'COLUMN'})}."
            )
        return values * np.asarray(columns[by])
    factors = _factors(name)
    if unit in _LOGARITHMS and factors:
        with np.errstate(over="ignore"):
            return _LOGARITHMS[unit](values)
    if unit == "perplexity" and known.unit == "nats/token":
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(values)
    if unit not in factors:
        allowed = allowed_units(name)
        raise PointsError(
            f"{argument(unit={name: unit})}: {name} is measured in {known.unit or 'no unit'}.{nearest(unit, allowed)} "
            f"Allowed: {', '.join(allowed) or 'none'}."
        )
    return values * factors[unit]
