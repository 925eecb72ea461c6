"""Fit one law to several arms at once: which parameters differ, and what an arm is worth in compute."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import MisuseError
from ..records.json_values import finite
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import OF_THE_FIT, OF_THE_TABLE, laws_of, options_of, table_of, with_options
from .gate import lead

if TYPE_CHECKING:
    from ..arms.arms_fit import ArmsFit
    from ..points.points import Points

Law = Annotated[str, typer.Option(metavar="LAW", help="A law of the shelf, or your own: FILE.py.")]
Arm = Annotated[str, typer.Option(metavar="COLUMN", help="The column that says which arm a run belongs to.")]
Share = Annotated[
    str | None, typer.Option(metavar="A,B", help="Parameters with one value for all arms.  \\[default: exponents]")
]
Free = Annotated[str | None, typer.Option(metavar="A,B", help="Parameters with a value for each arm.")]
Pool = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[=SD]", help="Pull the arms' values together by a normal prior with this sd, in logarithms."
    ),
]
Reference = Annotated[str | None, typer.Option(metavar="ARM", help="The arm to compare with.  \\[default: the first]")]
Flops = Annotated[float | None, typer.Option(help="Compare where the reference spends this many FLOPs, 6 N D.")]
AtLoss = Annotated[float | None, typer.Option(help="Or where both reach this loss, in nats per token.")]
At = Annotated[
    str | None, typer.Option(metavar="N=..,D=..", help="Or where the reference trains this size on these tokens.")
]
Along = Annotated[
    str | None, typer.Option(help="With --at: ray (a larger size on more tokens) or size (more tokens alone).")
]
Others = Annotated[str, typer.Option(help="While one parameter is tested: the others as-fitted, or all free.")]
OPTIONS = (*OF_THE_TABLE, *OF_THE_FIT, "draws", "level", "seed", "anyway")


@app.command(rich_help_panel=INFER)
@with_options(*OPTIONS, draws=1000)
def arms(
    asked: dict,
    points: o.Table,
    law: Law = "chinchilla",
    arm: Arm = "arm",
    share: Share = None,
    free: Free = None,
    pool: Pool = None,
    reference: Reference = None,
    flops: Flops = None,
    at_loss: AtLoss = None,
    at: At = None,
    along: Along = None,
    others: Others = "as-fitted",
    json: Json = False,
):
    """Fit one law to several arms (data, architectures, optimizers): what differs, and its worth in compute.

    Example:  scalinglaws arms points.csv --law chinchilla --share alpha,beta --arm corpus
    """
    from ..arms.arms_text import arms_blocks, tests_blocks
    from ..arms.differences import differences
    from ..arms.factors import factors

    place = _place(flops, at_loss, at, along)
    how = {"arm": arm, "shared": _names(share), "free": _names(free), "pooled": _pooled(pool), "reference": reference}
    table_in, found = _fitted(law, points, asked, how)
    table_in = lead(found.barred, table_in, json)
    tests = differences(found, others=others)
    worth = _multipliers(found, place, asked["level"])
    each = [one for name in _others(found) for one in factors(found, name, level=asked["level"])]
    if json:
        emit({**_plain(found, tests, worth, asked["level"]), "factors": [_plain_factor(one) for one in each]}, table_in)
    else:
        values = [block for one in worth for block in one.blocks()]
        show([*arms_blocks(found, asked["level"]), *tests_blocks(found, tests), *values, *map(str, each)])
    for sentence in (*found.warnings, *(w.message for w in found.draws.warnings)):
        say(f"warning: {sentence}")


def _fitted(law: str, table: str, asked: dict, how: dict[str, Any]) -> "tuple[Points, ArmsFit]":
    """Read a table and fit one law to its arms.

    Raises:
        MisuseError: several laws are named.
    """
    from ..fitting.own_law import inputs_for, tried
    from ..studying.settings_and_arms import fit_arms

    laws, files = laws_of(law, asked["law_file"])
    if len(laws) != 1:
        raise MisuseError(f"--law {law}: arms are compared by one law.")
    points, letters = table_of(asked, table)
    [given] = options_of(laws, letters, asked)
    if laws[0].name in files:
        tried(laws[0], inputs_for(laws[0], points, given["columns"]), files[laws[0].name])
    return points, fit_arms(laws[0], points, draws=asked["draws"], anyway=asked["anyway"], **how, **given)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _pooled(texts: list[str] | None) -> dict[str, float | str]:
    """Read --pool alpha=0.1 and --pool alpha, whose spread is estimated."""
    found: dict[str, float | str] = {}
    for text in (part for one in texts or [] for part in one.split(",") if part.strip()):
        name, equals, value = (part.strip() for part in text.partition("="))
        found[name] = o.number(value, f"--pool {name}") if equals and value != "estimate" else "estimate"
    return found


def _place(flops, at_loss, at, along) -> dict:
    """Give where arms are compared, as arguments of `multiplier`; empty if the user did not say."""
    given = {"flops": flops, "loss": at_loss}
    if at is not None:
        place = o.places(at)
        if set(place) != {"N", "D"}:
            raise MisuseError(f"--at {at}: give a size and its tokens, such as --at N=1e9,D=2e10.")
        given |= {"params": place["N"], "tokens": place["D"]}
    place = {name: value for name, value in given.items() if value is not None}
    if along is not None and at is None:
        raise MisuseError("--along needs --at N=..,D=..: anywhere else each arm has its own best size.")
    return place | ({"along": along} if along else {})


def _multipliers(found, place: dict, level: float) -> list:
    """Compare every other arm with the reference; by default at the largest compute inside the points of all."""
    from ..arms.multiplier import largest_flops, multiplier, splits_a_budget

    if not splits_a_budget(found.law) and not place:
        say(f"note: no compute multiplier: law {found.law.name!r} does not say what a budget buys")
        return []
    if place:
        return [multiplier(found, name, level=level, **place) for name in _others(found)]
    flops = min(largest_flops(one.fit) for one in found.by_arm.values())
    made = [multiplier(found, name, level=level, flops=flops) for name in _others(found)]
    beyond = max(times for one in made for times in one.reach.values())
    if not 1 < beyond < float("inf"):
        return made
    return [multiplier(found, name, level=level, flops=flops / beyond) for name in _others(found)]


def _others(found) -> list[str]:
    return [name for name in found.arms if name != found.reference]


def _plain(found, tests, worth, level: float) -> dict:
    joint = found.joint
    return {
        "law": found.law.name,
        "n": joint.n,
        "runs": joint.n_clusters,
        "reference": found.reference,
        "columns": {k: v for k, v in joint.columns.items() if k in (*found.law.inputs, "L")},
        "treatment": dict(found.treatment),
        "pooled_sd": dict(found.pooled_sd),
        "outcome": joint.outcome,
        "sentence": joint.sentence,
        "interval": {"level": level, "method": found.draws.method},
        "arms": {name: _plain_arm(found.arm(name), level) for name in found.arms},
        "differences": [
            {
                "parameter": one.parameter,
                "departures": dict(one.departures),
                "standard_errors": dict(one.standard_errors),
                "F": finite(one.statistic),
                "degrees": list(one.degrees),
                "p": finite(one.p),
                "p_holm": finite(one.p_holm),
            }
            for one in tests
        ],
        "multipliers": [
            {
                name: finite(getattr(one, name))
                for name in ("value", "low", "high", "level", "loss", "flops", "flops_arm")
            }
            | {"arm": one.arm, "reference": one.reference, "along": one.along, "convention": one.convention}
            | {"reach": {arm: finite(times) for arm, times in one.reach.items()}, "beyond": list(one.beyond)}
            for one in worth
        ],
        "warnings": [*found.warnings, *(w.message for w in found.draws.warnings)],
    }


def _plain_arm(one, level: float) -> dict:
    ends = one.interval(level)
    return {
        "values": {name: float(value) for name, value in one.fit.values.items()},
        "low": {name: finite(pair[0]) for name, pair in ends.items()},
        "high": {name: finite(pair[1]) for name, pair in ends.items()},
        "points": one.fit.n,
    }


def _plain_factor(one) -> dict[str, Any]:
    names = ("arm", "reference", "letter", "value", "low", "high", "level", "parameter", "exponent", "own_floor")
    return {name: finite(v) if isinstance(v := getattr(one, name), float) else v for name in names}
