"""The state of a training run in one safetensors file, written whole or not at all."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from .records import write_whole


def write_checkpoint(path: Path, flats: list[nn.Parameter], optimizer: torch.optim.Optimizer, notes: dict):
    """Keep weights, optimiser state and `notes` (JSON values, such as the step and the curve so far)."""
    tensors = {}
    for i, flat in enumerate(flats):
        tensors[f"weights.{i}"] = flat.detach()
        tensors |= {f"{name}.{i}": value for name, value in optimizer.state.get(flat, {}).items()}
    write_whole(path, save(tensors, {"notes": json.dumps(notes)}))


def read_checkpoint(path: Path, flats: list[nn.Parameter], optimizer: torch.optim.Optimizer) -> dict | None:
    """Put weights and optimiser state back in place and return the notes; None where there is no readable file."""
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt", device=str(flats[0].device)) as file:
            notes = json.loads(file.metadata()["notes"])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (safe_open is no dict)
    except SafetensorError:
        return None
    for i, flat in enumerate(flats):
        flat.data.copy_(stored.pop(f"weights.{i}"))
        state = {name.rpartition(".")[0]: value for name, value in stored.items() if name.endswith(f".{i}")}
        if state:
            optimizer.state[flat] = state
    return notes
