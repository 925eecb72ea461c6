"""The precision of a run's matrix products; weights, their gradients and the optimiser's state are always float32."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import torch

DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}


def set_float32(precision: str, device: str):
    """Say how a GPU multiplies float32 matrices in this process: whole, or with mantissas of 10 bits for "tf32".

    cuDNN's recurrent layers would take the shorter mantissas unasked. On a CPU "tf32" is float32.
    """
    if device != "cpu":
        kind = "tf32" if precision == "tf32" else "ieee"
        torch.backends.cuda.matmul.fp32_precision = kind
        torch.backends.cudnn.rnn.fp32_precision = kind


def in_precision(precision: str, device: torch.device | str) -> AbstractContextManager:
    """Give the context in which a model is to be called: autocast under "bfloat16", none otherwise.

    A context must end before the weights change: it remembers their copies of fewer bits.
    """
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(torch.device(device).type, torch.bfloat16)


@contextmanager
def recurrent_kernels(device: torch.device) -> Iterator[None]:
    """Give the context in which a recurrent layer is to be called.

    oneDNN has one in bfloat16 on some processors alone (AVX-512 and later); elsewhere PyTorch's own kernels multiply
    in bfloat16 under the same autocast, slower.
    """
    onednn = torch.backends.mkldnn
    lacking = device.type == "cpu" and torch.is_autocast_enabled("cpu") and onednn.enabled and not onednn_recurs()
    if not lacking:
        yield
        return
    onednn.enabled = False
    try:
        yield
    finally:
        onednn.enabled = True


@cache
def onednn_recurs() -> bool:
    """Ask this machine, once a process, whether oneDNN runs a recurrent layer in bfloat16: by running the smallest."""
    layer, step = torch.nn.LSTM(1, 1), torch.zeros(1, 1, 1)
    with torch.autocast("cpu", torch.bfloat16):
        try:
            layer(step)
        except RuntimeError:
            return False
    return True


def cuda_devices() -> int:
    """Count the CUDA devices that PyTorch finds."""
    return torch.cuda.device_count()
