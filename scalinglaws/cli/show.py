"""The verbs that look up and show: the shelf of laws, and the report."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .app import SHOW, Folder, Json, app, emit, say


@app.command(rich_help_panel=SHOW)
def laws(
    name: Annotated[str | None, typer.Argument(metavar="[LAW]", help="One law, in full.")] = None,
    at: Annotated[str | None, typer.Option(metavar="N=..,D=..", help="Evaluate with the published constants.")] = None,
    json: Json = False,
):
    """The shelf: formula, source, domain, published constants; evaluate one at a point.

    Example:  scalinglaws laws chinchilla --at N=70e9,D=1.4e12
    """
    from ..laws import LAWS
    from ..laws import law as take

    if name is None:
        rows = [{"law": law.name, "formula": law.formula, "source": law.source} for law in LAWS.values()]
        emit(rows) if json else print("\n".join(f"{r['law']:<14} {r['formula']:<52} {r['source']}" for r in rows))
        return
    chosen = take(name)
    if at is not None:
        _evaluate(chosen, o.places(at), json)
        return
    if json:
        emit(_plain(chosen))
        return
    print(f"{chosen.name}: {chosen.formula}\n  {chosen.source}\n  predicts {chosen.predicts}")
    for letter, quantity in chosen.convention.items():
        low, high = chosen.domain.get(letter, (None, None))
        print(f"  {letter} = {quantity}" + (f", published constants from {low:.3g} to {high:.3g}" if low else ""))
    for published in chosen.published:
        values = ", ".join(f"{k} = {v:.6g}" + _error(published, k) for k, v in published.values.items())
        print(f"  {published.source}: {values}")


def _error(published, name: str) -> str:
    return f" (se {published.standard_errors[name]:.3g})" if name in published.standard_errors else ""


def _plain(law) -> dict:
    return {
        "law": law.name,
        "formula": law.formula,
        "source": law.source,
        "predicts": law.predicts,
        "convention": dict(law.convention),
        "domain": {k: list(v) for k, v in law.domain.items()},
        "published": [
            {"source": p.source, "values": dict(p.values), "standard_errors": dict(p.standard_errors)}
            for p in law.published
        ],
    }


def _evaluate(law, at: dict[str, float], json: bool):
    from ..errors import LawError
    from ..fit.record import checked_inputs

    if not law.published:
        raise LawError(f"law {law.name!r} has no published constants. Fit it: scalinglaws fit {law.name} POINTS.")
    inputs, constants = checked_inputs(law, at), law.published[0]
    value = float(law.evaluate(**inputs, **constants.values))
    outside = [letter for letter, (low, high) in law.domain.items() if letter in at and not low <= at[letter] <= high]
    for letter in outside:
        low, high = law.domain[letter]
        say(f"warning: {letter} = {at[letter]:.4g} is outside {low:.3g} to {high:.3g}, the range of the constants")
    unit = {"loss": "nats/token", "batch": "tokens"}.get(law.predicts, "")
    if json:
        emit(
            {
                "law": law.name,
                "constants": dict(constants.values),
                "source": constants.source,
                "at": at,
                "value": value,
                "unit": unit,
                "inside_domain": not outside,
            }
        )
    else:
        print(f"{value:.6g} {unit}    ({constants.source})")


@app.command(rich_help_panel=SHOW)
def report(folder: Folder, to: Annotated[Path | None, typer.Option(help="Write the page here instead.")] = None):
    """Draw the report of a study again from its results.

    Example:  scalinglaws report quickstart
    """
    from ..records import from_plain, read_json
    from ..report import report as run_report
    from ..results import StudyResults

    results = from_plain(StudyResults, read_json(folder / "results.json"), str(folder / "results.json"))
    print(run_report(results, to or folder / "report"))
