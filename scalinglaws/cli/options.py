"""Options that several verbs of the inferring half take, and how they are read."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import say

Law = Annotated[str, typer.Argument(metavar="LAW", help="A law of the shelf: scalinglaws laws lists them.")]
Table = Annotated[str, typer.Argument(metavar="POINTS", help="CSV, TSV, JSON lines or Parquet; - for standard input.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="NAME=COLUMN", help="A letter or quantity is this column: --map N=params_total."),
]
Where = Annotated[str | None, typer.Option(metavar="EXPR", help="Rows to keep: --where 'tokens > 1e9'.")]
Unit = Annotated[list[str] | None, typer.Option("--unit", metavar="NAME=UNIT", help="Unit in the table: loss=bits.")]
Loss = Annotated[str, typer.Option(help="huber, ls-log, ls, student-t, tukey or quantile.")]
Delta = Annotated[str, typer.Option(help="The loss's scale in log units, or auto: from the residuals.")]
Tau = Annotated[float, typer.Option(help="For the loss quantile: the share of points below the law.")]
Weights = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Weights, as 1/sd; or a column of standard errors.")
]
Fix = Annotated[list[str] | None, typer.Option("--fix", metavar="NAME=VALUE", help="Hold a parameter: --fix E=1.8.")]
Tie = Annotated[list[str] | None, typer.Option("--tie", metavar="A=B", help="One value for two: --tie alpha=beta.")]
Interval = Annotated[str, typer.Option(help="How intervals are made: pairs, wild, sandwich or profile.")]
Count = Annotated[int, typer.Option("--draws", help="Draws of the interval.")]
Level = Annotated[float, typer.Option(help="Confidence level of intervals.")]
Seed = Annotated[int, typer.Option(help="Seed of everything drawn.")]


def named(texts: list[str] | None, option: str) -> dict[str, str]:
    """Read NAME=VALUE texts.

    Raises:
        MisuseError: a text without an equals sign.
    """
    pairs = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise MisuseError(f"{option} {text}: write NAME=VALUE, such as {option} E=1.8.")
        pairs[name.strip()] = value.strip()
    return pairs


def numbers(texts: dict[str, str], option: str) -> dict[str, float]:
    """Read the values of named texts as numbers.

    Raises:
        MisuseError: a value that is no number.
    """
    try:
        return {name: float(value) for name, value in texts.items()}
    except ValueError:
        wrong = next(name for name, value in texts.items() if not _is_number(value))
        raise MisuseError(f"{option} {wrong}={texts[wrong]}: {texts[wrong]!r} is no number. Write 1.5e9.") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def places(text: str) -> dict[str, float]:
    """Read --at N=1e9,D=2e10."""
    return numbers(named([part for part in text.split(",") if part], "--at"), "--at")


def read(table: str, map: list[str] | None, where: str | None, unit: list[str] | None):
    """Read a table of points; rejected rows and doubts go to standard error."""
    from ..importers.table import read_points

    found = read_points(
        sys.stdin if table == "-" else Path(table), map=named(map, "--map"), where=where, unit=named(unit, "--unit")
    )
    if found.rejected:
        first = found.rejected[0]
        say(f"{len(found.rejected)} rows rejected; line {first.row}: {first.reason}")
    for note in found.notes:
        say(f"note: {note}")
    return found


def of_a_fit(verb: Callable) -> Callable:
    """Make a command of a function of draws: it takes a law, a table, every option of a fit, and the verb's own.

    The verb is called with the draws, the level and its own options.
    """
    own = list(inspect.signature(verb).parameters.values())[2:]
    kind = inspect.Parameter.KEYWORD_ONLY
    shared = [inspect.Parameter(name, kind, default=value, annotation=hint) for name, (hint, value) in _SHARED.items()]
    first = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=hint)
        for name, hint in (("law", Law), ("table", Table))
    ]

    def command(law: str, table: str, **given):
        asked = {name: given.pop(name) for name in _SHARED}
        return verb(_drawn(law, table, asked), asked["level"], **given)

    command.__signature__ = inspect.Signature([*first, *(p.replace(kind=kind) for p in own), *shared])
    command.__annotations__ = {p.name: p.annotation for p in command.__signature__.parameters.values()}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


_SHARED = {
    "map": (Map, None),
    "where": (Where, None),
    "unit": (Unit, None),
    "loss": (Loss, "huber"),
    "delta": (Delta, "auto"),
    "tau": (Tau, 0.5),
    "weights": (Weights, None),
    "fix": (Fix, None),
    "tie": (Tie, None),
    "interval": (Interval, "pairs"),
    "draws": (Count, 2000),
    "level": (Level, 0.95),
    "seed": (Seed, 0),
}


def _drawn(law: str, table: str, asked: dict):
    """Read a table, fit a law to it and draw from its uncertainty."""
    from ..fit import fit
    from ..uncertainty import draws

    read_in = read(table, asked["map"], asked["where"], asked["unit"])
    delta = asked["delta"]
    found = fit(
        law,
        read_in.points,
        columns=read_in.columns,
        loss=asked["loss"],
        tau=asked["tau"],
        delta=delta if delta == "auto" else numbers({"delta": delta}, "--delta")["delta"],
        weights=asked["weights"],
        fix=numbers(named(asked["fix"], "--fix"), "--fix"),
        tie=named(asked["tie"], "--tie"),
        seed=asked["seed"],
    )
    return draws(found, method=asked["interval"], n=asked["draws"], seed=asked["seed"])


def finite(value: float) -> float | None:
    """A number as JSON can hold it: nothing for infinity and what is no number."""
    return float(value) if abs(value) < float("inf") else None
