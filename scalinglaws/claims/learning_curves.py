"""S10, S12, S14, S15: what the learning curves of all sizes have in common, and what a loss costs each of them."""

from functools import cache

import numpy as np

from ..measurements.sheet import said
from ..measurements.size_curves import Reached, foretold, reached, refits
from ..results.attempt import Lacking
from .claim import Part, claim

NEAR_EXPONENT = 0.20
NEAR_LOSS = 0.02


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
