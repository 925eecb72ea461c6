"""The paces that were measured on this machine, kept in its user's cache, so that each is measured once."""

import hashlib
import json
import platform
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import torch

from ..designing.costs import Pace, Step
from ..errors import StoreError
from ..records.cache_folder import cache_folder
from ..records.json_values import from_plain, read_hint, to_plain, write_hint
from .compiled.building import kernel_digest
from .step_times import LONGEST_TIMING, calibrate, path_of


def paces_here(
    steps: Iterable[Step],
    *,
    device: str = "cpu",
    engine: str = "auto",
    seconds: float = LONGEST_TIMING,
    say: Callable[[str], None] = lambda text: None,
) -> dict[Step, Pace]:
    """How long each kind of step takes on this machine: as kept, or measured now and kept.

    What is kept holds for this processor, system, release of PyTorch and compiled step; where any of them changes, it
    is measured again. Kinds that are too long to be timed are estimated from their FLOPs each time.

    Args:
        seconds: for all measurements together.
        say: called with the number of kinds to measure, before they are measured.
    """
    asked, path = list(dict.fromkeys(steps)), _file(device)
    kept = _read(path)
    names = {step: _name(step, path_of(step, device, engine)) for step in asked}
    known = {step: kept[names[step]] for step in asked if names[step] in kept}
    if len(known) == len(asked):
        return known
    say(f"timing {len(asked) - len(known)} kinds of step on {device} ...")
    found = calibrate(asked, seconds=seconds, known=known, device=device, engine=engine)
    new = {names[step]: pace for step, pace in found.items() if pace.measured and step not in known}
    if new:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_hint(path, {name: asdict(pace) for name, pace in (_read(path) | new).items()})
    return found


def _read(path: Path) -> dict[str, Pace]:
    kept = read_hint(path)
    found: dict[str, Pace] = {}
    for name, values in kept.items() if isinstance(kept, dict) else ():
        with suppress(StoreError):
            found[name] = from_plain(Pace, values, str(path), StoreError)
    return found


def _file(device: str) -> Path:
    """The file of this machine: its name is a hash of all that a pace depends on besides the kind of step."""
    parts = [platform.machine(), platform.release(), _processor(), torch.__version__, kernel_digest()]
    parts += [torch.backends.cpu.get_cpu_capability(), device]
    if device != "cpu":
        parts.append(torch.cuda.get_device_name())
    return cache_folder() / "paces" / f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]}.json"


def _processor() -> str:
    """The name of the processor, as Linux gives it, else as Python does."""
    with suppress(OSError):
        told = Path("/proc/cpuinfo").read_text()
        return " ".join(re.findall(r"^(?:model name|model|flags)\s*: (.*)$", told, re.M)[:3])
    return platform.processor()


def _name(step: Step, path: str) -> str:
    return hashlib.sha256(json.dumps([to_plain(step), path], sort_keys=True).encode()).hexdigest()[:24]
