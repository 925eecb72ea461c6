"""The measured cells as tables of a page."""

import re

import numpy as np
from real import SHOWN, Held

TARGETS = ("alpha", "E", "loss 10x", "loss 100x", "N* 10x")
NEW = ("run 10x", "run 100x")
CLOSE = 0.92  # coverage below which a cell of a nominal 95% interval is worth counting

Cells = dict[str, dict]


def markdown(head: list[str], rows: list[list]) -> str:
    """Draw a table; numbers below 2 as 0.953."""
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def in_print(name: str) -> str:
    """Write the decimals of a cell's name as the page does: sd 0.003. The name itself seeds the cell, and stays."""
    return re.sub(r"(?<= )\.(?=\d)", "0.", name)


def _cell(value) -> str:
    if not isinstance(value, float):
        return in_print(str(value))
    if np.isnan(value):
        return "-"
    return f"{value:.3f}" if abs(value) < 2 else f"{value:.3g}"


def coverage(cells: Cells, method: str, targets=TARGETS) -> dict[tuple[str, str], float]:
    """Give (cell, target) -> coverage of a method."""
    return {(cell, t): found[method][t][0] for cell, found in cells.items() for t in targets if t in found[method]}


def by_method(cells: Cells, default: str) -> str:
    """Every method over all cells: mean and worst coverage, cells below a mark, width beside the default's."""
    rows = []
    for method in next(iter(cells.values())):
        held = coverage(cells, method)
        worst = min(held, key=held.get)
        low = sum(value < CLOSE for value in held.values())
        ratios = [
            found[method][t][1] / found[default][t][1]
            for found in cells.values()
            for t in TARGETS
            if t in found[method]
        ]
        new = float(np.mean(list(coverage(cells, method, NEW).values())))
        where = f"{worst[1]}, {worst[0]}"
        rows.append([method, float(np.mean([*held.values()])), held[worst], where, low, float(np.mean(ratios)), new])
    head = ["interval", "mean", "worst", "where", f"of {len(held)} below {CLOSE:g}", "width", "new run, mean"]
    return markdown(head, rows)


def by_cell(cells: Cells, method: str) -> str:
    """One method in every cell."""
    rows = [[cell, *(found[method][t][0] for t in TARGETS + NEW)] for cell, found in cells.items()]
    return markdown(["runs, noise", *TARGETS, *(f"new {t}" for t in NEW)], rows)


def curves(cells: Cells) -> str:
    """Checkpoints: intervals that know the runs, and intervals that do not."""
    rows = []
    for cell, found in cells.items():
        for method, by_target in found.items():
            held = [by_target[t][0] for t in TARGETS if t in by_target]
            rows.append([cell, method, min(held), max(held), float(np.mean(held))])
    return markdown(["checkpoints", "interval", "lowest target", "highest", "mean"], rows)


def worlds(cells: Cells, method: str) -> str:
    """A wrong law or a wrong count: what the intervals still hold."""
    rows = []
    for cell, found in cells.items():
        plain = [found[method].get(t, [np.nan])[0] for t in ("E", "loss 10x", "loss 100x", "N* 10x", *NEW)]
        rows.append([cell, *plain])
    return markdown(["truth", "E", "loss 10x", "loss 100x", "N* 10x", *NEW], rows)


def held_out(found: list[Held]) -> str:
    """Real runs above a cut."""
    rows = [
        [
            f"{one.cut:.0e}".replace("e+", "e"),
            one.fitted,
            one.asked,
            f"{one.reach:.1f}x",
            one.plain,
            f"{one.plain_half:.2f}%",
            one.whole,
            f"{one.whole_half:.2f}%",
        ]
        for one in found
    ]
    head = ["cut, FLOPs", "fitted", "held out", "median reach", "coverage, resamples alone", "half-width"]
    return markdown([*head, "coverage, with the error of the form", "half-width"], rows)


def wild(found: dict[str, dict[str, float]]) -> str:
    """How far the wild points move a fit, by loss."""
    rows = [[loss, *(f"{moved[name]:.2f}" for name in SHOWN)] for loss, moved in found.items()]
    return markdown(["loss", *SHOWN], rows)
