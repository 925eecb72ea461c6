"""Judge the claims of Kaplan et al. 2020 on the measured tables of a set of families."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .app import INFER, Json, app, emit

Of = Annotated[
    list[Path],
    typer.Argument(metavar="DIR|TABLES", help="A folder with runs.csv, curves.csv and positions.csv; or those files."),
]
Draws = Annotated[int, typer.Option("--draws", help="Draws of the intervals.")]
WIDTH = 116


@app.command(rich_help_panel=INFER)
def findings(of: Of, draws: Draws = 1000, level: o.Level = 0.95, seed: o.Seed = 0, json: Json = False):
    """What measured runs say of each claim of Kaplan et al. 2020: passed, failed, or not run and why.

    Example:  scalinglaws findings kaplan-cpu
    """
    from ..findings import findings as judge
    from ..findings import read_tables
    from ..records import to_plain

    found = judge(*read_tables(*of), level=level, draws=draws, seed=seed)
    emit(to_plain(found)) if json else print(text(found))


def text(verdicts) -> str:
    """Count the outcomes; then every claim with what was measured and what decided it."""
    counts = ", ".join(
        f"{sum(v.outcome == outcome for v in verdicts)} {outcome}" for outcome in ("passed", "failed", "not run")
    )
    parts = [f"{len(verdicts)} claims: {counts}"]
    for v in verdicts:
        told = [f"measured: {v.measured}"] * bool(v.measured) + [f"why: {v.why}"] * (v.outcome != "passed")
        lines = [
            textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
            for line in told
        ]
        parts.append("\n".join([f"\n{v.id} {v.outcome.upper()}: {v.claim}", *lines]))
    return "\n".join(parts)
