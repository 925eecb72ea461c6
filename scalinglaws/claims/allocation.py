"""S3, S4, S17 to S20: how a growing compute is best spent, read off the frontier and derived from the fitted laws."""

import numpy as np

from ..measurements.allocation_exponents import EXPONENTS, above_converged_at, derived, empirical, totals
from ..measurements.family_tables import FamilyTables
from ..measurements.powers import settled
from ..measurements.sheet import said
from .claim import Part, claim

GROWTH = 1e9  # of compute, as in the paper's third figure
NEAR_GROWTH = 0.01


def _stopped_short(evidence: FamilyTables) -> Part:
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
