"""The planner of a page: a budget and a machine that the reader sets, answered from plans over a range of budgets."""

import html

from ..records.numbers_in_text import number
from ..results.letters import loss_unit
from ..results.study_results import StudyResults
from .answer import why_none

ROWS = (
    ("params", "N (parameters)"),
    ("tokens", "D (tokens)"),
    ("loss_nats", "expected loss"),
    ("hours", "hours"),
    ("money", "cost, in the unit of the price"),
    ("reach", "times the largest fitted compute"),
)


def planner(results: StudyResults) -> str:
    """Lay out the panel; empty where the page may show no plan. The numbers are filled in by the script of the page."""
    found = results.budgets
    if found is None or why_none(results):
        return ""
    first, last = found.plans[0].flops, found.plans[-1].flops
    chosen = next((one for one in results.plans if first <= one.flops <= last), found.plans[len(found.plans) // 2])
    options = "".join(f"<option>{html.escape(name)}</option>" for name in found.speeds)
    units = {"loss_nats": f"expected loss ({loss_unit(results)})"}
    rows = "".join(
        f'<div><dt>{html.escape(units.get(name, words))}</dt><dd><strong data-answer="{name}"></strong> '
        f'<small data-ends="{name}"></small></dd></div>'
        for name, words in ROWS
    )
    return (
        '<section id="planner" hidden><h2>What if</h2><p class="filter">'
        f'<label>Compute (FLOPs) <input id="plan-flops" inputmode="decimal" value="{chosen.flops:.6g}"></label>'
        '<label>from the least to the most <input id="plan-slider" type="range" min="0" max="1" step="0.001"></label>'
        f'<label>Device <select id="plan-device">{options}</select></label>'
        '<label>How many <input id="plan-count" type="number" min="1" value="1"></label>'
        '<label>Price per device-hour <input id="plan-price" type="number" min="0" step="any" value=""></label></p>'
        f'<dl class="card" aria-live="polite">{rows}</dl>'
        f'<p class="note">By {html.escape(found.plans[0].law)}, from {len(found.plans)} plans between {number(first)} '
        f"and {number(last)} FLOPs; between two of them powers of the compute are interpolated, to better than 1%. "
        "A named device is taken at 40% of its peak. The address of the page keeps what you set.</p></section>"
    )
