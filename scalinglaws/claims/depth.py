"""S27 to S29: without embeddings all depths fall on one line, but for models of less than two layers."""

from dataclasses import dataclass

import numpy as np

from ..points.points import Points
from ..results.attempt import Lacking
from .claim import Part, claim, said
from .evidence import Evidence
from .powers import Power
from .repeats import averaged
from .shapes import beside, longest, of_standard_ff, shaped, trend

LEAST_RATIO = 2.0


@dataclass(frozen=True)
class Fan:
    """Spread of ln L about one smooth curve, with and without embeddings, over depths of two layers and more.

    Attributes:
        left: over all parameters; `left_all` with models of no and of one layer too.
        right: over N without embeddings; `right_all` with models of one layer too.
    """

    models: int
    depths: tuple[int, ...]
    left: float
    right: float
    left_all: float
    right_all: float


def fan(evidence: Evidence) -> Fan:
    """Compare the two panels of the paper's sixth figure.

    Raises:
        Lacking: fewer than six models or three depths.
    """
    shape = shaped(evidence)
    shape = shape.take(of_standard_ff(shape) | (shape["n_layer"] == 0))
    sizes = beside(evidence, float(shape["tokens"][0]))
    rest = evidence.runs.take(evidence.of("F-N") & ~evidence.kept)
    rest = averaged(rest.take(np.abs(rest["tokens"] / shape["tokens"][0] - 1) < 0.01)) if len(rest) else rest
    names = ("params_nonembedding", "params_total", "n_layer", "loss_nats")
    both = {name: np.concatenate([shape[name], sizes[name], rest[name]]) for name in names}
    deep, one = both["n_layer"] >= 2, both["n_layer"] >= 1
    depths = tuple(sorted({int(n) for n in both["n_layer"][deep]}))
    if deep.sum() < 6 or len(depths) < 3:
        raise Lacking(
            f"family F-SHAPE ({int(deep.sum())} of at least 6 models, {len(depths)} of at least 3 depths present)"
        )
    total, alone, y = both["params_total"], both["params_nonembedding"], np.log(both["loss_nats"])
    every = np.ones(len(y), dtype=bool)
    spread = [_spread(x[rows], y[rows]) for x, rows in ((total, deep), (alone, deep), (total, every), (alone, one))]
    return Fan(int(deep.sum()), depths, *spread)


def _spread(n: np.ndarray, y: np.ndarray) -> float:
    x = np.log(n) - np.log(n).mean()
    return float(np.sqrt(np.sum((y - np.polyval(np.polyfit(x, y, 2), x)) ** 2) / max(1, len(y) - 3)))


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
        return Part(found.left_all > found.right_all, text, f"no fan: {text}")

    return [wider]


@claim("S28", "from two layers up, the spread over all parameters is at least twice that over N")
def one_line(evidence):
    """Without embeddings all depths fall on one line."""

    def narrower() -> Part:
        found = fan(evidence)
        ratio = found.left / found.right
        text = f"spread over all parameters {found.left:.4f}, over N {found.right:.4f}: ratio {ratio:.2f}"
        text += f" of {found.models} models"
        return Part(ratio >= LEAST_RATIO, text, f"the ratio is {ratio:.2f}")

    return [narrower]


def one_layer(evidence: Evidence) -> tuple[Points, Power]:
    """Give the models of one layer with `off`, nats above L(N); those within the fitted sizes where there are any.

    Raises:
        Lacking: no model of one layer.
    """
    tokens = longest(evidence)
    points, line = trend(evidence, tokens)
    fitted = beside(evidence, tokens)["params_nonembedding"]
    points = points.take((points["n_layer"] == 1) & of_standard_ff(points))
    if not len(points):
        raise Lacking("family F-SHAPE with a model of one layer (0 of at least 1 present)")
    n = points["params_nonembedding"]
    inside = (n >= fitted.min()) & (n <= fitted.max())
    points = points.take(inside) if inside.any() else points
    return points.replace(off=points["loss_nats"] * -np.expm1(-points["above"])), line


@claim("S29", "models of one layer lie on average more than 2 sd of a seed above L(N)")
def exceptions(evidence):
    """Models of fewer than two layers leave the line."""

    def above() -> Part:
        points, _ = one_layer(evidence)
        off, sigma = float(points["off"].mean()), evidence.sigma.nats.value
        text = f"{len(points)} models of one layer lie {off:+.4f} nats off L(N); 2 sd of a seed are {2 * sigma:.4f}"
        text += f" (sd {said(evidence.sigma.nats)})"
        return Part(off > 2 * sigma, text, f"absent here: {off:+.4f} nats")

    return [above]


CLAIMS = (fan_with_embeddings, one_line, exceptions)
