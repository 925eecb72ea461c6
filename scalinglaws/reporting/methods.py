"""How the results of a page were made: a paragraph for a paper, its references, and a checklist that is filled in."""

import html

import numpy as np

from ..errors import counted
from ..records.numbers_in_text import abbreviated, explained, percent
from ..results.fitted import FittedLaw
from ..results.letters import flops_of, loss_of, of_a_table, size_of, tokens_of
from ..results.rows_in_fits import excluded_rows, fitted_rows, held_out_rows
from ..results.sentences import main_fit
from ..results.study_results import StudyResults
from .references import references
from .table_cells import Cell, ReportTable


def methods(results: StudyResults) -> str:
    """Lay out the paragraph and the references."""
    return (
        f'<section id="methods"><h2>Methods</h2><p>{html.escape(paragraph(results))}</p><pre id="bibtex" tabindex="0">'
        f"{html.escape(references(results))}</pre>"
        '<p class="tools"><button type="button" class="copy" data-copies="bibtex">Copy the references</button></p>'
        "</section>"
    )


def paragraph(results: StudyResults) -> str:
    """Say for a paper what was fitted to what, and how it was tested."""
    return " ".join(_sentences(results))


def _sentences(results: StudyResults) -> list[str]:
    points, fit = results.points, main_fit(results)
    said = []
    if len(points):
        whose = "read from a table" if of_a_table(results) else f"trained on {results.corpus.get('name', 'a text')}"
        spans = [f"{name} from {low} to {high}" for name, low, high in _spans(results)]
        used = f"{counted(len(points), 'point')} of {counted(results.runs_present, 'run')}"
        said.append(f"We used {used} {whose}, with {', '.join(spans)}.")
    if fit is not None:
        said.append(_fitted(fit))
    test = results.held_out
    if test is not None:
        one = len(test.run_ids) == 1
        by = (
            "the default forecast"
            if test.law.startswith("forecast")
            else f"{test.law}, chosen by its error on smaller sizes"
        )
        said.append(
            f"{counted(len(test.run_ids), 'run')} of the largest size {'was' if one else 'were'} held out from every "
            f"fit; {'its' if one else 'their'} loss was predicted by {by}."
        )
    if results.ranking:
        ranking = results.ranking
        said.append(
            f"Laws were ranked by their mean absolute log error on {ranking.held_runs:,} larger runs, fitted "
            "below each of "
            f"{counted(len(ranking.cuts), 'compute')}."
        )
    return said


def _fitted(fit: FittedLaw) -> str:
    letters = ", ".join(f"{letter} is {quantity}" for letter, quantity in fit.columns.items())
    return (
        f"We fitted {fit.formula} ({letters}) to {fit.fitted_to} by "
        f"{fit.loss}; intervals are by {fit.interval_method}; {explained(fit.r2)}."
    )


def _spans(results: StudyResults) -> list[tuple[str, str, str]]:
    found = []
    for letter, name in (("N", size_of(results)), ("D", tokens_of(results)), ("C", flops_of(results))):
        values = results.points[name] if name in results.points else np.array([])
        values = values[np.isfinite(values) & (values > 0)] if len(values) and values.dtype.kind == "f" else values[:0]
        if len(values):
            found.append((f"{letter} ({name})", abbreviated(float(values.min())), abbreviated(float(values.max()))))
    return found


def checklist(results: StudyResults) -> ReportTable:
    """Answer the questions that a reader of a scaling law should ask (after Li et al. 2025, "(Mis)Fitting").

    What the record does not say is "not recorded".
    """
    rows = (*_of_form(results), *_of_runs(results), *_of_data(results), *_of_fit(results))
    cells = tuple(
        (Cell(part), Cell(asked), Cell(answer or "not recorded", maths=asked == LAWS)) for part, asked, answer in rows
    )
    note = (
        "The questions follow the checklist of Li et al. 2025, (Mis)Fitting: A Survey of Scaling Laws; the answers are "
    )
    note += "fields of this record."
    return ReportTable("checklist", "The checklist of a scaling law", ("part", "question", "answer"), cells, note)


LAWS = "Which laws were fitted?"  # the question whose answer is formulas
Answers = tuple[tuple[str, str, str], ...]


def _of_form(results: StudyResults) -> Answers:
    fit = main_fit(results)
    law = results.law or (fit.law if fit else "")
    chosen = f"{law}: smallest error on larger runs" if results.ranking or results.held_out else ""
    counts = "; ".join(f"{letter}: {name}" for letter, name in results.counts.items() if name in results.points)
    return (
        ("form", LAWS, "; ".join(one.formula for one in results.fits)),
        ("form", "What do N, D and C count?", counts),
        ("form", "Why this form?", chosen),
    )


def _of_runs(results: StudyResults) -> Answers:
    settings = results.settings
    spans = ", ".join(f"{name} {low} to {high}" for name, low, high in _spans(results))
    named = ("schedule", "lr", "lr_scale", "batch", "batch_ramp")
    recipe = ", ".join(f"{name} = {_shown(settings[name])}" for name in named if settings.get(name))
    return (
        ("runs", "How many runs, over which range?", f"{counted(results.runs_present, 'run')}; {spans}"),
        ("runs", "Which architecture and sizes?", _shown(settings.get("sizes") or settings.get("shapes"))),
        ("runs", "Which schedule, rate and batch?", recipe),
        ("runs", "How many seeds?", _shown(settings.get("seeds"))),
    )


def _of_data(results: StudyResults) -> Answers:
    kept = int(fitted_rows(results).sum()) if len(results.points) else 0
    held = int(held_out_rows(results).sum()) if len(results.points) else 0
    reasons = ", ".join(f"{why} ({int(rows.sum())})" for why, rows in excluded_rows(results).items())
    tokens = results.settings.get("tokenizer") or results.corpus.get("tokenizer")
    text = ", ".join(str(one) for one in (results.corpus.get("name"), tokens) if one)
    return (
        ("data", "Which text and tokenizer?", text),
        ("data", "Which loss?", loss_of(results)),
        ("data", "Which rows are used?", f"{kept} in the fits; {held} held out; left out: {reasons or 'none'}"),
    )


def _of_fit(results: StudyResults) -> Answers:
    fit = main_fit(results)
    agree = f"{percent(round(fit.starts_agreeing, 3))} of the starts: {fit.outcome}" if fit else ""
    kept = "this page holds the points; the commands that made it stand below"
    return (
        ("fit", "What was minimised?", fit.loss if fit else ""),
        ("fit", "Does the search agree with itself?", agree),
        ("fit", "How are intervals made?", fit.interval_method if fit else ""),
        ("test", "Was it tested on runs outside the fit?", _test(results)),
        ("test", "Do the code and the data come with it?", kept),
    )


def _test(results: StudyResults) -> str:
    if results.held_out:
        return f"yes: {counted(len(results.held_out.run_ids), 'held-out run')}"
    return f"yes: {results.ranking.held_runs:,} larger runs" if results.ranking else "no"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
