"""The summary of a study as text: five sentences, every fitted constant and the warnings."""

import re
from typing import TYPE_CHECKING

from ..records.numbers_in_text import ABSENT, UNIDENTIFIED, stated, typeset
from ..records.text_blocks import Block, Table
from .fitted import FittedLaw
from .sentences import five_sentences

if TYPE_CHECKING:
    from .study_results import StudyResults


def summary_blocks(results: "StudyResults") -> list[Block]:
    """Write the five sentences, every fitted constant and the warnings."""
    lines: list[Block] = [f"{results.name}: {results.runs_present} of {results.runs_expected} runs present", ""]
    lines += [f"{heading + ':':<12}{text}" for heading, text in five_sentences(results)]
    lines += [block for fit in results.fits for block in ("", *_constants(fit))]
    warnings = [
        *(text for fit in results.fits for text in fit.told),
        *(text for plan in results.plans for text in plan.warnings),
        *results.notes,
    ]
    return lines + [f"! {text}" for text in dict.fromkeys(warnings)]


def _fitted(fit: FittedLaw, name: str) -> str:
    return UNIDENTIFIED if name in fit.unidentified else typeset(fit.values[name])


def _constants(fit: FittedLaw) -> list[Block]:
    """Write the constants of a law; the published values are for another text, and are labelled so."""
    rows = [(name, _fitted(fit, name), stated(fit.published.get(name)).replace(ABSENT, "")) for name in fit.values]
    heads = ("constant", "fitted [interval]", "published, for another text")
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [f"  {'  '.join(map(str.ljust, row, widths)).rstrip()}" for row in (heads, *rows)]
    return [
        f"{fit.law}, fitted by {minimised(fit)}:",
        Table(heads, tuple(rows), f"constants of {fit.law}", "\n".join(lines)),
    ]


def minimised(fit: FittedLaw) -> str:
    """Name what was minimised, without its scale and the rows, which the notes give in full."""
    return re.split("[,;]", fit.loss)[0].split(" on ")[0]
