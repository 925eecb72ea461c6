"""S27 to S29: without embeddings all depths fall on one line, but for models of less than two layers."""

from ..measurements.depths import above_line, fan, one_layer
from ..records.numbers_in_text import interval
from .claim import Part, claim

LEAST_RATIO = 2.0


@claim(
    "S27",
    "about one smooth curve, the losses of all depths, models without layers too, spread wider over all parameters "
    "than over N",
)
def fan_with_embeddings(evidence):
    """With embeddings counted, the loss seems to depend on depth."""

    def wider() -> Part:
        found = fan(evidence)
        depths = ", ".join(map(str, found.depths))
        text = f"spread of ln L over all parameters {found.left_all:.4f}, over N {found.right_all:.4f}; depths {depths}"
        return Part("the spread over all parameters, relative to that over N,", found.ratio_all, 1.0, text=text)

    return [wider]


@claim("S28", "from two layers up, the spread over all parameters is at least twice that over N")
def one_line(evidence):
    """Without embeddings all depths fall on one line."""

    def narrower() -> Part:
        found = fan(evidence)
        text = f"spread over all parameters {found.left:.4f}, over N {found.right:.4f}: ratio {found.ratio.value:.2f}"
        text += f" of {found.models} models"
        what = "the spread over all parameters, relative to that over N,"
        return Part(what, found.ratio, LEAST_RATIO, text=text)

    return [narrower]


@claim("S29", "models of one layer lie on average more than 2 sd of a seed above L(N)")
def exceptions(evidence):
    """Models of fewer than two layers leave the line."""

    def above() -> Part:
        points, _ = one_layer(evidence)
        off, sigma = float(points["off"].mean()), evidence.sigma.nats.value
        text = f"{len(points)} models of one layer lie {off:+.4f} nats off L(N); 2 sd of a seed are {2 * sigma:.4f}"
        text += f" (sd {interval(evidence.sigma.nats)})"
        what = "their mean distance above L(N), less 2 sd of a seed, in nats,"
        return Part(what, above_line(evidence), 0.0, text=text)

    return [above]


CLAIMS = (fan_with_embeddings, one_line, exceptions)
