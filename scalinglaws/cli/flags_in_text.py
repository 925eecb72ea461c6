"""Arguments that a message names, such as where='N > 1e6', turned into flags to type: --where 'N > 1e6'.

Below this room a message speaks to a caller in Python. The same message is printed here with the flag that the command
line has for the argument, its value quoted for a shell.
"""

import ast
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import literal

# An argument of Python -> the option of the same meaning, where their names differ.
NAMED_OTHERWISE = {
    "columns": "map",
    "fixed_params": "params",
    "fixed_tokens": "tokens",
    "keep": "checkpoints",
    "remove": "yes",
}

_STRING = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_FLAT = rf"""(?:{_STRING}|[^'"\[\]{{}}])*"""
_INSIDE = rf"""(?:{_STRING}|[^'"\[\]{{}}]|\{{{_FLAT}\}})*"""
_PLAIN = r"(?:True|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?!\w|[.,]\w)"
_WRAPPED = re.compile(r"\n *")  # a long line was broken here
# A flag is left as it is, with its value. A bare number must follow a word or a bracket: a run may be called seed=1.
_ARGUMENT = re.compile(
    rf"""--[a-z][a-z-]*(?:[ =](?:{_STRING}|\S+))?
    |(?<![\w.,'"=-])(?P<name>[a-z][a-z_]*)=(?P<value>{_STRING}|\{{{_INSIDE}\}}|\[{_INSIDE}\])
    |(?:(?<=\S\ )|(?<=\()|(?<=\n[ ]{{6}}))(?P<number_of>[a-z][a-z_]*)=(?P<number>{_PLAIN})""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Flag:
    """An option as it is typed; `repeated` where it is given once for each of several values."""

    name: str
    repeated: bool
    switch: bool

    def typed(self, value: Any) -> str:
        """Write the option with a value of Python, quoted for a shell."""
        if self.switch:
            return self.name
        several = [f"{key}={_word(one)}" for key, one in _flat(value).items()] if isinstance(value, dict) else None
        several = [_word(one) for one in value] if isinstance(value, list) else several or [_word(value)]
        words = several if self.repeated else [",".join(several)]
        return " ".join(f"{self.name} {shlex.quote(word)}" for word in words)


def _flat(value: dict[str, Any]) -> dict[str, Any]:
    """Write what is given by run as NAME@RUN."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        found |= {f"{name}@{run}": fact for run, fact in one.items()} if isinstance(one, dict) else {name: one}
    return found


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return ":".join(_word(one) for one in value)
    return value if isinstance(value, str) else literal(value)


@cache
def flags() -> dict[str, Flag]:
    """Find the flag of every argument: name -> flag, of the first command that has it."""
    from .app import parser

    found: dict[str, Flag] = {}
    for command in parser().commands.values():
        for one in command.params:
            if one.name and one.param_type_name == "option":
                found.setdefault(one.name, Flag(one.opts[0], one.multiple, getattr(one, "is_flag", False)))
    return found | {name: found[option] for name, option in NAMED_OTHERWISE.items()}


def in_flags(text: str) -> str:
    """Turn every argument that a text names into the flag to type; other text is left as it is."""
    return _ARGUMENT.sub(_turned, text)


def _turned(found: re.Match[str]) -> str:
    name, value = found["name"] or found["number_of"], found["value"] or found["number"]
    flag = flags().get(name) if name else None
    if flag is None:
        return found[0]
    try:
        return flag.typed(ast.literal_eval(_WRAPPED.sub(" ", value)))
    except (ValueError, SyntaxError):
        return found[0]


def document_in_flags(document: Any) -> Any:
    """Turn the arguments in every message of a JSON document; a text of several lines is a file, and stays."""
    if isinstance(document, dict):
        return {name: document_in_flags(one) for name, one in document.items()}
    if isinstance(document, list | tuple):
        return [document_in_flags(one) for one in document]
    return in_flags(document) if isinstance(document, str) and "\n" not in document else document
