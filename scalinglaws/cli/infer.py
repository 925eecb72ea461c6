"""The verbs of the inferring half: from points to laws, predictions and plans."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .app import INFER, Json, app, emit, say


@app.command("import", rich_help_panel=INFER)
def import_(
    table: o.Table,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping saved before.")] = None,
    save_mapping: Annotated[Path | None, typer.Option(help="Keep the mapping here for the next time.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write the points here: .csv, .tsv, .jsonl or .parquet.")] = None,
):
    """Read anyone's table of runs: show what each column means, reject impossible rows, write points.

    Example:  scalinglaws import runs.csv --map loss=val/loss --map N=params --to points.csv
    """
    import sys

    from ..importers.table import read_points
    from ..importers.writing import write_points

    source = sys.stdin if table == "-" else Path(table)
    found = read_points(
        source, map=o.named(map, "--map"), where=where, unit=o.named(unit, "--unit"), mapping_file=mapping
    )
    print(found.preview())
    if save_mapping:
        found.save_mapping(save_mapping)
    if to:
        write_points(found.points, to)
        say(f"{len(found.points)} points written to {to}")


@app.command(rich_help_panel=INFER)
@o.of_a_fit
def fit(drawn, level, json: Json = False):
    """Fit a law to points: values, intervals, and how far they can be believed.

    Example:  scalinglaws fit chinchilla points.csv
    """
    found, ends = drawn.fit, drawn.interval(level)
    if json:
        emit(_fit_plain(drawn, ends, level))
        return
    print(f"{found.law.name}: {found.law.formula}    ({found.law.source})")
    print(f"{found.n} points of {found.n_clusters} runs; {', '.join(f'{k} = {v}' for k, v in found.columns.items())}")
    for name, value in found.values.items():
        low, high = ends[name]
        print(f"  {name:<10} {value:<12.6g} [{low:.6g}, {high:.6g}]" + (" held" if name in found.fixed else ""))
    print(
        f"{found.loss}, delta {found.delta:.3g}: objective {found.objective:.6g} (a sum); rms of ln residuals "
        f"{found.rms_log:.3g}; R2 {found.r2:.4f}; {found.starts_agreeing:.0%} of starts agree"
    )
    print(f"{level:.0%} intervals: {drawn.method}, {len(drawn)} draws. {found.outcome}: {found.sentence}")
    for warning in found.warnings:
        say(f"warning [{warning.id}]: {warning.message}")


def _fit_plain(drawn, ends, level) -> dict:
    found = drawn.fit
    low, high = ({name: o.finite(end[side]) for name, end in ends.items()} for side in (0, 1))
    return {
        "law": found.law.name,
        "n": found.n,
        "runs": found.n_clusters,
        "objective": float(found.objective),
        "loss": found.loss,
        "delta": o.finite(found.delta),
        "columns": dict(found.columns),
        "values": {name: float(value) for name, value in found.values.items()},
        "interval": {"level": level, "method": drawn.method, "low": low, "high": high},
        "r2": float(found.r2),
        "rms_log": float(found.rms_log),
        "starts_agreeing": float(found.starts_agreeing),
        "outcome": found.outcome,
        "sentence": found.sentence,
        "fingerprint": found.fingerprint,
        "warnings": [{"id": w.id, "message": w.message} for w in found.warnings],
    }


@app.command(rich_help_panel=INFER)
@o.of_a_fit
def predict(
    drawn,
    level,
    at: Annotated[str, typer.Option(metavar="N=..,D=..", help="Where: --at N=1e9,D=2e10.")],
    kind: Annotated[str, typer.Option(help="run: one new run, its noise included; mean: the law alone.")] = "run",
    json: Json = False,
):
    """Predict at a point, with an interval and its reach beyond the runs that were fitted.

    Example:  scalinglaws predict chinchilla points.csv --at N=1e9,D=2e10
    """
    from ..predict import predict as run_predict

    target = o.places(at)
    p = run_predict(drawn, target, level=level, kind=kind)
    if json:
        emit(
            {
                "at": target,
                "quantity": drawn.fit.law.predicts,
                "value": float(p.value),
                "low": o.finite(p.low),
                "high": o.finite(p.high),
                "level": level,
                "reach": float(p.reach),
                "reach_of": p.reach_of,
                "inside_domain": bool(p.inside_domain),
                "kind": p.kind,
            }
        )
        return
    print(
        f"{drawn.fit.law.predicts} at {at}: {float(p.value):.5g} [{float(p.low):.5g}, {float(p.high):.5g}] "
        f"({level:.0%}, {'one new run' if kind == 'run' else 'the law alone'})"
    )
    print(
        f"reach: {float(p.reach):.3g} times the largest {p.reach_of} fitted"
        + ("" if p.inside_domain else "; outside the range of the points: an extrapolation")
    )


@app.command(rich_help_panel=INFER)
@o.of_a_fit
def plan(
    drawn,
    level,
    flops: Annotated[float, typer.Option(help="The budget, training FLOPs as 6 N D.")],
    params: Annotated[float | None, typer.Option(help="Hold the size, and plan the tokens.")] = None,
    tokens: Annotated[float | None, typer.Option(help="Hold the tokens, and plan the size.")] = None,
    unique_tokens: Annotated[float | None, typer.Option(help="Different tokens there are; more are repeats.")] = None,
    inference_tokens: Annotated[float, typer.Option(help="Tokens to serve, out of the same budget.")] = 0.0,
    batch_tokens: Annotated[float | None, typer.Option(help="Tokens a step; else by published laws.")] = None,
    hardware: Annotated[str | None, typer.Option(help="A named device, such as h100-sxm, for hours.")] = None,
    devices: Annotated[int, typer.Option(help="How many of it.")] = 1,
    price_per_hour: Annotated[float | None, typer.Option(help="Price of one device for an hour.")] = None,
    json: Json = False,
):
    """Turn a budget into size, tokens, batch, steps and loss, each with its interval, and what would serve as well.

    Example:  scalinglaws plan chinchilla points.csv --flops 1e21
    """
    from ..plan import plan as run_plan
    from ..records import to_plain

    made = run_plan(
        drawn,
        flops,
        level=level,
        fixed_params=params,
        fixed_tokens=tokens,
        unique_tokens=unique_tokens,
        inference_tokens=inference_tokens,
        batch_tokens=batch_tokens,
        hardware=hardware,
        devices=devices,
        price_per_hour=price_per_hour,
    )
    if json:
        emit(to_plain(made))
        return
    print(f"{made.law}; {made.policy}; reach {made.reach:.3g} times the largest compute fitted")
    for name in ("params", "tokens", "loss_nats", "batch_tokens", "steps"):
        e = getattr(made, name)
        print(f"  {name:<13} {e.value:<12.5g} [{e.low:.5g}, {e.high:.5g}]")
    for within in made.sizes:
        print(f"  sizes within {within.compute:.0%} of the budget: {within.low:.4g} to {within.high:.4g}")
    if made.cost:
        price = "" if made.cost.money is None else f", {made.cost.money:,.0f} in money"
        print(f"  {made.cost.hours:,.1f} hours{price}")
    for warning in made.warnings:
        say(f"warning: {warning}")


@app.command(rich_help_panel=INFER)
def frontier(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="envelope, isoflop, c-min or critical-batch.")],
    table: o.Table,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    draws: o.Count = 1000,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    json: Json = False,
):
    """Find the compute-optimal size and tokens at each budget, and the power laws through them.

    Example:  scalinglaws frontier isoflop points.csv
    """
    from ..frontier import frontier as run_frontier
    from ..records import to_plain

    points = o.read(table, map, where, unit).points
    found = run_frontier(points, method=method, draws=draws, level=level, seed=seed)
    if json:
        emit(to_plain(found.found()))
        return
    print(f"{'C, FLOPs':>10} {'N':>10} {'D, tokens':>10} {'loss':>8}  reason it takes no part")
    for b in found.budgets:
        print(f"{b.flops:>10.3g} {b.params:>10.3g} {b.tokens:>10.3g} {b.loss_nats:>8.4f}  {b.reason}")
    for line in (found.params, found.tokens, found.loss):
        if line is not None:
            e = line.exponent
            print(
                f"{line.quantity} ~ C^{e.value:.4f} [{e.low:.4f}, {e.high:.4f}]  ({e.level:.0%}; "
                f"{found.interval_method})"
            )
    for warning in found.warnings:
        say(f"warning: {warning}")
