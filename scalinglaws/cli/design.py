"""List every run of a study and its cost, before anything is spent; or choose the runs for a goal."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import MEASURE, Json, app, data_dir, emit, require_names, require_training, say, show
from .outputs import spared
from .study_options import (
    Changes,
    Device,
    Engine,
    Field,
    Goal,
    MaxRun,
    Money,
    Only,
    SpeedOption,
    amount_of,
    asked_speed,
    asked_study,
    print_design,
)

LARGE = 1e16  # FLOPs of a goal, above which its recipe is that of large models where none is named
LARGE_RECIPE = ["corpus=text:corpus/", "tokenizer=bpe:32768", "n_ctx=1024", "d_head=64", "lr_max=0.001"]


@app.command(rich_help_panel=MEASURE)
def design(
    study: Annotated[
        str | None, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML); with --for, the recipe.")
    ] = None,
    only: Only = None,
    changes: Changes = None,
    field: Field = None,
    device: Device = "cpu",
    engine: Engine = "auto",
    speed: SpeedOption = None,
    gpu: Annotated[
        str | None, typer.Option(metavar="h100-sxm|'24 GB'", help="Say whether each run fits on this GPU.")
    ] = None,
    goal: Goal = None,
    budget: Money = None,
    max_run: MaxRun = None,
    reach: Annotated[
        float, typer.Option(help="With --for: compute of the larger held-out run over the largest that is fitted.")
    ] = 4.0,
    price_per_hour: Annotated[float | None, typer.Option(help="With --budget in money: price of an hour.")] = None,
    to: Annotated[Path | None, typer.Option(help="With --for: write the study file here.")] = None,
    json: Json = False,
):
    """List every run of a study with its size, tokens, FLOPs and time on this machine, before anything is spent. With
    --for and --budget, choose the runs: a study whose forecast of the goal is as narrow as the budget allows.

    Example:  scalinglaws design quickstart
    """
    from ..designing.study_file import Study

    require_names(device, engine)
    if goal is None and budget is None:
        if study is None:
            raise MisuseError("design needs a study, such as quickstart, or a goal and a budget: --for and --budget.")
        asked = asked_study(study, only, changes, field, {} if gpu is None else {"gpu": gpu})
        if not (isinstance(asked, Study) and asked.own_trainer):
            require_training(device, engine)
        print_design(asked, device, engine, speed, json)
        return
    require_training(device, engine)
    spared("--to", to)
    how = {"device": device, "engine": engine, "speed": asked_speed(speed), "max_run": max_run, "reach": reach}
    recipe = asked_study(study, only, changes, field) if study else None
    _choose(recipe, goal, amount_of(budget, price_per_hour), how, to, json)


def _choose(recipe, goal: str | None, amount: tuple[float, str], how: dict, to: Path | None, json: bool):
    from ..designing.study_file import Families
    from ..planning.asked_quantity import asked_quantity
    from ..studying.design_for_text import as_plain, text_of, toml_of
    from ..studying.designed_here import on_machine

    if isinstance(recipe, Families):
        raise MisuseError(f"a goal is for one study; {recipe.name} is a set of families: name one of its files.")
    quantity = asked_quantity(goal or (recipe.goal if recipe else ""))
    if recipe is None:
        recipe = asked_study("quickstart", None, [] if quantity.compute < LARGE else LARGE_RECIPE)
    found = on_machine(quantity, recipe, amount, **how, data_dir=data_dir(), say=say)
    if to is not None:
        to.write_text(toml_of(found.study, [f"chosen for {quantity.text}"]), encoding="utf-8")
    emit(as_plain(found)) if json else show(text_of(found, str(to or "")))
