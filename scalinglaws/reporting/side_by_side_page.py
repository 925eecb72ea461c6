"""The page of studies side by side: what one is worth in the compute of another, their laws, exponents and runs."""

import html
from collections.abc import Sequence
from pathlib import Path

from ..records.json_values import to_plain, write_json, write_whole
from ..records.numbers_in_text import ABSENT, number, percent
from ..results.fitted import Estimate
from ..results.letters import size_in_words
from ..results.side_by_side import Side, SideBySide, Worth, sentence
from .answer import MOST_MINDED
from .document import Document, Section, charts_of, html_of, live_figure, table_html, what_to_mind
from .markup import formula
from .paths import without_paths
from .pictures import links_of, saved
from .side_by_side_figures import side_by_side_figures
from .table_cells import Cell, ReportTable, estimated


def side_by_side_page(found: SideBySide, to: Path, *, pdf: bool = False) -> Path:
    """Write the page into a folder: index.html, side_by_side.json, figures/*.svg and *.csv and, if asked, *.pdf.

    Returns:
        the path of index.html.

    Raises:
        StoreError: the folder is not writable, or the disk is full.
    """
    to, found = Path(to), without_paths(found)
    minded = [_upper(text) for text in found.minded()]
    write_json(to / "side_by_side.json", to_plain(found))
    made = side_by_side_figures(found)
    pictures = {one.name: saved(one, to / "figures", pdf=pdf) for one in made}
    shown = [
        live_figure(one, pictures[one.name], f"Figure {place}. {one.title}", links_of(one, pdf=pdf))
        for place, one in enumerate(made, 1)
    ]
    opening = [
        Section("picture", "", f'<section id="picture">{shown[0]}</section>'),
        Section("mind", "", what_to_mind(minded[:MOST_MINDED])),
    ]
    parts = [
        Section("table-multipliers", "Compute multipliers", table_html(_multipliers(found))),
        Section("table-constants-by-study", "The laws", table_html(_constants(found))),
        Section("figures", "Exponents", f'<section id="figures"><h2>Exponents</h2>{"".join(shown[1:])}</section>'),
        Section("table-studies", "The studies", table_html(_facts(found))),
        *([Section("warnings", "Further notes", _further(minded[MOST_MINDED:]))] if minded[MOST_MINDED:] else []),
    ]
    presence = f'<p class="presence whole">{html.escape(_counts(found))}</p>'
    data = {"name": found.name, "points": {"columns": _points(found)}, "comparison": to_plain(found)}
    document = Document(found.name, "Studies side by side", presence, _lead(found), parts, found.commands, data,
                        charts_of(made), opening)  # fmt: skip
    write_whole(to / "index.html", html_of(document).encode())
    return to / "index.html"


def _further(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{formula(text)}</li>" for text in notes)
    return f'<section id="warnings"><h2>Further notes</h2><ul>{items}</ul></section>'


def _counts(found: SideBySide) -> str:
    return "; ".join(f"{one.name}: {one.facts['points']} points of {one.facts['runs']} runs" for one in found.sides)


def _lead(found: SideBySide) -> str:
    """The answer: a card per study that is compared, or why none is given."""
    if found.withheld:
        return f'<p class="verdict">No compute multiplier: {formula(found.withheld)}.</p>'
    if not found.leading:
        return '<p class="verdict">Every compute multiplier here is an extrapolation; see the table.</p>'
    cards = "".join(_card(one) for one in found.leading)
    said = "".join(f'<p class="verdict">{html.escape(_upper(sentence(one)))}.</p>' for one in found.leading)
    return f'<dl class="card">{cards}</dl>{said}'


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _card(one: Worth) -> str:
    head, _, ends = estimated(one.value).text.partition(" [")
    told = f"{f'[{ends}' if ends else ''} the compute of {one.reference}: {one.verdict}"
    return (
        f"<div><dt>{html.escape(one.name)}</dt><dd><strong>{html.escape(head)}×</strong> "
        f"<small>{html.escape(told)}</small></dd></div>"
    )


def _multipliers(found: SideBySide) -> ReportTable:
    rows = tuple(
        (
            Cell(one.name),
            Cell(number(one.flops), one.flops),
            Cell(number(one.loss, 4), one.loss),
            estimated(one.value),
            Cell(one.verdict),
            Cell(" ".join(one.beyond) or ABSENT),
        )
        for one in found.worths
    )
    columns = ("study", "compute of the reference (FLOPs)", f"loss ({found.unit})",
               f"times that compute [{percent(found.level)}]", "verdict", "extrapolated because")  # fmt: skip
    note = (
        f"The reference is {found.sides[0].name}. Each is at its best size, by its own law; compute is 6 N D. Below 1 "
        "the study needs less."
    )
    return ReportTable("multipliers", "Compute multipliers", columns, rows, found.withheld or note)


def _constants(found: SideBySide) -> ReportTable:
    names = list(found.sides[0].constants)
    rows = tuple(
        (
            Cell(one.name),
            *(_constant(one.constants[name]) for name in names),
            _constant(one.exponents["a"]),
            _constant(one.exponents["b"]),
            Cell(f"{one.r2:.4f}", one.r2),
            Cell(one.unsound or ABSENT),
        )
        for one in found.sides
    )
    columns = ("study", *names, "a of N* ~ C^a", "b of D* ~ C^b", "R²", "not to be used because")
    note = f"{found.law}: {found.formula}; N counts {size_in_words(found.size)}, the loss is in {found.unit}."
    return ReportTable("constants-by-study", "The laws", columns, rows, note)


def _constant(value: Estimate | None) -> Cell:
    return Cell("not identified") if value is None else estimated(value)


def _facts(found: SideBySide) -> ReportTable:
    keys = list(dict.fromkeys(key for one in found.sides for key in one.facts))
    rows = tuple((Cell(one.name), *(Cell(one.facts.get(key, ABSENT)) for key in keys)) for one in found.sides)
    return ReportTable("studies", "The studies", ("study", *keys), rows)


def _points(found: SideBySide) -> dict[str, list]:
    def column(values):
        return [value for one in found.sides for value in values(one)]

    def named(one: Side) -> list[str]:
        return [one.name] * len(one.flops)

    return {
        "study": column(named),
        "run_id": column(lambda one: one.run_ids),
        "flops": column(lambda one: one.flops),
        found.loss: column(lambda one: one.loss),
    }
