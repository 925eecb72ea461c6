"""The precision of a run's matrix products; weights, their gradients and the optimiser's state are always float32."""

from contextlib import AbstractContextManager, nullcontext

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
