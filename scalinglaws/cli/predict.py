"""Predict at a point, from one law or a mixture of several."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import counted
from ..records.json_values import finite
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import of_a_fit_or
from .fits_given import Fitted, second_step
from .forecasts_given import Unasked

Accuracy = Annotated[
    str | None,
    typer.Option(
        metavar="LAW",
        help="Predict the table's accuracy or error there, by this law from the loss: auto, gadre-error, "
        "bhagia-accuracy.",
    ),
]
ENDS = ("value", "low", "high")
COUNT = 500  # draws of the second step behind a forecast, which has none


def _forecast(
    a: Unasked,
    at: list[str],
    kind: str = "run",
    accuracy: str | None = None,
    record: Path | None = None,
    json: bool = False,
    **_,
):
    """Forecast at every target, and print it."""
    from ..points.letters_said import letters_said
    from ..predicting.forecast_text import forecast_lines

    targets = [o.places(text) for text in at]
    said = [a.forecaster.ask(target, level=a.level, kind=kind) for target in targets]
    _write_down(record, said, a.forecaster.name, a.forecaster.fingerprint, a.forecaster.seen.columns)
    if accuracy is not None:
        chain = second_step(a.points, a.forecaster.seen.columns["L"], _named(accuracy), COUNT, 0)
        return _through(a, chain, at, said, json)
    warned = a.warnings(*(sentence for one in said for sentence in one.warnings))
    before = a.tell_first()
    if json:
        made = [_forecast_plain(a, target, p) for target, p in zip(targets, said, strict=True)]
        emit(made[0] if len(made) == 1 else made, a.points)
    else:
        show("\n".join(line for text, p in zip(at, said, strict=True) for line in forecast_lines(p, [text])))
        show(letters_said(a.forecaster.seen.columns, a.points))
    for warning in (one for one in warned if one["message"] not in before):
        say(f"warning: {warning['message']}")


def _named(accuracy: str) -> str | None:
    return None if accuracy == "auto" else accuracy


def _through(a: Fitted | Unasked, chain: Any, at: list[str], losses: list, json: bool) -> None:
    """Print the accuracies behind predicted losses."""
    from ..predicting.prediction_text import determined, prediction_lines
    from ..predicting.through_loss import through_loss

    said = [through_loss(loss, chain) for loss in losses]
    before = a.tell_first()
    warned = a.warnings(*(sentence for one in said for sentence in one.warnings))
    if json:
        made = [
            _through_plain(a, chain, o.places(text), p, loss) for text, p, loss in zip(at, said, losses, strict=True)
        ]
        emit(made[0] if len(made) == 1 else made, a.points)
    else:
        show("\n".join(line for text, p in zip(at, said, strict=True) for line in prediction_lines(p, [text])))
        through = ", ".join(determined(*(float(getattr(loss, end)) for end in ENDS)) for loss in losses)
        show(f"through a loss of {through} by law {chain.fit.law.name}, whose uncertainty the interval holds too")
    for warning in (one for one in warned if one["message"] not in before):
        say(f"warning: {warning['message']}")


def _through_plain(a: Fitted | Unasked, chain: Any, target: dict[str, float], p: Any, loss: Any) -> dict[str, Any]:
    ends = {name: finite(float(getattr(loss, name))) for name in ENDS}
    return {
        "at": target,
        "quantity": "accuracy",
        **{name: finite(float(getattr(p, name))) for name in ENDS},
        "determined": bool(isfinite(p.value)),
        "level": p.level,
        "kind": p.kind,
        "reach": float(p.reach),
        "informative": bool(p.informative),
        "through": {"law": chain.fit.law.name, "loss": ends},
        "warnings": a.warnings(*p.warnings),
    }


def _forecast_plain(a: Unasked, target: dict[str, float], p) -> dict:
    return {
        "at": target,
        "quantity": p.predicts,
        "value": finite(float(p.value)),
        "low": finite(float(p.low)),
        "high": finite(float(p.high)),
        "level": a.level,
        "determined": bool(p.determined),
        "shares": {"runs": 1 - float(p.field_share), "field": float(p.field_share)},
        "prior": p.prior,
        "columns": dict(p.columns),
        "reach": float(p.reach),
        "reach_of": "6ND",
        "inside_domain": bool(p.inside_domain),
        "kind": p.kind,
        "informative": bool(p.informative),
        "warnings": a.warnings(*p.warnings),
    }


Record = Annotated[
    Path | None, typer.Option(metavar="LEDGER", help="Write the predictions into this file, for scalinglaws ledger.")
]


@app.command(rich_help_panel=INFER)
@of_a_fit_or(_forecast)
def predict(
    a: Fitted,
    at: Annotated[
        list[str], typer.Option(metavar="N=..,D=..", help="Where: --at N=1e9,D=2e10; may be given several times.")
    ],
    kind: Annotated[str, typer.Option(help="run: one new run, including its noise; mean: the law alone.")] = "run",
    mix: o.Mix = None,
    accuracy: Accuracy = None,
    record: Record = None,
    json: Json = False,
):
    """Predict at a point, with an interval and its reach beyond the runs that were fitted.

    Without a law: the default forecast, which takes no law on trust and says how much the runs and how much other
    studies answer. With one: that law alone, with the usual error of its form at that reach in the interval. Several
    laws, separated by commas, give one interval that includes the uncertainty of the form: the weight of each law
    depends on how well it predicted larger runs. --accuracy carries the loss and its interval on to the accuracy in the
    table; a law of the accuracy itself, such as krajewski-accuracy, needs no such step. --record keeps the predictions
    of the loss, for scalinglaws ledger to score.

    Example:  scalinglaws predict points.csv --at N=1e9,D=2e10
    """
    from ..comparing.ensemble import predict_mixture
    from ..points.letters_said import letters_said
    from ..predicting.predict import predict as run_predict
    from ..predicting.prediction_text import prediction_lines
    from ..predicting.through_loss import loss_of

    targets = [o.places(text) for text in at]
    mixed = a.mixed(mix)
    of_these = partial(predict_mixture, mixed) if mixed else partial(run_predict, a.draws[0])
    run = partial(of_these, level=a.level, kind=kind, ceiling=a.ceiling)
    said = [run(target) for target in targets]
    _write_down(record, said, said[0].law, a.fit.fingerprint, a.fit.columns)
    if accuracy is not None:
        chain = second_step(a.points, loss_of(a.fit.columns), _named(accuracy), len(a.draws[0]), a.seed)
        return _through(a, chain, at, said, json)
    warned = a.warnings(*(sentence for one in said for sentence in one.warnings))
    before = a.tell_first()
    if json:
        made = [_predict_plain(a, target, p) | _mix_plain(mixed) for target, p in zip(targets, said, strict=True)]
        emit(made[0] if len(made) == 1 else made, a.points)
    else:
        show("\n".join(line for text, p in zip(at, said, strict=True) for line in prediction_lines(p, [text])))
        show(letters_said(a.fit.columns, a.points))
        if mixed:
            show(f"mixture of {mixed.weighed()}: {mixed.sentence}")
    for warning in (one for one in warned if one["message"] not in before):
        say(f"warning: {warning['message']}")


def _write_down(record: Path | None, said: Sequence, by: str, points: str, columns: Mapping[str, str]) -> None:
    """Write the predictions into the ledger that was named, if one was."""
    if record is None:
        return
    from ..predicting.ledger import foretold, keep

    new = keep(record, [entry for one in said for entry in foretold(one, by, points, columns)])
    say(f"{counted(new, 'new forecast')} in {record}; scalinglaws ledger {record} POINTS scores them")


def _mix_plain(mixed) -> dict:
    if mixed is None:
        return {}
    weights = dict(zip(mixed.laws, mixed.weights, strict=True))
    return {"mix": mixed.how, "weights": weights, "held_out_rms": dict(mixed.scores)}


def _predict_plain(a: Fitted, target: dict[str, float], p) -> dict:
    return {
        "at": target,
        "quantity": a.fit.law.predicts,
        "value": finite(float(p.value)),
        "low": finite(p.low),
        "high": finite(p.high),
        "level": a.level,
        "columns": dict(a.fit.columns),
        "reach": float(p.reach),
        "reach_of": p.reach_of,
        "inside_domain": bool(p.inside_domain),
        "kind": p.kind,
        "form_error": float(p.form),
        "informative": bool(p.informative),
        "warnings": a.warnings(*p.warnings),
    }
