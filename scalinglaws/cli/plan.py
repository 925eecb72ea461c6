"""Turn a budget into a plan, and a plan into a trainer's configuration."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import of_a_fit
from .fits_given import Fitted

_Float = float | None
Params = Annotated[_Float, typer.Option(help="Hold the size, and plan the tokens.")]
Tokens = Annotated[_Float, typer.Option(help="Hold the tokens, and plan the size.")]
Unique = Annotated[_Float, typer.Option(help="Different tokens there are; more are repeats.")]
Inference = Annotated[float, typer.Option(help="Tokens to serve, out of the same budget.")]
Batch = Annotated[_Float, typer.Option(help="Tokens a step; else by published laws.")]
Policy = Annotated[str | None, typer.Option(help="For kaplan-ns: critical, small-batch or fixed.")]
Critical = Annotated[
    str | None, typer.Option(metavar="B_star=..,alpha_B=..", help="For kaplan-ns: B_crit of the loss.")
]
Vocab = Annotated[int | None, typer.Option(help="Vocabulary: with --n-ctx lists models that can be built.")]
Context = Annotated[int | None, typer.Option(help="Context length of those models.")]
Head = Annotated[int, typer.Option(help="Width of an attention head of those models.")]
Untied = Annotated[bool, typer.Option("--untied", help="An output head of its own.")]
Hardware = Annotated[str | None, typer.Option(help="A named device, such as h100-sxm, for hours.")]
Speed = Annotated[_Float, typer.Option(help="Or the measured FLOPs a second of one device.")]
Devices = Annotated[int, typer.Option(help="How many of it.")]
Price = Annotated[_Float, typer.Option(help="Price of one device for an hour.")]
Export = Annotated[str | None, typer.Option(metavar="TRAINER", help="nanogpt, torchtitan or olmo-core: its settings.")]
Row = Annotated[int | None, typer.Option(help="Which of the listed models to export.  \\[default: the best]")]
Rate = Annotated[_Float, typer.Option("--lr", help="Learning rate to export; else the middle of the published laws.")]
To = Annotated[
    Path | None, typer.Option("--to", help="Write the export here; else it is printed in place of the plan.")
]


@app.command(rich_help_panel=INFER)
@of_a_fit
def plan(
    a: Fitted,
    flops: Annotated[float, typer.Option(help="The budget, training FLOPs as 6 N D.")],
    params: Params = None,
    tokens: Tokens = None,
    unique_tokens: Unique = None,
    inference_tokens: Inference = 0.0,
    batch_tokens: Batch = None,
    batch_policy: Policy = None,
    critical: Critical = None,
    mix: o.Mix = None,
    calibrate: o.Calibrate = False,
    n_vocab: Vocab = None,
    n_ctx: Context = None,
    d_head: Head = 64,
    untied: Untied = False,
    hardware: Hardware = None,
    flops_per_second: Speed = None,
    devices: Devices = 1,
    price_per_hour: Price = None,
    export: Export = None,
    shape_row: Row = None,
    lr: Rate = None,
    to: To = None,
    json: Json = False,
):
    """Turn a budget into size, tokens, batch, steps and loss, each with its interval, and what would serve as well.

    Example:  scalinglaws plan chinchilla points.csv --flops 1e21 --n-vocab 50257 --n-ctx 2048 --hardware h100-sxm
    """
    building = _building(n_vocab, n_ctx, d_head, not untied)
    _check_export(export, building, shape_row, to, lr)
    given = {
        "batch_tokens": batch_tokens,
        "batch_policy": batch_policy,
        "critical": critical and o.places(critical, "--critical", "B_star=2e8,alpha_B=0.21"),
        "fixed_params": params,
        "fixed_tokens": tokens,
        "unique_tokens": unique_tokens,
        "inference_tokens": inference_tokens,
        "hardware": hardware,
        "flops_per_second": flops_per_second,
        "devices": devices,
        "price_per_hour": price_per_hour,
    }
    made = _planned(a, mix, calibrate, flops, given | {"building": building})
    _tell(a, made, _exported(made, export, shape_row, lr, devices), to, json)


def _planned(a: Fitted, mix: str | None, calibrate: bool, flops: float, given: dict):
    """Plan by one law or by several, weighed; twice where the intervals are calibrated: a mistake is told before."""
    from ..planning.plan import plan as run_plan

    mixed = a.mixed(mix)
    drawn = mixed or a.draws[0]
    given |= {"level": a.level, "ceiling": a.ceiling}
    made = run_plan(drawn, flops, **given)
    if calibrate:
        made = run_plan(drawn, flops, calibration=a.factor(mixed), **given)
    if mixed:
        say(f"laws weigh {mixed.weighed()}: {mixed.sentence}")
    return made


def _building(n_vocab, n_ctx, d_head, tied):
    from ..planning.buildable import Building

    if n_vocab is None and n_ctx is None:
        return None
    if n_vocab is None or n_ctx is None:
        raise MisuseError("models are listed with both --n-vocab and --n-ctx: --n-vocab 50257 --n-ctx 2048.")
    return Building(n_vocab, n_ctx, d_head, tied)


def _check_export(export, building, row, to, lr):
    if export is None and (row is not None or to is not None or lr is not None):
        raise MisuseError("--shape-row, --lr and --to go with --export nanogpt, torchtitan or olmo-core.")
    if export is not None:
        from ..errors import unknown_name
        from ..planning.trainer_config import TRAINERS

        if export not in TRAINERS:
            raise unknown_name("trainer", export, TRAINERS)
        if building is None:
            raise MisuseError("--export writes one of the models listed: give --n-vocab and --n-ctx as well.")


def _exported(made, trainer: str | None, row: int | None, lr: float | None, devices: int) -> str | None:
    """The configuration of one of the listed models; the one of least loss unless a row is named."""
    from ..planning.trainer_config import configuration

    if trainer is None:
        return None
    if not made.shapes:
        raise MisuseError(
            "no model of usual proportions can be built near the planned size: take a smaller --d-head, "
            "or hold another size with --params."
        )
    if row is not None and not 1 <= row <= len(made.shapes):
        raise MisuseError(f"--shape-row {row}: the plan lists models 1 to {len(made.shapes)}.")
    best = min(made.shapes, key=lambda one: one.loss_penalty) if row is None else made.shapes[row - 1]
    return configuration(made, best, trainer, lr=lr, devices=devices if devices > 1 else None)


def _tell(a: Fitted, made, configured: str | None, to: Path | None, json: bool):
    from ..records.json_values import to_plain, write_whole
    from .outputs import wrote

    warned = a.warnings(*made.warnings)
    if to and configured is not None:
        write_whole(to, configured.encode())
        wrote(to)
        say(f"configuration written to {to}")
    if json:
        values = to_plain(made)
        values["loss"] = values.pop("loss_nats")
        values["warnings"] = [warning["message"] for warning in warned]
        emit(values if configured is None else {**values, "configuration": configured}, a.points)
    elif configured is not None and not to:
        print(configured, end="")
    else:
        show(made.printed())
    for warning in warned:
        say(f"warning [{warning['id']}]: {warning['message']}")
