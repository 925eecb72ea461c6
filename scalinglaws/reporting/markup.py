"""Formulas in plain text as HTML: superscripts, subscripts and Greek letters."""

import html
import re

from ..records.numbers_in_text import powers

_GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "kappa": "κ", "lambda": "λ", "sigma": "σ"}
_LETTER = re.compile(rf"\b({'|'.join(_GREEK)})(?=_|\b)")
_POWER = re.compile(r"\^\(([^()]*)\)|\^([-−]?[\w.]+)")
_INDEX = re.compile(r"(?<![\w&])([A-Za-zα-ω])_(\w+)")


def formula(text: str) -> str:
    """Escape a text and typeset the mathematics in it: "A/N^alpha" becomes A/N<sup>α</sup>."""
    escaped = _LETTER.sub(lambda found: _GREEK[found[1]], html.escape(powers(text)))
    lowered = _INDEX.sub(r"\1<sub>\2</sub>", _POWER.sub(_raised, escaped))
    return lowered


def _raised(found: re.Match) -> str:
    inside = _INDEX.sub(r"\1<sub>\2</sub>", found[1] or found[2])
    return f"<sup>{inside}</sup>"
