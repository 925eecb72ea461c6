"""S16, S22 to S25: the recipe of the runs and the unit of compute. A count has an interval of zero width."""

import numpy as np

from ..measurements.family_tables import FamilyTables
from ..measurements.intervals import exact
from ..measurements.rate_schedules import noise_beside, schedules, span_over_seeds
from ..points.points import Points
from ..quantities import PF_DAY
from ..records.numbers_in_text import interval
from ..results.attempt import Lacking
from .claim import Part, claim

EXACT = 1e-9
LARGEST_BY_ADAM = 1e9
MOST_WARMUP = 3000
ECHOED = ("optimizer", "lr_schedule", "lr", "batch_tokens", "planned_steps", "warmup_steps")


@claim("S16", "C = 6 N D in every row of a Transformer, and no other unit of compute")
def unit_of_compute(evidence):
    """Compute is C = 6 N D, in FLOPs or in PF-days of 1e15 operations per second for a day."""

    def counted() -> Part:
        runs = evidence.runs
        plain = (runs["arch"] == "transformer") & (runs["params_nonembedding"] > 0) if len(runs) else np.zeros(0, bool)
        if not plain.any():
            raise Lacking("any family with a Transformer (0 of at least 1 run present)")
        six = 6 * runs["params_nonembedding"][plain] * runs["tokens"][plain]
        off = np.abs(runs["flops_6nd"][plain] / six - 1) > EXACT
        return _none(
            "the number of rows in which C is not 6 N D",
            off,
            f"C = 6 N D in {int((~off).sum())} rows; a PF-day is {PF_DAY:.4g} FLOPs",
        )

    return [counted]


def _none(what: str, wrong: np.ndarray | list, text: str) -> Part:
    """Make a part that passes if nothing is wrong, from marks of what is wrong or a list of it."""
    count = int(wrong.sum()) if isinstance(wrong, np.ndarray) else len(wrong)
    return Part(what, exact(count), high=0.0, text=text)


@claim(
    "S22",
    "every run of F-N records its optimizer, batch, steps, rate, schedule and warm-up; the optimizer is Adam, there is "
    "one rate per width, and the warm-up has at most 3000 steps",
)
def one_recipe(evidence):
    """One recipe for all runs: Adam, one batch size, a fixed number of steps."""

    def echoed() -> Part:
        points = evidence.family("F-N", 1)
        silent = [name for name in ECHOED if name not in points or _empty(points[name]).any()]
        if silent:
            raise Lacking(f"family F-N with a record of {', '.join(silent)} in every run")
        text = f"{len(points)} runs record {', '.join(ECHOED)}"
        return _none("the number of settings that some run does not record", silent, text)

    def one_rule() -> Part:
        points = evidence.family("F-N", 1)
        points = points.take(~np.any([_empty(points[name]) for name in (*ECHOED, "d_model")], axis=0))
        if not len(points):
            raise Lacking("family F-N with a recorded recipe")
        names = sorted(set(points["optimizer"].tolist()) - {"adafactor"})
        rates = {d: sorted(set(points["lr"][points["d_model"] == d].tolist())) for d in np.unique(points["d_model"])}
        two = [d for d, lrs in rates.items() if len(lrs) > 1]
        batches = sorted(set(points["batch_tokens"].tolist()))
        told = ", ".join(f"{lrs[0]:.4g} at width {d:g}" for d, lrs in rates.items())
        text = f"{', '.join(names)}; batch {', '.join(f'{b:g}' for b in batches)} tokens; rate {told}"
        wrong = [f"several rates at width {d:g}" for d in two] + [f"optimizer {n}" for n in names if n != "adam"]
        wrong += [f"batch {b:g} beside {batches[0]:g}" for b in batches[1:]]
        named = f" ({', '.join(wrong)})" if wrong else ""
        return _none(f"the number of departures from one recipe{named}", wrong, text)

    def warm_up() -> Part:
        steps = evidence.family("F-N", 1)["warmup_steps"]
        steps = steps[np.isfinite(steps)]
        if not len(steps):
            raise Lacking("family F-N with a recorded warm-up")
        text = f"warm-up {steps.min():g} to {steps.max():g} steps"
        return Part("the longest warm-up, in steps,", exact(steps.max()), high=MOST_WARMUP, text=text)

    return [echoed, one_rule, warm_up]


def _empty(values: np.ndarray) -> np.ndarray:
    return values == "" if values.dtype.kind == "U" else np.isnan(values)


@claim("S23", "every run above 1e9 parameters was trained by Adafactor, and none of F-N below")
def adafactor(evidence):
    """Above 1e9 parameters Adafactor replaces Adam, because it needs less memory."""

    def rule() -> Part:
        points = evidence.family("F-N", 1)
        large = points["params_nonembedding"] > LARGEST_BY_ADAM
        if not large.any():
            raise Lacking(
                f"a run above 1e9 parameters (0 of {len(points)} runs of F-N); the optimizer itself is tested elsewhere"
            )
        wrong = large != (points["optimizer"] == "adafactor")
        text = f"{int(large.sum())} runs above 1e9 parameters"
        return _none("the number of runs that break the rule", wrong, text)

    return [rule]


@claim(
    "S24",
    "among schedules that have at least half the largest summed rate and end at a tenth of the peak or less, the "
    "losses (means over seeds) differ by at most 3 sd of a seed at their horizon",
)
def any_schedule(evidence):
    """The final loss hardly depends on the schedule of the learning rate."""

    def spread() -> Part:
        points = schedules(evidence)
        points = points.take(points["adequate"] == 1)
        if len(points) < 2:
            raise Lacking(f"family F-LR ({len(points)} of at least 2 adequate schedules present)")
        losses, sigma = points["loss_nats"], noise_beside(evidence, points).nats
        span = float(np.ptp(losses))
        best, worst = points["lr_schedule"][losses.argmin()], points["lr_schedule"][losses.argmax()]
        text = (
            f"{len(points)} schedules: losses span {span:.4f} nats, from {best} to {worst}; sd of a seed "
            f"{interval(sigma)}, limit {3 * sigma.value:.4f}"
        )
        what = "the span of the losses minus 3 sd of a seed, in nats,"
        return Part(what, span_over_seeds(evidence, points, 3.0), high=0.0, text=text)

    return [spread]


@claim(
    "S25",
    "the rate recorded at every evaluation is peak s/w in the warm-up, and peak/2 (1 + cos(pi x)) after it in the "
    "cosine runs, to 1e-9",
)
def warm_up_and_cosine(evidence):
    """The rate rises linearly during the warm-up and then falls along a cosine to zero."""

    def rising() -> Part:
        rows = _with_rates(evidence)
        rows = rows.take(rows["phase"] == "warm-up")
        return _equal(rows, rows["lr_peak"] * rows["steps"] / rows["warmup_steps"], "warm-up")

    def falling() -> Part:
        rows = _with_rates(evidence)
        rows = rows.take((rows["lr_schedule"] == "cosine") & (rows["phase"] == "decay"))
        done = (rows["steps"] - 1 - rows["warmup_steps"]) / (rows["planned_steps"] - rows["warmup_steps"])
        return _equal(rows, rows["lr_peak"] / 2 * (1 + np.cos(np.pi * done)), "cosine")

    return [rising, falling]


def _with_rates(evidence: FamilyTables) -> Points:
    rows = evidence.joined_curves
    if not len(rows) or "lr_peak" not in rows or "lr" not in evidence.curves:
        raise Lacking("any family with evaluations (0 of at least 1 run present)")
    return rows


def _equal(rows: Points, expected: np.ndarray, name: str) -> Part:
    if not len(rows):
        raise Lacking(f"family F-LR with a schedule cosine (0 evaluations in its {name} present)")
    off = np.abs(rows["lr"] - expected) > EXACT * rows["lr_peak"]
    worst = float(np.max(np.abs(rows["lr"] - expected) / rows["lr_peak"]))
    text = f"{name}: {len(rows)} evaluations, largest error {worst:.1g} of the peak"
    return _none(f"the number of wrong rates in the {name}", off, text)


CLAIMS = (unit_of_compute, one_recipe, adafactor, any_schedule, warm_up_and_cosine)
