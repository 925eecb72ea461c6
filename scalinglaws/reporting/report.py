"""The report: one static page that opens from disk, with its data inlined, and its figures as SVG and PDF files."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from string import Template

from ..records.json_values import write_json, write_whole
from ..results.attempt import attempt
from ..results.letters import of_a_table
from ..results.rows_in_fits import runs_present
from ..results.sentences import five_sentences
from ..results.study_results import StudyResults
from .audit_tables import audit_warning
from .figures import FIGURES, FigureKind, Rendered, rendered
from .markup import formula
from .page_data import plain
from .paths import without_paths
from .table_cells import Cell, ReportTable, numeric
from .tables import all_tables

NUMBER = ' class="number"'


def report(results: StudyResults, to: Path, *, figures: Sequence[FigureKind] = FIGURES) -> Path:
    """Write the report of a study into a folder: index.html, data.json, figures/*.svg and figures/*.pdf.

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
    drawn = [figure for kind in figures if (figure := rendered(kind, results)) is not None]
    for figure in drawn:
        if not figure.svg:
            continue
        write_whole(to / "figures" / f"{figure.name}.svg", figure.svg.encode())
        write_whole(to / "figures" / f"{figure.name}.pdf", figure.pdf)
    index = to / "index.html"
    write_whole(index, page(results, drawn).encode())
    return index


def page(results: StudyResults, drawn: list[Rendered]) -> str:
    """Fill in the template of the page; `drawn` are the rendered figures."""
    here = files(__package__)
    tables = all_tables(results)
    script = (here / "page.js").read_text(encoding="utf-8")
    return Template((here / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(results.name),
        kind="A table of runs" if of_a_table(results) else "Scaling-law study",
        style=(here / "page.css").read_text(encoding="utf-8"),
        script=script,
        allowed=_allowed(script),
        presence=_presence(results),
        sentences="\n".join(f"<dt>{heading}</dt><dd>{formula(text)}</dd>" for heading, text in five_sentences(results)),
        warnings=attempt(partial(_warnings, results), partial(_failed, "These warnings")),
        figures="\n".join(_figure(figure, place) for place, figure in enumerate(drawn, 1)),
        tables="\n".join(_table(table) for table in tables),
        contents="\n".join(
            f'<li><a href="#{name}">{html.escape(title)}</a></li>' for name, title in _contents(drawn, tables)
        ),
        commands="\n".join(_command(text, place) for place, text in enumerate(results.commands, 1)),
        data=_inert(plain(results)),
    )


def _allowed(script: str) -> str:
    """Return a content security policy that allows only the page's own script and no access to the network.

    Every drawing has styles in its elements, which no hash can cover.
    """
    digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _failed(what: str, why: str) -> str:
    return f'<p class="failed">{what} could not be made: {html.escape(why)}</p>'


def _contents(drawn: list[Rendered], tables: list[ReportTable]) -> list[tuple[str, str]]:
    figures = [(f"figure-{figure.name}", f"Figure {place}: {figure.title}") for place, figure in enumerate(drawn, 1)]
    return [
        *figures,
        *((f"table-{table.name}", table.title) for table in tables),
        ("reproduce", "How to reproduce this page"),
    ]


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
    links = " ".join(f'<a href="figures/{figure.name}.{kind}" download>{kind.upper()}</a>' for kind in ("svg", "pdf"))
    return (
        f'<figure id="figure-{figure.name}"><div class="paper wide">{figure.wide}</div>'
        f'<div class="paper narrow">{figure.narrow}</div><figcaption>'
        f'{named}{formula(figure.caption)} <span class="files">{links}</span></figcaption></figure>'
    )


def _table(table: ReportTable) -> str:
    right = numeric(table)
    heads = "".join(
        f'<th scope="col" aria-sort="none"{NUMBER * is_right}><button type="button" class="sort">'
        f"{html.escape(column)}</button></th>"
        for column, is_right in zip(table.columns, right, strict=True)
    )
    rows = "\n".join("<tr>" + "".join(map(_cell, row, right)) + "</tr>" for row in table.rows)
    note = f'<p class="note">{html.escape(table.note)}</p>' if table.note else ""
    below = "".join(f"<li>{formula(line)}</li>" for line in table.below)
    return (
        f'<section id="table-{table.name}"><h2>{html.escape(table.title)}</h2>{note}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(table.title)}">'
        f'<table data-name="{table.name}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="tools"><button type="button" class="csv" data-table="{table.name}">'
        "Download this table (CSV)</button></p>" + (f'<ul class="below">{below}</ul>' if below else "") + "</section>"
    )


def _cell(cell: Cell, right: bool) -> str:
    shown = formula(cell.text) if cell.maths else html.escape(cell.text)
    aligned = NUMBER * right
    if cell.value is None:
        return (
            f'<td{aligned} data-text="{html.escape(cell.text)}">{shown}</td>'
            if cell.maths
            else f"<td{aligned}>{shown}</td>"
        )
    ends = "".join(f' data-{side}="{"" if end is None else repr(end)}"' for side, end in cell.ends)
    return f'<td{aligned} data-value="{cell.value!r}"{ends}>{shown}</td>'


def _command(text: str, place: int) -> str:
    return (
        f'<p class="command"><code id="command-{place}">{html.escape(text)}</code>'
        f'<button type="button" class="copy" data-copies="command-{place}">Copy</button></p>'
    )


def _inert(values: dict) -> str:
    """Write JSON that cannot end the script element that contains it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
