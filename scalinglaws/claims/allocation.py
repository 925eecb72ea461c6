"""S3, S4, S17 to S20: how best to divide a growing compute, from the frontier and from the fitted laws."""

from collections.abc import Callable

from ..measurements.allocation_exponents import (
    EXPONENTS,
    above_converged,
    above_converged_at,
    derived,
    empirical,
    product_error,
    share_of_size,
    totals,
)
from ..measurements.family_tables import FamilyTables
from ..measurements.intervals import difference, independent_difference
from ..measurements.powers import settled
from ..records.numbers_in_text import interval
from ..results.attempt import Lacking
from .claim import Part, Shown, claim

GROWTH = 1e9  # of compute, as in the paper's third figure
NEAR_GROWTH = 0.1  # single optima, read between sizes, scatter by 3% in tables without noise
CONVERGED = 0.02  # f of a run that counts as converged (f' of appendix B.4)
NEAR_EXPONENT = 0.1  # between p_N derived and p_N of the frontier


def _stopped_short(evidence: FamilyTables) -> list[Callable[[], Part]]:
    def on_average() -> Part:
        f, k = above_converged_at(evidence), evidence.steps_law.fit.values
        text = (
            f"f from {f.min():.3f} to {f.max():.3f}, mean {f.mean():.3f}, at {len(f)} optima; the fitted "
            f"alpha_N/alpha_S is {k['alpha_N'] / k['alpha_S']:.3f}"
        )
        return Part("the mean of f over the optima", above_converged(evidence)[0], CONVERGED, text=text)

    def nowhere_below() -> Part:
        return Part("the smallest f of an optimum", above_converged(evidence)[1], 0.0, objection=True)

    return [on_average, nowhere_below]


@claim(
    "S3",
    "the exponents derived from the laws and those of the frontier both have intervals, and the two p_N differ by at "
    "most 0.1; no value is prescribed",
)
def best_split(evidence):
    """The fitted laws of overfitting and of learning curves give the best division of a compute."""

    def both() -> Part:
        theory, seen = derived(evidence), empirical(evidence)
        text = "; ".join(
            f"{name} derived {interval(theory[name])}, frontier {interval(seen[name])}" for name in EXPONENTS
        )
        without = [name for name in EXPONENTS if None in (theory[name].low, seen[name].low)]
        if without:
            raise Lacking(f"families F-N and F-B with intervals of {', '.join(without)}")
        apart = independent_difference(theory["p_N"], seen["p_N"])
        return Part("p_N derived minus p_N of the frontier", apart, -NEAR_EXPONENT, NEAR_EXPONENT, text)

    def overfit() -> Shown:
        k = evidence.data_law.fit.values
        return Shown(f"to avoid overfitting D must grow as N^{k['alpha_N'] / k['alpha_D']:.3f}")

    return [both, overfit]


@claim(
    "S4",
    "f = L / L(N, inf) - 1, averaged over the optima that are not censored, is above 0.02, where the paper takes "
    "a run as converged (appendix B); at none is it certainly below 0; f is printed beside alpha_N/alpha_S",
)
def stopped_short(evidence):
    """The best model at a compute is stopped well before it converges."""
    return _stopped_short(evidence)


@claim("S17", "f as in S4, and the best size grows with compute")
def larger_and_short(evidence):
    """At a given compute the best choice is a larger model that is stopped before it converges."""

    def grows() -> Part:
        p = settled(evidence.c_min).params.exponent
        return Part("the exponent of the best size", p, 0.0, text=f"N_opt ~ C_min^{interval(p)}")

    return [*_stopped_short(evidence), grows]


@claim(
    "S18",
    "in Kaplan's counts the exponent of D along the frontier is below that of N; both are printed for all parameters "
    "and all FLOPs too",
)
def data_grows_slowly(evidence):
    """For compute-efficient training the amount of data grows slowly with compute."""

    def slower() -> Part:
        found = settled(evidence.c_min)
        n, d = found.params.exponent, found.tokens.exponent
        text = f"C_min, no embeddings: N {interval(n)}, D {interval(d)}"
        return Part("the exponent of N minus that of D", difference(n, d), 0.0, text=text)

    def other_count() -> Shown:
        found = totals(evidence)
        return Shown(
            f"all parameters, all FLOPs: N {interval(found.params.exponent)}, D {interval(found.tokens.exponent)}"
        )

    return [slower, other_count]


@claim("S19", "the share of p_N in p_N + p_D is above one half")
def mostly_size(evidence):
    """Most of a growing compute should go to the size of the model, little to data."""

    def share() -> Part:
        seen = empirical(evidence)
        part = share_of_size(evidence)
        text = f"p_N {interval(seen['p_N'])} against p_D {interval(seen['p_D'])}: a share of {part.value:.0%}"
        return Part("the share of p_N", part, 0.5, text=text)

    return [share]


@claim(
    "S20",
    "from the first optimum of the frontier to the last, the growth of N, of B_crit and of the measured S_min multiply "
    "to that of C_min to within 10%, and the exponent of B_crit is above that of S_min",
)
def shared_out(evidence):
    """More data should be used by larger batches rather than more steps; model, batch and steps divide the compute."""

    def product() -> Part:
        seen = empirical(evidence)
        span, error = product_error(evidence)
        model, batch, steps = (GROWTH ** seen[name].value for name in ("p_N", "p_B", "p_S"))
        text = (
            f"over {span:.3g} times the compute the error of the product is {error.value:+.2%}; extrapolated to "
            f"{GROWTH:.0e} times: model {model:.3g}, batch {batch:.3g}, steps {steps:.3g} times"
        )
        return Part("the error of the product", error, -NEAR_GROWTH, NEAR_GROWTH, text)

    def batches() -> Part:
        seen = empirical(evidence)
        return Part("the exponent of B_crit minus that of S_min", difference(seen["p_B"], seen["p_S"]), 0.0)

    return [product, batches]


CLAIMS = (best_split, stopped_short, larger_and_short, data_grows_slowly, mostly_size, shared_out)
