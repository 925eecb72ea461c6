"""Fit a law to points."""

from typing import Annotated

import typer

from .app import INFER, Json, app, emit, say, show
from .fit_options import of_a_fit
from .fits_given import Fitted
from .text_of_fit import plain, text


@app.command(rich_help_panel=INFER)
@of_a_fit
def fit(
    a: Fitted,
    backtest: Annotated[
        bool | None,
        typer.Option(
            "--backtest/--no-backtest",
            help="Fit below a compute and predict above it; by default only if that takes under a second.",
        ),
    ] = None,
    json: Json = False,
):
    """Fit a law to points: constants, intervals, the most influential runs, and a test on its own larger runs.

    Example:  scalinglaws fit chinchilla points.csv
    """
    from .text_of_fit import backtested, carried

    a.one("fit")
    runs, tested = carried(a), backtested(a, backtest)
    emit(plain(a, runs, tested), a.points) if json else show(text(a, runs, tested))
    in_text = () if json else (a.fit.outcome, *(warning.id for warning in a.fit.first_said))
    for warning in (w for w in a.draws[0].warnings if w.id not in in_text):
        say(f"warning: {warning.message}")
