"""S3, S4, S17 to S20: how a growing compute is best spent, read off the frontier and derived from the fitted laws."""

import numpy as np

from ..frontiers.budgets import Frontier
from ..frontiers.frontier import frontier
from ..laws.kaplan2020.efficient import loss_exponent
from ..results.fitted import Estimate
from .claim import Part, claim, said
from .evidence import COLUMNS, Evidence
from .joining import once
from .powers import settled

GROWTH = 1e9  # of compute, as in the paper's third figure
NEAR_GROWTH = 0.01
EXPONENTS = ("p_N", "p_B", "p_S", "p_D", "alpha_Cmin")


@once
def derived(evidence: Evidence) -> dict[str, Estimate]:
    """Derive the exponents of eq 1.7 and 1.8 from alpha_N, alpha_S of eq 1.6 and alpha_B of eq 1.4, with intervals.

    The draws of 1/alpha_B are normal with the width of its interval, independent of the learning curves'.
    """
    from scipy.special import ndtri

    law, batch = evidence.steps_law, evidence.critical
    alpha_B = batch.alpha_B
    value = {**law.fit.values, "alpha_B": alpha_B.value}
    rng = np.random.default_rng(evidence.seed)
    wide = (1 / alpha_B.low - 1 / alpha_B.high) / (2 * ndtri((1 + evidence.level) / 2))
    drawn = dict(zip(law.names, law.values.T, strict=True))
    drawn["alpha_B"] = 1 / (1 / alpha_B.value + abs(wide) * rng.standard_normal(len(law)))
    point, cloud = _exponents(value), _exponents(drawn)
    return {name: evidence.estimate(float(point[name]), cloud[name]) for name in EXPONENTS}


def _exponents(k) -> dict:
    top = loss_exponent(k)
    found = {"p_N": top / k["alpha_N"], "p_B": top / k["alpha_B"], "p_S": top / k["alpha_S"], "alpha_Cmin": top}
    return found | {"p_D": found["p_B"] + found["p_S"]}


@once
def empirical(evidence: Evidence) -> dict[str, Estimate]:
    """Read the exponents off the frontier over C_min; that of S_min from the measured steps, not as a remainder."""
    found = settled(evidence.c_min)
    top = found.loss.exponent
    return {
        "p_N": found.params.exponent,
        "p_B": found.batch.exponent,
        "p_S": measured_steps(evidence).tokens.exponent,
        "p_D": found.tokens.exponent,
        "alpha_Cmin": Estimate(-top.value, -top.high, -top.low, top.level)
        if top.low is not None
        else Estimate(-top.value),
    }


@once
def measured_steps(evidence: Evidence) -> Frontier:
    """Find the same frontier with the measured S_min of each evaluation in the place of its tokens."""
    columns = {**COLUMNS, "tokens": "steps_min", "flops": "flops_min"}
    points = evidence.least
    return settled(frontier(points, columns=columns, draws=evidence.draws, level=evidence.level, seed=evidence.seed))


@once
def totals(evidence: Evidence) -> Frontier:
    """Find the frontier with every parameter and every FLOP counted: embeddings, attention, head."""
    columns = {**COLUMNS, "params": "params_total", "flops": "flops_exact"}
    return settled(
        frontier(evidence.along, columns=columns, draws=evidence.draws, level=evidence.level, seed=evidence.seed)
    )


def above_converged_at(evidence: Evidence) -> np.ndarray:
    """f = L / L(N, inf) - 1 at every optimum between sizes that were trained, L(N, inf) from the fitted L(N, S_min)."""
    k = evidence.steps_law.fit.values
    optima = settled(evidence.c_min).optima
    return np.array([b.loss_nats / (k["N_c"] / b.params) ** k["alpha_N"] - 1 for b in optima])


def _stopped_short(evidence: Evidence) -> Part:
    f = above_converged_at(evidence)
    k = evidence.steps_law.fit.values
    text = (
        f"f from {f.min():.3f} to {f.max():.3f}, mean {f.mean():.3f}, at {len(f)} optima; the fitted alpha_N/alpha_S "
        f"is {k['alpha_N'] / k['alpha_S']:.3f}"
    )
    return Part(bool((f > 0).all()), text, f"{int((f <= 0).sum())} of {len(f)} optima lie at or below L(N, inf)")


@claim(
    "S3",
    "the exponents derived from the laws and those read off the frontier both exist with intervals, and the intervals "
    "of p_N overlap; no value is asked for",
)
def best_split(evidence):
    """The fitted laws of overfitting and of learning curves give the best split of a compute."""

    def both() -> Part:
        theory, seen = derived(evidence), empirical(evidence)
        text = "; ".join(f"{name} derived {said(theory[name])}, frontier {said(seen[name])}" for name in EXPONENTS)
        bounded = all(one.low is not None and np.isfinite(one.low) for one in (*theory.values(), *seen.values()))
        if not bounded:
            return Part(False, text, "an exponent has no interval")
        a, b = theory["p_N"], seen["p_N"]
        return Part(a.low <= b.high and b.low <= a.high, text, f"p_N derived {said(a)}, off the frontier {said(b)}")

    def overfit() -> Part:
        k = evidence.data_law.fit.values
        return Part(True, f"D must grow as N^{k['alpha_N'] / k['alpha_D']:.3f} against overfitting")

    return [both, overfit]


@claim(
    "S4",
    "f = L / L(N, inf) - 1 is above zero at every optimum that is not censored; f is printed beside alpha_N/alpha_S",
)
def stopped_short(evidence):
    """The best model of a compute is stopped well before it converges."""
    return [lambda: _stopped_short(evidence)]


@claim("S17", "f is above zero at every optimum that is not censored, and the best size grows with compute")
def larger_and_short(evidence):
    """At one compute, with size and data free, the best is a larger model stopped short of convergence."""

    def grows() -> Part:
        p = settled(evidence.c_min).params.exponent
        return Part(p.value > 0, f"N_opt ~ C_min^{said(p)}", "the best size does not grow with compute")

    return [lambda: _stopped_short(evidence), grows]


@claim(
    "S18",
    "in Kaplan's counts the exponent of D along the frontier is below that of N; both are printed for all parameters "
    "and all FLOPs too",
)
def data_grows_slowly(evidence):
    """Compute-efficient training needs data that grows slowly with compute."""

    def slower() -> Part:
        found = settled(evidence.c_min)
        n, d = found.params.exponent, found.tokens.exponent
        text = f"C_min, no embeddings: N {said(n)}, D {said(d)}"
        return Part(d.value < n.value, text, f"D grows as fast as N or faster: {d.value:.3f} against {n.value:.3f}")

    def other_count() -> Part:
        found = totals(evidence)
        return Part(
            True, f"all parameters, all FLOPs: N {said(found.params.exponent)}, D {said(found.tokens.exponent)}"
        )

    return [slower, other_count]


@claim("S19", "the share of p_N in p_N + p_D is above one half; its interval is printed")
def mostly_size(evidence):
    """Most of a growing compute belongs into the model, little into data."""

    def share() -> Part:
        seen = empirical(evidence)
        n, d = seen["p_N"], seen["p_D"]
        part = n.value / (n.value + d.value)
        text = f"p_N {said(n)} against p_D {said(d)}: a share of {part:.0%}"
        return Part(part > 0.5, text, f"p_N has {part:.0%}")

    return [share]


@claim(
    "S20",
    "from the first optimum of the frontier to the last, the growth of N, of B_crit and of the measured S_min multiply "
    "to that of C_min within 1%",
)
def shared_out(evidence):
    """More data goes into larger batches, hardly into more steps: model, batch and steps share out the compute."""

    def product() -> Part:
        seen = empirical(evidence)
        flops = [b.flops for b in evidence.c_min.optima]
        exponents = [seen[name].value for name in ("p_N", "p_B", "p_S")]
        span = max(flops) / min(flops)
        error = span ** (sum(exponents) - 1) - 1
        model, batch, steps = (GROWTH**p for p in exponents)
        text = (
            f"over {span:.3g} times the compute the product is off by {error:+.2%}; drawn out to {GROWTH:.0e} times: "
            f"model {model:.3g}, batch {batch:.3g}, steps {steps:.3g} times"
        )
        return Part(abs(error) <= NEAR_GROWTH, text, f"the product is off by {error:+.2%}")

    return [product]


CLAIMS = (best_split, stopped_short, larger_and_short, data_grows_slowly, mostly_size, shared_out)
