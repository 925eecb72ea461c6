"""Points that lie farther off a forecast than its noise explains, such as a run that was left behind in training."""

from collections.abc import Sequence

import numpy as np

from ..fitting.outliers import SHOWN, WILD
from .evidence import DEGREES
from .mixture import Posterior

LEAST = DEGREES / (DEGREES + WILD**2)  # weight by Student's t of a point that far off, over that of one on the forecast


def distances(made: Posterior) -> np.ndarray:
    """Give how far each ln(target) lies above the forecast there, in standard deviations of its noise, (points,).

    From the weights of Student's t, (nu + 1) / (nu + r^2) at a distance r: they are those of the law with its
    discrepancy, and a point that lies off hardly moves them.
    """
    weights = made.shares @ np.array([one.weights for one in made.components])
    apart = np.sqrt(np.maximum((DEGREES + 1) / weights - DEGREES, 0.0))
    return np.where(made.seen.y < made.at(made.seen.x)[0], -apart, apart)


def far_off(made: Posterior, names: Sequence[str]) -> tuple[str, ...]:
    """Say which points lie farther off than noise does, at most one sentence.

    Args:
        names: of the runs of the points, in the order of `made.seen`.
    """
    apart = distances(made)
    far = np.flatnonzero(np.abs(apart) > WILD)
    if not len(far):
        return ()
    far = far[np.argsort(-np.abs(apart[far]), kind="stable")]
    shown = ", ".join(f"{names[i]} ({apart[i]:+.0f} sd)" for i in far[:SHOWN])
    rest = f" and {len(far) - SHOWN} more" if len(far) > SHOWN else ""
    lie, each, them = ("lies", "It", "it") if len(far) == 1 else ("lie", "Each", "them")
    return (
        f"{len(far)} of {len(apart)} points {lie} over {WILD:g} standard deviations of the noise off the forecast: "
        f"{shown}{rest}. {each} has less than {LEAST:.0%} of the weight of a point on it. Look at {them}; exclude "
        f"{them} with a reason.",
    )
