"""A forecast of a loss that cannot lie below a known entropy."""

import numpy as np
from scipy.special import ndtr, ndtri


def above_floor(
    middle: np.ndarray, low: np.ndarray, high: np.ndarray, floor: float, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give median and interval of ln(loss), given that it is above a floor.

    The forecast is taken as normal on either side of its median. One whose median lies below the floor is first moved
    up to it with its width: the runs speak for a loss that cannot be, and how far below does not make it more certain.

    Args:
        middle, low, high: median and interval of the forecast without the floor. floor: ln of the lowest loss there is.
        level: of the interval.

    Returns:
        (median, low, high). The interval begins at the floor where what is left out at its lower end is less than what
        lies below the floor, and is unchanged where nothing does.
    """
    tail = (1 - level) / 2
    up = np.maximum(floor - middle, 0.0)
    middle, low, high = middle + up, low + up, high + up
    below, above = ((side / ndtri(1 - tail)) for side in (middle - low, high - middle))
    cut = ndtr((floor - middle) / np.maximum(below, 1e-300))

    def quantile(share: float) -> np.ndarray:
        z = ndtri(cut + (1 - cut) * share)
        return middle + z * np.where(z < 0, below, above)

    return quantile(0.5), np.where(cut > tail, floor, quantile(tail)), quantile(1 - tail)
