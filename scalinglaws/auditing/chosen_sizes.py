"""Which size each count of parameters would choose: whether an exponent's dependence on the count changes a plan."""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError
from ..fitting.fit_record import Fit
from .bakeoff import far_point
from .evidence import Evidence, Lacking

LARGEST, STEPS = 300.0, 2000  # times the largest size: up to here the best one is looked for; sizes tried
EQUAL = 1e-6  # share by which two counts must differ to be different ones


def sizes_chosen(e: Evidence, fits: Mapping[str, Fit]) -> dict[str, float]:
    """Give the size of lowest loss at ten times the compute of the largest run, or at the target, by every count's law.

    All sizes are in the study's own count, and all use the same compute, 6 N D of that count. What another count adds
    to N, as a share of it, is continued as a power of N: embeddings are V / (12 n_layer d_model) of the blocks.

    Returns:
        count -> N; empty where a law has its lowest loss at an end of the sizes looked at, so that it chooses none.
    """
    far = far_point(e)
    sizes = np.geomspace(e.size.min(), LARGEST * e.size.max(), STEPS)
    tokens = far["N"] * far["D"] / sizes
    found = {}
    for name, law in fits.items():
        loss = law.evaluate(N=sizes * (1 + _share(e, name, sizes)), D=tokens)
        best = int(np.argmin(loss))
        if not 0 < best < STEPS - 1:
            return {}
        found[name] = float(sizes[best])
    return found


def _share(e: Evidence, name: str, sizes: np.ndarray) -> np.ndarray:
    """Give what a count adds to the study's own, as a share of it, at other sizes.

    Raises:
        Lacking: it adds to some sizes and takes from others.
    """
    try:
        share = e.need(name)[0] / e.size - 1
    except PointsError:
        share = np.zeros(len(e.size))
    if np.abs(share).max() < EQUAL:
        return np.zeros(len(sizes))
    if not (share > 0).all() and not (share < 0).all():
        raise Lacking(f"a count {name} that is above {e.size_name} at every size, or below it at every one")
    power = np.polyfit(np.log(e.size), np.log(np.abs(share)), 1)
    return np.sign(share[0]) * np.exp(np.polyval(power, np.log(sizes)))
