"""Read anyone's table; fit a law to it; predict from it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import counted
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import of_a_fit
from .fits_given import Fitted
from .numbers_in_text import finite, weights_of
from .outputs import spared, wrote
from .text_of_fit import plain, text


@app.command("import", rich_help_panel=INFER)
def import_(
    table: o.Table,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping saved before.")] = None,
    save_mapping: Annotated[Path | None, typer.Option(help="Keep the mapping here for the next time.")] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(
            metavar="KEEP",
            help="Runs with several rows: say what kind of checkpoint each row is, and keep final (the last row of a "
            "run and every end of a decay), decayed (ends of a decay alone) or all.",
        ),
    ] = None,
    burn_in: o.BurnIn = None,
    rejected: Annotated[Path | None, typer.Option(help="Write every rejected row here, with its reason (CSV).")] = None,
    to: Annotated[Path | None, typer.Option(help="Write the points here: .csv, .tsv, .jsonl or .parquet.")] = None,
    json: Json = False,
):
    """Read anyone's table of runs: show what each column means, reject impossible rows, write points.

    Example:  scalinglaws import runs.csv --map loss=val/loss --map params_total=N --to points.csv
    """
    from ..points.reading import read_points
    from ..points.writing import write_points

    spared("--to", to, (table, mapping))
    spared("--rejected", rejected, (table, mapping, to))
    spared("--save-mapping", save_mapping, (table, to, rejected))
    found = read_points(
        sys.stdin if table == "-" else Path(table),
        map=o.named(map, "--map", "loss=val/loss"),
        where=where,
        unit=o.named(unit, "--unit", "loss=bits"),
        mapping_file=mapping,
    )
    found = replace(found, points=o.checkpointed(found.points, checkpoints, burn_in))
    if to:
        write_points(found.points, to)
        wrote(to)
        say(f"{counted(len(found.points), 'point')} written to {to}")
    if rejected:
        _write_rejected(found.rejected, rejected)
        wrote(rejected)
    if save_mapping:
        found.save_mapping(save_mapping)
        wrote(save_mapping)
        say(f"mapping kept in {save_mapping}; use it again with --mapping {save_mapping}")
    emit(_import_plain(found)) if json else show(found.preview())


def _write_rejected(rows, path: Path):
    import csv
    import io

    from ..records.json_values import write_whole

    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["line", "reason"])
    writer.writerows((row.row, row.reason) for row in rows)
    write_whole(path, page.getvalue().encode())
    say(f"{len(rows)} rejected rows written to {path}")


def _import_plain(found) -> dict:
    from ..quantities import QUANTITIES

    points = found.points
    columns = {}
    for name in points.columns:
        known = QUANTITIES.get(name)
        columns[name] = {
            "from": found.mapping.get(name, name),
            "unit": known.unit if known else None,
            "meaning": known.meaning if known else None,
            "first": [finite(v) if isinstance(v, float) else v for v in points[name][:5].tolist()],
        }
    return {
        "source": points.source,
        "points": len(points),
        "excluded": len(points) - len(points.kept),
        "columns": columns,
        "letters": dict(found.columns),
        "rejected": [{"line": row.row, "reason": row.reason} for row in found.rejected],
        "notes": list(found.notes),
    }


@app.command(rich_help_panel=INFER)
@of_a_fit
def fit(
    a: Fitted,
    backtest: Annotated[
        bool | None,
        typer.Option(
            "--backtest/--no-backtest",
            help="Fit below a compute and predict above it; by default where it takes under a second.",
        ),
    ] = None,
    json: Json = False,
):
    """Fit a law to points: values, intervals, what carries them, and how it foretold its own larger runs.

    Example:  scalinglaws fit chinchilla points.csv
    """
    from .text_of_fit import backtested, carried

    a.one("fit")
    runs, tested = carried(a), backtested(a, backtest)
    emit(plain(a, runs, tested), a.points) if json else show(text(a, runs, tested))
    for warning in (w for w in a.draws[0].warnings if w.id != a.fit.outcome):  # the text ends with that
        say(f"warning [{warning.id}]: {warning.message}")


@app.command(rich_help_panel=INFER)
@of_a_fit
def predict(
    a: Fitted,
    at: Annotated[
        list[str], typer.Option(metavar="N=..,D=..", help="Where: --at N=1e9,D=2e10; again for another place.")
    ],
    kind: Annotated[str, typer.Option(help="run: one new run, its noise included; mean: the law alone.")] = "run",
    mix: o.Mix = None,
    calibrate: o.Calibrate = False,
    json: Json = False,
):
    """Predict at a point, with an interval and its reach beyond the runs that were fitted.

    Several laws, with commas, give one interval that holds the doubt about the form as well: each law weighs as it
    foretold larger runs.

    Example:  scalinglaws predict chinchilla points.csv --at N=1e9,D=2e10
    """
    from ..comparing.ensemble import predict_mixture
    from ..predicting.predict import predict as run_predict

    targets = [o.places(text) for text in at]
    mixed = a.mixed(mix)
    drawn, run = (mixed, predict_mixture) if mixed else (a.draws[0], run_predict)
    how = {"level": a.level, "kind": kind, "ceiling": a.ceiling}
    run(drawn, targets[0], **how)  # a misspelt letter is told before a long calibration
    factor = a.factor(mixed) if calibrate else 1.0
    said = [run(drawn, t, calibration=factor, **how) for t in targets]
    warned = a.warnings(*(sentence for one in said for sentence in one.warnings))
    if json:
        made = [_predict_plain(a, target, p) | _mix_plain(mixed) for target, p in zip(targets, said, strict=True)]
        emit(made[0] if len(made) == 1 else made, a.points)
    else:
        show("\n".join(_predict_text(a, text, p) for text, p in zip(at, said, strict=True)))
        if mixed:
            show(f"mixture of {weights_of(mixed)}: {mixed.sentence}")
        if calibrate:
            show(f"intervals are {factor:.2f} times as wide as the fit's own, as its larger runs demanded")
    for warning in warned:
        say(f"warning [{warning['id']}]: {warning['message']}")


def _mix_plain(mixed) -> dict:
    if mixed is None:
        return {}
    weights = dict(zip(mixed.laws, mixed.weights, strict=True))
    return {"mix": mixed.how, "weights": weights, "held_out_rms": dict(mixed.scores)}


def _predict_plain(a: Fitted, target: dict[str, float], p) -> dict:
    return {
        "at": target,
        "quantity": a.fit.law.predicts,
        "value": float(p.value),
        "low": finite(p.low),
        "high": finite(p.high),
        "level": a.level,
        "reach": float(p.reach),
        "reach_of": p.reach_of,
        "inside_domain": bool(p.inside_domain),
        "kind": p.kind,
        "calibration": float(p.calibration),
        "informative": bool(p.informative),
        "warnings": a.warnings(*p.warnings),
    }


def _predict_text(a: Fitted, at: str, p) -> str:
    kind = "one new run" if p.kind == "run" else "the law alone"
    beyond = "" if p.inside_domain else "; outside the range of the points: an extrapolation"
    said = f"{float(p.value):.5g} [{float(p.low):.5g}, {float(p.high):.5g}]"
    return (
        f"{a.fit.law.predicts} at {at}: {said if p.informative else 'not determined by these runs'} "
        f"({a.level:.0%}, {kind}); reach {float(p.reach):.3g} times the largest {p.reach_of} fitted{beyond}"
    )
