"""The precision of a run's matrix products; weights, gradients and the optimizer's state are always float32."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache

import torch

DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}


def set_float32(precision: str, device: str):
    """Set how a GPU multiplies float32 matrices in this process: in full, or with 10-bit mantissas for "tf32".

    Without this setting cuDNN's recurrent layers would use the shorter mantissas. On a CPU "tf32" is float32.
    """
    if device != "cpu":
        kind = "tf32" if precision == "tf32" else "ieee"
        torch.backends.cuda.matmul.fp32_precision = kind
        torch.backends.cudnn.rnn.fp32_precision = kind  # type: ignore[attr-defined]  # not in PyTorch's types


def in_precision(precision: str, device: torch.device | str) -> AbstractContextManager:
    """Return the context in which a model must be called: autocast for "bfloat16", none otherwise.

    The context must end before the weights change, because it caches their copies in lower precision.
    """
    if precision != "bfloat16":
        return nullcontext()
    return torch.autocast(torch.device(device).type, torch.bfloat16)


@contextmanager
def recurrent_kernels(device: torch.device) -> Iterator[None]:
    """Return the context in which a recurrent layer must be called.

    oneDNN has recurrent layers in bfloat16 only on some processors (AVX-512 and later); elsewhere PyTorch's own kernels
    multiply in bfloat16 under the same autocast, more slowly.
    """
    onednn = torch.backends.mkldnn
    lacking = device.type == "cpu" and torch.is_autocast_enabled("cpu") and onednn.enabled and not onednn_recurs()
    if not lacking:
        yield
        return
    onednn.enabled = False  # type: ignore[assignment]  # PyTorch types a switch as its descriptor
    try:
        yield
    finally:
        onednn.enabled = True  # type: ignore[assignment]


@cache
def onednn_recurs() -> bool:
    """Test once per process whether oneDNN on this machine can run a (minimal) recurrent layer in bfloat16."""
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
