"""The report: one static page that opens from disk, with its data inlined, and its figures as SVG and PDF files."""

import html
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ..errors import counted
from ..records.json_values import write_json, write_whole
from ..records.numbers_in_text import powers
from ..results.attempt import attempt
from ..results.letters import of_a_table
from ..results.rows_in_fits import runs_present
from ..results.sentences import five_sentences
from ..results.study_results import StudyResults
from .answer import card, forecast_line, minded
from .audit_tables import audit_warning
from .document import Document, Section, charts_of, coded, failed, html_of, live_figure, table_html, what_to_mind
from .drawing.drawn_figure import DrawnFigure
from .markup import formula
from .methods import checklist, methods
from .own.figure import StudyFigure, drawn
from .own.shelf import STUDY_FIGURES
from .page_data import plain
from .paths import without_paths
from .pictures import links_of, saved
from .planner import planner
from .tables import all_tables


def report(
    results: StudyResults, to: Path, *, figures: Sequence[StudyFigure] = STUDY_FIGURES, pdf: bool = False
) -> Path:
    """Write the report of a study into a folder: index.html, data.json, figures/*.svg and *.csv and, if asked, *.pdf.

    It shows fields of the record and computes nothing except changes of unit, format or axis. The same results give the
    same bytes. If runs are missing, a figure says how many are present. If a sentence, figure or table cannot be made,
    the reason is shown in its place. No absolute path is shown: each is replaced by its last part.

    Returns:
        the path of index.html.

    Raises:
        StoreError: the folder is not writable, or the disk is full.
    """
    to, results = Path(to), without_paths(results)
    write_json(to / "data.json", plain(results))  # first: drawing takes seconds, and the folder may not be writable
    made = [drawn(one, results) for one in figures if attempt(partial(one.applies, results), lambda why: True)]
    pictures = {one.name: saved(one, to / "figures", pdf=pdf) for one in made}
    write_whole(to / "index.html", page(results, made, pictures, pdf=pdf).encode())
    return to / "index.html"


LAWS = ("constants", "plans", "alternatives", "trials", "ranking")  # tables that stand before the other figures
FIRST = ("joint", "laws")  # the picture on the first screen: the first of these that was drawn


def page(
    results: StudyResults,
    figures: Sequence[DrawnFigure] = (),
    pictures: Mapping[str, str] | None = None,
    *,
    pdf: bool = False,
) -> str:
    """Write the page; `figures` are drawn, and `pictures` are their elements by name.

    In order: the answer and its picture, what to mind, the results in words, the laws, the other figures, the audit,
    the runs, the methods and the checklist, further warnings, the data, and how to reproduce it.
    """
    first = next((one for name in FIRST for one in figures if one.name == name and one.drawing.panels), None)
    ordered = [*([first] if first else []), *(one for one in figures if one is not first)]
    shown = {one.name: _figure(one, place, pictures or {}, pdf) for place, one in enumerate(ordered, 1)}
    tables = [Section(f"table-{one.name}", one.title, table_html(one)) for one in all_tables(results)]
    laws = [one for one in tables if one.name.removeprefix("table-") in LAWS]
    others = [text for name, text in shown.items() if first is None or name != first.name]
    checked = attempt(lambda: table_html(checklist(results)), partial(failed, "This checklist"))
    noted = attempt(partial(_warnings, results), partial(failed, "These warnings"))
    asked = attempt(partial(planner, results), partial(failed, "The planner"))
    opening = [
        Section("picture", "", f'<section id="picture">{shown[first.name]}</section>' if first else ""),
        Section("mind", "", attempt(lambda: what_to_mind(minded(results)), partial(failed, "What to mind"))),
    ]
    parts = [
        Section("planner", "What if", asked),
        Section("words", "In words", _words(results)),
        *laws,
        Section(
            "figures",
            "Figures",
            f'<section id="figures"><h2>Figures</h2>{"".join(others)}{_undrawn(figures)}</section>',
        ),
        *(one for one in tables if one not in laws),
        Section("methods", "Methods", attempt(partial(methods, results), partial(failed, "This paragraph"))),
        Section("table-checklist", "The checklist of a scaling law", checked),
        Section("warnings", "Warnings and notes", noted),
    ]
    lead = attempt(partial(card, results), partial(failed, "The plan"))
    line = attempt(partial(forecast_line, results), partial(failed, "The test"))
    kind = "A table of runs" if of_a_table(results) else "Scaling-law study"
    answer = f'{lead}<p class="verdict">{line}</p>' if line else lead
    seen = [one for one in parts if one.body]
    return html_of(
        Document(
            results.name, kind, _presence(results), answer, seen, results.commands, plain(results), charts_of(figures),
            opening, planner='id="planner"' in asked,
        )
    )  # fmt: skip


def _undrawn(figures: Sequence[DrawnFigure]) -> str:
    """List the figures that these runs do not allow, each with what it needs; empty on a page without figures."""
    names = {one.name for one in figures}
    left = [one for one in STUDY_FIGURES if one.name not in names]
    items = "".join(f"<li><strong>{html.escape(one.title)}</strong>: {coded(one.lacks)}.</li>" for one in left)
    many = counted(len(left), "figure")
    return f"<details><summary>{many} without runs here</summary><ul>{items}</ul></details>" if names and left else ""


def _words(results: StudyResults) -> str:
    said = "\n".join(f"<dt>{heading}</dt><dd>{formula(text)}</dd>" for heading, text in five_sentences(results))
    return f'<section id="words"><h2>In words</h2>\n<dl>\n{said}\n</dl></section>'


def _presence(results: StudyResults) -> str:
    if of_a_table(results):
        return f'<p class="presence whole">{runs_present(results)}</p>'
    missing = results.runs_expected - results.runs_present
    kind = "partial" if missing else "whole"
    return f'<p class="presence {kind}">{results.runs_present} of {results.runs_expected} runs present</p>'


def _warnings(results: StudyResults) -> str:
    """Collect every warning and note of the record."""
    said = [text for fit in results.fits for text in fit.told]
    said += list(results.ranking.warnings) if results.ranking else []
    said += list(results.frontier.warnings) if results.frontier else []
    said += [f"{plan.label}: {text}" for plan in results.plans for text in plan.warnings]
    said += [*results.notes, *audit_warning(results.audit)]
    if not said:
        return ""
    known = minded(results)
    items = "".join(f"<li>{html.escape(powers(text))}</li>" for text in dict.fromkeys(said) if text not in known)
    return f'<section id="warnings"><h2>Warnings and notes</h2><ul>{items}</ul></section>'


def _figure(figure: DrawnFigure, place: int, pictures: Mapping[str, str], pdf: bool) -> str:
    links = links_of(figure, pdf=pdf) if pictures.get(figure.name) else ""
    return live_figure(figure, pictures.get(figure.name, ""), f"Figure {place}. {figure.title}", links)
