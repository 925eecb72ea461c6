"""A design for a goal within the time, the memory and the text of this machine."""

import os
import tempfile
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from ..designing.arms_of_study import data_of
from ..designing.costs import Step
from ..designing.design import make_shape, optimizer_of
from ..designing.read_study import read_study
from ..designing.study_file import Families, Study
from ..errors import CorpusError, MisuseError, StudyError
from ..planning.asked_quantity import AskedFor, asked_quantity
from ..records.arguments import checked
from ..run.memory import training_bytes
from ..tokenizers import named_vocabulary
from ..training.step_times import calibrate
from .designed_for import REACH, DesignFor, design_for
from .estimate import Speed
from .machine import cores


@checked
def design(
    goal: str,
    study: str | Path | Study = "quickstart",
    *,
    flops: float | None = None,
    seconds: float | None = None,
    max_run: float | None = None,
    reach: float = REACH,
    device: str = "cpu",
    speed: float | None = None,
    data_dir: str | Path | None = None,
) -> DesignFor:
    """Choose the runs of a study whose forecast of a goal is as narrow as a budget allows, before anything is trained.

    Args:
        goal: "plan at C=1e21" or "loss at N=1e9,D=2e10".
        study: the recipe: text, tokenizer, batch, rates; a preset, a study's file, or a `Study`.
        flops, seconds: the budget: of all runs in FLOPs, or in seconds of all processes of this machine.
        max_run: maximum FLOPs of one run; reach: compute of the larger held-out run over the largest fitted.
        speed: FLOPs per second of all processes together, in place of timing a step here.

    Returns:
        the designs compared; `study` of it can be given to `scalinglaws.study`.

    Raises:
        MisuseError: the goal, the budget or the study cannot be used. StudyError: nothing fits the budget.
    """
    if (flops is None) == (seconds is None):
        raise MisuseError("design needs one budget: flops=1e19 or seconds=1200, and not both.")
    recipe = read_study(str(study)) if isinstance(study, str | Path) else study
    if isinstance(recipe, Families):
        raise MisuseError(f"a goal is for one study; {recipe.name} is a set of families: name one of its files.")
    amount = (seconds, "s") if seconds is not None else (flops or 0.0, "FLOPs")
    pace = Speed(speed, 0.0) if speed is not None else None
    how: dict[str, Any] = {"max_run": max_run, "reach": reach, "device": device, "speed": pace}
    return on_machine(asked_quantity(goal), recipe, amount, **how, data_dir=Path(data_dir) if data_dir else None)


def on_machine(
    quantity: AskedFor,
    recipe: Study,
    amount: tuple[float, str],
    *,
    max_run: float | None = None,
    reach: float = REACH,
    device: str = "cpu",
    engine: str = "auto",
    speed: Speed | None = None,
    data_dir: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> DesignFor:
    """Design for a quantity within FLOPs, or within seconds of all processes of this machine or of a given speed.

    The vocabulary and the length of the text are those of the recipe's corpus where it is there. Sizes whose weights
    and activations of one sequence do not fit into this machine's memory are refused.

    Args:
        amount: of the budget, and its unit, "FLOPs" or "s".
    """
    n_vocab, most_tokens = _text_of(recipe, data_dir)
    budget, unit = amount
    per_flop = 1.0
    if unit == "s":
        rate = speed.flops_per_second if speed else _measured_rate(recipe, n_vocab, device, engine, say)
        per_flop = 1 / rate
    found = design_for(
        quantity,
        recipe,
        n_vocab,
        budget,
        max_run=max_run,
        reach=reach,
        per_flop=per_flop,
        unit=unit,
        max_tokens=most_tokens,
    )
    if speed is None and device == "cpu":
        _require_memory(found.study, n_vocab)
    return found


def _text_of(recipe: Study, data_dir: Path | None) -> tuple[int, float | None]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            data = data_of(recipe, Path(folder), data_dir)
        except CorpusError:
            return named_vocabulary(recipe.tokenizer), None
        return data.vocabulary, len(data.split("train")) * recipe.max_epochs


def _measured_rate(recipe: Study, n_vocab: int, device: str, engine: str, say) -> float:
    """Time a step of the recipe's middle size and give the FLOP/s of all processes together."""
    middle = recipe.shapes[len(recipe.shapes) // 2]
    shape = make_shape(recipe, middle, n_vocab)
    step = Step(shape, recipe.batch, 1, optimizer_of(recipe, shape), recipe.dropout > 0, recipe.precision)
    say(f"timing a step of {list(middle)} on {device} ...")
    pace = calibrate([step], device=device, engine=engine)[step]
    return step.flops / pace.step_seconds * (recipe.processes or cores())


def _require_memory(study: Study, n_vocab: int) -> None:
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else inf
    needed = training_bytes(make_shape(study, study.shapes[-1], n_vocab))
    if needed > there:
        raise StudyError(
            f"the largest size, {list(study.shapes[-1])}, needs {needed:.3g} bytes to train one sequence; this machine "
            f"has {there:.3g}. Lower the maximum of a run, or give the speed of another machine."
        )
