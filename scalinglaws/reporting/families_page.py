"""The page of a set of families: the paper's findings on these runs, its 24 figures and its constants beside them."""

import html
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..claims.claim import Verdict
from ..measurements.sheet import Constant, Sheet
from ..records.json_values import to_plain, write_json, write_whole
from ..records.numbers_in_text import ABSENT, count, number, stated
from ..results.fitted import Estimate
from .document import Document, Section, charts_of, coded, html_of, live_figure, table_html, what_to_mind
from .drawing.drawn_figure import DrawnFigure
from .families_answer import lead, minded
from .markup import formula
from .paper.experiment import Experiment
from .paper.figure import PaperFigure, drawn
from .paper.shelf import PAPER_FIGURES
from .paths import named
from .pictures import links_of, saved
from .table_cells import Cell, ReportTable, estimated

FIRST = 1  # the figure on the first screen
RUN_COLUMNS = (
    ("run", "run_id", str),
    ("families", "family", str),
    ("architecture", "arch", str),
    ("layers", "n_layer", count),
    ("N (parameters)", "params_nonembedding", count),
    ("D (tokens)", "tokens", count),
    ("epochs", "epochs", number),
    ("batch (tokens)", "batch_tokens", count),
    ("steps", "steps", count),
    ("peak learning rate", "lr", number),
    ("schedule", "lr_schedule", str),
    ("seed", "seed", count),
    ("test loss (nats per token)", "loss_nats", lambda value: number(value, 4)),
    ("seconds", "seconds", number),
    ("outcome", "outcome", str),
    ("excluded because", "excluded_because", str),
)
COMPARED = "Published values are of another text, vocabulary and range of sizes: not a target."


def families_page(
    found: Experiment, to: Path, *, figures: Sequence[PaperFigure] = PAPER_FIGURES, pdf: bool = False
) -> Path:
    """Write the page into a folder: index.html, findings.json, figures/*.svg and *.csv and, if asked, *.pdf.

    It shows fields of the record alone. A figure, table or claim that cannot be made says why in its place.

    Returns:
        the path of index.html.

    Raises:
        StoreError: the folder is not writable, or the disk is full.
    """
    to = Path(to)
    write_json(to / "findings.json", to_plain(found.found))
    made = {one.number: DrawnFigure(one.name, one.title, drawn(one, found)) for one in figures}
    pictures = {one.name: saved(one, to / "figures", pdf=pdf) for one in made.values()}
    write_whole(to / "index.html", html_of(document_of(found, made, pictures, pdf=pdf)).encode())
    return to / "index.html"


def document_of(
    found: Experiment, figures: Mapping[int, DrawnFigure], pictures: dict[str, str], *, pdf: bool = False
) -> Document:
    """Lay out the page of an experiment."""
    shown = {place: _figure(place, figure, pictures, pdf) for place, figure in figures.items()}
    others = "\n".join(text for place, text in shown.items() if place != FIRST)
    sheets = "\n".join(table_html(_sheet(one), level="h3") for one in found.found.measured.sheets)
    opening = [
        Section("first", "", f'<section aria-label="First figure">{shown.get(FIRST, "")}</section>'),
        Section("mind", "", what_to_mind(minded(found))),
    ]
    parts = [
        Section("table-eight", "The findings", table_html(_findings(found)) if found.found.eight else ""),
        Section("claims", "The claims", _claims(found.found.verdicts)),
        Section("figures", "The figures", f'<section id="figures"><h2>The figures of the paper</h2>{others}</section>'),
        Section("table-measured-constants", "The constants", table_html(_constants(found.found.measured.constants))),
        Section("notes", "Notes on the runs", _notes(found.notes)),
        Section("measured", "Measured tables", f'<section id="measured"><details><summary>Every measured table '
             f"({len(found.found.measured.sheets)})</summary>{sheets}</details></section>"),
        Section("missing", "", _missing(found.found.measured.missing)),
        Section("table-runs", "All runs", table_html(_runs(found))),
    ]  # fmt: skip
    folder = shlex.quote(named(found.folder))
    commands = [f"scalinglaws report {folder}", f"scalinglaws findings {folder} --json"]
    data = {"name": found.name, "points": {"columns": _columns(found)}, "findings": _plain_verdicts(found)}
    kind = "The experiments of Kaplan et al. 2020, on one machine"
    return Document(found.name, kind, _presence(found), lead(found), [one for one in parts if one.body],
                    commands, data, charts_of([*figures.values()]), opening)  # fmt: skip


def _figure(place: int, figure: DrawnFigure, pictures: dict[str, str], pdf: bool) -> str:
    links = links_of(figure, pdf=pdf)
    return live_figure(figure, pictures[figure.name], f"Figure {place}. {figure.title}", links)


def _presence(found: Experiment) -> str:
    runs = len(found.runs)
    have, asked = sum(found.present.values()), sum(found.planned.values())
    of = f" present, {asked - have:,} missing" if asked > have else ""
    kind = "partial" if asked > have else "whole"
    families = "1 family" if len(found.present) == 1 else f"{len(found.present)} families"
    failed = runs - int((found.runs["outcome"] == "finished").sum()) if "outcome" in found.runs else 0
    also = f"; {failed:,} diverged or did not learn" if failed else ""
    return f'<p class="presence {kind}">{runs:,} runs{of}, of {families}{also}</p>'


def _findings(found: Experiment) -> ReportTable:
    """The eight findings, with the numbers of the claims on which each rests."""
    by_id = {one.id: one for one in found.found.verdicts}
    rows = []
    for one in found.found.eight:
        measured = [f"{id}: {by_id[id].measured}" for id in one.claims if id in by_id and by_id[id].measured]
        shown = Cell("\n".join(measured), maths=True)
        rows.append((Cell(str(one.number), float(one.number)), Cell(one.says), Cell(one.outcome), Cell(one.why), shown))
    columns = ("number", "finding", "verdict", "its claims", "statistic, with its interval")
    note = (
        "A finding passes if the claims that it rests on pass, and fails if one fails. What it would take to decide an "
    )
    note += "undecided one stands with its claims below."
    return ReportTable("eight", "The findings", columns, tuple(rows), note)


def _claims(verdicts: Sequence[Verdict]) -> str:
    items = "".join(_claim(one) for one in verdicts)
    note = '<p class="note">Each opens to its test and its numbers.</p>'
    return f'<section id="claims"><h2>The claims</h2>{note}{items}</section>'


def _claim(one: Verdict) -> str:
    parts = "".join(f"<li>{formula(part.sentence)}</li>" for part in one.parts)
    measured = f"<p>Measured: {formula(one.measured)}</p>" if one.measured else ""
    return (
        f'<details class="claim"><summary><span class="outcome {one.outcome.replace(" ", "-")}">{one.outcome}</span> '
        f"{one.id}. {formula(one.claim)}</summary><p>{formula(one.why)}.</p>{measured}"
        f'<p class="note">Test: {formula(one.test)}</p>' + (f"<ul>{parts}</ul>" if parts else "") + "</details>"
    )


def _constants(constants: Sequence[Constant]) -> ReportTable:
    rows = tuple(
        (
            Cell(one.name, maths=True),
            Cell(one.meaning, maths=True),
            estimated(one.measured) if isinstance(one.measured, Estimate) else Cell("not measured"),
            Cell(stated(one.published, 4), one.published) if one.published is not None else Cell(ABSENT),
            Cell(one.source or ABSENT),
            Cell(one.how, maths=True),
        )
        for one in constants
    )
    columns = ("constant", "meaning", "measured [interval]", "published", "published in", "how")
    return ReportTable("measured-constants", "The constants", columns, rows, COMPARED)


def _sheet(sheet: Sheet) -> ReportTable:
    rows = tuple(tuple(_value(value) for value in row) for row in sheet.rows)
    return ReportTable(f"sheet-{sheet.name}", sheet.title, sheet.columns, rows, sheet.about)


def _value(value: float | str | None) -> Cell:
    if value is None or isinstance(value, str):
        return Cell(value or ABSENT, maths="^" in (value or ""))
    if not np.isfinite(value):
        return Cell(ABSENT)
    return Cell(count(value) if float(value).is_integer() else number(value, 4), float(value))


def _runs(found: Experiment) -> ReportTable:
    shown = [(head, name, write) for head, name, write in RUN_COLUMNS if name in found.runs]
    rows = tuple(tuple(_cell(found.runs[name][i], write) for _, name, write in shown) for i in range(len(found.runs)))
    note = f"{len(found.runs):,} runs. Type words to choose runs: charts of single runs follow."
    return ReportTable("runs", "All runs", tuple(head for head, _, _ in shown), rows, note)


def _cell(value, write) -> Cell:
    if write is str:
        return Cell(str(value) or ABSENT)
    value = float(value)
    return Cell(write(value) or ABSENT, value if np.isfinite(value) else None)


def _columns(found: Experiment) -> dict[str, list]:
    columns = {}
    for name in found.runs.columns:
        values = found.runs[name].tolist()
        columns[name] = [None if isinstance(one, float) and not np.isfinite(one) else one for one in values]
    return columns


def _plain_verdicts(found: Experiment) -> list[dict[str, str]]:
    return [{"id": one.id, "claim": one.claim, "outcome": one.outcome, "why": one.why} for one in found.found.verdicts]


def _missing(missing: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(one)}</li>" for one in missing)
    return f'<section id="missing"><h2>Not measured</h2><ul>{items}</ul></section>' if items else ""


def _notes(text: str) -> str:
    """Lay out paragraphs and lists of plain Markdown; any markup in it stays text."""
    if not text:
        return ""
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("- "):
            items = re.split(r"\n- ", block.removeprefix("- "))
            blocks.append("<ul>" + "".join(f"<li>{_words(item)}</li>" for item in items) + "</ul>")
        else:
            blocks.append(f"<p>{_words(block)}</p>")
    return f'<section id="notes"><h2>Notes on the runs</h2>{"".join(blocks)}</section>'


def _words(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", coded(" ".join(text.split())))
