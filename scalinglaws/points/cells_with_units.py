"""Numbers as people write them in cells: 124,439,808, 7B, 300 billion, 1.44x10^16; read where a whole column agrees."""

import math
import re
from collections.abc import Iterable

from ..formats.powers import POWERS

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,_' \u00a0\u202f]\d{3})+(?:\.\d+)?")
_POWER_OF_TEN = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[x×*·]\s*10\s*(?:\^|\*\*)?\s*\{?([+-]?\d+)\}?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DOTS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_BEHIND = re.compile(rf"({_NUMBER.pattern})(\s*)(?:(?:±|\+/?-)\s*({_NUMBER.pattern})(\s*%)?|\(([^()]*)\)|\[[^][]*\])")
_OF_SEEDS = re.compile(r"n\s*=\s*\d+|\d+ (?:seed|run)s?", re.IGNORECASE)
_COUNTED = [re.compile(rf"\s*{word}$", re.IGNORECASE) for word in ("tokens?", "param(?:eter)?s?", "nats?", "flops?")]
_WORD = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]+)")


def read_alike(cells: list[object], share: bool = False) -> list[float | None] | None:
    """Read a column of cells that are all written in one of these ways; None where they are not.

    Shares may be in percent: 45.2%. A cell may be empty. Grouped thousands go with whole numbers below 1000, and powers
    of ten with plain numbers: there the scale cannot be doubted. A number without its letter among others with one (7,
    70M) is doubtful: not read.
    """
    texts = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    texts = _without_word(texts)
    for read in (*([_of_percent] * share), _plain, _of_thousands, _of_dots, _of_word, _of_power, _of_error):
        values = [read(text) for text in texts]
        if texts and all(value is not None for value in values):
            numbers = iter(values)
            return [next(numbers) if cell is not None and str(cell).strip() else None for cell in cells]
    return None


def _without_word(texts: list[str]) -> list[str]:
    """Take off the word that ends every cell and says what is counted: 1B tokens, 2.51 nats."""
    for word in _COUNTED:
        if all(word.search(text) for text in texts):
            return [word.sub("", text) for text in texts]
    return texts


def _plain(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _of_dots(text: str) -> float | None:
    """Read 20.000.000, which is no decimal number; 300.000 could be one, and is not read."""
    return float(text.replace(".", "")) if _DOTS.fullmatch(text) else None


def _of_percent(text: str) -> float | None:
    number = text.removesuffix("%").strip()
    return float(number) / 100 if text.endswith("%") and _NUMBER.fullmatch(number) else None


def _of_error(text: str) -> float | None:
    """Read a value with its error or interval behind it, 2.514 ± 0.005 or 2.514 [2.50, 2.52]: the value."""
    found = _BEHIND.fullmatch(text)
    if found and re.search("[A-Za-z]", found[5] or "") and not _OF_SEEDS.fullmatch(found[5].strip()):
        return None
    return float(found[1]) if found else _plain(text)


def has_more_behind(cell: object) -> bool:
    """Say whether an error, an interval or something in brackets stands behind the number of a cell."""
    text = str(cell).strip()
    return any(_BEHIND.fullmatch(one) for one in (text, *(word.sub("", text) for word in _COUNTED)))


def errors_behind(cells: Iterable[object]) -> list[float] | None:
    """Read the errors that stand behind values; None unless every filled cell has one, written in one of these ways.

    2.514 ± 0.005, 2.514 +/- 0.005, 2.514 ± 0.2%, 2.514 (0.005), and 2.514(5), where the digits in brackets count in
    the last place of the value. An empty cell has the error NaN. A whole number that stands apart, 2.514 (5), may
    count anything: it is no error.
    """
    texts = [str(cell).strip() if cell is not None else "" for cell in cells]
    for word in _COUNTED:
        texts = [word.sub("", text) for text in texts]
    for read in (_plus_minus, _in_brackets, _in_the_last_place):
        found = [read(_BEHIND.fullmatch(text)) if text else math.nan for text in texts]
        errors = [error for error in found if error is not None]
        if any(texts) and len(errors) == len(found):
            return errors
    return None


def _plus_minus(found: re.Match[str] | None) -> float | None:
    if not found or found[3] is None:
        return None
    return float(found[3]) * (abs(float(found[1])) / 100 if found[4] else 1.0)


def _in_brackets(found: re.Match[str] | None) -> float | None:
    inside = found[5].strip() if found and found[5] else ""
    return float(inside) if _NUMBER.fullmatch(inside) and not inside.isdigit() else None


def _in_the_last_place(found: re.Match[str] | None) -> float | None:
    if not found or found[2] or not (found[5] or "").isdigit() or not re.fullmatch(r"[+-]?\d+\.\d+", found[1]):
        return None
    return float(f"{found[5]}e-{len(found[1].partition('.')[2])}")


def _of_thousands(text: str) -> float | None:
    if _THOUSANDS.fullmatch(text):
        return float(re.sub(r"[,_' \u00a0\u202f]", "", text))
    return float(text) if re.fullmatch(r"\d{1,3}", text) else None


def _of_word(text: str) -> float | None:
    found = _WORD.fullmatch(text)
    power = POWERS.get(found[2].lower()) if found else None
    return round(float(found[1]) * power, 6) if found and power else None


def _of_power(text: str) -> float | None:
    found = _POWER_OF_TEN.fullmatch(text)
    if found:
        return float(f"{found[1]}e{found[2]}")
    return float(text) if re.fullmatch(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", text) else None
