"""S27 to S29: without embeddings all depths lie on one line, except models of fewer than two layers."""

from ..measurements.depths import above_line, fan, one_layer
from ..records.numbers_in_text import interval
from .claim import Part, claim


@claim(
    "S27",
    "the losses of all depths, models without layers included, scatter more about one smooth curve in all parameters "
    "than about one in N",
)
def fan_with_embeddings(evidence):
    """If embeddings are counted, the loss seems to depend on depth."""

    def wider() -> Part:
        found = fan(evidence)
        depths = ", ".join(map(str, found.depths))
        text = (
            f"scatter of ln L over all parameters {found.left_all:.4f}, over N {found.right_all:.4f}; depths {depths}"
        )
        return Part("the scatter over all parameters relative to that over N", found.ratio_all, 1.0, text=text)

    return [wider]


@claim(
    "S28", "from two layers up, the losses scatter more about one smooth curve in all parameters than about one in N"
)
def one_line(evidence):
    """Without embeddings all depths lie on one line."""

    def narrower() -> Part:
        found = fan(evidence)
        text = f"scatter over all parameters {found.left:.4f}, over N {found.right:.4f}: ratio {found.ratio.value:.2f}"
        text += f", {found.models} models"
        what = "the scatter over all parameters relative to that over N"
        return Part(what, found.ratio, 1.0, text=text)

    return [narrower]


@claim("S29", "models of one layer lie on average more than 2 sd of a seed above L(N)")
def exceptions(evidence):
    """Models of fewer than two layers do not lie on the line."""

    def above() -> Part:
        points, _ = one_layer(evidence)
        off, sigma = float(points["off"].mean()), evidence.sigma.nats.value
        text = f"{len(points)} models of one layer: mean of {off:+.4f} nats above L(N); 2 sd of a seed: {2 * sigma:.4f}"
        text += f" (sd {interval(evidence.sigma.nats)})"
        what = "their mean distance above L(N) minus 2 sd of a seed, in nats,"
        return Part(what, above_line(evidence), 0.0, text=text)

    return [above]


CLAIMS = (fan_with_embeddings, one_line, exceptions)
