"""The rows that a law is about: one horizon for L(N), one size for L(D), the best for L(C), whole curves for theirs."""

from collections.abc import Iterable, Mapping

import numpy as np

from ..errors import argument
from ..laws.declaration import Law
from ..points.other_arms import with_all_experts
from ..points.points import Points
from ..points.row_kinds import OF_BATCHES, OF_CURVES, kept_again
from ..quantities import QUANTITIES, ROLE_OF_LETTER, playing
from .fit_record import LEAVES_OUT, FitWarning

ALIKE = 0.01  # difference of ln N or ln D below which two sizes, or two horizons, count as equal
VARIES = 1.05  # largest over smallest value from which a column that a law leaves out varies
OF_EXPERTS = {"n_experts", "granularity", "sparsity", "activation_ratio", "experts_effective"}  # inputs of mixtures
OFF_THE_LINE = 0.2  # residual of ln N about a parabola in ln C, from which one compute has several sizes


def with_its_rows(laws: Iterable[Law], points: Points) -> Points:
    """Let the rows take part again that the reader left out for laws of finished, tuned runs, and that these laws need.

    Rows before the end of a schedule belong to laws of a whole schedule and of the steps; the batches that did worse
    to laws in which the batch is an input; the arms with other numbers of experts to laws of mixtures of experts.
    """
    members = list(laws)
    curves = bool(members) and all(law.along is not None or "S" in law.inputs for law in members)
    batches = bool(members) and all("B" in law.inputs for law in members)
    points = kept_again(points, *[OF_CURVES] * curves, *[OF_BATCHES] * batches)
    experts = bool(members) and all(OF_EXPERTS & {law.convention.get(one) for one in law.inputs} for law in members)
    return with_all_experts(points) if experts else points


def about(
    law: Law, points: Points, columns: Mapping[str, str], every_row: bool = False, free: int | None = None
) -> tuple[Points, list[FitWarning]]:
    """Leave out the rows that a law of one variable is not about, where another varies; say so.

    L(N) is about the longest horizon that every size has, L(D) about the largest size, L(C) about the runs with a lower
    loss than every cheaper one (Kaplan et al. 2020, sections 3 and 6). Where these rows are too few to fit, all stay,
    and the warning says that the constants are those of a mixture.

    Args:
        columns: letter -> column, for every letter of the law.
        every_row: keep all rows; the warning stays.
        free: number of free parameters, all by default.
    """
    kept = points.kept
    other, ratio = _left_out(law, kept, columns)
    if not other or not all(_measured(kept[name]) for name in columns.values()):  # the fit refuses such values itself
        return points, []
    letter = next(iter(law.inputs)) if len(law.inputs) == 1 else ""
    said = (
        f"law {law.name!r} is one of {', '.join(law.inputs)} alone, and {other} varies {ratio:.3g}-fold in these rows"
    )
    rows, which = _CHOICES[letter](kept, columns, other) if letter in _CHOICES else (None, "")
    enough = (len(law.parameters) if free is None else free) + 1
    if rows is None or len(np.unique(kept[columns[letter]][rows])) < enough:
        few = f", too few of which are {which}" if which else ""
        advice = "The constants mix both effects: a law of N and D, such as chinchilla, takes them apart."
        return points, [FitWarning(LEAVES_OUT, f"{said}{few}. {advice}")]
    if every_row:
        return points, [FitWarning(LEAVES_OUT, f"{said}, all of which are fitted, as asked.")]
    taking = (
        np.flatnonzero(points["excluded_because"] == "") if "excluded_because" in points else np.arange(len(points))
    )
    because = points.columns.get("excluded_because", np.full(len(points), "", dtype=str)).astype(object)
    because[np.delete(taking, rows)] = f"not {which}, which law {law.name!r} is about"
    told = (
        f"{said}: it is fitted to the {len(rows)} of {len(taking)} rows {which}. To fit all: {argument(every_row=True)}"
    )
    return points.replace(excluded_because=because.astype(str)), [FitWarning(LEAVES_OUT, f"{told}.")]


def _left_out(law: Law, kept: Points, columns: Mapping[str, str]) -> tuple[str, float]:
    """Name a column of size or tokens that varies in the rows and that the law does not take; empty if none."""
    roles = {ROLE_OF_LETTER.get(letter) or _role(law, letter) for letter in law.inputs}
    if law.predicts != "loss" or law.along is not None or not roles & {"params", "tokens", "flops"}:
        return "", 1.0
    covered = {"params"} if "params" in roles else set()
    covered |= {"tokens"} if roles & {"tokens", "tokens_unique", "steps"} else set()
    for role, names in (("tokens", [*playing("tokens"), "tokens_unique"]), ("params", playing("params"))):
        name = next((n for n in names if n in kept and n not in columns.values() and _measured(kept[n])), "")
        if role in covered or not name:
            continue
        ratio = float(kept[name].max() / kept[name].min())
        if ratio > VARIES and ("flops" not in roles or _several_sizes(kept, columns, name)):
            return name, ratio
    return "", 1.0


def _role(law: Law, letter: str) -> str:
    meant = law.convention.get(letter, letter)
    return QUANTITIES[meant].role if meant in QUANTITIES else ""


def _measured(column: np.ndarray) -> bool:
    return column.dtype.kind == "f" and len(column) > 0 and bool((np.isfinite(column) & (column > 0)).all())


def _several_sizes(kept: Points, columns: Mapping[str, str], name: str) -> bool:
    """Say whether one compute was spent in several ways: sizes, or tokens, that are no smooth function of C."""
    compute = kept[columns["C"]]
    if not _measured(compute) or len(np.unique(compute)) < 4:
        return False
    x, y = np.log(compute), np.log(kept[name])
    return bool(np.abs(y - np.polyval(np.polyfit(x - x.mean(), y, 2), x - x.mean())).max() > OFF_THE_LINE)


def common_horizon(sizes: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Give the rows at the longest horizon to which every size was trained; none if the sizes share no horizon."""
    sizes, tokens = np.log(sizes), np.log(tokens)
    different = len(np.unique(sizes))
    for horizon in sorted(set(tokens[sizes == sizes[0]]), reverse=True):
        near = np.abs(tokens - horizon) <= ALIKE
        if len(np.unique(sizes[near])) == different:
            return np.flatnonzero(near)
    return np.zeros(0, dtype=int)


def largest_size(sizes: np.ndarray) -> np.ndarray:
    """Give the rows of the largest size."""
    logs = np.log(sizes)
    return np.flatnonzero(logs >= np.fmax.reduce(logs) - ALIKE)


def efficient(flops: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Give the rows whose loss is lower than that of every row of the same or less compute."""
    order = np.lexsort((loss, flops))
    before = np.minimum.accumulate(np.concatenate([[np.inf], loss[order][:-1]]))
    return np.sort(order[loss[order] < before])


def _at_one_horizon(kept: Points, columns: Mapping[str, str], other: str) -> tuple[np.ndarray, str]:
    return common_horizon(kept[columns["N"]], kept[other]), "at the longest horizon that every size has"


def _of_one_size(kept: Points, columns: Mapping[str, str], other: str) -> tuple[np.ndarray, str]:
    return largest_size(kept[other]), "of the largest size"


def _on_the_frontier(kept: Points, columns: Mapping[str, str], other: str) -> tuple[np.ndarray, str]:
    loss = next(name for letter, name in columns.items() if letter not in ("N", "D", "C"))
    return efficient(kept[columns["C"]], kept[loss]), "with a lower loss than every cheaper run"


_CHOICES = {"N": _at_one_horizon, "D": _of_one_size, "C": _on_the_frontier}
