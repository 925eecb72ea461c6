"""Turn a budget into a plan, and a plan into a trainer's configuration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import of_a_fit_or
from .fits_given import Fitted, accuracy_of
from .forecasts_given import Unasked

_Float = float | None
Flops = Annotated[_Float, typer.Option(help="Budget of training FLOPs, 6 N D; or give a goal.")]
TargetLoss = Annotated[
    _Float, typer.Option(help="Plan the least compute that reaches this loss, in place of a budget.")
]
TargetAccuracy = Annotated[
    _Float, typer.Option(help="Or this accuracy, a fraction, by a law from the loss to the table's accuracy or error.")
]
Chain = Annotated[
    str | None, typer.Option(metavar="LAW", help="That law.  \\[default: gadre-error or bhagia-accuracy, by column]")
]
Params = Annotated[_Float, typer.Option(help="Fix the size, and plan the tokens.")]
Tokens = Annotated[_Float, typer.Option(help="Fix the tokens, and plan the size.")]
Unique = Annotated[_Float, typer.Option(help="Number of different tokens in the data; beyond it, tokens repeat.")]
Inference = Annotated[float, typer.Option(help="Tokens to serve after training, from the same budget.")]
Questions = Annotated[
    _Float, typer.Option(help="For train-to-test: questions to answer, whose answers the same budget pays.")
]
AnswerTokens = Annotated[_Float, typer.Option(help="For train-to-test: tokens of one answer.")]
Batch = Annotated[_Float, typer.Option(help="Tokens per step; by default from published laws.")]
Policy = Annotated[str | None, typer.Option(help="For kaplan-ns: critical, small-batch or fixed.")]
Critical = Annotated[
    str | None, typer.Option(metavar="B_star=..,alpha_B=..", help="For kaplan-ns: constants of B_crit(L).")
]
Vocab = Annotated[int | None, typer.Option(help="Vocabulary size; with --n-ctx, models that can be built are listed.")]
Context = Annotated[int | None, typer.Option(help="Context length of those models.")]
Head = Annotated[int, typer.Option(help="Width of an attention head of those models.")]
Untied = Annotated[bool, typer.Option("--untied", help="The output head has weights of its own.")]
Hardware = Annotated[str | None, typer.Option(help="A named device, such as h100-sxm, to estimate hours.")]
Speed = Annotated[_Float, typer.Option(help="Or the measured FLOPs per second of one device.")]
Devices = Annotated[int, typer.Option(help="Number of devices.")]
Price = Annotated[_Float, typer.Option(help="Price of one device per hour.")]
Export = Annotated[
    str | None,
    typer.Option(metavar="TRAINER", help="Write the settings for nanogpt, torchtitan or olmo-core, or a study."),
]
Row = Annotated[int | None, typer.Option(help="Which of the listed models to export.  \\[default: the best]")]
Rate = Annotated[
    _Float, typer.Option("--lr", help="Learning rate to export; by default the middle of the published laws.")
]
To = Annotated[
    Path | None, typer.Option("--to", help="Write the export here; by default it is printed in place of the plan.")
]


@app.command(rich_help_panel=INFER)
@of_a_fit_or()
def plan(
    a: Fitted | Unasked,
    flops: Flops = None,
    target_loss: TargetLoss = None,
    target_accuracy: TargetAccuracy = None,
    accuracy: Chain = None,
    params: Params = None,
    tokens: Tokens = None,
    unique_tokens: Unique = None,
    inference_tokens: Inference = 0.0,
    questions: Questions = None,
    answer_tokens: AnswerTokens = None,
    batch_tokens: Batch = None,
    batch_policy: Policy = None,
    critical: Critical = None,
    mix: o.Mix = None,
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
    """Turn a budget or a goal into size, tokens, batch, steps and loss, with intervals: by the forecast, or by a law.

    Example:  scalinglaws plan points.csv --flops 1e21 --n-vocab 50257 --n-ctx 2048 --hardware h100-sxm
    """
    limits = {"fixed_params": params, "fixed_tokens": tokens, "unique_tokens": unique_tokens}
    others = target_loss, target_accuracy, inference_tokens, n_vocab, to, *limits.values()
    if made := _answered(a, flops, questions, answer_tokens, others):
        return _tell(a, made, None, None, json)
    building = _building(n_vocab, n_ctx, d_head, not untied)
    _check_export(export, building, shape_row, to, lr)
    asked = {"flops": flops, "target_loss": target_loss, "target_accuracy": target_accuracy, "building": building}
    batch: dict[str, Any] = {"batch_tokens": batch_tokens, "batch_policy": batch_policy}
    batch |= {"critical": critical and o.places(critical, "--critical", "B_star=2e8,alpha_B=0.21")}
    machine: dict[str, Any] = {"hardware": hardware, "flops_per_second": flops_per_second}
    machine |= {"devices": devices, "price_per_hour": price_per_hour}
    limits["inference_tokens"] = inference_tokens
    made = _planned(a, mix, accuracy, asked | batch | limits | machine)
    _tell(a, made, _exported(made, export, shape_row, lr, devices), to, json)


def _planned(a: Fitted | Unasked, mix: str | None, chain: str | None, given: dict):
    """Plan by the forecast, by one law or by several with weights."""
    from ..planning.plan import plan as run_plan

    if isinstance(a, Unasked):
        return run_plan(a.forecaster, level=a.level, **given)
    mixed = a.mixed(mix)
    drawn = mixed or a.draws[0]
    given |= {"level": a.level, "ceiling": a.ceiling}
    if chain or given["target_accuracy"] is not None:
        given["accuracy"] = accuracy_of(a, chain)
    made = run_plan(drawn, **given)
    if mixed:
        say(f"weights of the laws: {mixed.weighed()}; {mixed.sentence}")
    return made


def _answered(a: Fitted | Unasked, flops, questions, answer_tokens, others: Sequence[object]):
    """Split the budget by a law of answers, if the law is one; None if it is one of the loss.

    Raises:
        MisuseError: one of the three numbers is missing, an option of another plan is given, or there is no such law.
    """
    from ..planning.train_to_test import train_to_test

    if isinstance(a, Unasked) or all(one.fit.law.predicts != "surprise_at_k" for one in a.draws):
        if questions is not None or answer_tokens is not None:
            raise MisuseError(
                "--questions and --answer-tokens need a law of the answers: scalinglaws plan train-to-test POINTS. To "
                "serve a number of tokens after training: --inference-tokens 1e12."
            )
        return None
    if None in (flops, questions, answer_tokens) or any(others):
        raise MisuseError(
            "a plan by train-to-test takes these three and no other goal or limit: --flops 1e21 --questions 1e9 "
            "--answer-tokens 500."
        )
    return train_to_test(a.one("plan"), flops, questions=questions, answer_tokens=answer_tokens, level=a.level)


def _building(n_vocab, n_ctx, d_head, tied):
    from ..planning.buildable import Building

    if n_vocab is None and n_ctx is None:
        return None
    if n_vocab is None or n_ctx is None:
        raise MisuseError("a list of models needs both --n-vocab and --n-ctx: --n-vocab 50257 --n-ctx 2048.")
    return Building(n_vocab, n_ctx, d_head, tied)


def _check_export(export, building, row, to, lr):
    if export is None and (row is not None or to is not None or lr is not None):
        raise MisuseError("--shape-row, --lr and --to need --export nanogpt, torchtitan, olmo-core or study.")
    if export is not None:
        from ..errors import unknown_name
        from ..planning.trainer_config import TRAINERS

        if export not in TRAINERS:
            raise unknown_name("trainer", export, TRAINERS)
        if building is None:
            raise MisuseError("--export writes one of the listed models: give --n-vocab and --n-ctx too.")


def _exported(made, trainer: str | None, row: int | None, lr: float | None, devices: int) -> str | None:
    """Write the configuration of one of the listed models, by default the one with the lowest loss."""
    from ..planning.trainer_config import configuration

    if trainer is None:
        return None
    if not made.shapes:
        raise MisuseError(
            "no model of usual proportions can be built near the planned size: use a smaller --d-head, "
            "or fix another size with --params."
        )
    if row is not None and not 1 <= row <= len(made.shapes):
        raise MisuseError(f"--shape-row {row}: the plan lists models 1 to {len(made.shapes)}.")
    best = min(made.shapes, key=lambda one: one.loss_penalty) if row is None else made.shapes[row - 1]
    return configuration(made, best, trainer, lr=lr, devices=devices if devices > 1 else None)


def _tell(a: Fitted | Unasked, made, configured: str | None, to: Path | None, json: bool):
    from ..records.json_values import to_plain, write_whole
    from .outputs import wrote

    warned, before = a.warnings(*made.warnings), a.tell_first()
    if to and configured is not None:
        write_whole(to, configured.encode())
        wrote(to)
        say(f"configuration written to {to}")
    if json:
        values = to_plain(made)
        values.pop("barred")  # it stands in the notes, as with every verb
        if "loss_nats" in values:
            values["loss"] = values.pop("loss_nats")
        values["warnings"] = [warning["message"] for warning in warned]
        emit(values if configured is None else {**values, "configuration": configured}, a.points)
    elif configured is not None and not to:
        print(configured, end="")
    else:
        show(made)
    for warning in (one for one in warned if one["message"] not in before):
        say(f"warning: {warning['message']}")
