"""S2, S5 and S26: the shape of a model hardly matters at one N."""

from functools import cache

from ..measurements.family_tables import FamilyTables
from ..measurements.shape_panels import KNOBS, Panel, explained, longest, panels
from ..results.attempt import Lacking
from .claim import Part, claim

LEAST_LIMIT = 0.03
ASPECTS = (4.0, 160.0)
LEAST_SHARE = 0.9


def limit(evidence: FamilyTables) -> float:
    """3%, or three standard deviations of a seed over the loss where that is more."""
    return max(LEAST_LIMIT, 3 * evidence.sigma.log)


def _flat(evidence: FamilyTables, panel: Panel) -> Part:
    most, top = float(panel.increase.max()), limit(evidence)
    at = panel.values[panel.increase.argmax()]
    text = (
        f"{panel.knob} from {panel.values[0]:.3g} to {panel.values[-1]:.3g} ({len(panel.values)} shapes near N = "
        f"{panel.params[0]:.3g}): at most {most:.2%} above the best, at {at:.3g}; limit {top:.2%}"
    )
    return Part(most <= top, text, f"{panel.knob} = {at:.3g} costs {most:.2%}, more than {top:.2%}")


@claim(
    "S2",
    "after a correction for N by L(N), every loss with 4 <= d_model/n_layer <= 160 and two layers or more lies within "
    "max(3%, 3 sd of a seed) of the best",
)
def aspect(evidence):
    """At one N, width against depth hardly matters over a wide range."""

    def flat() -> Part:
        found = next((p for p in panels(evidence, longest(evidence)) if p.knob == KNOBS[0]), None)
        if found is None:
            raise Lacking("family F-SHAPE with several aspect ratios at one N")
        inside = (found.values >= ASPECTS[0]) & (found.values <= ASPECTS[1])
        if inside.sum() < 2:
            raise Lacking("family F-SHAPE with two aspect ratios between 4 and 160 at one N")
        some = tuple(name for name, here in zip(found.shapes, inside, strict=True) if here)
        increase = (1 + found.increase[inside]) / (1 + found.increase[inside].min()) - 1
        return _flat(evidence, Panel(found.knob, found.values[inside], found.params[inside], some, increase))

    return [flat]


@claim("S26", "in each of the three panels every loss lies within max(3%, 3 sd of a seed) of the best")
def knobs(evidence):
    """At one N the loss depends weakly on depth, heads and feed-forward width, each turned alone."""
    found = cache(lambda: {panel.knob: panel for panel in panels(evidence, longest(evidence))})

    def flat(knob: str) -> Part:
        if knob not in found():
            raise Lacking(f"family F-SHAPE with several values of {knob} at one N")
        return _flat(evidence, found()[knob])

    return [lambda knob=knob: flat(knob) for knob in KNOBS]


@claim(
    "S5",
    "of the variance of ln L that ln N, aspect, heads and feed-forward ratio explain, ln N alone explains at least 0.9",
)
def scale_not_shape(evidence):
    """Loss depends on scale, hardly on shape."""

    def share() -> Part:
        found = explained(evidence)
        text = (
            f"ln N alone {found['first']:.3f} of what the four explain (R2 {found['all']:.3f}); averaged over orders "
            f"{found['mean']:.3f}, unique {found['unique']:.3f}"
        )
        return Part(found["first"] >= LEAST_SHARE, text, f"ln N explains {found['first']:.3f} of it")

    return [share]


CLAIMS = (aspect, scale_not_shape, knobs)
