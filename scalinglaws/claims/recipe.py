"""S13, S16, S22 to S25, S31: the recipe of the runs, the unit of compute, and what no table can show."""

import numpy as np

from ..measurements.family_tables import FamilyTables
from ..measurements.rate_schedules import schedules
from ..measurements.sheet import said
from ..points.points import Points
from ..quantities import PF_DAY
from ..results.attempt import Lacking
from .claim import Part, claim

EXACT = 1e-9
LARGEST_BY_ADAM = 1e9
MOST_WARMUP = 3000
ECHOED = ("optimizer", "lr_schedule", "lr", "batch_tokens", "planned_steps", "warmup_steps")


@claim("S13", "a colour bar over log N in every such figure")
def colours(evidence):
    """Figures colour the curves by size, on a logarithmic scale."""

    def part() -> Part:
        raise Lacking("a look at figures, which no table gives: the tests of the report's figures hold them to log N")

    return [part]


@claim("S16", "8.64e19 exactly, and C = 6 N D in every row of a Transformer")
def unit_of_compute(evidence):
    """A PF-day is 1e15 operations a second for a day."""

    def constant() -> Part:
        return Part(PF_DAY == 1e15 * 24 * 3600, f"PF-day {PF_DAY:.4g} FLOPs", f"a PF-day is {PF_DAY!r}")

    def counted() -> Part:
        runs = evidence.runs
        if not len(runs):
            raise Lacking("any family (0 of at least 1 run present)")
        plain = (runs["arch"] == "transformer") & (runs["params_nonembedding"] > 0)
        six = 6 * runs["params_nonembedding"][plain] * runs["tokens"][plain]
        off = np.abs(runs["flops_6nd"][plain] / six - 1) > EXACT
        return Part(not off.any(), f"C = 6 N D in {int(plain.sum())} rows", f"{int(off.sum())} rows have another C")

    return [constant, counted]


@claim(
    "S22",
    "every run of F-N says its optimiser, batch, steps, rate, schedule and warm-up; the optimiser is Adam, one rule "
    "gives one rate a width, and the warm-up is no longer than 3000 steps",
)
def one_recipe(evidence):
    """One recipe for all: Adam, one batch, a fixed number of steps."""

    def echoed() -> Part:
        points = evidence.family("F-N", 1)
        silent = [name for name in ECHOED if name not in points or _empty(points[name]).any()]
        text = f"{len(points)} runs say {', '.join(ECHOED)}"
        return Part(not silent, text, f"some runs do not say {', '.join(silent)}")

    def one_rule() -> Part:
        points = evidence.family("F-N", 1)
        names = sorted(set(points["optimizer"].tolist()) - {"adafactor"})
        rates = {d: sorted(set(points["lr"][points["d_model"] == d].tolist())) for d in np.unique(points["d_model"])}
        two = [d for d, lrs in rates.items() if len(lrs) > 1]
        batches = sorted(set(points["batch_tokens"].tolist()))
        told = ", ".join(f"{lrs[0]:.4g} at width {d:g}" for d, lrs in rates.items())
        text = f"{', '.join(names)}; batch {', '.join(f'{b:g}' for b in batches)} tokens; rate {told}"
        fault = f"optimiser {names}, batches {batches}, several rates at widths {two}"
        return Part(not two and names == ["adam"] and len(batches) == 1, text, fault)

    def warm_up() -> Part:
        steps = evidence.family("F-N", 1)["warmup_steps"]
        return Part(steps.max() <= MOST_WARMUP, f"warm-up {steps.min():g} to {steps.max():g} steps")

    return [echoed, one_rule, warm_up]


def _empty(values: np.ndarray) -> np.ndarray:
    return values == "" if values.dtype.kind == "U" else np.isnan(values)


@claim("S23", "every run above 1e9 parameters was trained by Adafactor, and none of F-N below")
def adafactor(evidence):
    """Above 1e9 parameters Adafactor takes the place of Adam, for its memory."""

    def rule() -> Part:
        points = evidence.family("F-N", 1)
        large = points["params_nonembedding"] > LARGEST_BY_ADAM
        if not large.any():
            raise Lacking(
                f"a run above 1e9 parameters (0 of {len(points)} runs of F-N); tests hold the optimiser itself"
            )
        wrong = large != (points["optimizer"] == "adafactor")
        return Part(
            not wrong.any(), f"{int(large.sum())} runs above 1e9 parameters", f"{int(wrong.sum())} runs break the rule"
        )

    return [rule]


@claim(
    "S24",
    "among schedules with at least half the largest summed rate that end at a tenth of the peak or less, the losses "
    "(seeds averaged) span at most 3 sd of a seed",
)
def any_schedule(evidence):
    """The final loss hardly depends on the schedule of the learning rate."""

    def spread() -> Part:
        points = schedules(evidence)
        points = points.take(points["adequate"] == 1)
        if len(points) < 2:
            raise Lacking(f"family F-LR ({len(points)} of at least 2 adequate schedules present)")
        losses, sigma = points["loss_nats"], evidence.sigma.nats
        span = float(np.ptp(losses))
        best, worst = points["lr_schedule"][losses.argmin()], points["lr_schedule"][losses.argmax()]
        text = (
            f"{len(points)} schedules span {span:.4f} nats, from {best} to {worst}; sd of a seed {said(sigma)}, "
            f"limit {3 * sigma.value:.4f}"
        )
        return Part(span <= 3 * sigma.value, text, f"{span:.4f} nats is more than {3 * sigma.value:.4f}")

    return [spread]


@claim(
    "S25",
    "the rate written at every evaluation is peak s/w in the warm-up, and peak/2 (1 + cos(pi x)) after it in the "
    "cosine runs, to 1e-9",
)
def warm_up_and_cosine(evidence):
    """The rate rises linearly over the warm-up and then falls along a cosine to zero."""

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
    if not len(rows) or "lr_peak" not in rows:
        raise Lacking("any family with evaluations (0 of at least 1 run present)")
    return rows


def _equal(rows: Points, expected: np.ndarray, name: str) -> Part:
    if not len(rows):
        raise Lacking(f"family F-LR with a schedule cosine (0 evaluations in its {name} present)")
    off = np.abs(rows["lr"] - expected) > EXACT * rows["lr_peak"]
    worst = float(np.max(np.abs(rows["lr"] - expected) / rows["lr_peak"]))
    return Part(
        not off.any(),
        f"{name}: {len(rows)} evaluations, worst {worst:.1g} of the peak",
        f"{name}: {int(off.sum())} rates are off",
    )


@claim("S31", "a matter of record; claims on overfitting, learning curves and allocation come from the paper itself")
def of_record(evidence):
    """The paper: Kaplan et al., January 2020, arXiv 2001.08361; the digest covers its first part."""

    def part() -> Part:
        raise Lacking("no measurement: it is a matter of record")

    return [part]


CLAIMS = (colours, unit_of_compute, one_recipe, adafactor, any_schedule, warm_up_and_cosine, of_record)
