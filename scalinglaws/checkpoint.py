"""The state of a training run in one safetensors file, written whole or not at all."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from .optimizer import Optimizer
from .records import write_whole


def write_checkpoint(path: Path, optimizer: Optimizer, notes: dict):
    """Keep weights, optimiser state and `notes` (JSON values, such as the step and the curve so far)."""
    tensors = {}
    for i, (weight, _, state) in enumerate(_stateful(optimizer)):
        tensors[f"weights.{i}"] = weight.detach()
        tensors |= {f"{name}.{i}": value for name, value in state.items()}
    write_whole(path, save(tensors, {"notes": json.dumps(notes)}))


def read_checkpoint(path: Path, optimizer: Optimizer) -> dict | None:
    """Put weights and optimiser state back in place and return the notes; None where there is no readable file."""
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            notes = json.loads(file.metadata()["notes"])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (safe_open is no dict)
    except SafetensorError:
        return None
    for i, (weight, part, _) in enumerate(_stateful(optimizer)):
        weight.data.copy_(stored.pop(f"weights.{i}"))
        state = {name.rpartition(".")[0]: value for name, value in stored.items() if name.endswith(f".{i}")}
        if state:
            part.state[weight] = {name: value.to(_place(name, weight, part)) for name, value in state.items()}
    return notes


def _stateful(optimizer: Optimizer) -> list[tuple[torch.nn.Parameter, torch.optim.Optimizer, dict]]:
    """Each weight, the PyTorch optimiser that steps it, and what that remembers of it; in the order of the weights."""
    held = {weight: part for part in optimizer.parts for group in part.param_groups for weight in group["params"]}
    return [(weight, held[weight], held[weight].state.get(weight, {})) for weight in optimizer.weights]


def _place(name: str, weight: torch.nn.Parameter, part: torch.optim.Optimizer) -> torch.device:
    """PyTorch counts steps on the CPU, unless its fused kernel reads the count."""
    fused = any(group.get("fused") for group in part.param_groups)
    return weight.device if fused or name != "step" else torch.device("cpu")
