"""The report: one static page that opens from disk, with its data inlined, and its figures as SVG and PDF files."""

import html
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..records.json_values import write_json, write_whole
from ..results.attempt import attempt
from ..results.letters import of_a_table
from ..results.rows_in_fits import runs_present
from ..results.sentences import five_sentences
from ..results.study_results import StudyResults
from .answer import card, forecast_line, minded
from .audit_tables import audit_warning
from .document import Document, Section, failed, html_of, table_html
from .figures import FIGURES, FigureKind, Rendered, rendered
from .markup import formula
from .methods import checklist, methods
from .page_data import plain
from .paths import without_paths
from .planner import planner
from .tables import all_tables


def report(results: StudyResults, to: Path, *, figures: Sequence[FigureKind] = FIGURES, pdf: bool = False) -> Path:
    """Write the report of a study into a folder: index.html, data.json, figures/*.svg and, if asked, figures/*.pdf.

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
    drawn = [figure for kind in figures if (figure := rendered(kind, results, pdf=pdf)) is not None]
    for figure in drawn:
        if not figure.svg:
            continue
        write_whole(to / "figures" / f"{figure.name}.svg", figure.svg.encode())
        if figure.pdf:
            write_whole(to / "figures" / f"{figure.name}.pdf", figure.pdf)
    index = to / "index.html"
    write_whole(index, page(results, drawn).encode())
    return index


LAWS = ("constants", "plans", "alternatives", "trials", "ranking")  # tables that stand before the other figures
FIRST = ("joint", "laws")  # the picture on the first screen: the first of these that was drawn


def page(results: StudyResults, drawn: list[Rendered]) -> str:
    """Write the page; `drawn` are the rendered figures.

    In order: the answer and its picture, what to mind, the results in words, the laws, the other figures, the audit,
    the runs, the methods and the checklist, further warnings, the data, and how to reproduce it.
    """
    first = next((one for name in FIRST for one in drawn if one.name == name and one.svg), None)
    drawn = [*([first] if first else []), *(one for one in drawn if one is not first)]
    figures = {one.name: _figure(one, place) for place, one in enumerate(drawn, 1)}
    tables = [Section(f"table-{one.name}", one.title, table_html(one)) for one in all_tables(results)]
    laws = [one for one in tables if one.name.removeprefix("table-") in LAWS]
    others = [text for name, text in figures.items() if first is None or name != first.name]
    checked = attempt(lambda: table_html(checklist(results)), partial(failed, "This checklist"))
    noted = attempt(partial(_warnings, results), partial(failed, "These warnings"))
    asked = attempt(partial(planner, results), partial(failed, "The planner"))
    parts = [
        Section("picture", "", f'<section id="picture">{figures[first.name]}</section>' if first else ""),
        Section("mind", "", attempt(partial(_mind, results), partial(failed, "What to mind"))),
        Section("planner", "What if", asked),
        Section("words", "In words", _words(results)),
        *laws,
        Section("figures", "Figures", f'<section id="figures"><h2>Figures</h2>{"".join(others)}</section>'),
        *(one for one in tables if one not in laws),
        Section("methods", "Methods", attempt(partial(methods, results), partial(failed, "This paragraph"))),
        Section("table-checklist", "The checklist of a scaling law", checked),
        Section("warnings", "Warnings and notes", noted),
    ]
    lead = attempt(partial(card, results), partial(failed, "The plan"))
    line = attempt(partial(forecast_line, results), partial(failed, "The test"))
    kind = "A table of runs" if of_a_table(results) else "Scaling-law study"
    answer = f'{lead}<p class="verdict">{line}</p>' if line else lead
    shown = [one for one in parts if one.body]
    return html_of(
        Document(
            results.name, kind, _presence(results), answer, shown, results.commands, plain(results),
            planner='id="planner"' in asked,
        )
    )  # fmt: skip


def _mind(results: StudyResults) -> str:
    """Lay out the things to mind; empty where there is none."""
    items = "".join(f"<li>{formula(text)}</li>" for text in minded(results))
    return f'<section id="mind"><h2>What to mind</h2><ol>{items}</ol></section>' if items else ""


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
    items = "".join(f"<li>{html.escape(text)}</li>" for text in dict.fromkeys(said) if text not in minded(results))
    return f'<section id="warnings"><h2>Warnings and notes</h2><ul>{items}</ul></section>'


def _figure(figure: Rendered, place: int) -> str:
    named = f"<strong>Figure {place}. {html.escape(figure.title)}.</strong> "
    if not figure.svg:
        failed = f'<p class="failed">{html.escape(figure.caption)}</p>'
        return f'<figure id="figure-{figure.name}"><figcaption>{named}{failed}</figcaption></figure>'
    kinds = ("svg", "pdf") if figure.pdf else ("svg",)
    links = " ".join(f'<a href="figures/{figure.name}.{kind}" download>{kind.upper()}</a>' for kind in kinds)
    return (
        f'<figure id="figure-{figure.name}"><div class="paper wide">{figure.wide}</div>'
        f'<div class="paper narrow">{figure.narrow}</div><figcaption>'
        f'{named}{formula(figure.caption)} <span class="files">{links}</span></figcaption></figure>'
    )
