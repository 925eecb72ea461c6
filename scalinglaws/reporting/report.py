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
from .audit_tables import audit_warning
from .document import Document, Section, failed, html_of, table_html
from .figures import FIGURES, FigureKind, Rendered, rendered
from .markup import formula
from .page_data import plain
from .paths import without_paths
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


def page(results: StudyResults, drawn: list[Rendered]) -> str:
    """Write the page; `drawn` are the rendered figures."""
    figures = "\n".join(_figure(figure, place) for place, figure in enumerate(drawn, 1))
    parts = [
        Section("warnings", "", attempt(partial(_warnings, results), partial(failed, "These warnings"))),
        Section("figures", "", f'<section id="figures" aria-label="Figures">{figures}</section>'),
        *(
            Section(f"figure-{figure.name}", f"Figure {place}: {figure.title}", "")
            for place, figure in enumerate(drawn, 1)
        ),
        *(Section(f"table-{table.name}", table.title, table_html(table)) for table in all_tables(results)),
    ]
    said = "\n".join(f"<dt>{heading}</dt><dd>{formula(text)}</dd>" for heading, text in five_sentences(results))
    kind = "A table of runs" if of_a_table(results) else "Scaling-law study"
    lead = f"<dl>\n{said}\n</dl>"
    return html_of(Document(results.name, kind, _presence(results), lead, parts, results.commands, plain(results)))


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
    items = "".join(f"<li>{html.escape(text)}</li>" for text in dict.fromkeys(said))
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
