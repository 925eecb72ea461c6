"""Lines of names with values, as scripts print them: step=100 loss=3.2, or step: 100, loss: 3.2, or {'step': 100}."""

import re

from .raw import Raw, columns_of, is_number

LEAST_LINES, LEAST_SHARE = 2, 0.5  # lines of two numbers or more from which a text is one of these
_PAIR = re.compile(  # possessive, and from the start of a word on: a line without end takes time in its length
    r"""(?<![\w./#-])(?P<name>[A-Za-z_#][\w./#-]*+)['"]?+\s*+[=:]\s*+(?P<value>['"][^'"]*+['"]|[^\s,;|{}'"\[\]()]++)"""
)


def looks_like_key_values(head: str) -> bool:
    """Say whether the lines of a text name their values, and some value is called a loss."""
    lines = [line for line in head.splitlines() if line.strip()]
    found = [pairs for line in lines if _of_numbers(pairs := _pairs(line))]
    losses = any("loss" in name.lower() for pairs in found for name in pairs)
    return losses and len(found) >= max(LEAST_LINES, LEAST_SHARE * len(lines))


def read_key_values(text: str, name: str) -> Raw:
    """Read each line that names two numbers or more as a row; other lines are left out, and a note counts them."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    found = [(number, pairs) for number, line in lines if _of_numbers(pairs := _pairs(line))]
    left = len(lines) - len(found)
    notes = [f"{left} of {len(lines)} lines without names of values are left out"] if left else []
    columns = columns_of(pairs for _, pairs in found)
    return Raw(columns, [number for number, _ in found], form="lines of names with values", notes=notes)


def _pairs(line: str) -> dict[str, str]:
    return {found["name"]: found["value"].strip("'\"") for found in _PAIR.finditer(line)}


def _of_numbers(pairs: dict[str, str]) -> bool:
    return sum(map(is_number, pairs.values())) >= 2
