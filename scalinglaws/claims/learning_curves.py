"""S10, S12, S14, S15: what the learning curves of all sizes have in common, and what a loss costs each of them."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..results.attempt import UNFIT, Lacking
from ..results.fitted import Estimate
from .claim import Part, claim, said
from .evidence import Evidence
from .joining import once

NEAR_EXPONENT = 0.20
NEAR_LOSS = 0.02
EARLY = 0.25
TARGETS = 8
READS = 20  # points a curve is thinned to, evenly in log step


def thinned(points: Points) -> Points:
    """Keep of each run one evaluation a log-spaced step, so that late ones do not decide the fit."""
    keep = np.zeros(len(points), dtype=bool)
    for run in np.unique(points["run_id"]):
        rows = np.flatnonzero(points["run_id"] == run)
        logs = np.log(points["steps"][rows])
        cells = np.linspace(logs.min(), logs.max(), READS)
        keep[rows[np.unique(np.abs(logs[:, None] - cells).argmin(axis=0))]] = True
    return points.take(keep)


@dataclass(frozen=True)
class Refit:
    """alpha_S and S_c of one size, its floor being that of the pooled law; None where its curve does not fix them."""

    params: float
    alpha_S: Estimate | None
    S_c: float | None
    rms_log: float


@once
def refits(evidence: Evidence) -> list[Refit]:
    """Refit the step term of L(N, S_min) to each size alone."""
    pooled, points = evidence.steps_law.fit, thinned(evidence.least)
    held = {name: pooled.values[name] for name in ("N_c", "alpha_N")}
    found = []
    for n in np.unique(points["params_nonembedding"]):
        rows = points.take(points["params_nonembedding"] == n)
        one = fit("kaplan-ns", rows, columns={"S": "steps_min"}, fix=held, cluster="lineage")
        known = one.outcome == "converged"
        alpha = _alpha_S(evidence, one) if known else None
        found.append(Refit(float(n), alpha, one.values["S_c"] if known else None, one.rms_log))
    return found


def _alpha_S(evidence: Evidence, one: Fit) -> Estimate:
    try:
        return evidence.parameter(evidence.drawn(one), "alpha_S")
    except UNFIT:  # one lineage has no spread
        return Estimate(one.values["alpha_S"], level=evidence.level)


@once
def foretold(evidence: Evidence) -> list[tuple[float, float, float]]:
    """Fit the first quarter of every run's steps, and ask for the last loss of each: (N, foretold, measured)."""
    points = evidence.least
    last = {run: points["steps"][points["run_id"] == run].max() for run in np.unique(points["run_id"])}
    ends = np.array([last[run] for run in points["run_id"]])
    early = thinned(points.take(points["steps"] <= EARLY * ends))
    found = evidence.fitted("kaplan-ns", early, columns={"S": "steps_min"}, cluster="lineage")
    late = points.take(points["steps"] == ends)
    said = found.evaluate(N=late["params_nonembedding"], S=late["steps_min"])
    return list(zip(late["params_nonembedding"].tolist(), said.tolist(), late["loss_nats"].tolist(), strict=True))


@claim(
    "S10",
    "alpha_S refitted to each size lies within 20% of the pooled one; the law fitted to the first quarter of the steps "
    "gives every run's last loss within 2%",
)
def universal_curves(evidence):
    """The curves of all sizes follow one law, its step term the same for each: the start of a run foretells its end."""

    def alike() -> Part:
        pooled = evidence.parameter(evidence.steps_law, "alpha_S")
        found = refits(evidence)
        unknown = [one for one in found if one.alpha_S is None]
        if unknown:
            named = ", ".join(f"{one.params:.3g}" for one in unknown)
            raise Lacking(f"family F-N with curves that fix alpha_S at N = {named}")
        off = [one for one in found if abs(one.alpha_S.value / pooled.value - 1) > NEAR_EXPONENT]
        each = ", ".join(f"{one.alpha_S.value:.3f} at N = {one.params:.3g}" for one in found)
        beyond = float(np.mean(evidence.least["beyond"]))
        text = f"alpha_S {said(pooled)} pooled; {each}; "
        text += f"{beyond:.0%} of the points at losses that the batch scan did not see"
        return Part(
            not off, text, f"alpha_S is off by more than 20% at N = {', '.join(f'{o.params:.3g}' for o in off)}"
        )

    def ahead() -> Part:
        found = foretold(evidence)
        worst = max(found, key=lambda one: abs(one[1] / one[2] - 1))
        error = worst[1] / worst[2] - 1
        text = f"from the first quarter of the steps: worst error {error:+.1%} of the loss at N = {worst[0]:.3g}"
        return Part(abs(error) <= NEAR_LOSS, text, text)

    return [alike, ahead]


@dataclass(frozen=True)
class Reached:
    """What one loss costs the sizes that reach it, smallest first."""

    loss_nats: float
    params: np.ndarray
    steps: np.ndarray
    tokens: np.ndarray
    flops: np.ndarray


@once
def reached(evidence: Evidence) -> list[Reached]:
    """Read steps, tokens and C at fixed losses off the curves, seeds averaged in logs; high losses first.

    Raises:
        Lacking: no loss that three sizes reach.
    """
    points = evidence.along
    sizes = np.unique(points["params_nonembedding"])
    curves = {n: _curves(points.take(points["params_nonembedding"] == n)) for n in sizes}
    highest = min(c[1][0] for many in curves.values() for c in many)
    lows = sorted(min(c[1][-1] for c in many) for many in curves.values())
    if len(lows) < 3 or lows[2] >= highest:
        raise Lacking("family F-N with a loss that three sizes reach")
    found = []
    for goal in np.linspace(highest, lows[2], TARGETS + 1)[1:]:
        rows = [(n, *_cost(many, goal)) for n, many in curves.items() if all(c[1][-1] <= goal for c in many)]
        found.append(Reached(float(np.exp(goal)), *np.array(rows).T))
    return found


def _curves(points: Points) -> list[tuple]:
    found = []
    for run in np.unique(points["run_id"]):
        rows = np.flatnonzero(points["run_id"] == run)
        rows = rows[np.argsort(points["steps"][rows])]
        logs = np.log(points["steps"][rows])
        ratio = (
            points["tokens"][rows[0]] / points["steps"][rows[0]],
            points["flops_6nd"][rows[0]] / points["steps"][rows[0]],
        )
        found.append((logs, np.minimum.accumulate(np.log(points["loss_nats"][rows])), *ratio))
    return found


def _cost(many: list[tuple], goal: float) -> tuple[float, float, float]:
    steps = []
    for logs, losses, _, _ in many:
        fall = np.flatnonzero(np.diff(losses, prepend=np.inf) < 0)
        steps.append(np.interp(-goal, -losses[fall], logs[fall]))
    step = float(np.exp(np.mean(steps)))
    return step, step * many[0][2], step * many[0][3]


def _falls(found: list[Reached], what: str) -> Part:
    wrong = [one for one in found if (np.diff(getattr(one, what)) >= 0).any()]
    last = found[-1]
    values = getattr(last, what)
    text = (
        f"{what} to {last.loss_nats:.3f} nats: {values[0]:.3g} at N = {last.params[0]:.3g}, {values[-1]:.3g} at N = "
        f"{last.params[-1]:.3g} ({values[0] / values[-1]:.2f} times fewer); {len(found) - len(wrong)} of {len(found)} "
        "losses fall in N throughout"
    )
    losses = ", ".join(f"{one.loss_nats:.3f}" for one in wrong)
    return Part(not wrong, text, f"{what} do not fall with N throughout at the losses {losses}")


@claim("S12", "steps and tokens fall with N at every loss that three sizes reach")
def sample_efficient(evidence):
    """Large models need fewer steps and fewer tokens to the same loss."""
    found = cache(lambda: reached(evidence))
    return [lambda: _falls(found(), "steps"), lambda: _falls(found(), "tokens")]


@claim("S14", "tokens fall with N at every loss that three sizes reach")
def fewer_tokens(evidence):
    """At equal loss the larger model has used fewer tokens."""
    return [lambda: _falls(reached(evidence), "tokens")]


@claim(
    "S15",
    "at every loss that three sizes reach, C falls to one minimum over N and rises after it; the size of the minimum "
    "never shrinks as the loss falls, and grows at least once",
)
def cheapest_size(evidence):
    """Each loss has one size that reaches it with the least compute, and that size grows as the loss falls."""
    found = cache(lambda: reached(evidence))

    def one_minimum() -> Part:
        wrong = [one for one in found() if not _valley(one.flops)]
        text = f"{len(found()) - len(wrong)} of {len(found())} losses have one cheapest size"
        return Part(not wrong, text, "more than one minimum at " + ", ".join(f"{o.loss_nats:.3f}" for o in wrong))

    def grows() -> Part:
        best = np.array([one.params[np.argmin(one.flops)] for one in found()])
        first, last = found()[0].loss_nats, found()[-1].loss_nats
        text = f"cheapest size from N = {best[0]:.3g} at {first:.3f} nats to {best[-1]:.3g} at {last:.3f}"
        return Part(bool((np.diff(best) >= 0).all() and best[-1] > best[0]), text, f"it does not grow: {text}")

    return [one_minimum, grows]


def _valley(values: np.ndarray) -> bool:
    signs = np.sign(np.diff(values))
    return bool((np.diff(signs) >= 0).all())


CLAIMS = (universal_curves, sample_efficient, fewer_tokens, cheapest_size)
