"""A page that opens from disk: its parts as HTML, its data and charts inside it, and nothing fetched from anywhere."""

import base64
import dataclasses
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from .drawing.drawn_figure import DrawnFigure
from .drawing.in_page import chart_of
from .markup import formula
from .table_cells import Cell, ReportTable, numeric

NUMBER = ' class="number"'
MOST_DRAWN = 20_000  # values of a chart: beyond, the page would exceed 5 MB and open slowly
LIBRARY = "vendored/plotly-basic.min.js"


@dataclass(frozen=True)
class Section:
    """One section of a page: the id by which it is linked, its title in the contents, and its HTML."""

    name: str
    title: str
    body: str


@dataclass(frozen=True)
class Document:
    """Everything that a page shows.

    Attributes:
        kind: what the page is of, in two words.
        presence: how many runs it is of, as HTML; `lead`: what stands before everything else, as HTML.
        opening: the parts of the first screen, side by side where it is wide; parts: the others, in their order.
        commands: that make the page again.
        data: what "Download everything" saves, by its names.
        charts: name of a figure -> what `charts.js` draws.
        planner: whether a part is the planner, whose script then comes along.
        again: when a page of a study under way was written; without it the page stays as it is.
    """

    title: str
    kind: str
    presence: str
    lead: str
    parts: Sequence[Section]
    commands: Sequence[str]
    data: Mapping[str, Any]
    charts: Mapping[str, Any] = field(default_factory=dict)
    opening: Sequence[Section] = ()
    planner: bool = False
    again: Any = None


def html_of(document: Document) -> str:
    """Fill in the template of a page."""
    here = files(__package__)
    names = [
        "page.js",
        *(["charts.js"] if document.charts else []),
        *(["live_plan.js", "planner.js"] if document.planner else []),
    ]
    names += ["live.js"] if document.again else []
    scripts = [(here / name).read_text(encoding="utf-8") for name in names]
    if document.charts:
        scripts.insert(0, (here / LIBRARY).read_text(encoding="utf-8"))
    charts = f'<script type="application/json" id="charts">{inert(document.charts)}</script>' if document.charts else ""
    contents = [(part.name, part.title) for part in document.parts if part.title]
    return Template((here / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(document.title),
        kind=html.escape(document.kind),
        style=(here / "page.css").read_text(encoding="utf-8"),
        scripts="\n".join(f"<script>\n{script}\n</script>" for script in scripts),
        allowed=_allowed(scripts),
        presence=document.presence,
        lead=document.lead,
        opening=f'<div class="opening">{"".join(part.body for part in document.opening)}</div>',
        parts="\n".join(part.body for part in document.parts),
        contents="\n".join(
            f'<li><a href="#{name}">{html.escape(title)}</a></li>'
            for name, title in [*contents, ("reproduce", "How to reproduce this page")]
        ),
        commands="\n".join(_command(text, place) for place, text in enumerate(document.commands, 1)),
        charts=charts,
        again=_again(document),
        data=inert(document.data),
    )


def _again(document: Document) -> str:
    """Say when the page was written, for the script that loads it again; empty for a page that is complete."""
    if document.again is None:
        return ""
    return f'<script type="application/json" id="again">{inert(dataclasses.asdict(document.again))}</script>'


def _allowed(scripts: Sequence[str]) -> str:
    """Return a content security policy that allows only the page's own scripts and no access to the network.

    Every drawing has styles in its elements, which no hash can cover.
    """
    hashes = [base64.b64encode(hashlib.sha256(f"\n{one}\n".encode()).digest()).decode() for one in scripts]
    listed = " ".join(f"'sha256-{one}'" for one in hashes)
    return (
        f"default-src 'none'; script-src {listed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def failed(what: str, why: str) -> str:
    """Say in place of a part why it could not be made."""
    return f'<p class="failed">{what} could not be made: {html.escape(why)}</p>'


def what_to_mind(texts: Sequence[str]) -> str:
    """Lay out the things to mind, the most important first; empty where there is none."""
    items = "".join(f"<li>{formula(text)}</li>" for text in texts)
    return f'<section id="mind"><h2>What to mind</h2><ol>{items}</ol></section>' if items else ""


def live_figure(figure: DrawnFigure, picture: str, number: str, links: str = "") -> str:
    """Lay out a figure: its picture, the place of its chart, its caption, and its data as a table on request."""
    named = f"<strong>{html.escape(number)}.</strong> "
    if not figure.drawing.panels:
        why = f'<p class="absent">{coded(figure.caption)}</p>'
        return f'<figure id="figure-{figure.name}"><figcaption>{named}{why}</figcaption></figure>'
    live = _has_chart(figure)
    links = f'<span class="files">{links}</span>' if links else ""
    data = f'<details data-of="{figure.name}"><summary>Data of this figure</summary></details>' if live else ""
    chart = f' data-chart="{figure.name}"' * live
    picture = f"<noscript>{picture}</noscript>" if live and picture else picture  # text to a page that draws charts
    return (
        f'<figure id="figure-{figure.name}"{chart}><div class="paper">'
        f'<div class="still">{picture}</div><div class="live" hidden></div></div>'
        f"<figcaption>{named}{coded(figure.caption)} {links}{data}</figcaption></figure>"
    )


def charts_of(figures: Sequence[DrawnFigure]) -> dict[str, Any]:
    """Give the charts of those figures that have something to draw."""
    return {one.name: chart_of(one.drawing) for one in figures if _has_chart(one)}


def _has_chart(figure: DrawnFigure) -> bool:
    """Whether a figure is interactive in the page: one of very many points is shown as its picture."""
    return 0 < sum(len(mark.x) for panel in figure.drawing.panels for mark in panel.marks) <= MOST_DRAWN


def coded(text: str) -> str:
    """Typeset a text; a command between backquotes stays as it is."""
    parts = text.split("`")
    return "".join(f"<code>{html.escape(one)}</code>" if i % 2 else formula(one) for i, one in enumerate(parts))


def table_html(table: ReportTable, *, level: str = "h2") -> str:
    """Lay out a table that can be sorted and downloaded."""
    right = numeric(table)
    heads = "".join(map(_head, table.columns, right))
    rows = "\n".join("<tr>" + "".join(map(_cell, row, right)) + "</tr>" for row in table.rows)
    note = f'<p class="note">{formula(table.note)}</p>' if table.note else ""
    below = "".join(f"<li>{formula(line)}</li>" for line in table.below)
    return (
        f'<section id="table-{table.name}"><{level}>{html.escape(table.title)}</{level}>{note}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(table.title)}">'
        f'<table data-name="{table.name}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="tools"><button type="button" class="csv" data-table="{table.name}">'
        "Download this table (CSV)</button></p>" + (f'<ul class="below">{below}</ul>' if below else "") + "</section>"
    )


def _head(column: str, right: bool) -> str:
    shown, plain = formula(column), html.escape(column)
    text = f' data-text="{plain}"' if shown != plain else ""
    return (
        f'<th scope="col" aria-sort="none"{NUMBER * right}{text}><button type="button" class="sort">'
        f"{shown or '<span class=unseen>row</span>'}</button></th>"
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


def inert(values: Mapping[str, Any]) -> str:
    """Write JSON that cannot end the script element that contains it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
