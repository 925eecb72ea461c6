"""Blocks as LaTeX: a table with the rules of booktabs for each table, its text escaped, its numbers typeset."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .text_blocks import Block, Table, printable, rows_of

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: rf"\{letter}" for letter in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "–": "--",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "∞": r"\ensuremath{\infty}",
}
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = r"(?P<power>(?<![\w.])-?\d+(?:\.\d+)?e[+-]?\d+(?![\w.]))"
_PARTS = re.compile(rf"{_POWER}|(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<other>.)", re.DOTALL)
_GREEK = "alpha beta gamma delta epsilon eta theta kappa lambda mu nu rho sigma tau phi psi omega".split()
_SYMBOL = re.compile(rf"({'|'.join(_GREEK)}|[A-Z])(?:_(\w+))?")
PREAMBLE = r"% Needs \usepackage{booktabs} in the preamble."


def escaped(text: object) -> str:
    """Write any text so that LaTeX sets it as it stands; 1.2e+10 becomes a power of ten."""

    def turned(found: re.Match[str]) -> str:
        if found["power"]:
            mantissa, exponent = found["power"].split("e")
            return rf"\ensuremath{{{mantissa} \times 10^{{{int(exponent)}}}}}"
        if found["raised"]:
            return rf"\ensuremath{{^{{{found['raised'].translate(RAISED)}}}}}"
        return SPECIAL.get(found["other"], found["other"])

    return _PARTS.sub(turned, printable(str(text)).replace("\n", " "))


def as_latex(blocks: Iterable[Block], title: str = "") -> str:
    """Write the tables of a record, each as a floating table; what is not a table is left out.

    Args:
        title: the caption of a table that has none.
    """
    tables = [block for block in blocks if isinstance(block, Table)]
    return "\n\n".join([PREAMBLE, *(_table(one, title) for one in tables)]) + "\n"


def columns_as_latex(columns: Mapping[str, Sequence[object] | np.ndarray], caption: str) -> str:
    """Write columns as one table."""
    plain = [list(map(_shown, values)) for values in columns.values()]
    return as_latex([rows_of(tuple(columns), zip(*plain, strict=True), caption)])


def _shown(cell: object) -> object:
    return f"{cell:.5g}" if isinstance(cell, float) else "" if cell is None else cell


def _table(block: Table, title: str) -> str:
    words = [any(" " in str(row[i]) and str(row[i])[0].isalpha() for row in block.rows) for i in range(len(block.head))]
    shape = "".join("l" if left or i == 0 else "r" for i, left in enumerate(words))
    caption = block.caption or title
    lines = [r"\begin{table}[htbp]", r"\centering", *([rf"\caption{{{escaped(caption)}}}"] if caption else [])]
    lines += [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", _row(map(escaped, block.head)), r"\midrule"]
    lines += [_row([_name(row[0]), *map(escaped, row[1:])]) for row in block.rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _row(cells: Iterable[str]) -> str:
    """Write a row; LaTeX would take a bracket or a star at its start for an option of the row or rule before it."""
    text = rf"{' & '.join(cells)} \\"
    return f"{{}}{text}" if text.startswith(("[", "*")) else text


def _name(cell: object) -> str:
    """Set the name of a constant, such as alpha_N, as a symbol."""
    found = _SYMBOL.fullmatch(str(cell))
    if found is None:
        return escaped(cell)
    letter, index = found.groups()
    symbol = rf"\{letter}" if letter in _GREEK else letter
    below = rf"_{{\mathrm{{{escaped(index)}}}}}" if index else ""
    return rf"\ensuremath{{{symbol}{below}}}"
