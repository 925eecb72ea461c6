"""Scrambling of 64-bit integers: the same bits on every platform and in every version of numpy."""

import numpy as np

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, the increment of SplitMix64


def mix(value: int) -> int:
    """Scramble 64 bits (the output of SplitMix64 at state `value`: Steele, Lea and Flood 2014)."""
    value = (value + STEP) & MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & MASK
    return value ^ value >> 31


def mix_array(values: np.ndarray) -> np.ndarray:
    """Scramble each element of an array of uint64; the products wrap around, as they do in `mix`."""
    values = values + np.uint64(STEP)
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)
