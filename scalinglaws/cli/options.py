"""Options that several inferring verbs share, and how they are read."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError, argument, counted
from .app import say

Law = Annotated[
    str, typer.Argument(metavar="LAW", help="A law of the shelf (scalinglaws laws lists them), or your own: FILE.py.")
]
Table = Annotated[
    str,
    typer.Argument(
        metavar="POINTS",
        help="A table (CSV, TSV, JSON, Parquet, Excel, Markdown), a trainer's log, a tracker's export, or a folder of "
        "them; - for standard input.",
    ),
]
LawOrTable = Annotated[
    str,
    typer.Argument(
        metavar="[LAW]", help="A law of the shelf, or your own: FILE.py. Without one: the default forecast."
    ),
]
TableAfter = Annotated[str | None, typer.Argument(metavar="POINTS", help="A table of runs, or - for standard input.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="NAME=COLUMN", help="A letter or quantity is this column: --map N=params_total."),
]
Where = Annotated[str | None, typer.Option(metavar="EXPR", help="Rows to keep: --where 'tokens > 1e9'.")]
Across = Annotated[
    list[str] | None,
    typer.Option(
        "--across", metavar="COLUMN", help="Fit across a column whose rows differ in tokenizer, test set, recipe ..."
    ),
]
Unit = Annotated[list[str] | None, typer.Option("--unit", metavar="NAME=UNIT", help="Unit in the table: loss=bits.")]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        metavar="NAME=VALUE",
        help="A fact that the table lacks, of all rows or of one run: batch_tokens=524288, params_total@RUN=14.1e6.",
    ),
]
KeepRows = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-rows",
        metavar="KIND",
        help="Keep rows that stand for no run: failed, abandoned, cut-short, overfit, mid-decay, untuned; or all.",
    ),
]
BestOf = Annotated[
    list[str] | None,
    typer.Option(
        "--best-of", metavar="COLUMN", help="A column that was swept, such as lr: fit its best value at each N and D."
    ),
]
LawFile = Annotated[
    list[Path] | None, typer.Option("--law-file", metavar="FILE.py", help="A Python file that declares laws.")
]
Loss = Annotated[str, typer.Option(help="huber, ls-log, ls, student-t, tukey, quantile or quantile-plain.")]
Delta = Annotated[str, typer.Option(help="Scale of the fit's loss in log units, or auto: from the residuals.")]
Tau = Annotated[float, typer.Option(help="For quantile losses: the fraction of points below the law.")]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="KIND=COLUMN", help="sd=COLUMN of standard errors, var=COLUMN of variances, or weight=COLUMN, as 1/sd."
    ),
]
Fix = Annotated[list[str] | None, typer.Option("--fix", metavar="NAME=VALUE", help="Fix a parameter: --fix E=1.8.")]
Tie = Annotated[list[str] | None, typer.Option("--tie", metavar="A=B", help="One value for two: --tie alpha=beta.")]
Bounds = Annotated[
    list[str] | None, typer.Option("--bounds", metavar="NAME=LOW:HIGH", help="Keep a parameter inside a range: E=0:2.")
]
Prior = Annotated[
    list[str] | None,
    typer.Option(
        "--prior",
        metavar="NAME=MEAN:SD",
        help="A normal prior on a law's constant: alpha=0.34:0.05. Without a law: field, none, or a file.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Rows with equal values are resampled together.  \\[default: lineage, else run_id]"
    ),
]
Checkpoints = Annotated[
    str | None,
    typer.Option(metavar="KEEP", help="Which rows of a run to keep: final, decayed or all; see scalinglaws import."),
]
BurnIn = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE", help="With --checkpoints: leave out this fraction at the start of each run; or warmup."
    ),
]
EveryRow = Annotated[
    bool, typer.Option("--every-row", help="Fit a law of one variable to all rows, also where another varies.")
]
Anyway = Annotated[
    bool, typer.Option("--anyway", help="Print a number all the same where no claim can rest on it, behind the reason.")
]
Interval = Annotated[str, typer.Option(help="Method of the intervals: pairs, wild, sandwich, profile or posterior.")]
Count = Annotated[int, typer.Option("--draws", help="Number of draws of the interval.")]
Level = Annotated[float, typer.Option(help="Confidence level of intervals.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.")]
By = Annotated[str, typer.Option(metavar="COLUMN", help="Scale by which larger runs are held out: flops, or a column.")]
Mix = Annotated[
    str | None,
    typer.Option(
        help="Weights of several laws: stacking or backtest, by larger runs held out; or equal.  \\[stacking]"
    ),
]


def named(texts: list[str] | None, option: str, example: str = "E=1.8") -> dict[str, str]:
    """Read NAME=VALUE texts.

    Raises:
        MisuseError: a text has no equals sign, or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise MisuseError(f"{option} {text}: write NAME=VALUE, such as {option} {example}.")
        if name in pairs:
            raise MisuseError(f"{option} names {name} twice: {pairs[name]} and {value}. Keep one.")
        pairs[name] = value
    return pairs


def facts(texts: list[str] | None) -> dict[str, float | str | dict[str, float | str]]:
    """Read --given batch_tokens=524288 or --given params_total@RUN=14.1e6; several with commas between numbers.

    Raises:
        MisuseError: a text without an equals sign, or a fact given twice.
    """
    found: dict[str, float | str | dict[str, float | str]] = {}
    parts = [part for text in texts or [] for part in re.split(r",(?=\s*[A-Za-z_]\w*[@=])", text) if part.strip()]
    for name, text in named(parts, "--given", "batch_tokens=524288").items():
        quantity, _, run = name.partition("@")
        by_run = found.setdefault(quantity, {}) if run else None
        if isinstance(by_run, dict):
            by_run[run] = _fact(text)
        elif quantity in found:
            raise MisuseError(f"--given {quantity} is given for all rows and for a run. Keep one.")
        else:
            found[quantity] = _fact(text)
    return found


def several(texts: list[str] | None) -> list[str]:
    """Read names that are given one by one, or with commas between them."""
    return [name.strip() for text in texts or [] for name in text.split(",") if name.strip()]


def _fact(text: str) -> float | str:
    """Read a number as people write one (524288, 14.1e6, 14.1M, 524,288); other text is left as it is."""
    from ..points.cells_with_units import read_alike

    try:
        value = float(text)
    except ValueError:
        read = read_alike([text])
        if read is None or read[0] is None:
            return text
        value = read[0]
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def numbers(texts: dict[str, str], option: str) -> dict[str, float]:
    """Read the values of named texts as numbers.

    Raises:
        MisuseError: a value is not a number.
    """
    return {name: _number(text, f"{option} {name}={text}") for name, text in texts.items()}


def spans(texts: list[str] | None, option: str, example: str) -> dict[str, tuple[float, float]]:
    """Read NAME=A:B texts as pairs of numbers.

    Raises:
        MisuseError: a text has no colon, or no numbers.
    """
    found = {}
    for name, text in named(texts, option, example).items():
        first, colon, second = text.partition(":")
        if not colon:
            raise MisuseError(f"{option} {name}={text}: write two numbers with a colon, such as {option} {example}.")
        found[name] = (_number(first, f"{option} {name}={text}"), _number(second, f"{option} {name}={text}"))
    return found


def bounds(texts: list[str] | None) -> dict[str, tuple[float, float]]:
    """Read --bounds E=0:2.

    Raises:
        MisuseError: a low end is not below its high end.
    """
    found = spans(texts, "--bounds", "E=0:2")
    for name, (low, high) in found.items():
        if not low < high:
            raise MisuseError(f"--bounds {name}={low:g}:{high:g}: the first number must be below the second.")
    return found


def priors(texts: list[str] | None) -> dict[str, tuple[float, float]]:
    """Read --prior alpha=0.34:0.05.

    Raises:
        MisuseError: a standard deviation is not above 0.
    """
    found = spans(texts, "--prior", "alpha=0.34:0.05")
    for name, (mean, sd) in found.items():
        if not 0 < sd < float("inf"):
            raise MisuseError(f"--prior {name}={mean:g}:{sd:g}: the second number is a standard deviation, above 0.")
    return found


def _number(text: str, said: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value:
        raise MisuseError(f"{said[:80]}: {text[:40]!r} is not a number. Write it as 1.5e9.")
    return value


def number(text: str, option: str) -> float:
    """Read one number.

    Raises:
        MisuseError: it is not a number.
    """
    return _number(text, f"{option} {text}")


def places(text: str, option: str = "--at", example: str = "N=1e9,D=2e10") -> dict[str, float]:
    """Read --at N=1e9,D=2e10."""
    return numbers(named([part for part in text.split(",") if part.strip()], option, example), option)


def checkpointed(points, keep: str | None, burn_in: str | None, tell=say):
    """Leave out the checkpoints that do not stand for a run of their own, if --checkpoints is given.

    Raises:
        MisuseError: --burn-in without --checkpoints, or a value that is not allowed.
    """
    from ..points.which_rows import points_of_checkpoints

    if keep is None:
        if burn_in is not None:
            raise MisuseError("--burn-in needs --checkpoints final, decayed or all, which says which rows remain.")
        return points
    early = 0.0 if burn_in is None else burn_in if burn_in == "warmup" else number(burn_in, "--burn-in")
    found = points_of_checkpoints(points, burn_in=early, keep=keep)
    runs = len(set(found["run_id"].tolist()))
    guessed = "" if "run_id" in points else ", recognised by their order alone (no column run_id)"
    said = f"{counted(len(found), 'row')} of {counted(runs, 'run')}{guessed}; "
    said += f"{len(found.kept)} take part ({argument(keep=keep)})"
    tell(f"note: {said}")
    return replace(found, notes=(*found.notes, said))


def read(
    table: str,
    map: list[str] | None,
    where: str | None,
    unit: list[str] | None,
    mapping: Path | None = None,
    *,
    given: list[str] | None = None,
    across: list[str] | None = None,
    keep_rows: list[str] | None = None,
    best_of: list[str] | None = None,
    tell=say,
):
    """Read a table of points; notes on rejected rows and doubts go to `tell`, by default standard error."""
    from ..studying.read import read_table

    found = read_table(
        sys.stdin if table == "-" else Path(table),
        map=named(map, "--map", "N=params_total"),
        where=where,
        unit=named(unit, "--unit", "loss=bits"),
        given=facts(given),
        mapping_file=mapping,
        across=several(across),
        keep_rows=several(keep_rows),
        best_of=several(best_of),
    )
    if found.rejected:
        first = found.rejected[0]
        said = (
            f"{counted(len(found.rejected), 'row')} rejected; the first, line {first.row}: {first.reason}. "
            "See all: scalinglaws import TABLE --rejected FILE"
        )
        found = replace(found, points=replace(found.points, notes=(said, *found.points.notes)))
    for note in found.points.notes:
        tell(f"note: {note}")
    return found
