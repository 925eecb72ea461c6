"""Numbers as people write them in cells: 124,439,808, 7B, 300 billion, 1.44x10^16; read where a whole column agrees."""

import re

from ..formats.powers import POWERS

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,_' \u00a0\u202f]\d{3})+(?:\.\d+)?")
_POWER_OF_TEN = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*[x×*·]\s*10\s*(?:\^|\*\*)?\s*\{?([+-]?\d+)\}?")
_WORD = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]+)")


def read_alike(cells: list[object]) -> list[float | None] | None:
    """Read a column of cells that are all written in one of these ways; None where they are not.

    A cell may be empty. Grouped thousands go with whole numbers below 1000, and powers of ten with plain numbers: there
    the scale cannot be doubted. A number without its letter among others with one (7, 70M) is doubtful: not read.
    """
    texts = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    for read in (_of_thousands, _of_word, _of_power):
        values = [read(text) for text in texts]
        if texts and all(value is not None for value in values):
            numbers = iter(values)
            return [next(numbers) if cell is not None and str(cell).strip() else None for cell in cells]
    return None


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
