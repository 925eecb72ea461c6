"""Speed, share of the machine's arithmetic that is used, and peak memory."""

import resource
import sys
import time

import torch

CEILING_SIDE = 512  # of the matrices that the ceiling is measured with: they stay in a core's cache
CEILING_SECONDS = 0.05


def matmul_ceiling(device: str = "cpu", dtype: torch.dtype = torch.float32, seconds: float = CEILING_SECONDS) -> float:
    """Measure the FLOPs a second of a square matrix product, in the threads of this process: what 100% stands for.

    The best of the products that fit into `seconds`, and of one at least.
    """
    side = CEILING_SIDE if device == "cpu" else 8192
    left, right = (torch.ones(side, side, device=device, dtype=dtype) for _ in range(2))
    if device != "cpu":
        left @ right  # the first one also loads the library
        torch.cuda.synchronize()
    best = 0.0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or best == 0.0:
        start = time.perf_counter()
        left @ right
        if device != "cpu":
            torch.cuda.synchronize()
        best = max(best, 2 * side**3 / (time.perf_counter() - start))
    return best


def utilisation(tokens_per_second: float, flops_per_token: float, ceiling: float) -> float:
    """Model FLOP utilisation: exact training FLOPs a second over the measured ceiling (0 to 1)."""
    return tokens_per_second * flops_per_token / ceiling


def forget_peak_memory(device: str = "cpu"):
    """Count a GPU's peak from here; that of a process cannot be forgotten."""
    if device != "cpu":
        torch.cuda.reset_peak_memory_stats()


def peak_memory_bytes(device: str = "cpu") -> int:
    """Most memory this process ever held; on a GPU, most that its tensors did since `forget_peak_memory`."""
    if device != "cpu":
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
