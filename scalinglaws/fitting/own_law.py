"""A user's own law: a Python file that declares it, read and tested before it is fitted."""

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import wraps
from pathlib import Path
from types import ModuleType

from ..errors import LawError, PointsError, nearest
from ..laws import LAWS, Law
from ..quantities import QUANTITIES, ROLE_OF_LETTER, playing
from .columns import chosen_columns


def read_laws(path: Path) -> dict:
    """Run a Python file and give the laws that it declares, by name.

    What the file and its formulas print goes to standard error: standard output has results only.

    Raises:
        LawError: the file is missing, cannot be run, declares no law, or declares one wrongly.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise LawError(f"the law file {path} cannot be read: {getattr(failure, 'strerror', '') or failure}.") from None
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    with _blamed(path):
        exec(compile(text, str(path), "exec"), module.__dict__)
    declared = [one for one in vars(module).values() if isinstance(one, Law)]
    for one in declared:
        _require_texts(one, path)
    own = [one for one in declared if not _shelved(one)]
    found = {one.name: _guarded(one, path) for one in own}
    if not found:
        raise LawError(
            f"{path} declares no law. Write LAW = Law(name=..., predicts='loss', evaluate=formula, ...) in it: "
            "from scalinglaws import Law, Parameter."
        )
    for one in found.values():
        _require_known_counts(one, path)
    return found


def _require_texts(law: Law, path: Path) -> None:
    """Refuse a law whose name, or another of its texts, is something else: it would end in the middle of a table."""
    for field in ("name", "predicts", "formula", "source"):
        value = getattr(law, field)
        if not isinstance(value, str) or (field == "name" and not value.strip()):
            raise LawError(f"{path}: a law has the {field} {value!r}; it must be a text, such as {field}='mine'.")


def _require_known_counts(law, path: Path) -> None:
    """Refuse a letter of the field with an unknown definition: a fit would use another definition instead."""
    for letter, count in law.convention.items():
        if letter in ROLE_OF_LETTER and count not in QUANTITIES:
            counts = playing(ROLE_OF_LETTER[letter])
            raise LawError(
                f"{path}: law {law.name!r} says that {letter} counts {count!r}.{nearest(count, counts)} "
                f"It may count {', '.join(counts)}."
            )


def _shelved(one) -> bool:
    return LAWS.get(one.name) is one


def _guarded(law: Law, path: Path) -> Law:
    """Make errors of a law's functions name their file, wherever they are called."""
    slopes = law.slopes and _blaming(law.slopes, path)
    return replace(law, evaluate=_blaming(law.evaluate, path), slopes=slopes)


def _blaming(function: Callable, path: Path) -> Callable:
    @wraps(function)
    def blaming(*columns, **constants):
        with _blamed(path):
            return function(*columns, **constants)

    return blaming


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    """Turn what a user's file raises into one line that names the file and the line in it; Ctrl-C stays Ctrl-C.

    Raises:
        LawError: instead of any other exception, SystemExit included.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt:
        raise
    except SyntaxError as failure:
        raise LawError(f"{failure.filename or path}, line {failure.lineno}: {failure.msg}.") from None
    except LawError as failure:
        raise LawError(f"{_line(path)}: {failure}") from None
    except BaseException as failure:
        told = f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__
        raise LawError(f"{_line(path)}: {' '.join(told.split())}.") from None


def _line(path: Path) -> str:
    """Find the deepest line of the file in the error being handled."""
    lines = [f.lineno for f in traceback.extract_tb(sys.exc_info()[2]) if f.filename == str(path)]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def tried(law, inputs: Mapping, path: Path) -> None:
    """Evaluate a user's law at the inputs of a table, with parameters across their starting ranges.

    Raises:
        LawError: it raises, gives a result of another shape than its inputs, or no finite number at all.
    """
    columns = [inputs[letter] for letter in law.inputs]
    for part in (0.5, 0.25, 0.75):
        at = {p.name: _between(p.start[0], p.start[1], part) for p in law.parameters}
        value = _quietly(law, columns, at)
        if getattr(value, "shape", ()) != columns[0].shape:
            raise LawError(
                f"{path}: law {law.name!r} gives {type(value).__name__} of shape {getattr(value, 'shape', ())} for "
                f"{len(columns[0])} points; it must give one number per point, computed with numpy on arrays."
            )
        if value.dtype.kind not in "fiu":
            raise LawError(f"{path}: law {law.name!r} gives values of type {value.dtype}; it must give real numbers.")
        if (abs(value) < float("inf")).any():
            return
    said = ", ".join(f"{name} = {x:.3g}" for name, x in at.items())
    raise LawError(
        f"{path}: law {law.name!r} gives no finite number at any of {len(columns[0])} points ({value[0]} at {said}). "
        "Check the formula and the parameters' start ranges."
    )


def _quietly(law, columns, at):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return law.evaluate(*columns, **at)


def _between(low: float, high: float, part: float) -> float:
    return low * (high / low) ** part if low > 0 and high > 0 else low + part * (high - low)


def inputs_for(law, points, columns: Mapping[str, str]) -> dict:
    """Take a law's inputs from a table, as a fit does.

    Raises:
        PointsError: a column is missing or holds no numbers.
    """
    chosen, kept = chosen_columns(law, points, columns), points.kept
    for letter in law.inputs:
        if kept[chosen[letter]].dtype.kind != "f":
            raise PointsError(f"column {chosen[letter]!r} holds text; {letter} must be a number.")
    return {letter: kept[chosen[letter]] for letter in law.inputs}
