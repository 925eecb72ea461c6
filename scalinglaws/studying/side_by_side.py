"""side_by_side([A, B]): studies or tables compared: laws, exponents, and compute multipliers with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..arms.multiplier import best_split, largest_flops, least_flops, multiplier_of, splits_a_budget
from ..errors import FitError, MisuseError, PointsError, argument
from ..fitting.fit import fit
from ..laws import Law
from ..laws import law as shelf
from ..points.convert import convert
from ..points.points import Points
from ..quantities import QUANTITIES, playing
from ..records.arguments import checked
from ..records.numbers_in_text import number
from ..results.attempt import attempt
from ..results.fitted import Band, Estimate
from ..results.side_by_side import Side, SideBySide, Worth, span
from ..results.study_results import StudyResults
from ..uncertainty.drawn import Draws
from ..uncertainty.draws import draws as drawn_of
from .laws_shown import unsound
from .read import read
from .results_given import kept_results
from .table_study import filled, learning_curves

MOST = 8  # studies of one comparison: as many as have colours and symbols of their own
COMPUTES = 9  # at which a multiplier is given
LINE_POINTS = 40
LABELS = {"tokenizer": "tokenizer", "train_set": "trained on", "loss_split": "loss measured on"}
EDGE = 1.02  # beyond this factor outside the fitted sizes, a best size counts as extrapolated
FAR = 1e12  # a multiplier beyond it is unbounded: no compute reaches that loss


@dataclass(frozen=True)
class _Read:
    """A study's points and its name."""

    name: str
    points: Points


@checked
def side_by_side(
    of: Sequence[str | Path | Points | StudyResults],
    *,
    names: Sequence[str] | None = None,
    law: Law | str = "chinchilla",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> SideBySide:
    """Compare studies or tables of runs: one law fitted to each by itself, and what one is worth in another's compute.

    Losses are compared in nats per token where all have one tokenizer, else in bits per byte. A multiplier is how many
    times the compute of the first one needs for its loss, both at their best sizes (Kaplan's C = 6 N D).

    Args:
        of: two studies or more: folders, files of tables, points or results; the first is the reference.
        names: what they are called; by default the names of their folders or files.
        law: a law of N and D.

    Raises:
        MisuseError: fewer than two are given, or the law cannot split a budget.
        PointsError: one has no runs, or they share no count of N or no unit of the loss.
        FitError: the law cannot be fitted to one of them.
    """
    law = shelf(law) if isinstance(law, str) else law
    if not 2 <= len(of) <= MOST:
        raise MisuseError(f"a comparison is of 2 to {MOST} studies or tables; {len(of)} given: side_by_side([A, B]).")
    if set(law.inputs) != {"N", "D"} or not splits_a_budget(law):
        inputs = ", ".join(law.inputs)
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {inputs}; a comparison needs a law of the loss from N and D, "
            "such as chinchilla."
        )
    given = _named([_read(one) for one in of], names)
    size, (loss, notes) = _common_size(given), _common_loss(given)
    given = [_Read(one.name, _counted(one, size, loss)) for one in given]
    columns = {"N": size, "D": "tokens", "L": loss}
    drawn = [
        drawn_of(_fitted(law, one, columns, seed), draws=draws, seed=seed + place) for place, one in enumerate(given)
    ]
    low, high = max(least_flops(d.fit) for d in drawn), min(largest_flops(d.fit) for d in drawn)
    withheld = _withheld(given, drawn, low, high)
    middle = float(np.sqrt(low * high))
    sides = tuple(_side(one, d, level, middle if low < high else None) for one, d in zip(given, drawn, strict=True))
    worths = () if withheld else tuple(_worths(given, drawn, np.geomspace(low, high, COMPUTES), level))
    unit = QUANTITIES[loss].unit.replace("/", " per ")
    return SideBySide(sides, law.name, law.formula, size, loss, unit, level, worths, withheld, tuple(notes))


def _read(of: str | Path | Points | StudyResults) -> _Read:
    if isinstance(of, StudyResults):
        return _Read(of.name, of.points)
    if isinstance(of, Points):
        return _Read(Path(of.source).stem or "points", of)
    kept = kept_results(of) if Path(of).is_dir() else None
    return _Read(Path(of).resolve().stem, kept.points if kept else read(of))


def _named(given: Sequence[_Read], names: Sequence[str] | None) -> list[_Read]:
    """Name the studies apart: by the names given, else by their own, numbered where two are alike."""
    if names is not None and len(set(names)) != len(given):
        raise MisuseError(f"names: {len(given)} different names are needed, one for each; {', '.join(names)} given.")
    told = named(list(names or [one.name for one in given]))
    return [_Read(name, one.points) for name, one in zip(told, given, strict=True)]


def named(own: Sequence[str]) -> list[str]:
    """Number the names of which there are several."""
    return [f"{name} ({[*own][: i + 1].count(name)})" if [*own].count(name) > 1 else name for i, name in enumerate(own)]


def _labels(points: Points, column: str) -> tuple[str, ...]:
    if column not in points.kept or points.kept[column].dtype.kind != "U":
        return ()
    return tuple(sorted({str(one) for one in points.kept[column]} - {""}))


def _common_size(given: Sequence[_Read]) -> str:
    """Choose the count of N that all have.

    Raises:
        PointsError: there is none.
    """
    has = [{name for name in playing("params") if filled(one.points, name)} for one in given]
    for name in playing("params"):
        if all(name in each for each in has):
            return name
    told = "; ".join(f"{one.name}: {', '.join(sorted(each)) or 'none'}" for one, each in zip(given, has, strict=True))
    raise PointsError(
        f"these runs share no count of parameters ({told}), so that their N do not compare. Read one into all of them: "
        f"{argument(map={'params_nonembedding': 'COLUMN'})}."
    )


def _common_loss(given: Sequence[_Read]) -> tuple[str, list[str]]:
    """Choose the unit of the loss: nats per token where the tokenizer is one, else bits per byte.

    Raises:
        PointsError: tokenizers differ and no bits per byte can be derived, or a table mixes tokenizers.
    """
    tokenizers = [_labels(one.points, "tokenizer") for one in given]
    mixed = next((one.name for one, each in zip(given, tokenizers, strict=True) if len(each) > 1), "")
    named = {each for each in tokenizers if each}
    if len(named) <= 1 and all(tokenizers) and not mixed and all(filled(one.points, "loss_nats") for one in given):
        return "loss_nats", []
    if all(_in_bytes(one.points) for one in given):
        return "loss_bits_per_byte", []
    if not named and all(filled(one.points, "loss_nats") for one in given):
        return "loss_nats", ["no table names its tokenizer: nats per token compare only if it is the same"]
    told = "; ".join(f"{one.name}: {', '.join(t) or 'not named'}" for one, t in zip(given, tokenizers, strict=True))
    raise PointsError(
        f"tokenizers differ or are not named ({told}), and nats per token of two tokenizers do not compare. Give the "
        "bytes of a token, so that bits per byte follow, or a column of them: "
        f"{argument(given={'bytes_per_token': 4.2})}, {argument(map={'loss_bits_per_byte': 'COLUMN'})}."
    )


def _in_bytes(points: Points) -> bool:
    """Whether bits per byte are known or follow from other columns."""
    try:
        return bool(np.isfinite(convert(points, "loss_bits_per_byte")).any())
    except PointsError:
        return False


def _counted(one: _Read, size: str, loss: str) -> Points:
    """Give the rows that are fitted, with their loss in the common unit, as points of one definition."""
    points = one.points.kept
    if "tokens" not in points:
        raise PointsError(f"{one.name} has no column of tokens: name it with {argument(map={'tokens': 'COLUMN'})}.")
    if loss not in points:
        points = points.replace(**{loss: np.asarray(convert(points, loss))})
    good = np.logical_and.reduce([np.isfinite(points[name]) & (points[name] > 0) for name in (size, "tokens", loss)])
    if not good.any():
        raise PointsError(f"{one.name} has no row with {size}, tokens and {loss}.")
    return points.take(good)


def _fitted(law: Law, one: _Read, columns: dict[str, str], seed: int):
    cluster = "lineage" if "lineage" in one.points else None
    try:
        return fit(law, one.points, columns=columns, cluster=cluster, seed=seed)
    except (FitError, PointsError) as failure:
        raise type(failure)(f"{one.name}: {failure}") from None


def _withheld(given: Sequence[_Read], drawn: Sequence[Draws], low: float, high: float) -> str:
    """Say why no multiplier may be given; empty if it may."""
    tests = [_labels(one.points, "loss_split") for one in given]
    named = [set(each) for each in tests if each]
    if len(named) == len(given) and any(each != named[0] for each in named):
        told = "; ".join(f"{one.name}: {', '.join(each)}" for one, each in zip(given, tests, strict=True))
        return (
            f"the losses are measured on different texts ({told}), so that a difference of losses is one of texts too. "
            f"Evaluate all runs on one text, and read that column as the loss: {argument(map={'loss_nats': 'COLUMN'})}"
        )
    bad = [f"{one.name}: {why}" for one, d in zip(given, drawn, strict=True) if (why := _why_unsound(d))]
    if bad:
        return "; ".join(bad)
    if low >= high:
        ranges = "; ".join(
            f"{one.name}: {number(least_flops(d.fit))} to {number(largest_flops(d.fit))} FLOPs"
            for one, d in zip(given, drawn, strict=True)
        )
        return f"their runs share no compute ({ranges})"
    return ""


def _why_unsound(drawn: Draws) -> str:
    """Say why a law's frontier must not be used: not converged, or it explains little of its runs.

    A constant that is not identified withholds no multiplier: the loss within the runs may be determined all the same.
    """
    return unsound(replace(drawn.fit, unidentified=()))


def _side(one: _Read, drawn: Draws, level: float, middle: float | None) -> Side:
    found, points = drawn.fit, one.points
    ends = drawn.interval(level)
    constants = {
        name: None
        if name in found.unidentified
        else Estimate(float(value), _end(ends[name][0]), _end(ends[name][1]), level)
        for name, value in found.values.items()
    }
    runs = points.clusters()
    counts = {"N": found.columns["N"], "D": "tokens", "L": found.columns["L"], "C": "flops_6nd"}
    flops = 6 * points[counts["N"]] * points["tokens"]
    return Side(
        name=one.name,
        facts=_facts(points, counts),
        constants=constants,
        exponents=_exponents(drawn, middle, level) if middle else {"a": None, "b": None},
        r2=float(found.r2),
        flops=tuple(flops.tolist()),
        loss=tuple(points[counts["L"]].tolist()),
        run_ids=tuple(map(str, runs)),
        frontier=attempt(lambda: _frontier(one.name, drawn, level), lambda why: None),
        curves=learning_curves(points.replace(flops_6nd=flops), counts),
        unsound=unsound(found),
    )


def _facts(points: Points, counts: dict[str, str]) -> dict[str, str]:
    size, tokens = points[counts["N"]], points["tokens"]
    told = {
        "runs": f"{len(np.unique(points.clusters())):,}",
        "points": f"{len(points):,}",
        "N": span(float(size.min()), float(size.max())),
        "D": span(float(tokens.min()), float(tokens.max())),
    }
    return told | {words: ", ".join(_labels(points, column)) or "not named" for column, words in LABELS.items()}


def _end(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _columns(drawn: Draws) -> dict[str, np.ndarray]:
    return {name: drawn.values[:, i] for i, name in enumerate(drawn.names)}


def _frontier(name: str, drawn: Draws, level: float) -> Band:
    """Give the loss at the best size of each compute over the range of the runs, with its interval."""
    found = drawn.fit
    flops = np.geomspace(least_flops(found), largest_flops(found), LINE_POINTS)
    value = [float(best_split(found.law, found.values, one)[1]) for one in flops]
    many = np.array([best_split(found.law, _columns(drawn), np.full(len(drawn), one))[1] for one in flops])
    low, high = np.nanquantile(many, [(1 - level) / 2, (1 + level) / 2], axis=1)
    below, above = (tuple(map(float, each)) for each in (np.minimum(low, value), np.maximum(high, value)))
    seen, x = (float(flops[0]), float(flops[-1])), tuple(map(float, flops))
    return Band("flops_6nd", x, tuple(value), below, above, found.law.name, name, seen, level=level)


def _exponents(drawn: Draws, flops: float, level: float) -> dict[str, Estimate | None]:
    """Give a of N* ~ C^a and b = 1 - a, between the halves and the double of a compute."""
    found, ends = drawn.fit, (flops / 2, flops * 2)
    steps = np.log(4.0)

    def slope(values, count: int) -> np.ndarray:
        sizes = [np.log(best_split(found.law, values, np.full(count, one) if count else one)[0]) for one in ends]
        return (sizes[1] - sizes[0]) / steps

    value, many = float(slope(found.values, 0)), slope(_columns(drawn), len(drawn))
    good = many[np.isfinite(many)]
    if not np.isfinite(value) or not len(good):
        return {"a": None, "b": None}
    low, high = (float(one) for one in np.quantile(good, [(1 - level) / 2, (1 + level) / 2]))
    low, high = min(low, value), max(high, value)
    return {"a": Estimate(value, low, high, level), "b": Estimate(1 - value, 1 - high, 1 - low, level)}


def _worths(given: Sequence[_Read], drawn: Sequence[Draws], computes: np.ndarray, level: float) -> list[Worth]:
    reference, first = given[0].name, drawn[0]
    found = []
    for one, other in zip(given[1:], drawn[1:], strict=True):
        for flops in computes:
            made = multiplier_of(first, other, (reference, one.name), float(flops), level)
            low, high = min(made.low, made.value), max(made.high, made.value)
            value = Estimate(made.value, low if low < FAR else None, high if high < FAR else None, level)
            beyond = [*made.beyond, *_beyond(reference, first, made.flops), *_beyond(one.name, other, made.flops_arm)]
            found.append(Worth(one.name, reference, float(flops), made.loss, value, tuple(dict.fromkeys(beyond))))
    return found


def _beyond(name: str, drawn: Draws, flops: float) -> list[str]:
    """Say where the best size or its tokens lie outside those of the runs, so that the law is extrapolated there."""
    found, told = drawn.fit, []
    size = float(best_split(found.law, found.values, flops)[0]) if np.isfinite(flops) else np.nan
    for letter, value in (("N", size), ("D", flops / 6 / size)):
        seen = found.inputs[letter]
        if not seen.min() / EDGE <= value <= seen.max() * EDGE:
            told.append(f"{name}: its best {letter} there, {number(value)}, lies beyond the {letter} of its runs, "
                        f"{span(float(seen.min()), float(seen.max()))}.")  # fmt: skip
    return told
