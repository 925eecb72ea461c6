"""A small language to choose rows, such as `tokens > 1e9 and (arm == c4 or part not in (test, dev))`; runs no code.

    expression  = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = [ "not" ] ( "(" expression ")" | comparison )
    comparison  = column ( "=" "==" "!=" "<" "<=" ">" ">=" ) value  |  column [ "not" ] "in" "(" value { "," value } ")"

A column or a value with blanks or signs in it goes into quotes: 'val/loss' < 3.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from ..errors import PointsError, nearest
from ..points import Points
from ..quantities import SYNONYMS

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*"|`[^`]*`)
    |(?P<sign><=|>=|==|!=|=|<|>|\(|\)|,)
    |(?P<word>[^\s()<>=!,'"`]+))""",
    re.VERBOSE,
)
_HOW = "Write COLUMN < VALUE, joined by and, or, not, with parentheses."
_COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


def matching(points: Points, expression: str) -> np.ndarray:
    """Say for every row whether the expression holds; a missing number (NaN) meets no comparison but `!=`.

    Raises:
        PointsError: the expression cannot be read, or names a column that the table lacks.
    """
    parser = _Parser(points, expression, _tokens(expression))
    mask = parser.expression()
    if parser.left:
        raise parser.error(f"{parser.left[0][1]!r} is left over")
    return mask


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise PointsError(f"--where {expression!r}: cannot read {text[place:]!r}. {_HOW}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind][1:-1] if kind == "quoted" else found[kind]))
        place = found.end()
    return tokens


@dataclass
class _Parser:
    points: Points
    text: str
    left: list[tuple[str, str]] = field(default_factory=list)

    def error(self, what: str) -> PointsError:
        return PointsError(f"--where {self.text!r}: {what}. {_HOW}")

    def take(self, kind: str | None = None) -> str:
        if not self.left:
            raise self.error("it ends too early")
        found, text = self.left.pop(0)
        if kind and found != kind and not (kind == "name" and found in ("word", "quoted")):
            raise self.error(f"{text!r} stands where a {'column or value' if kind == 'name' else kind} should")
        return text

    def accept(self, *texts: str) -> bool:
        if self.left and self.left[0][0] != "quoted" and self.left[0][1].lower() in texts:
            self.left.pop(0)
            return True
        return False

    def expression(self) -> np.ndarray:
        mask = self.conjunction()
        while self.accept("or"):
            mask = mask | self.conjunction()
        return mask

    def conjunction(self) -> np.ndarray:
        mask = self.negation()
        while self.accept("and"):
            mask = mask & self.negation()
        return mask

    def negation(self) -> np.ndarray:
        if self.accept("not"):
            return ~self.negation()
        if self.accept("("):
            mask = self.expression()
            if not self.accept(")"):
                raise self.error("a parenthesis is not closed")
            return mask
        return self.comparison()

    def comparison(self) -> np.ndarray:
        column = self.column(self.take("name"))
        if self.accept("not"):
            return ~self.membership(column)
        if self.left and self.left[0][1].lower() == "in":
            return self.membership(column)
        sign, value = self.take("sign"), self.take("name")
        if sign in ("=", "==", "!="):
            return self.equal(column, value) ^ (sign == "!=")
        if sign not in _COMPARE:
            raise self.error(f"{sign!r} compares nothing")
        if column.dtype.kind != "f":
            raise self.error(f"a column of text has no order; it can be compared by == and in, not by {sign}")
        return _COMPARE[sign](column, self.number(value))

    def membership(self, column: np.ndarray) -> np.ndarray:
        if not self.accept("in") or not self.accept("("):
            raise self.error("after 'in' comes a list in parentheses, as in: arm in (c4, rw)")
        mask = self.equal(column, self.take("name"))
        while self.accept(","):
            mask = mask | self.equal(column, self.take("name"))
        if not self.accept(")"):
            raise self.error("the list is not closed")
        return mask

    def equal(self, column: np.ndarray, value: str) -> np.ndarray:
        return column == (self.number(value) if column.dtype.kind == "f" else value)

    def number(self, value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise self.error(f"{value!r} is compared with a column of numbers and is none") from None

    def column(self, name: str) -> np.ndarray:
        name = SYNONYMS.get(name, name) if name not in self.points else name
        if name not in self.points:
            known = sorted(self.points.columns)
            raise self.error(f"no column is called {name!r}.{nearest(name, known)} The table has {', '.join(known)}")
        return self.points[name]
