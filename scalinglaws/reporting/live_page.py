"""The page of a study while it trains: a file that loads itself again, without stored pictures, so that it is cheap."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import counted
from ..records.json_values import to_plain, write_whole
from ..records.numbers_in_text import ABSENT, abbreviated, about, number, percent
from ..results.fitted import LearningCurve
from ..results.live_study import TRAINING, LiveRun, LiveStudy
from .axes import label_of
from .document import Document, Section, charts_of, html_of, live_figure, table_html
from .drawing.drawing import Axis, ChartPanel, Drawing, Mark, line, scale_of
from .drawing.drawn_figure import DrawnFigure
from .figure_of_fit import figure_of_fit
from .own.figure import curve_marks
from .paths import without_paths
from .table_cells import Cell, ReportTable, estimated

MOST_CURVES = 120  # finished runs whose curves are drawn, the last ones


@dataclass(frozen=True)
class Reloading:
    """When a page was written, about when it will be written again, and the command that shows what happened else."""

    written: float
    period: float
    command: str


def live_page(found: LiveStudy, to: Path) -> Path:
    """Write the page into a folder, index.html, in place of the one before.

    Raises:
        StoreError: the folder is not writable, or the disk is full.
    """
    found = without_paths(found)
    figures = _figures(found)
    shown = "".join(live_figure(one, "", f"{one.title}") for one in figures)
    parts = [
        Section("failures", "Failures", _failures(found)),
        Section("figures", "So far", f'<section id="figures">{shown}</section>'),
        Section("table-so-far", "The law so far", table_html(_fit(found)) if found.fit else ""),
        Section("table-active", "Under way", table_html(_active(found.active)) if found.active else ""),
        Section("table-waiting", "Next", table_html(_waiting(found)) if found.waiting else ""),
    ]
    data = {"name": found.name, "points": {"columns": _points(found.curves)}, "progress": to_plain(_bare(found))}
    again = (
        Reloading(found.written, found.period, f"scalinglaws status {found.folder}")
        if found.state == TRAINING
        else None
    )
    kind = "Study, while it trains" if again else "Study, stopped"
    document = Document(
        found.name, kind, _presence(found), _lead(found), [one for one in parts if one.body],
        [found.command] if found.command else [], data, charts_of(figures), again=again,
    )  # fmt: skip
    write_whole(to / "index.html", html_of(document).encode())
    return to / "index.html"


def _presence(found: LiveStudy) -> str:
    failed = f", {len(found.failed)} failed" if found.failed else ""
    before = f"; {found.already} of them were done when this launch began" if found.already else ""
    kind = "partial" if found.failed or found.state != TRAINING else "whole"
    return f'<p class="presence {kind}">{found.done} of {found.total} runs done{failed}{before}</p>'


def _lead(found: LiveStudy) -> str:
    """The bar of the whole, and four numbers: time, compute, processes, runs."""
    share = round(100 * found.share, 1)
    bar = (
        f'<p class="verdict"><label for="whole">{share:g}% of the work</label> '
        f'<progress id="whole" max="100" value="{share:g}">{share:g}%</progress></p>'
    )
    if found.state != TRAINING:
        return f'<p class="verdict failed">{html.escape(found.why)}</p>{bar}'
    left = about(found.seconds_left) if found.seconds_left is not None else "not known yet"
    hours = found.seconds_left * found.processes / 3600 if found.seconds_left is not None else None
    cells = (
        ("Time left", left, f"an estimate; {found.later} more runs come after these" if found.later else "an estimate"),
        (
            "Process-hours left",
            number(hours, 2) if hours is not None else "not known yet",
            f"{found.processes} at once",
        ),
        (
            "Compute left",
            f"{number(found.flops_left)} FLOPs",
            f"of {number(found.flops_done + found.flops_left)}, 6 N D",
        ),
        ("Under way", str(len(found.active)), f"{found.total - found.done - len(found.active)} to come"),
    )
    boxes = "".join(
        f"<div><dt>{head}</dt><dd><strong>{html.escape(value)}</strong> <small>{html.escape(told)}</small></dd></div>"
        for head, value, told in cells
    )
    return f'{bar}<dl class="card">{boxes}</dl><p id="news" class="note" role="status"></p>'


def _failures(found: LiveStudy) -> str:
    if not found.failed:
        return ""
    items = "".join(
        f"<details open><summary>{html.escape(one.run_id)}</summary>"
        f'<pre tabindex="0">{html.escape(one.log)}</pre></details>'
        for one in found.failed
    )
    note = "The other runs go on. When they are done, fix the cause and repeat the command: finished runs are kept."
    return f'<section id="failures"><h2>Failures</h2><p class="note">{note}</p>{items}</section>'


def _figures(found: LiveStudy) -> list[DrawnFigure]:
    marks = curve_marks(found.curves[-MOST_CURVES:], lambda curve: curve.tokens)
    for one in found.active:
        if len(one.seen_tokens) > 1:
            label = f"under way: training loss (n = {counted(len(found.active), 'run')})"
            look = {"size": float(one.params), "dotted": True, "notes": (one.run_id,) * len(one.seen_tokens)}
            marks.append(line(one.seen_tokens, one.seen_loss, label=label, **look))
    sizes = [curve.params_nonembedding for curve in found.curves] + [float(one.params) for one in found.active]
    figures = [DrawnFigure("curves", "Learning curves", _curves(found, marks, sizes))]
    return [*figures, figure_of_fit(found.fit.results)] if found.fit else figures


def _curves(found: LiveStudy, marks: Sequence[Mark], sizes: Sequence[float]) -> Drawing:
    if not any(mark.x for mark in marks):
        return Drawing((), "No run has reported its loss yet.")
    axes = Axis("tokens processed (tokens)"), Axis(label_of("loss_nats"))
    told = f"Test loss of {counted(len(found.curves), 'finished run')}; dotted, the training loss of runs under way."
    if found.trunks:
        told += f" Not drawn: {counted(found.trunks, 'trunk')}, whose states others start from; only those are tested."
    if len(found.curves) > MOST_CURVES:
        told += f" Only the last {MOST_CURVES} finished runs are drawn."
    return Drawing((ChartPanel("", *axes, tuple(marks)),), told, scale_of(sizes, label_of("params_nonembedding")))


def _fit(found: LiveStudy) -> ReportTable:
    fit = found.fit
    assert fit is not None
    rows = tuple(
        (Cell(name, maths=True), Cell("not identified") if value is None else estimated(value))
        for name, value in fit.constants.items()
    )
    level = next((value.level for value in fit.constants.values() if value), 0.95)
    note = (
        f"{fit.law}, {fit.formula}, fitted to {counted(fit.n_runs, 'finished run')}. These values change as runs end; "
        "no plan is made before the last one."
    )
    return ReportTable("so-far", "The law so far", ("constant", f"fitted [{percent(level)}]"), rows, note)


def _active(active: Sequence[LiveRun]) -> ReportTable:
    rows = tuple(
        (
            Cell(one.run_id),
            Cell(f"{one.params:,}", float(one.params)),
            Cell("none reported yet" if one.step is None else f"{one.step:,} of {one.steps:,}", _share(one)),
            Cell(ABSENT if one.step is None else percent(round(_share(one), 2)), _share(one)),
            Cell(number(one.seen_loss[-1], 4), one.seen_loss[-1]) if one.seen_loss else Cell("none yet"),
        )
        for one in active
    )
    columns = ("run", "N (parameters)", "step", "done", "training loss (nats per token)")
    return ReportTable("active", "Under way", columns, rows)


def _share(one: LiveRun) -> float:
    return (one.step or 0) / max(1, one.steps)


def _waiting(found: LiveStudy) -> ReportTable:
    rows = tuple(
        (
            Cell(one.run_id),
            Cell(f"{one.params:,}", float(one.params)),
            Cell(abbreviated(one.tokens), float(one.tokens)),
            Cell(number(one.flops), one.flops),
        )
        for one in found.waiting
    )
    note = f"In this order; {found.more_waiting} more come after them." if found.more_waiting else "In this order."
    columns = ("run", "N (parameters)", "D (tokens)", "compute (FLOPs)")
    return ReportTable("waiting", "Next", columns, rows, note)


def _points(curves: Sequence[LearningCurve]) -> dict[str, list]:
    curves = [one for one in curves if one.tokens]
    return {
        "run_id": [one.run_id for one in curves],
        "params_nonembedding": [one.params_nonembedding for one in curves],
        "tokens": [one.tokens[-1] for one in curves],
        "loss_nats": [one.loss_nats[-1] for one in curves],
    }


def _bare(found: LiveStudy) -> dict[str, object]:
    """Give what is not drawn already."""
    return {
        "state": found.state,
        "done": found.done,
        "total": found.total,
        "share": found.share,
        "seconds_left": found.seconds_left,
        "flops_left": found.flops_left,
        "fit": {name: None if v is None else v.value for name, v in found.fit.constants.items()} if found.fit else {},
    }
