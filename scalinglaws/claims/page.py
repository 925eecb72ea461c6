"""Findings -> a page of Markdown: every claim with its measurements, then the constants and the tables."""

from collections.abc import Sequence

from ..measurements.sheet import Constant, Sheet
from ..records.numbers_in_text import interval, short_powers
from ..results.fitted import Estimate
from .claim import Findings

CAVEATS = (
    "There is no theory behind the laws; outside the range of the runs they are extrapolations.",
    "B_crit should not be trusted outside the range of losses at which it was measured.",
    "L(N, D) is least reliable for little text: epochs have few updates, and the regularisation was not tuned.",
    "C = 6 N D leaves out attention over the context and the output head, which are not small at these sizes.",
    "The best learning rate depends on the horizon; one rule was used for all.",
)
LONG = 48  # rows of a table that a page shows; the record has all


def page(found: Findings, title: str, facts: Sequence[str] = ()) -> str:
    """Write the page.

    Args:
        title: of the page.
        facts: sentences on the runs, the text and the command, for the top of the page.
    """
    parts = [f"# {title}", *facts, f"{found.summary}."]
    if found.eight:
        parts += ["## The eight findings", TOGETHER, _eight(found)]
    parts += ["## The claims", OUTCOMES, _claims(found)]
    parts += ["## The constants", PUBLISHED, _constants(found.measured.constants)]
    for sheet in found.measured.sheets:
        parts += [f"## {sheet.title}", sheet.about, _sheet(sheet)]
    if found.measured.missing:
        parts += ["## Not measured", "\n".join(f"- {_safe(text)}" for text in found.measured.missing)]
    parts += ["## What the paper itself warns of", "\n".join(f"- {text}" for text in CAVEATS)]
    return short_powers("\n\n".join(parts)) + "\n"


TOGETHER = (
    "A finding passes if all of the claims that it rests on pass, and fails if one fails; claims that belong to its "
    "subject without deciding it are listed too. S16, S22, S23 and S25 are what the runs record, and belong to none."
)
OUTCOMES = (
    "A part of a test passes if its whole interval lies within its limits, fails if all of it lies outside, and is "
    "undecided otherwise, or without its runs; an objection can only fail. A claim passes if all of its parts do, and "
    "fails if one fails. A claim keeps its number; there is no S13. `docs/verdicts.md` says how often each verdict is "
    "wrong, and how often one is reached, on simulated studies of the size of `studies/kaplan-cpu`."
)
PUBLISHED = (
    "Published numbers are shown for comparison and are not used: they are for WebText2, a vocabulary of 50257 and "
    "models up to 1.5e9 parameters. Scales such as N_c depend on the text and the vocabulary and are left out."
)


def _eight(found: Findings) -> str:
    rows = [(str(one.number), one.says, f"**{one.outcome}**", one.why) for one in found.eight]
    return _table(("", "finding", "outcome", "its claims"), rows)


def _claims(found: Findings) -> str:
    rows = [(v.id, v.claim, v.measured or "-", f"**{v.outcome}**", v.why, v.test) for v in found.verdicts]
    return _table(("", "claim", "measured", "outcome", "why", "test"), rows)


def _constants(constants: Sequence[Constant]) -> str:
    rows = [
        (
            c.name,
            c.meaning,
            _measured(c.measured),
            "-" if c.published is None else f"{c.published:.3g}",
            c.source,
            c.how,
        )
        for c in constants
    ]
    return _table(("constant", "meaning", "measured", "published", "published in", "how"), rows)


def _measured(estimate: Estimate | None) -> str:
    return "not measured" if estimate is None else interval(estimate)


def _sheet(sheet: Sheet) -> str:
    rows = [[_cell(value) for value in row] for row in sheet.rows[:LONG]]
    text = _table(sheet.columns, rows)
    left = len(sheet.rows) - LONG
    return text if left <= 0 else f"{text}\n\n{left} further rows: `scalinglaws findings DIR --json`."


def _cell(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e7 else f"{value:.4g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_safe(cell) for cell in line) + " |" for line in lines)


def _safe(cell: str) -> str:
    return str(cell).replace("|", "\\|").replace("\n", " ")
