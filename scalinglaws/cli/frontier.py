"""Find the compute-optimal frontier by one approach or by all, and report where they disagree."""

from typing import Annotated, Any

import typer

from ..errors import FitError, MisuseError, PointsError, unknown_name
from ..records.json_values import finite
from ..records.numbers_in_text import interval
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import admit, end

METHODS = ("envelope", "isoflop", "c-min", "critical-batch", "all")
Method = Annotated[
    str, typer.Argument(metavar="METHOD", help="envelope, isoflop, c-min, critical-batch, or all to compare them.")
]
Columns = Annotated[
    list[str] | None, typer.Option("--columns", metavar="N=QUANTITY", help="Which count: N=params_nonembedding.")
]
Form = Annotated[str, typer.Option(help="additive, or parabola as published (biased off centre).")]
Budget = Annotated[str | None, typer.Option(metavar="COLUMN", help="The column that groups runs (isoflop).")]
Critical = Annotated[
    str | None, typer.Option(metavar="B_star=..,alpha_B=..", help="Constants of B_crit(L), for c-min.")
]
BurnIn = Annotated[float, typer.Option(help="Fraction of a run's tokens left out at its start (envelope).")]
Against = Annotated[str | None, typer.Option(metavar="LAW", help="A fitted law to compare with, such as chinchilla.")]
At = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="C=..", help="The best size and tokens at this compute: --at C=1e22."),
]
_ROLE = {"N": "params", "D": "tokens", "C": "flops", "L": "loss"}


@app.command(rich_help_panel=INFER)
def frontier(
    method: Method,
    points: o.Table,
    map: o.Map = None,
    columns: Columns = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    given: o.Given = None,
    keep_rows: o.KeepRows = None,
    best_of: o.BestOf = None,
    form: Form = "additive",
    budget: Budget = None,
    critical: Critical = None,
    burn_in: BurnIn = 0.0,
    against: Against = None,
    at: At = None,
    law_file: o.LawFile = None,
    draws: o.Count = 1000,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Find the compute-optimal size and tokens at each budget, the power laws through them, and disagreements.

    Example:  scalinglaws frontier isoflop points.csv --against chinchilla --at C=1e22
    """
    from ..studying.best_sizes import judged_frontier

    computes = _computes(at, method)
    read_in = o.read(points, map, where, unit, given=given, across=across, keep_rows=keep_rows, best_of=best_of)
    chosen = _roles({**read_in.columns, **o.named(columns, "--columns", "N=params_nonembedding")})
    constants = o.places(critical, "--critical", "B_star=2e8,alpha_B=0.21") if critical else None
    same: dict[str, Any] = {"columns": chosen, "draws": draws, "level": level, "seed": seed}
    own: dict[str, dict[str, Any]] = {
        "isoflop": {"form": form, "budget": budget},
        "envelope": {"form": form, "burn_in": burn_in},
        "c-min": {"form": form, "burn_in": burn_in, "critical": constants},
        "critical-batch": {},
    }
    asked = ("envelope", "isoflop") if method == "all" else (method,)
    found = _found(read_in.points, asked, {name: {**same, **own[name]} for name in asked})
    judged = judged_frontier(asked[0], read_in.points, chosen)
    noted = admit(judged, read_in.points, "frontier", anyway, json)
    law = against or ("chinchilla" if method == "all" else "")
    beside, told = _beside(law, law_file, read_in.points, found, level, seed, required=against is not None)
    best = {name: [one.at(flops) for flops in computes] for name, one in found.items()}
    _tell(found, best, beside, told, noted, json)
    end(judged)


def _computes(at: list[str] | None, method: str) -> list[float]:
    """Read --at C=1e22, given any number of times, for a method that there is.

    Raises:
        MisuseError: another letter than C, or a method without a best size. NameUnknownError: no such method.
    """
    if method not in METHODS:
        raise unknown_name("frontier method", method, METHODS)
    given = [o.places(text, "--at", "C=1e22") for text in at or ()]
    for text, one in zip(at or (), given, strict=True):
        if set(one) != {"C"}:
            raise MisuseError(f"--at {text}: a frontier has a best size at a compute, such as --at C=1e22.")
    if given and method == "critical-batch":
        raise MisuseError("--at gives the best size at a compute: use isoflop, envelope, c-min or all.")
    return [one["C"] for one in given]


def _roles(letters: dict[str, str]) -> dict[str, str]:
    """Turn letters into roles: role -> quantity.

    Raises:
        NameUnknownError: a letter that a frontier does not use.
    """
    for name in letters:
        if name not in _ROLE and name not in _ROLE.values():
            raise unknown_name("letter of a frontier", name, [*_ROLE, *_ROLE.values()])
    return {_ROLE.get(name, name): quantity for name, quantity in letters.items()}


def _found(points, methods, given: dict[str, dict]) -> dict:
    """Find the frontier by every method; of several, by those that this table allows.

    Raises:
        PointsError: none of them is possible here.
    """
    from ..frontiers.frontier import frontier as run_frontier

    found, failed = {}, []
    for name in methods:
        try:
            found[name] = run_frontier(name, points, **given[name])
        except (PointsError, FitError) as failure:
            if len(methods) == 1:
                raise
            failed.append(f"{name}: {failure}")
    if not found:
        raise PointsError("no approach is possible here. " + " ".join(failed))
    for reason in failed:
        say(f"note: no {reason}")
    return found


def _beside(name: str, files, points, found: dict, level: float, seed: int, required: bool) -> tuple[dict, list[str]]:
    """Give the exponent of a fitted law at the middle of the budgets, and the warnings of its fit; of no name, nothing.

    If the law cannot be fitted to the table, that is reported and no error, unless it was asked for.
    """
    from ..fitting.fit import fit
    from ..planning.law_splits import exponent
    from ..uncertainty.draws import draws
    from .fit_options import laws_of

    if not name:
        return {}, []
    law = laws_of(name, files)[0][0]
    first = next((one for one in found.values() if hasattr(one, "budgets")), None)
    if first is None:
        raise MisuseError("--against compares exponents of N; critical-batch gives none.")
    columns = {letter: first.columns[role] for letter, role in _ROLE.items() if letter in (*law.inputs, "L")}
    flops = [b.flops for b in first.budgets]
    try:
        fitted = fit(law, points, columns={k: v for k, v in columns.items() if v in points})
        drawn = draws(fitted, draws=500, seed=seed)
        return {name: exponent(drawn, (min(flops) * max(flops)) ** 0.5, level)}, [w.message for w in drawn.warnings]
    except (FitError, PointsError) as failure:
        if required:
            raise
        say(f"note: no {name}: {failure}")
        return {}, [f"no {name}: {failure}"]


def _tell(found: dict, best: dict, beside: dict, told: list[str], points, json: bool):
    from ..frontiers.agreement import disagreements

    lines = {name: one for name, one in found.items() if hasattr(one, "budgets")}
    apart = disagreements(lines, beside)
    if json:
        documents = {name: _plain(one, best[name]) for name, one in found.items()}
        document = next(iter(documents.values())) if len(documents) == 1 else {"methods": documents}
        exponents = {k: {"value": e.value, "low": finite(e.low), "high": finite(e.high)} for k, e in beside.items()}
        said = {"disagreements": list(apart), "warnings": [*document.pop("warnings", ()), *told]}
        emit({**document, "against": exponents, **said}, points)
    else:
        for i, (name, one) in enumerate(found.items()):
            show([*[""] * bool(i), *one.blocks(), *_lines(best[name])])
        for name, e in beside.items():
            show(f"{name}, fitted to all points: params ~ C^{interval(e, '.4f')}")
        if len(lines) + len(beside) > 1 and not apart:
            show("the approaches agree: exponents of N within 0.05 of each other")
        for sentence in apart:
            show(f"disagreement: {sentence}")
    for warning in dict.fromkeys((*(w for one in found.values() for w in one.warnings), *told)):
        say(f"warning: {warning}")


def _lines(best: list) -> list[str]:
    from ..frontiers.frontier_text import best_at_lines

    return [line for one in best for line in best_at_lines(one)]


def _plain(one, best: list) -> dict:
    from ..records.json_values import to_plain

    if not hasattr(one, "budgets"):
        more = [{"loss_nats": i.loss_nats, **to_plain(i.batch_for())} for i in one.isoquants]
        return {**to_plain(one), "batch_at_20_percent_more_tokens": more}
    return {
        **to_plain(one.found()),
        "columns": dict(one.columns),
        "shape": one.shape,
        "reasons": [b.reason for b in one.budgets],
        "sizes": [b.sizes for b in one.budgets],
        "interval_method": one.interval_method,
        "runs": one.runs,
        **({"at": [to_plain(each) for each in best]} if best else {}),
    }
