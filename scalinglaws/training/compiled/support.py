"""Which runs the compiled step can train here, and why it cannot train the others. Nothing heavy is imported."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from ...run.run import GRAPHED, RunSpec
from .building import cannot, home, missing
from .layout import memory_bytes

PLAIN = {"lstm": "it is an LSTM", "moe": "it is a mixture of experts"}  # families of the plain path -> why
LARGEST_BYTES = 128 << 20  # maximum memory beside that of the plain path


def supports(spec: RunSpec, device: str = "cpu") -> str:
    """Say why the compiled step cannot train a run here, in words that follow "because"; empty if it can."""
    return _of_settings(spec, device) or _of_machine()


def _of_settings(spec: RunSpec, device: str) -> str:
    shape = spec.shape
    if device != "cpu":
        return f"it runs on {device}"
    if shape.family in PLAIN:
        return PLAIN[shape.family]
    if spec.optimizer not in ("adam", "adamw"):
        return f"its optimizer is {spec.optimizer}"
    if spec.precision == "bfloat16":
        return "its precision is bfloat16"
    if spec.dropout:
        return "it has dropout"
    if (needed := memory_bytes(shape, spec.stages[-1].batch)) > LARGEST_BYTES:
        return f"it would need {needed >> 20} MiB more"
    return ""


@cache
def _of_machine() -> str:
    return cannot()


def say_engine(specs: Sequence[RunSpec], device: str, engine: str, say: Callable[[str], None]):
    """Say before some runs are trained how many take the compiled step (or are recorded), and why the others do not."""
    if not specs or engine == "plain":
        return
    if engine == GRAPHED and device != "cpu":
        _say_reasons(Counter(_unrecorded(spec, device) for spec in specs), "recorded step", say)
        return
    if not missing() and not any(home().glob("*.o")):
        say("compiling the training step: once on this machine, about ten seconds")
    _say_reasons(Counter(supports(spec, device) for spec in specs), "compiled training step", say)


def _unrecorded(spec: RunSpec, device: str) -> str:
    from ..graphed import cannot_graph  # imports PyTorch

    return cannot_graph(spec, device)


def _say_reasons(reasons: Counter[str], step: str, say: Callable[[str], None]):
    many, fast = reasons.total(), reasons.pop("", 0)
    if not reasons:
        say(f"all {fast} take the {step}")
        return
    told = "; ".join(f"{count} because {reason}" for reason, count in reasons.items())
    say(f"{fast} of {many} runs take the {step}; the others PyTorch: {told}")
