"""What every verb that needs a fit does first: choose laws, read a table, fit, and draw from the uncertainty."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MisuseError, unknown_name
from . import options as o
from .app import say
from .fits_given import Fitted
from .gate import admit, end, lead
from .outputs import spared

if TYPE_CHECKING:
    from ..laws import Law
    from ..uncertainty.drawn import Draws


def laws_of(text: str, files: list[Path] | None) -> tuple[list, dict[str, Path]]:
    """Take laws from the shelf or from files, by names separated by commas; and the file of each that has one.

    Raises:
        NameUnknownError: a name is in neither.
        LawError: a file cannot be used.
    """
    from ..fitting.own_law import read_laws
    from ..laws import LAWS

    names = [part.strip() for part in text.split(",") if part.strip()]
    own: dict[str, Law] = {}
    where: dict[str, Path] = {}
    for path in [*(files or []), *(Path(name) for name in names if name.endswith(".py"))]:
        found = read_laws(path)
        own |= found
        where |= dict.fromkeys(found, path)
        names = [n for name in names for n in (found if name == str(path) else [name])]
    known = {**LAWS, **own}
    for name in names:
        if name not in known:
            raise unknown_name("law", name, known, "scalinglaws laws")
    if len(set(names)) < len(names) or not names:
        raise MisuseError(f"laws {text!r}: name one or more, each once, separated by commas.")
    return [known[name] for name in names], where


_SHARED = {
    "map": (o.Map, None),
    "where": (o.Where, None),
    "across": (o.Across, None),
    "unit": (o.Unit, None),
    "given": (o.Given, None),
    "keep_rows": (o.KeepRows, None),
    "best_of": (o.BestOf, None),
    "law_file": (o.LawFile, None),
    "loss": (o.Loss, "huber"),
    "delta": (o.Delta, "auto"),
    "tau": (o.Tau, 0.5),
    "weights": (o.Weights, None),
    "cluster": (o.Cluster, None),
    "checkpoints": (o.Checkpoints, None),
    "burn_in": (o.BurnIn, None),
    "fix": (o.Fix, None),
    "tie": (o.Tie, None),
    "bounds": (o.Bounds, None),
    "prior": (o.Prior, None),
    "every_row": (o.EveryRow, False),
    "interval": (o.Interval, "pairs"),
    "draws": (o.Count, 2000),
    "level": (o.Level, 0.95),
    "by": (o.By, "flops"),
    "seed": (o.Seed, 0),
    "anyway": (o.Anyway, False),
}
READING = ("across", "given", "keep_rows", "best_of")
OF_THE_TABLE = ("map", "where", "unit", *READING, "law_file", "cluster", "checkpoints", "burn_in")
OF_THE_FIT = ("loss", "delta", "tau", "weights", "fix", "tie", "bounds", "prior", "every_row")


def of_a_fit(verb: Callable) -> Callable:
    """Make a command of a function of `Fitted`: it takes a law, a table, the verb's own options, and those of a fit."""

    def fitted_first(asked: dict, law: o.Law, table: o.Table, **given):
        _by_a_law(verb, asked, law, table, given)

    return _command(fitted_first, verb)


def of_a_fit_or(unnamed: Callable | None = None) -> Callable:
    """Make a command that takes a law and a table, or a table alone: then `unnamed` gets its default forecast.

    Without `unnamed` the verb itself takes both.
    """

    def decorated(verb: Callable) -> Callable:
        def fitted_first(asked: dict, law: o.LawOrTable, table: o.TableAfter = None, **given):
            if table is not None:
                _by_a_law(verb, asked, law, table, given)
            else:
                _by_a_forecast(unnamed or verb, asked, law, given)

        return _command(fitted_first, verb)

    return decorated


def _command(fitted_first: Callable, verb: Callable) -> Callable:
    first = list(inspect.signature(fitted_first).parameters.values())[:3]
    own = list(inspect.signature(verb).parameters.values())[1:]
    first[2] = first[2].replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if first[2].default is not inspect.Parameter.empty:  # an argument with a default comes last
        own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    return with_options(*_SHARED)(_declared(fitted_first, [*first, *own], verb))


def _by_a_forecast(verb: Callable, asked: dict, table: str, given: dict) -> None:
    """Forecast a table with no law named; a name that is a law of the shelf lacks its table."""
    from ..laws import LAWS
    from ..points.along_runs import untold
    from .forecasts_given import unasked

    if all(name in LAWS for name in table.split(",")):
        raise MisuseError(f"law {table!r} needs a table of runs after it: {table} POINTS. A table alone needs no law.")
    spared("--to", given.get("to"), (table,))
    made = unasked(table, asked, given)
    for warning in untold(made.points):
        say(f"warning: {warning}")
    _gated(verb, made, given, asked["anyway"])


def _by_a_law(verb: Callable, asked: dict, law: str, table: str, given: dict) -> None:
    """Fit laws to a table, and hand them to a verb."""
    laws, files = laws_of(law, asked["law_file"])
    spared("--to", given.get("to"), (table, *files.values()))
    _gated(verb, _fitted(laws, files, table, asked), given, asked["anyway"])


def _gated(verb: Callable, made: Any, given: dict, anyway: bool) -> None:
    """Run a verb behind the gate of claims: `fit` leads with what bars its constants, any other verb refuses."""
    judged, json = made.judged(), bool(given.get("json"))
    what = verb.__name__.strip("_").replace("predict", "prediction")
    if what == "fit":
        points = lead(judged.bars, made.points, json, judged.failed)
    else:
        points = admit(judged, made.points, what, anyway, json)
    verb(replace(made, points=points), **given)
    end(judged)


def with_options(*names: str, **defaults) -> Callable:
    """Make a command of a function whose first argument takes options of a fit, by name, in one dictionary.

    Its other arguments are the command's own; `defaults` replace those of the options named.
    """

    def made(verb: Callable) -> Callable:
        kind = inspect.Parameter.KEYWORD_ONLY
        own = [p.replace(kind=kind) for p in list(inspect.signature(verb).parameters.values())[1:]]
        shared = [
            inspect.Parameter(name, kind, default=defaults.get(name, _SHARED[name][1]), annotation=_SHARED[name][0])
            for name in names
        ]

        def command(**given):
            asked = {name: given.pop(name) for name in names}
            verb(asked, **given)

        return _declared(command, [*own, *shared], verb)

    return made


def _declared(command: Any, parameters: list[inspect.Parameter], verb: Callable) -> Callable:
    """Give a command the parameters that are asked for on its line, and the name and docstring of its verb."""
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


def table_of(asked: dict, table: str, tell: Callable[[str], None] = say) -> tuple:
    """Read a table, name its runs and choose among their checkpoints: points, and letter -> column."""
    kept = {name: asked[name] for name in READING}
    read_in = o.read(table, asked["map"], asked["where"], asked["unit"], tell=tell, **kept)
    points = o.checkpointed(read_in.points, asked["checkpoints"], asked["burn_in"], tell)
    return clustered(points, asked["cluster"]), read_in.columns


def _fitted(laws: list, files: dict[str, Path], table: str, asked: dict) -> Fitted:
    """Read a table, fit laws to it and draw from their uncertainty."""
    from ..fitting.fit import fit
    from ..fitting.own_law import inputs_for, tried
    from ..uncertainty.draws import draws

    points, letters = table_of(asked, table)
    known_scale(points, asked["by"])
    given = options_of(laws, letters, asked)
    drawn: list[Draws] = []
    columns: dict[str, str] = {}
    for law, options in zip(laws, given, strict=True):
        options["columns"] = {k: v for k, v in columns.items() if k in law.inputs} | options["columns"]
        if law.name in files:
            tried(law, inputs_for(law, points, options["columns"]), files[law.name])
        found = fit(law, points, **options)
        columns = columns or dict(found.columns)  # one count of parameters for all, so that their sizes compare
        progress = ticker(f"resamples of {law.name}")
        method = _method(law, asked["interval"])
        drawn.append(draws(found, method=method, draws=asked["draws"], seed=asked["seed"], progress=progress))
    return Fitted(tuple(drawn), points, tuple(given), asked["level"], asked["seed"], asked["by"])


def known_scale(points, by: str):
    """Check that a scale to hold out larger runs by exists, even if this verb does not use it.

    Raises:
        NameUnknownError: no such column.
    """
    if by != "flops" and by not in points:
        raise unknown_name("column to hold larger runs out by", by, ["flops", *points.columns])


def _method(law, asked: str) -> str:
    """Choose the method of the intervals: the sandwich for whole curves, whose resampling takes minutes."""
    if law.along is None or asked != "pairs":
        return asked
    say(f"note: the intervals of {law.name} are computed by the sandwich: resampling whole curves takes minutes")
    return "sandwich"


def clustered(points, cluster: str | None):
    """Choose the column whose equal values are resampled together, in place of `Points.cluster`.

    Raises:
        MisuseError: no such column.
    """
    if cluster is None or cluster == points.cluster:
        return points
    if cluster not in points:
        raise unknown_name("column", cluster, points.columns)
    return points.replace(**{points.cluster: points.clusters(cluster)})


def options_of(laws: list, columns: dict[str, str], asked: dict) -> list[dict]:
    """Give the arguments of each law's fit; with several laws, each takes the parameters that it has."""
    delta = asked["delta"]
    by_name: dict[str, dict[str, Any]] = {
        "fix": o.numbers(o.named(asked["fix"], "--fix"), "--fix"),
        "tie": o.named(asked["tie"], "--tie", "alpha=beta"),
        "bounds": o.bounds(asked["bounds"]),
        "priors": o.priors(asked["prior"]),
    }
    same: dict[str, Any] = {
        "loss": asked["loss"],
        "delta": delta if delta == "auto" else o.number(delta, "--delta"),
        "tau": asked["tau"],
        "weights": asked["weights"],
        "every_row": asked["every_row"],
        "seed": asked["seed"],
    }
    if len(laws) == 1:
        return [{**same, **by_name, "columns": dict(columns)}]
    known = {p.name for law in laws for p in law.parameters}
    for name in (name for table in by_name.values() for name in table if name not in known):
        raise unknown_name("parameter of these laws", name, known)
    return [{**same, **_own(law, by_name), "columns": letters_of(law, columns)} for law in laws]


def _own(law, by_name: dict[str, dict]) -> dict[str, dict]:
    names = {p.name for p in law.parameters}
    return {option: {k: v for k, v in table.items() if k in names} for option, table in by_name.items()}


def letters_of(law, columns: dict[str, str]) -> dict[str, str]:
    """Keep the letters that a law has."""
    return {letter: name for letter, name in columns.items() if letter in (*law.inputs, "L")}


def ticker(what: str) -> Callable[[int, int], None] | None:
    """Give a function that shows the progress of long work on a terminal; None without a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, of: int):
        if of > 5000:
            print(f"\r{done:,} of {of:,} {what}", end="\n" if done >= of else "", file=sys.stderr, flush=True)

    return show
