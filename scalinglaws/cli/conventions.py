"""Refit under every definition of parameters, FLOPs, tokens and loss, and report how far the results move."""

from typing import Annotated

import typer

from ..errors import MisuseError
from ..records.json_values import finite
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import lead

LawOption = Annotated[str, typer.Option("--law", metavar="LAW", help="A law of N and D, from the shelf or FILE.py.")]
BudgetFlops = Annotated[
    float | None, typer.Option(metavar="FLOPS", help="Budget for N* and D*; by default the compute of the largest run.")
]
InCount = Annotated[
    str | None, typer.Option("--count", metavar="QUANTITY", help="The count in which N* and the budget are given.")
]
Routes = Annotated[str, typer.Option(metavar="A,B,..", help="Approaches: law, isoflop, envelope.")]


@app.command(rich_help_panel=INFER)
def conventions(
    points: o.Table,
    law: LawOption = "chinchilla",
    budget: BudgetFlops = None,
    count: InCount = None,
    routes: Routes = "law,isoflop,envelope",
    map: o.Map = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    given: o.Given = None,
    keep_rows: o.KeepRows = None,
    best_of: o.BestOf = None,
    law_file: o.LawFile = None,
    draws: o.Count = 200,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Refit under every count of N, D, C and L that a table allows; report how far the exponent and N* move.

    Example:  scalinglaws conventions points.csv --budget 1e21 --given n_vocab=50257,n_ctx=1024
    """
    from ..studying.best_sizes import conventions as run_conventions
    from .fit_options import laws_of

    chosen, _ = laws_of(law, law_file)
    if len(chosen) > 1:
        raise MisuseError(f"--law {law}: name one law; scalinglaws compare ranks several.")
    read_in = o.read(points, map, where, unit, given=given, across=across, keep_rows=keep_rows, best_of=best_of)
    found = run_conventions(
        read_in.points,
        chosen[0],
        flops=budget,
        common=count,
        columns=read_in.columns,
        routes=[name.strip() for name in routes.split(",") if name.strip()],
        draws=draws,
        level=level,
        seed=seed,
        anyway=anyway,
    )
    noted = lead(found.barred, read_in.points, json)
    emit(_plain(found), noted) if json else show(found)
    for warning in found.warnings:
        say(f"warning: {warning}")


def _plain(found) -> dict:
    def estimate(one) -> dict:
        return {"value": finite(one.value), "low": finite(one.low), "high": finite(one.high)}

    def counts(one) -> dict:
        return {"N": one.params, "D": one.tokens, "C": one.flops, "L": one.loss, "own_compute": one.own_compute}

    refits = [
        {
            "route": r.route,
            "convention": counts(r.convention),
            "exponent": estimate(r.exponent),
            "exponents": {name: estimate(one) for name, one in r.exponents.items()},
            "params": estimate(r.params),
            "own_params": finite(r.own_params),
            "tokens": estimate(r.tokens),
            "rms_log": finite(r.rms_log),
            "warnings": list(r.warnings),
        }
        for r in found.refits
    ]
    moved = [
        {
            "route": m.route,
            "by": m.by,
            "own_by": finite(m.own_by),
            "lowest": counts(m.lowest),
            "highest": counts(m.highest),
            "width": finite(m.width),
            "factor": finite(m.factor),
            "params_width": finite(m.params_width),
            "sentence": m.sentence,
        }
        for m in found.moved
    ]
    unavailable = [{"what": u.what, "why": u.why, "lacks": [list(way) for way in u.lacks]} for u in found.unavailable]
    return {
        "law": found.law,
        "points": found.points,
        "common": found.common,
        "budget": found.budget,
        "reach": found.reach,
        "level": found.level,
        "refits": refits,
        "moved": moved,
        "unavailable": unavailable,
        "made": dict(found.made),
        **{name: list(getattr(found, name)) for name in ("same", "warnings", "barred")},
    }
