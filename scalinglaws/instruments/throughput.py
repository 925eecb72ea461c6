"""Speed, utilisation of the machine's peak FLOP rate, and peak memory."""

import resource
import sys
import time

import torch

CEILING_SIDE = 512  # side of the matrices with which the peak rate is measured: they fit in a core's cache
CEILING_SECONDS = 0.05
LEAST_PRODUCTS = 3


def matmul_ceiling(device: str = "cpu", dtype: torch.dtype = torch.float32, seconds: float = CEILING_SECONDS) -> float:
    """Measure the FLOPs per second of a square matrix product in this process's threads: the rate that counts as 100%.

    The fastest of the products that fit into `seconds`, of which there are at least three: the first one is cold.
    """
    side = CEILING_SIDE if device == "cpu" else 8192
    left, right = (torch.ones(side, side, device=device, dtype=dtype) for _ in range(2))
    if device != "cpu":
        left @ right  # the first product also loads the library
        torch.cuda.synchronize()
    best, tried = 0.0, 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or tried < LEAST_PRODUCTS:
        start = time.perf_counter()
        left @ right
        if device != "cpu":
            torch.cuda.synchronize()
        tried += 1
        best = max(best, 2 * side**3 / (time.perf_counter() - start))
    return best


def utilisation(tokens_per_second: float, flops_per_token: float, ceiling: float) -> float:
    """Model FLOP utilisation: exact training FLOPs per second divided by the measured peak rate (0 to 1)."""
    return tokens_per_second * flops_per_token / ceiling


def forget_peak_memory(device: str = "cpu"):
    """Restart the count of a GPU's peak memory; the peak of a process on the CPU cannot be reset."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()


def peak_memory_bytes(device: str = "cpu") -> int:
    """Peak memory of this process; on a GPU, the peak of its tensors since `forget_peak_memory`."""
    if device != "cpu":
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
