"""Refit under every way to count parameters, FLOPs, tokens and loss, and say how far the answers move."""

from itertools import groupby
from typing import Annotated

import typer

from ..errors import MisuseError, counted
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .numbers_in_text import ends, finite, short, table

LawOption = Annotated[str, typer.Option("--law", metavar="LAW", help="A law of N and D, from the shelf or FILE.py.")]
BudgetFlops = Annotated[float | None, typer.Option(metavar="FLOPS", help="Budget for N* and D*; else the largest run.")]
InCount = Annotated[
    str | None, typer.Option("--count", metavar="QUANTITY", help="Count that N* and the budget are told in.")
]
Given = Annotated[
    str | None, typer.Option(metavar="NAME=..,..", help="Facts of all rows: n_vocab=50257,n_ctx=1024,tied=1.")
]
Routes = Annotated[str, typer.Option(metavar="A,B,..", help="law, isoflop, envelope.")]


@app.command(rich_help_panel=INFER)
def conventions(
    points: o.Table,
    law: LawOption = "chinchilla",
    budget: BudgetFlops = None,
    count: InCount = None,
    given: Given = None,
    routes: Routes = "law,isoflop,envelope",
    map: o.Map = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    law_file: o.LawFile = None,
    draws: o.Count = 200,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    json: Json = False,
):
    """Refit under every count of N, D, C and L that a table allows: how far exponent and N* move, and what is missing.

    Example:  scalinglaws conventions points.csv --budget 1e21 --given n_vocab=50257,n_ctx=1024
    """
    from ..counting.conventions import conventions as run_conventions
    from .fit_options import laws_of

    chosen, _ = laws_of(law, law_file)
    if len(chosen) > 1:
        raise MisuseError(f"--law {law}: name one law; compare ranks several.")
    read_in = o.read(points, map, where, unit, across=across)
    found = run_conventions(
        read_in.points,
        chosen[0],
        budget=budget,
        common=count,
        given=o.places(given, "--given", "n_vocab=50257,n_ctx=1024") if given else None,
        only=read_in.columns,
        routes=[name.strip() for name in routes.split(",") if name.strip()],
        draws=draws,
        level=level,
        seed=seed,
    )
    emit(_plain(found), read_in.points) if json else show(_text(found))
    for warning in found.warnings:
        say(f"warning: {warning}")


def _text(found) -> str:
    text = [
        f"{counted(found.points, 'point')}; N* (as {found.common}) and D* where 6 x {found.common} x tokens = "
        f"{short(found.budget)} FLOPs, {short(found.reach, 3)} times the largest run; intervals {found.level:.0%}"
    ]
    several = [role for role in ("tokens", "loss") if len({getattr(r.convention, role) for r in found.refits}) > 1]
    for name, some in groupby(found.refits, lambda one: one.route):
        text.append(f"{found.law if name == 'law' else name}:")
        text.append(_rows(list(some), several))
        moved = next(one for one in found.moved if one.route == name)
        text.append(f"  {moved.sentence}")
    text.append("  a: exponent of N* ~ C^a in the N and C of its row; =: that C is 6 N D in that N")
    text += [f"derived: {how}" for how in found.made.values()]
    text += [f"the same: {sentence}" for sentence in found.same]
    return "\n".join([*text, *_missing(found)])


def _rows(refits: list, several: list[str]) -> str:
    own = list(refits[0].exponents)
    head = ("N", "C", *("D" if role == "tokens" else "L" for role in several), "", "a", "interval", *own)
    rows = [
        (
            r.convention.params,
            r.convention.flops,
            *(getattr(r.convention, role) for role in several),
            "=" if r.convention.own_compute else "",
            f"{r.exponent.value:.3f}",
            ends(r.exponent, 3),
            *(f"{r.exponents[name].value:.3f}" for name in own),
            short(r.params.value, 3),
            ends(r.params, 3),
            short(r.tokens.value, 3),
        )
        for r in refits
    ]
    return table((*head, "N*", "interval", "D*"), rows)


def _missing(found) -> list[str]:
    text = []
    lacking = sorted((one for one in found.unavailable if one.lacks), key=lambda one: one.lacks)
    for lacks, some in groupby(lacking, lambda one: one.lacks):
        ways = "; or ".join(" and ".join(way) for way in lacks[:2])
        text.append(f"cannot be had: {', '.join(one.what for one in some)}: lacks {ways}")
    return text + [f"cannot be had: {one.what}: {one.why}" for one in found.unavailable if not one.lacks]


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
        "same": list(found.same),
        "warnings": list(found.warnings),
    }
