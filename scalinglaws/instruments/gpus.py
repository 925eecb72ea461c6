"""The GPUs of this machine: how many there are, and which of them a process has."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress

VISIBLE, ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


def gpus_here() -> int:
    """Count the GPUs that processes of this machine may use: those of PyTorch, else those that their driver lists."""
    with suppress(ImportError):
        import torch

        if found := torch.cuda.device_count():
            return found
    if shutil.which("nvidia-smi") is None:
        return 0
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True).stdout
    return len(re.findall(r"^GPU \d+", listed, re.M))


def visible(slots: Sequence[int], before: str | None) -> dict[str, str]:
    """Give the variables by which a process sees only some of the GPUs that its parent sees.

    Args:
        slots: their places among those. before: CUDA_VISIBLE_DEVICES of the parent; None where it is not set.
    """
    names = [name.strip() for name in before.split(",") if name.strip()] if before else []
    chosen = [names[slot % len(names)] if names else str(slot) for slot in slots]
    return {VISIBLE: ",".join(chosen), ORDER: "PCI_BUS_ID"}
