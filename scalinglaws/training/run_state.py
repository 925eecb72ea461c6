"""The state of a training run in one safetensors file, written completely or not at all."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import StoreError
from ..records.json_values import write_whole
from ..run.run import CHECKPOINT, state_name
from .optimizer import Adam, Optimizer


def states(folder: Path, first_kept: int = 0) -> list[Path]:
    """The states from which a run may resume, the latest first.

    Args:
        first_kept: for a trunk, the first step whose state it must still save: it cannot resume after that step.
    """
    if not first_kept:
        return [folder / CHECKPOINT]
    found = [(_notes(path).get("step", 0), path) for path in (folder / CHECKPOINT, *folder.glob(state_name("*")))]
    return [
        path for step, path in sorted(found, reverse=True) if step < first_kept or path.name == state_name(first_kept)
    ]


def write_checkpoint(path: Path, optimizer: Optimizer, notes: dict):
    """Save weights, optimizer state and `notes` (JSON values, such as the step and the curve so far)."""
    tensors = {}
    for i, (weight, _, state) in enumerate(_stateful(optimizer)):
        tensors[f"weights.{i}"] = weight.detach()
        tensors |= {f"{name}.{i}": value for name, value in state.items()}
    said = json.dumps(notes)
    write_whole(path, save(tensors, {"notes": said, "digest": _digest(tensors, said)}))


def _notes(path: Path) -> dict:
    """Read only the notes of a saved state; empty if the file is missing or not readable."""
    try:
        with safe_open(path, "pt") as file:
            return json.loads(file.metadata()["notes"])
    except (SafetensorError, OSError):
        return {}


def read_checkpoint(path: Path, optimizer: Optimizer) -> dict | None:
    """Restore weights and optimizer state and return the notes; None if there is no file.

    Raises:
        StoreError: the file has changed since it was written.
    """
    if not path.exists():
        return None
    notes, stored = _sound(path)
    for i, (weight, part, _) in enumerate(_stateful(optimizer)):
        weight.data.copy_(stored.pop(f"weights.{i}"))
        state = {name.rpartition(".")[0]: value for name, value in stored.items() if name.endswith(f".{i}")}
        if state:
            part.state[weight] = {name: value.to(_place(name, weight, part)) for name, value in state.items()}
    return notes


def check_checkpoint(path: Path) -> bool:
    """Compare a saved state with its digest; return whether it has one (states of the first releases have none).

    Raises:
        StoreError: the file has changed since it was written.
    """
    _sound(path)
    with safe_open(path, "pt") as file:
        return "digest" in file.metadata()


def _sound(path: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata()
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (safe_open is not a dict)
        if facts.get("digest") in (None, _digest(stored, facts["notes"])):
            return json.loads(facts["notes"]), stored
    except (SafetensorError, OSError, ValueError, KeyError, AttributeError):
        pass
    raise StoreError(
        f"{path} is damaged: it has changed since it was written. Delete it and repeat the study or launch command: "
        "the run resumes from an earlier state, with the same result."
    )


def _digest(tensors: Mapping[str, torch.Tensor], notes: str) -> str:
    """Hash the notes and the bytes of every tensor, with its name, type and shape."""
    digest = hashlib.sha256(notes.encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _stateful(optimizer: Optimizer) -> list[tuple[torch.nn.Parameter, torch.optim.Optimizer | Adam, dict]]:
    """Each weight, the optimizer that updates it, and its optimizer state; in the order of the weights."""
    held = {weight: part for part in optimizer.parts for group in part.param_groups for weight in group["params"]}
    return [(weight, held[weight], held[weight].state.get(weight, {})) for weight in optimizer.weights]


def _place(name: str, weight: torch.nn.Parameter, part: torch.optim.Optimizer | Adam) -> torch.device:
    """PyTorch keeps step counts on the CPU; the fused kernel of Adam needs them on the device of the weights."""
    return weight.device if isinstance(part, Adam) or name != "step" else torch.device("cpu")
