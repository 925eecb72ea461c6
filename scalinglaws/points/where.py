"""A small language to choose rows, such as `tokens > 1e9 and (arm == c4 or part not in (test, dev))`; runs no code.

    expression  = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = [ "not" ] ( "(" expression ")" | comparison )
    comparison  = column ( "=" "==" "!=" "<" "<=" ">" ">=" ) value  |  column [ "not" ] "in" "(" value { "," value } ")"

A column or a value with blanks or signs in it is written in quotes: 'val/loss' < 3.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..errors import PointsError, argument, nearest
from ..quantities import SYNONYMS
from .points import Points

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*"|`[^`]*`)
    |(?P<sign><=|>=|==|!=|=|<|>|\(|\)|,)
    |(?P<word>[^\s()<>=!,'"`]+))""",
    re.VERBOSE,
)
_HOW = "Write COLUMN < VALUE, joined by and, or, not, with parentheses."
MOST_TOKENS = 200_000  # a value of a list takes two
DEEPEST = 50
MOST_SHOWN = 120  # characters of an expression that a message repeats
_COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


def matching(points: Points, expression: str) -> np.ndarray:
    """Say for every row whether the expression is true; for a missing number (NaN) only `!=` is.

    Raises:
        PointsError: the expression cannot be read, is too long, or names a column that is missing.
    """
    parser = _Parser(points, expression, _tokens(expression))
    mask = parser.expression()
    if parser.more:
        raise parser.error(f"{_cut(parser.token[1])!r} is not expected there")
    return mask


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise PointsError(f"{argument(where=_cut(expression))}: cannot read {_cut(text[place:])!r}. {_HOW}")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind][1:-1] if kind == "quoted" else found[kind]))
        place = found.end()
        if len(tokens) > MOST_TOKENS:
            raise PointsError(
                f"the row choice has more than {MOST_TOKENS:,} words. Choose many values by: column in (a, b, c); "
                "or choose the rows in the table itself."
            )
    return tokens


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


@dataclass
class _Parser:
    points: Points
    text: str
    tokens: list[tuple[str, str]]
    place: int = 0
    depth: int = 0

    def error(self, what: str) -> PointsError:
        return PointsError(f"{argument(where=_cut(self.text))}: {what}. {_HOW}")

    @property
    def more(self) -> bool:
        return self.place < len(self.tokens)

    @property
    def token(self) -> tuple[str, str]:
        return self.tokens[self.place]

    def take(self, kind: str) -> str:
        if not self.more:
            raise self.error("it is incomplete")
        found, text = self.token
        self.place += 1
        if found != kind and not (kind == "name" and found in ("word", "quoted")):
            should = "column or value" if kind == "name" else kind
            raise self.error(f"{_cut(text)!r} is not a {should}")
        return text

    def accept(self, text: str) -> bool:
        found = self.more and self.token[0] != "quoted" and self.token[1].lower() == text
        self.place += found
        return found

    def expression(self) -> np.ndarray:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"parentheses or nots are nested more than {DEEPEST} deep")
        mask = self.conjunction()
        while self.accept("or"):
            mask = mask | self.conjunction()
        self.depth -= 1
        return mask

    def conjunction(self) -> np.ndarray:
        mask = self.negation()
        while self.accept("and"):
            mask = mask & self.negation()
        return mask

    def negation(self) -> np.ndarray:
        turned = False
        while self.accept("not"):
            turned = not turned
        mask = self.parenthesis() if self.accept("(") else self.comparison()
        return ~mask if turned else mask

    def parenthesis(self) -> np.ndarray:
        mask = self.expression()
        if not self.accept(")"):
            raise self.error("a parenthesis is not closed")
        return mask

    def comparison(self) -> np.ndarray:
        column = self.column(self.take("name"))
        if self.accept("not"):
            return ~self.membership(column)
        if self.more and self.token[1].lower() == "in":
            return self.membership(column)
        sign, value = self.take("sign"), self.take("name")
        if sign in ("=", "==", "!="):
            return self.equal(column, value) ^ (sign == "!=")
        if sign not in _COMPARE:
            raise self.error(f"{sign!r} is not a comparison")
        if column.dtype.kind != "f":
            raise self.error(f"a column of text has no order: compare it with ==, != or in, not with {sign}")
        return _COMPARE[sign](column, self.number(value))

    def membership(self, column: np.ndarray) -> np.ndarray:
        if not self.accept("in") or not self.accept("("):
            raise self.error("'in' needs a list in parentheses, as in: arm in (c4, rw)")
        values = [self.take("name")]
        while self.accept(","):
            values.append(self.take("name"))
        if not self.accept(")"):
            raise self.error("the list is not closed")
        return np.isin(column, [self.number(value) for value in values] if column.dtype.kind == "f" else values)

    def equal(self, column: np.ndarray, value: str) -> np.ndarray:
        return column == (self.number(value) if column.dtype.kind == "f" else value)

    def number(self, value: str) -> float:
        try:
            return float(value)
        except ValueError:
            raise self.error(f"{_cut(value)!r} is not a number, but its column holds numbers") from None

    def column(self, name: str) -> np.ndarray:
        name = SYNONYMS.get(name, name) if name not in self.points else name
        if name not in self.points:
            known = sorted(self.points.columns)
            told = f"{nearest(name, known)} The table has {', '.join(known)}"
            raise self.error(f"no column is called {_cut(name)!r}.{told}")
        return self.points[name]
