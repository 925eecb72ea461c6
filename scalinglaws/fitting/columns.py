"""Which columns a law is fitted on, and whether their values can be right."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import PointsError, argument, counted, nearest
from ..laws.declaration import Law
from ..points.convert import convert, mismatch, route
from ..points.derived import derived
from ..points.names import which_count
from ..points.one_definition import units_agree
from ..points.points import Points
from ..points.size_columns import column_of_sizes
from ..quantities import QUANTITIES, ROLE_OF_LETTER, playing
from .fit_record import EXACT, FitWarning

SMALLEST = {"N": 3e3, "D": 1e5, "C": 1e7}  # a median below it looks like millions, or steps
SELDOM = (0.2, 1e6)  # a median D/N outside looks like N and D swapped, or in different units
SAME_RAY = 0.05  # maximum |ln(D/N) - mean| of points that have the same ratio D/N
SWEPT = 3  # minimum number of different targets at equal inputs for a cell to be a sweep
ONE_VALUE = 1e-3  # maximum relative range of an input that does not vary


def with_derived_inputs(law: Law, points: Points, asked: Mapping[str, str] | None) -> tuple[Points, list[FitWarning]]:
    """Derive the inputs of a law of which a table has no column, such as C from N and D; say by which formulas.

    An accuracy is derived from an error, and an error from an accuracy, where the law gives one.

    The count that the paper uses comes first, then the others that can play the role. So is a quantity that was asked
    for under a letter.

    Raises:
        PointsError: a quantity that was asked for cannot be derived.
    """
    chosen, said = {**points.letters, **(asked or {})}, []
    for letter, name in chosen.items():
        if name in QUANTITIES and name not in points:
            points, formula = derived(points, name)
            said.append(FitWarning("derived", f"{letter} is {formula}."))
    for letter in (*law.inputs, *({"accuracy", "error"} & {law.target})):
        if letter in chosen or any(name in points for name in _candidates(law, letter)):
            continue
        for name in (name for name in _candidates(law, letter) if name in QUANTITIES):
            try:
                rules, values = route(points, name), convert(points, name)
            except PointsError:
                continue
            points = points.replace(**{name: np.asarray(values, dtype=np.float64)})
            formulas = "; ".join(f"{rule} ({rule.source})" for rule in rules)
            said.append(FitWarning("derived", f"{letter} is {name}, which no column holds: {formulas}."))
            break
    return points, said


def chosen_columns(law: Law, points: Points, asked: Mapping[str, str] | None) -> dict[str, str]:
    """Choose a column for each letter: the one asked for, the paper's own, or the first that can play its role.

    Raises:
        PointsError: a letter is unknown or no column can stand for it.
    """
    letters = [*law.inputs, law.target]
    for letter in asked or {}:
        if letter not in letters:
            raise PointsError(
                f"law {law.name!r} has no {letter!r}; it has {', '.join(letters)}.{nearest(letter, letters)}"
            )
    chosen = {**points.letters, **(asked or {})}
    found = {letter: _column(law, points, letter, chosen.get(letter)) for letter in letters}
    lacking = [letter for letter, name in found.items() if name is None]
    if lacking:
        raise PointsError(_lacking(law, points, lacking))
    return {letter: name for letter, name in found.items() if name is not None}


def _column(law: Law, points: Points, letter: str, asked: str | None) -> str | None:
    """Choose the column of one letter; None where the table has none for it."""
    if asked is not None:
        points[asked]  # raises with the nearest name
        return asked
    return next((name for name in _candidates(law, letter) if name in points), None)


def _candidates(law: Law, letter: str) -> list[str]:
    """List the columns that can stand for a letter, the paper's own first."""
    convention = law.convention.get(letter)
    counted = QUANTITIES[convention].role if convention in QUANTITIES else letter
    role = ROLE_OF_LETTER.get(letter, counted)
    known = playing(role) if role != "other" else []
    return [name for name in dict.fromkeys([convention, *known, letter]) if name]


def _lacking(law: Law, points: Points, letters: list[str]) -> str:
    """Say which columns a table lacks, all at once, and how to name them; a count of parameters is filled in."""
    wanted = "; ".join(f"for {one}: {' or '.join(map(repr, _candidates(law, one)))}" for one in letters)
    count = column_of_sizes(points)
    said = f"law {law.name!r} needs a column {wanted}. The table has {', '.join(sorted(points.columns))}. "
    if count and "N" in letters:
        others = [one for one in letters if one != "N"]
        more = f" Name also {argument(columns=dict.fromkeys(others, 'COLUMN'))}." if others else ""
        return f"{said}Say what {count!r} counts when the table is read: {which_count(count)}.{more}"
    stated = {"params_total": 1e8} if "N" in letters else {}
    stated |= {"batch_tokens": 524288} if "D" in letters and "steps" in points else {}
    facts = f", or state what holds for all rows, as in {argument(given=stated)}" if stated else ""
    return f"{said}Say which it is with {argument(columns=dict.fromkeys(letters, 'COLUMN'))}{facts}."


def convention_warnings(law: Law, columns: Mapping[str, str]) -> list[FitWarning]:
    """Warn where a column differs in its definition from the paper's."""
    return [
        FitWarning(
            "other-convention",
            f"{letter} is {columns[letter]} here; the paper's is {_meant(wanted)}. "
            f"The published constants do not compare with these.{_conversion(columns[letter], wanted)}",
        )
        for letter, wanted in law.convention.items()
        if columns[letter] != wanted
    ]


def _meant(name: str) -> str:
    return f"{name} ({QUANTITIES[name].meaning})" if name in QUANTITIES else name


def _conversion(have: str, wanted: str) -> str:
    """Name what would turn one definition into the other; empty for a column that the package does not know."""
    return f" Conversion: {mismatch(have, wanted)}" if {have, wanted} <= set(QUANTITIES) else ""


def checked_values(points: Points, columns: Mapping[str, str], logs: set[str]) -> dict[str, np.ndarray]:
    """Read the columns of the rows that take part; those of `logs` must be positive.

    Raises:
        PointsError: names the column, the row (counted from 1, without the header) and the value.
    """
    keep = points["excluded_because"] == "" if "excluded_because" in points else np.ones(len(points), dtype=bool)
    rows = np.flatnonzero(keep)
    values = {}
    for letter, name in columns.items():
        column = points[name][rows]
        if column.dtype.kind not in "fiub":
            raise PointsError(f"column {name!r} holds text ({str(column[0])!r}); {letter} must be a number.")
        bad = ~np.isfinite(column) | (column <= 0 if letter in logs else False)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            must = "a positive number" if letter in logs else "a finite number"
            raise PointsError(
                f"column {name!r} is {column[first]:g} in row {rows[first] + 1}; {letter} must be {must}. "
                f"{int(bad.sum())} of {len(rows)} rows are like that: correct them, or give them a reason "
                f"in a column 'excluded_because'.{_filled(points, rows, letter, name)}"
            )
        values[letter] = np.array(column, dtype=np.float64, order="C")
        values[
            letter
        ].flags.writeable = False  # a law that writes into its inputs would change the points that are fitted
    return values


def _filled(points: Points, rows: np.ndarray, letter: str, name: str) -> str:
    """Suggest another column of the same quantity that has a value in every row, with what to type."""
    others = [other for other in playing(ROLE_OF_LETTER.get(letter, "other")) if other != name and other in points]
    for other in others:
        column = points[other][rows]
        if column.dtype.kind in "fiu" and np.isfinite(column).all() and (column > 0).all():
            return f" Or fit on {other!r}, which is filled in every row: {argument(columns={letter: other})}."
    return ""


def check_enough(law: Law, values: Mapping[str, np.ndarray], free: Sequence[str], held: bool) -> None:
    """Refuse points that cannot determine the law.

    Raises:
        PointsError: too few points, an input with a single value, or all points on one line D = k N (the last two
            unless a parameter is fixed).
    """
    inputs = [values[letter] for letter in law.inputs]
    distinct, n = _distinct(inputs), len(inputs[0])
    needed = len(free) + (not held)
    if distinct < needed:
        same = f"{n} points, {distinct} of them different" if distinct < n else counted(distinct, "point")
        raise PointsError(
            f"{same}: law {law.name!r} has {len(free)} free parameters and needs {needed} points or more. "
            f"Add runs{or_hold({name: _usual(law, name) for name in free}, len(free) + 1 - distinct)}."
        )
    if held:
        return
    for letter in law.inputs:
        column = values[letter]
        if np.ptp(column) <= ONE_VALUE * np.abs(column).max():
            raise PointsError(
                f"every point has {letter} = {column[0]:g}, which does not show how {law.predicts} depends on it. "
                f"Add runs with other values of {letter}, or fit a law without {letter}."
            )
    if {"N", "D"} <= set(law.inputs):
        ratio = np.log(values["D"] / values["N"])
        if np.abs(ratio - ratio.mean()).max() < SAME_RAY:
            raise PointsError(
                f"all points lie on one ray D = {np.exp(ratio.mean()):.3g} N: the effects of size and of data on the "
                f"loss cannot be separated. Add runs at another D/N (4 times more and 4 times less), or fit a law of "
                f"one of them."
            )


def _usual(law: Law, name: str) -> float:
    """Give a value at which to fix a parameter: the published one, otherwise the middle of its starting range."""
    low, high = next(one.start for one in law.parameters if one.name == name)
    return law.published[0].values[name] if law.published else (low + high) / 2


def or_hold(values: Mapping[str, float], many: int) -> str:
    """Suggest to fix the first parameters, if that leaves some free: ", or hold some with fix={'E': 1.7}"."""
    held = {name: float(f"{value:.3g}") for name, value in list(values.items())[:many]}
    return f", or hold some with {argument(fix=held)}" if len(held) < len(values) else ""


def varies(target: np.ndarray) -> bool:
    """Whether a target has more than one value, apart from rounding."""
    return bool(np.ptp(target) > EXACT * np.abs(target).max())


def check_loss_varies(law: Law, target: np.ndarray, column: str) -> None:
    """Refuse losses that are all equal: they determine no exponent, and there is no variance for R2.

    Raises:
        PointsError: names the column and its single value.
    """
    if law.predicts == "loss" and not varies(target):
        raise PointsError(
            f"every point has {column} = {target[0]:g}: a loss that does not vary identifies no constant of law "
            f"{law.name!r}, and there is no variation for an R2 to explain. Add runs that differ in it, or name "
            "another column."
        )


def check_no_sweep(law: Law, values: Mapping[str, np.ndarray], points: Points) -> None:
    """Refuse to fit a law of the best rate or batch to all values that were tried.

    Raises:
        PointsError: most cells of equal inputs have several targets, and the table has losses by which to choose the
            best.
    """
    losses = [name for name in playing("loss") if name in points]
    if law.predicts not in ("lr", "batch") or not losses or law.target not in values:
        return
    _, cell = np.unique(np.stack([values[letter] for letter in law.inputs]), axis=1, return_inverse=True)
    pairs = np.unique(np.stack([cell.ravel(), values[law.target]]), axis=1)
    tried = np.bincount(pairs[0].astype(int))
    if (tried >= SWEPT).mean() <= 0.5:
        return
    swept = [
        name for name in (*playing("lr"), *playing("batch")) if name in points and len(np.unique(points[name])) > 1
    ]
    raise PointsError(
        f"law {law.name!r} is of the best {law.predicts} in each cell, and these {len(cell.ravel())} rows are a sweep: "
        f"{len(tried)} cells of equal {', '.join(law.inputs)} with up to {tried.max()} values of "
        f"{law.target} each. Take the lowest {losses[0]} of each when the table is read, {argument(best_of=swept)}, "
        "and leave out cells whose best value is the smallest or the largest that was tried."
    )


def _distinct(columns: list[np.ndarray]) -> int:
    """Count the different rows of a table; sorting by columns is ten times faster than np.unique over an axis."""
    order = np.lexsort(columns)
    changes = np.any([np.diff(column[order]) != 0 for column in columns], axis=0)
    return int(changes.sum()) + 1 if len(order) else 0


def suspicions(law: Law, values: Mapping[str, np.ndarray], points: Points, columns) -> list[FitWarning]:
    """Warn of probable mistakes: duplicate rows, a wrong unit, N and D swapped."""
    found = []
    n = len(next(iter(values.values())))
    extra = n - _distinct([*values.values()])
    if extra:
        found.append(
            FitWarning("duplicate-rows", f"{extra} of {n} rows are equal to another row in every column used.")
        )
    borne_out = "N" in columns and units_agree(points, columns["N"])
    for letter in law.inputs:
        middle = float(np.median(values[letter]))
        if letter in SMALLEST and middle < SMALLEST[letter] and not borne_out:
            found.append(
                FitWarning(
                    "odd-scale",
                    f"{letter} ({columns[letter]}) has the median {middle:g}: is its unit millions, billions or "
                    f"steps? It is read as {ROLE_OF_LETTER[letter]}.",
                )
            )
    if {"N", "D"} <= set(values):
        ratio = float(np.median(values["D"] / values["N"]))
        if not SELDOM[0] <= ratio <= SELDOM[1] and not borne_out:
            found.append(
                FitWarning(
                    "odd-ratio",
                    f"the median D/N is {ratio:.3g} tokens per parameter: are N and D swapped, or is "
                    f"the unit of one of them millions or steps?",
                )
            )
    return found
