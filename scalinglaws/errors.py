"""All exceptions that scalinglaws raises on purpose.

ScalingLawsError
|-- MisuseError            the request is not valid: the command line exits with 2
|   |-- StudyError         a study file: an unknown key, a value out of range
|   |-- NameUnknownError   a law, corpus, preset or quantity of an unknown name
|   |-- ShapeError         a model that cannot be built
|   |-- CorpusError        text that is missing, too small or not UTF-8
|   |-- PointsError        a table without the columns, rows or values that a law needs
|   |-- LawError           a law that cannot be evaluated or declared in this way
|   `-- StoreError         a store of another version, one that cannot be written, or a folder that is not a store
|       `-- UnwritableError  a disk that is full, read-only or out of reach for now
`-- FailureError           the request is valid but failed: the command line exits with 1
    |-- RunsFailedError    training runs that did not finish
    |-- LimitReachedError  training stopped at a limit of time, GPU-hours or money: the command line exits with 3
    `-- FitError           a fit or an interval that does not exist for these points
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence

FEW = 12  # the maximum number of known names that an error lists in full
NEAREST = 4  # how many further names it offers if there are more


class ScalingLawsError(Exception):
    """Say what was asked, what is allowed and what to do next."""

    exit_code = 1


class MisuseError(ScalingLawsError):
    """The request is not valid."""

    exit_code = 2


class StudyError(MisuseError):
    """A study file asks for something unknown or out of range."""


class NameUnknownError(MisuseError):
    """No member of the collection has this name."""


class ShapeError(MisuseError):
    """A model of this shape cannot be built."""


class CorpusError(MisuseError):
    """The text is missing, too small, or not of the expected kind."""


class PointsError(MisuseError):
    """A table of points lacks what a law needs."""


class LawError(MisuseError):
    """A law is declared or evaluated incorrectly."""


class StoreError(MisuseError):
    """A store cannot be read or written."""


class UnwritableError(StoreError):
    """A file cannot be written now: the disk is full, read-only or out of reach. It may be well again later."""


class FailureError(ScalingLawsError):
    """The request is valid but failed."""


class RunsFailedError(FailureError):
    """Some training runs did not finish."""


class LimitReachedError(FailureError):
    """Training was stopped at a limit that was asked for; its states are kept."""

    exit_code = 3


class FitError(FailureError):
    """A fit or an interval does not exist for these points."""


def counted(number: int, what: str) -> str:
    """Write a number with its noun, in messages and in print: 1 point, 2 points."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def argument(**given: object) -> str:
    """Write arguments as a caller types them, in messages: where='tokens > 1e9', map={'loss_nats': 'val/loss'}.

    The command line turns them into flags.
    """
    return ", ".join(f"{name}={literal(value)}" for name, value in given.items())


def refuse(what: str, reasons: Sequence[str]) -> None:
    """Refuse a headline number on which no claim can rest; without a reason, do nothing.

    Args:
        what: the number, in words: "plan". reasons: sentences, each with what to do.

    Raises:
        FitError: saying what is wrong, what to do, and how to see the number all the same.
    """
    if reasons:
        raise FitError(
            f"no {what} from these runs. {' '.join(reasons)} To see it all the same: {argument(anyway=True)}."
        )


def literal(value: object) -> str:
    """Write a value as Python reads it, a number in as few characters as keep every digit."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name!r}: {literal(one)}" for name, one in value.items()) + "}"
    if isinstance(value, float):
        short = f"{value:g}".replace("e+0", "e").replace("e+", "e")
        return short if float(short) == value else repr(float(value))
    return repr(value)


def nearest(name: str, known: Iterable[str]) -> str:
    """Offer the known name that is closest to a misspelt one, as a sentence; empty if none is close."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""


def unknown_name(kind: str, name: str, known: Iterable[str], listed_by: str = "") -> NameUnknownError:
    """Make the error for an unknown name.

    If there are many known names and a command lists them, only those nearest to the name asked for are printed.

    Args:
        listed_by: command that lists the known names, such as "scalinglaws laws".
    """
    known = sorted(known)
    told = f"no {kind} is called {name!r}.{nearest(name, known)}"
    if not listed_by or len(known) <= FEW:
        return NameUnknownError(f"{told} Known: {', '.join(known)}.")
    like = difflib.get_close_matches(name, known, n=NEAREST + 1, cutoff=0.4)[1:]
    near = f" Or {', '.join(like)}?" if like else ""
    return NameUnknownError(f"{told}{near} {listed_by!r} lists all {len(known)}.")
