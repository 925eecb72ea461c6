"""S2, S5 and S26: at one N the loss hardly depends on the shape of a model."""

from functools import cache

from ..measurements.family_tables import FamilyTables
from ..measurements.shape_panels import KNOBS, Panel, explained, increase, longest, panels, size_against_shape
from ..results.attempt import Lacking
from .claim import Part, claim

HARDLY = 0.03  # of the loss
ASPECTS = (4.0, 160.0)
LEAST_SHARE = 0.9


def _flat(evidence: FamilyTables, panel: Panel) -> Part:
    most = float(panel.increase.max())
    at = panel.values[panel.increase.argmax()]
    text = (
        f"{panel.knob} from {panel.values[0]:.3g} to {panel.values[-1]:.3g} ({len(panel.values)} shapes near N = "
        f"{panel.params[0]:.3g}): at most {most:.2%} above the best (at {at:.3g})"
    )
    what = f"the largest loss relative to the smallest, minus 1, over {panel.knob}"
    return Part(what, increase(evidence, panel), high=HARDLY, text=text)


@claim(
    "S2",
    "after a correction for N by L(N), the losses with 4 <= d_model/n_layer <= 160 and two layers or more lie within "
    "3% of the best",
)
def aspect(evidence):
    """At one N the loss hardly depends on the ratio of width to depth over a wide range."""

    def flat() -> Part:
        found = next((p for p in panels(evidence, longest(evidence)) if p.knob == KNOBS[0]), None)
        if found is None:
            raise Lacking("family F-SHAPE with several aspect ratios at one N")
        inside = (found.values >= ASPECTS[0]) & (found.values <= ASPECTS[1])
        if inside.sum() < 2:
            raise Lacking("family F-SHAPE with two aspect ratios between 4 and 160 at one N")
        return _flat(evidence, found.take(inside))

    return [flat]


@claim("S26", "in each of the three panels the losses lie within 3% of the best")
def knobs(evidence):
    """At one N the loss depends weakly on depth, heads and feed-forward width, each varied alone."""
    found = cache(lambda: {panel.knob: panel for panel in panels(evidence, longest(evidence))})

    def flat(knob: str) -> Part:
        if knob not in found():
            raise Lacking(f"family F-SHAPE with several values of {knob} at one N")
        return _flat(evidence, found()[knob])

    return [lambda knob=knob: flat(knob) for knob in KNOBS]


@claim(
    "S5",
    "of the variance of ln L that either ln N or the shape (aspect, heads and feed-forward ratio) explains and the "
    "other does not, ln N explains at least 0.9; no order of entry takes part",
)
def scale_not_shape(evidence):
    """The loss depends on scale and hardly on shape."""

    def share() -> Part:
        found = explained(evidence)
        text = (
            f"ln N alone explains {found['first']:.3f} of what the four explain together (R2 {found['all']:.3f}); its "
            f"share is {found['mean']:.3f} averaged over orders, {found['unique']:.3f} after the other three"
        )
        text += f", that of the shape after ln N {found['shape']:.3f}"
        what = "what ln N explains beyond the shape, relative to that and what the shape explains beyond ln N,"
        return Part(what, size_against_shape(evidence), LEAST_SHARE, text=text)

    return [share]


CLAIMS = (aspect, scale_not_shape, knobs)
