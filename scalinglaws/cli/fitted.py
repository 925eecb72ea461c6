"""What every verb that needs a fit does first: choose laws, read a table, fit, and draw from the uncertainty."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import MisuseError, unknown_name
from . import options as o
from .app import say
from .law_file import blamed, inputs_for, read_laws, tried


@dataclass(frozen=True)
class Fitted:
    """Laws fitted to one table, with what the fits were given, so that a backtest can do the same below a compute.

    Attributes:
        draws: one a law; `options` the keywords of each fit.
        by: scale to hold runs out by.
        default_backtest: whether the table is small enough for a backtest nobody asked for.
    """

    draws: tuple
    points: object
    options: tuple[dict, ...]
    level: float
    seed: int
    by: str

    @property
    def fit(self):
        """The first law's fit."""
        return self.draws[0].fit

    def one(self, verb: str):
        """Give the draws of the one law.

        Raises:
            MisuseError: several were named.
        """
        if len(self.draws) > 1:
            raise MisuseError(f"{verb} takes one law. To rank several: scalinglaws compare POINTS --laws A,B.")
        return self.draws[0]

    def factor(self) -> float:
        """Give the calibration: the largest factor on a prediction's half-width that a law's own larger runs demand."""
        from ..compare import calibration

        found = [
            calibration(d.fit.law, self.points, by=self.by, level=self.level, seed=self.seed, options=given)
            for d, given in zip(self.draws, self.options, strict=True)
        ]
        for warning in (w for one in found for w in one.warnings):
            say(f"warning [calibration]: {warning}")
        return max(one.factor for one in found)


def laws_of(text: str, files: list[Path] | None) -> tuple[list, dict[str, Path]]:
    """Take laws from the shelf or from files, by names with commas between; and the file of each that has one.

    Raises:
        NameUnknownError: a name on neither.
        LawError: a file that cannot be used.
    """
    from ..laws import LAWS

    names = [part.strip() for part in text.split(",") if part.strip()]
    own, where = {}, {}
    for path in [*(files or []), *(Path(name) for name in names if name.endswith(".py"))]:
        found = read_laws(path)
        own |= found
        where |= dict.fromkeys(found, path)
        names = [n for name in names for n in (found if name == str(path) else [name])]
    known = {**LAWS, **own}
    for name in names:
        if name not in known:
            raise unknown_name("law", name, known)
    if len(set(names)) < len(names) or not names:
        raise MisuseError(f"laws {text!r}: name one or more, each once, with commas between.")
    return [known[name] for name in names], where


_SHARED = {
    "map": (o.Map, None),
    "where": (o.Where, None),
    "unit": (o.Unit, None),
    "law_file": (o.LawFile, None),
    "loss": (o.Loss, "huber"),
    "delta": (o.Delta, "auto"),
    "tau": (o.Tau, 0.5),
    "weights": (o.Weights, None),
    "cluster": (o.Cluster, None),
    "fix": (o.Fix, None),
    "tie": (o.Tie, None),
    "bounds": (o.Bounds, None),
    "prior": (o.Prior, None),
    "interval": (o.Interval, "pairs"),
    "draws": (o.Count, 2000),
    "level": (o.Level, 0.95),
    "by": (o.By, "flops"),
    "seed": (o.Seed, 0),
}


def of_a_fit(verb: Callable) -> Callable:
    """Make a command of a function of `Fitted`: it takes a law, a table, the verb's own options, and those of a fit."""
    own = list(inspect.signature(verb).parameters.values())[1:]
    kind = inspect.Parameter.KEYWORD_ONLY
    shared = [inspect.Parameter(name, kind, default=value, annotation=hint) for name, (hint, value) in _SHARED.items()]
    first = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=hint)
        for name, hint in (("law", o.Law), ("table", o.Table))
    ]

    def command(law: str, table: str, **given):
        asked = {name: given.pop(name) for name in _SHARED}
        laws, files = laws_of(law, asked["law_file"])
        with blamed(list(files.values())):
            verb(_fitted(laws, files, table, asked), **given)

    command.__signature__ = inspect.Signature([*first, *(p.replace(kind=kind) for p in own), *shared])
    command.__annotations__ = {p.name: p.annotation for p in command.__signature__.parameters.values()}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command


def _fitted(laws: list, files: dict[str, Path], table: str, asked: dict) -> Fitted:
    """Read a table, fit laws to it and draw from their uncertainty."""
    from ..fit import fit
    from ..uncertainty import draws

    if not 0 < asked["level"] < 1:
        raise MisuseError(f"--level {asked['level']}: it must lie between 0 and 1: 0.95, say.")
    read_in = o.read(table, asked["map"], asked["where"], asked["unit"])
    points = clustered(read_in.points, asked["cluster"])
    given = _options(laws, read_in.columns, asked)
    drawn, columns = [], {}
    for law, options in zip(laws, given, strict=True):
        options["columns"] = {k: v for k, v in columns.items() if k in law.inputs} | options["columns"]
        if law.name in files:
            tried(law, inputs_for(law, points, options["columns"]), files[law.name])
        found = fit(law, points, **options)
        columns = columns or found.columns  # one count of parameters for all, so that their sizes compare
        progress = ticker(f"resamples of {law.name}")
        drawn.append(draws(found, method=asked["interval"], n=asked["draws"], seed=asked["seed"], progress=progress))
    return Fitted(tuple(drawn), points, tuple(given), asked["level"], asked["seed"], asked["by"])


def clustered(points, cluster: str | None):
    """Let another column say which points are of one run.

    Raises:
        MisuseError: no such column.
    """
    if cluster is None or cluster == "run_id":
        return points
    if cluster not in points:
        raise unknown_name("column", cluster, points.columns)
    return points.replace(run_id=[str(value) for value in points[cluster].tolist()])


def _options(laws: list, columns: dict[str, str], asked: dict) -> list[dict]:
    """The keywords of each law's fit; with several laws each takes the names that it has."""
    delta = asked["delta"]
    by_name = {
        "fix": o.numbers(o.named(asked["fix"], "--fix"), "--fix"),
        "tie": o.named(asked["tie"], "--tie", "alpha=beta"),
        "bounds": o.bounds(asked["bounds"]),
        "priors": o.priors(asked["prior"]),
    }
    same = {
        "loss": asked["loss"],
        "delta": delta if delta == "auto" else o.number(delta, "--delta"),
        "tau": asked["tau"],
        "weights": asked["weights"],
        "seed": asked["seed"],
    }
    if len(laws) == 1:
        return [{**same, **by_name, "columns": dict(columns)}]
    known = {p.name for law in laws for p in law.parameters}
    for name in (name for table in by_name.values() for name in table if name not in known):
        raise unknown_name("parameter of these laws", name, known)
    return [{**same, **_own(law, by_name), "columns": _letters(law, columns)} for law in laws]


def _own(law, by_name: dict[str, dict]) -> dict[str, dict]:
    names = {p.name for p in law.parameters}
    return {option: {k: v for k, v in table.items() if k in names} for option, table in by_name.items()}


def _letters(law, columns: dict[str, str]) -> dict[str, str]:
    return {letter: name for letter, name in columns.items() if letter in (*law.inputs, "L")}


def ticker(what: str) -> Callable[[int, int], None] | None:
    """Give a function that shows on a terminal how far a long piece of work is; none where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, of: int):
        if of > 5000:
            print(f"\r{done:,} of {of:,} {what}", end="\n" if done >= of else "", file=sys.stderr, flush=True)

    return show
