"""What an argument may be: the annotations of a public verb, kept when it is called."""

import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, wraps
from inspect import Parameter, signature
from numbers import Integral, Real
from pathlib import Path

from ..errors import MisuseError
from .ranges import shown

# class -> what it is called in a message, and where a person gets one
WORDS = {
    "Points": "points (scalinglaws.read makes them from a file, a data frame or a dictionary of columns)",
    "Fit": "a fit (scalinglaws.fit makes one)",
    "Draws": "draws of a fit (scalinglaws.draws makes them), or a fit made by scalinglaws.fit",
    "Ensemble": "a mixture of laws (scalinglaws.ensemble makes one)",
    "ArmsFit": "a fit of arms (scalinglaws.fit_arms makes one)",
    "Law": "a law",
    "StudyResults": "the results of a study",
    "Building": "a Building(n_vocab, n_ctx)",
    "Path": "a path",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "NoneType": "None",
    "ndarray": "an array of numbers",
}
CARRIED_IN = {
    "Points": "points",
    "Draws": "draws",
    "Fit": "record",
}  # attribute of a record that holds what is asked for
CheckedVerb = typing.TypeVar("CheckedVerb", bound=Callable[..., typing.Any])


def checked(verb: CheckedVerb) -> CheckedVerb:
    """Refuse arguments of another type than a verb's annotations say, before it begins.

    A record that carries what is asked for stands for it: an imported table for its points, a fit made by
    `scalinglaws.fit` for its draws.

    Raises:
        MisuseError: naming the verb and the argument, the value given, and what it must be.
    """
    parameters = list(signature(verb).parameters.values())
    of_keywords = {p.name: p for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)}
    positional = [p.name for p in parameters if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    kinds = cache(lambda: typing.get_type_hints(verb))

    def passed(name: str, value: object) -> object:
        kind = kinds().get(name)
        if kind is None or name not in of_keywords or value is of_keywords[name].default:
            return value
        value = _carried(value, kind)
        if not fits(value, kind):
            raise MisuseError(f"{verb.__name__}: {name} is {described(value)}; it must be {named(kind)}.")
        return value

    @wraps(verb)
    def made(*given: object, **options: object) -> object:
        first = [passed(name, value) for name, value in zip(positional, given, strict=False)]
        return verb(*first, *given[len(first) :], **{name: passed(name, value) for name, value in options.items()})

    return typing.cast(CheckedVerb, made)


def described(value: object) -> str:
    """Write a value of another type than was asked for: plain ones as they are, others by their type."""
    if value is None or isinstance(value, bool | int | float | str):
        return shown(value)
    return f"a {type(value).__name__}"


def named(kind: object) -> str:
    """Say in words what an annotation allows."""
    members = list(typing.get_args(kind)) if _is_union(kind) else [kind]
    parts = [_named(member) for member in members if member is not type(None)]
    if type(None) in members:
        parts.append("None")
    return " or ".join(dict.fromkeys(parts))


def _named(kind: object) -> str:
    origin, of = typing.get_origin(kind) or kind, typing.get_args(kind)
    if isinstance(origin, type) and issubclass(origin, tuple) and of:
        return f"{len(of)} values" if Ellipsis not in of else "several values"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        inside = f" of {of[0].__name__} to {named(of[1])}" if len(of) == 2 and isinstance(of[0], type) else ""
        return f"a dictionary{inside.replace('str to', 'names to')}"
    if isinstance(origin, type) and issubclass(origin, Iterable) and of:
        return f"a list, each {named(of[0])}"
    if origin is Callable or isinstance(origin, type(Callable)):
        return "a function"
    name = getattr(origin, "__name__", str(origin))
    return WORDS.get(name, f"a {name}")


def fits(value: object, kind: object) -> bool:
    """Say whether a value is of the type that an annotation allows; the members of a collection too."""
    if _is_union(kind):
        return any(fits(value, member) for member in typing.get_args(kind))
    if kind is typing.Any:
        return True
    origin, of = typing.get_origin(kind) or kind, typing.get_args(kind)
    if origin is typing.Literal:
        return value in of
    if not isinstance(origin, type):
        return True
    return _of_class(value, origin, of)


def _of_class(value: object, kind: type, of: tuple) -> bool:
    if kind in (float, int):
        return isinstance(value, Real if kind is float else Integral) and not isinstance(value, bool)
    if kind.__name__ == "ndarray":
        numbers = isinstance(value, list | tuple) and all(fits(v, float) for v in value)
        return isinstance(value, kind) or hasattr(value, "__array__") or numbers
    if kind is typing.TextIO:
        return hasattr(value, "read")
    if issubclass(kind, Mapping):
        return _is_mapping(value, of)
    if issubclass(kind, tuple) and of and Ellipsis not in of:
        if not isinstance(value, list | tuple) or len(value) != len(of):
            return False
        return all(fits(v, k) for v, k in zip(value, of, strict=True))
    if kind in (Sequence, Iterable, list, tuple):
        return _is_list(value, of)
    if kind is Path:
        return isinstance(value, Path)
    return isinstance(value, kind)


def _is_mapping(value: object, of: tuple) -> bool:
    if not isinstance(value, Mapping):
        return False
    return not of or all(fits(name, of[0]) and fits(one, of[1]) for name, one in value.items())


def _is_list(value: object, of: tuple) -> bool:
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__") or not hasattr(value, "__iter__"):
        return False
    return not of or all(fits(one, of[0]) for one in value)


def _is_union(kind: object) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _carried(value: object, kind: object) -> object:
    """Take what is asked for out of a record that holds it under the name of its class."""
    members = typing.get_args(kind) if _is_union(kind) else (kind,)
    for member in () if type(value) in members else members:
        if typing.get_origin(member) is Sequence and isinstance(value, list | tuple):
            return [_carried(one, typing.get_args(member)[0]) for one in value]
        name = CARRIED_IN.get(getattr(member, "__name__", ""))
        if name and type(value) is not member:
            inside = getattr(value, name, None)
            if isinstance(inside, member):
                return inside
    return value
