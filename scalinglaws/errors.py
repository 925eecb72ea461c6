"""Everything that scalinglaws raises on purpose.

ScalingLawsError
|-- MisuseError            asked for something that cannot be: the command line exits with 2
|   |-- StudyError         a study file: an unknown key, a value out of range
|   |-- NameUnknownError   a law, corpus, preset or quantity that is not on its shelf
|   |-- ShapeError         a model that cannot be built
|   |-- CorpusError        text that is missing, too small or not UTF-8
|   |-- PointsError        a table without the columns, rows or values that a law needs
|   |-- LawError           a law that cannot be evaluated or declared so
|   `-- StoreError         a store of another version, not writable, or that is no store
`-- FailureError           asked rightly and did not work: the command line exits with 1
    |-- RunsFailedError    training runs that did not finish
    `-- FitError           a fit or an interval that does not exist for these points
"""

import difflib
from collections.abc import Iterable

FEW = 12  # names that an error lists in full
NEAREST = 4  # further names that it offers of a longer shelf


class ScalingLawsError(Exception):
    """Say what was asked, what is allowed and what to do next."""

    exit_code = 1


class MisuseError(ScalingLawsError):
    """Something was asked for that cannot be."""

    exit_code = 2


class StudyError(MisuseError):
    """A study file asks for something unknown or out of range."""


class NameUnknownError(MisuseError):
    """A name is not on its shelf."""


class ShapeError(MisuseError):
    """A model of this shape cannot be built."""


class CorpusError(MisuseError):
    """The text is missing, too small, or not what it should be."""


class PointsError(MisuseError):
    """A table of points lacks what a law needs."""


class LawError(MisuseError):
    """A law is declared or evaluated wrongly."""


class StoreError(MisuseError):
    """A store cannot be read or written."""


class FailureError(ScalingLawsError):
    """Something was asked for rightly and did not work."""


class RunsFailedError(FailureError):
    """Some training runs did not finish."""


class FitError(FailureError):
    """A fit or an interval does not exist for these points."""


def counted(number: int, what: str) -> str:
    """Write how many there are, in messages and in print: 1 point, 2 points."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Offer the known name closest to a misspelt one, as a sentence; empty when none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def unknown_name(kind: str, name: str, known: Iterable[str], listed_by: str = "") -> NameUnknownError:
    """Make the error for a name that is not on its shelf.

    A long shelf is not printed whole where a command lists it: then the names nearest to the one asked for are.

    Args:
        listed_by: command that lists the shelf, such as "scalinglaws laws".
    """
    known = sorted(known)
    told = f"no {kind} is called {name!r}.{nearest(name, known)}"
    if not listed_by or len(known) <= FEW:
        return NameUnknownError(f"{told} Known: {', '.join(known)}.")
    like = difflib.get_close_matches(name, known, n=NEAREST + 1, cutoff=0.4)[1:]
    near = f" Or {', '.join(like)}?" if like else ""
    return NameUnknownError(f"{told}{near} {listed_by!r} lists all {len(known)}.")
