"""Losses over the proportions of data mixtures, by several forms, and a mixture proposed under limits of tokens."""

from fnmatch import fnmatchcase
from typing import Annotated

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import lead

Shares = Annotated[
    str, typer.Option(metavar="A,B,..", help="Columns of proportions, which sum to 1; * stands for any text.")
]
Losses = Annotated[
    str,
    typer.Option(metavar="A,B,..", help="Columns of losses; one per domain, in their order, or others."),
]
Weights = Annotated[
    list[str] | None,
    typer.Option("--weight", metavar="LOSS=W", help="Weight of a loss in the mean; others 0."),
]
Form = Annotated[str | None, typer.Option(help="Use this form alone: linear, log-linear, exponential, own-power ...")]
Tokens = Annotated[float | None, typer.Option(help="Tokens of the run, for --limit.")]
Limit = Annotated[
    list[str] | None, typer.Option("--limit", metavar="SHARE=TOKENS", help="The tokens there are of a domain.")
]
Epochs = Annotated[float, typer.Option(help="How often the tokens of a limited domain may be used.")]
At = Annotated[list[str] | None, typer.Option(metavar="A=..,B=..", help="The losses of this mixture.")]


@app.command(rich_help_panel=INFER)
def mixtures(
    points: o.Table,
    shares: Shares,
    losses: Losses,
    weight: Weights = None,
    form: Form = None,
    tokens: Tokens = None,
    limit: Limit = None,
    epochs: Epochs = 1.0,
    at: At = None,
    where: o.Where = None,
    draws: o.Count = 60,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Fit losses over the proportions of data mixtures by several forms, and propose a mixture under limits of tokens.

    Example:  scalinglaws mixtures runs.csv --shares 'share_*' --losses 'loss_*' --tokens 1e11 --limit share_code=2e10
    """
    from ..studying.settings_and_arms import mixtures as run_mixtures

    read_in = o.read(points, None, where, None)
    parts, measured = _columns(shares, read_in.points, "--shares"), _columns(losses, read_in.points, "--losses")
    found = run_mixtures(
        read_in.points,
        parts,
        measured,
        weights=o.numbers(o.named(weight, "--weight", f"{measured[0]}=2"), "--weight") or None,
        form=form,
        tokens=tokens,
        limits=o.numbers(o.named(limit, "--limit", f"{parts[0]}=2e10"), "--limit") or None,
        epochs=epochs,
        draws=draws,
        level=level,
        seed=seed,
        anyway=anyway,
    )
    noted = lead(found.barred, read_in.points, json)
    alike = ",".join(f"{name}={1 / len(parts):.6g}" for name in parts)
    places = [o.places(text, "--at", alike) for text in at or ()]
    there = [{"mixture": place, "losses": found.at(place)} for place in places]
    if json:
        emit({**_plain(found), "at": there}, noted)
    else:
        show([*found.blocks(), *(_said(text, each["losses"]) for text, each in zip(at or (), there, strict=True))])
    for warning in found.warnings:
        say(f"warning: {warning}")


def _said(place: str, losses: dict[str, float]) -> str:
    return f"at {place}: {', '.join(f'{name} {value:.4f}' for name, value in losses.items())}"


def _columns(text: str, points, option: str) -> list[str]:
    """Give the columns that a list of names and patterns stands for, in the order of the table."""
    found: list[str] = []
    for part in o.several([text]):
        matched = [name for name in points.columns if fnmatchcase(name, part)] if set("*?[") & set(part) else [part]
        if not matched:
            raise MisuseError(f"{option} {part}: no column matches. The table has {', '.join(points.columns)}.")
        found += [name for name in matched if name not in found]
    return found


def _plain(found) -> dict:
    def estimate(one) -> dict:
        return {"value": one.value, "low": one.low, "high": one.high}

    made = found.proposal
    losses = [{"loss": o.loss, "own": o.own, "form": o.form, "errors": dict(o.errors)} for o in found.losses]
    return {
        "runs": found.runs,
        "shares": list(found.shares),
        "losses": losses,
        "weights": dict(found.weights),
        "level": found.level,
        "proposed": {
            "mixture": dict(made.mixture),
            "losses": {name: estimate(one) for name, one in made.losses.items()},
            "best_tried": dict(made.best_tried),
            "gain": estimate(made.gain),
            "at_limit": list(made.at_limit),
        },
        "warnings": list(found.warnings),
    }
