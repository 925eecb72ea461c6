"""Figure 21: the loss by place against size, and models of a short context."""

import numpy as np

from ...results.attempt import attempt
from ..drawing.drawing import Axis, Drawing, Mark, line, points, scale_of
from .experiment import Experiment
from .figure import NONEMBEDDING, PLACE, PLACE_LOSS, PaperFigure, panel


def draw(e: Experiment) -> Drawing:
    """Draw the loss at powers of two of the place, for the long context and the short one."""
    runs = e.of("F-N", "F-SEED", arch="transformer")
    runs = runs.take((runs["tokens"] == runs["tokens"].max()) & (runs["n_layer"] > 1))
    short = attempt(lambda: e.of("F-CTX8"), lambda why: None)
    longest = int(e.by_place()["position"].max())
    places = [2**k for k in range(int(np.log2(longest)) + 1)]

    def at(of, place: int) -> tuple[np.ndarray, np.ndarray]:
        found: dict[float, list[float]] = {}
        for run_id, n in zip(of["run_id"], of["params_nonembedding"], strict=True):
            rows = (e.by_place()["run_id"] == run_id) & (e.by_place()["position"] == place)
            for loss in e.by_place()["loss_nats"][rows]:
                found.setdefault(float(n), []).append(float(loss))
        return np.array(sorted(found)), np.array([np.mean(found[n]) for n in sorted(found)])

    def marks() -> list[Mark]:
        drawn: list[Mark] = []
        for place in places:
            for of, words in ((runs, "long context"), (short, "short context")):
                if of is None:
                    continue
                x, y = at(of, place)
                if not len(x):
                    continue
                dashed = words.startswith("short")
                told = tuple(f"T = {place}, {words}" for _ in x)
                drawn.append(line(x, y, size=float(place), thin=True, dotted=dashed))
                drawn.append(points(x, y, size=float(place), symbol="s" if dashed else "o", hollow=dashed, notes=told,
                                    label=f"{words} ({of['n_ctx'][0]:.0f} tokens)"))  # fmt: skip
        return drawn

    told = (
        f"The loss at the places T = {', '.join(map(str, places))} against size, means over seeds, at "
        f"{runs['tokens'].max():,.0f} tokens" + ("" if short is None else "; hollow and dotted: a whole context "
        f"of {short['n_ctx'][0]:.0f} tokens") + "."
    )  # fmt: skip
    return Drawing((panel("", Axis(NONEMBEDDING), Axis(PLACE_LOSS), marks),), told, scale_of(places, PLACE))


FIGURE = PaperFigure(21, "21-places-by-size", "Loss by place against size", ("F-N", "F-CTX8"), draw)
