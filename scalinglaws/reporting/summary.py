"""The summary of a study for a terminal: plain lines."""

import textwrap

from ..results.fitted import FittedLaw
from ..results.study_results import StudyResults
from .numbers import ABSENT, UNIDENTIFIED, interval, stated
from .sentences import five_sentences
from .tables import minimised

WIDTH = 100


def summary(results: StudyResults) -> str:
    """Write the five sentences, every fitted constant and the warnings as lines of plain text."""
    lines = [f"{results.name}: {results.runs_present} of {results.runs_expected} runs present", ""]
    for heading, text in five_sentences(results):
        lines += textwrap.wrap(f"{heading + ':':<12}{text}", WIDTH, subsequent_indent=" " * 12)
    if results.fits:
        lines += ["", *_constants(results)]
    warnings = [
        *(text for fit in results.fits for text in fit.told),
        *(text for plan in results.plans for text in plan.warnings),
        *results.notes,
    ]
    for text in dict.fromkeys(warnings):
        lines += textwrap.wrap(f"! {text}", WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _fitted(fit: FittedLaw, name: str) -> str:
    return UNIDENTIFIED if name in fit.unidentified else interval(fit.values[name])


def _constants(results: StudyResults) -> list[str]:
    """Set the constants in columns; the published ones are of another text, and are labelled so."""
    rows = [
        (fit.law, minimised(fit), name, _fitted(fit, name), stated(fit.published.get(name)).replace(ABSENT, ""))
        for fit in results.fits
        for name in fit.values
    ]
    heads = ("law", "minimised", "constant", "fitted [interval]", "published, for another text")
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [heads, *rows]
    ]
