"""The planner of a page: a budget, a machine and limits that the reader sets, answered as `plan` answers them."""

import html

from ..records.numbers_in_text import number, short_powers
from ..results.letters import loss_unit
from ..results.study_results import Budgets, StudyResults
from .answer import why_none

ROWS = (
    ("params", "N (parameters)"),
    ("tokens", "D (tokens)"),
    ("loss_nats", "expected loss"),
    ("batch_tokens", "batch (tokens)"),
    ("hours", "hours"),
    ("money", "cost, in the unit of the price"),
    ("reach", "times the largest fitted compute"),
    ("epochs", "passes over the unique tokens"),
)
LIVE = ("batch_tokens", "epochs")  # rows that only a planner that computes has
FURTHER = (
    ("served", "Tokens to serve later", "none"),
    ("unique", "Unique tokens", "unlimited"),
    ("most-params", "At most N", "no limit"),
    ("most-tokens", "At most D", "no limit"),
)


def planner(results: StudyResults) -> str:
    """Lay out the panel; empty where the page may show no plan. The numbers are filled in by the script of the page."""
    found = results.budgets
    if found is None or why_none(results):
        return ""
    first, last = found.plans[0].flops, found.plans[-1].flops
    chosen = next((one for one in results.plans if first <= one.flops <= last), found.plans[len(found.plans) // 2])
    flops = short_powers(f"{chosen.flops:.6g}")
    options = "".join(f"<option>{html.escape(name)}</option>" for name in found.speeds)
    units = {"loss_nats": f"expected loss ({loss_unit(results)})"}
    rows = "".join(
        f'<div><dt>{html.escape(units.get(name, words))}</dt><dd><strong data-answer="{name}"></strong> '
        f'<small data-ends="{name}"></small></dd></div>'
        for name, words in ROWS
        if found.live or name not in LIVE
    )
    return (
        '<section id="planner" hidden><h2>What if</h2><div class="asked">'
        f'<label>Compute (FLOPs) <input id="plan-flops" inputmode="decimal" value="{flops}"></label>'
        '<label>from the least to the most <input id="plan-slider" type="range" min="0" max="1" step="0.001"></label>'
        f'<label>Device <select id="plan-device">{options}</select></label>'
        '<label>How many <input id="plan-count" type="number" min="1" value="1"></label>'
        '<label>Price per device-hour <input id="plan-price" inputmode="decimal" placeholder="none"></label>'
        f"{_further() if found.live else ''}</div>"
        '<p id="plan-why" class="failed" role="status" hidden></p>'
        f'<dl class="card" aria-live="polite">{rows}</dl>{_note(found, first, last)}</section>'
    )


def _further() -> str:
    return "".join(
        f'<label>{words} <input id="plan-{name}" inputmode="decimal" placeholder="{empty}"></label>'
        for name, words, empty in FURTHER
    )


def _note(found: Budgets, first: float, last: float) -> str:
    law, ends = html.escape(found.plans[0].law), f"between {number(first)} and {number(last)} FLOPs"
    shared = "A named device is taken at 40% of its peak. The address of the page keeps what you set."
    if found.live is None:
        return (
            f'<p class="note">By {law}, from {len(found.plans)} plans {ends}; between two of them powers of the '
            f"compute are interpolated, to better than 1%. {shared}</p>"
        )
    batch = "" if found.live.batch_tokens else " The range of the batch is that of the published laws, no interval."
    draws = len(next(iter(found.live.laws[0].draws.values())))
    return (
        f'<p class="note">By {law}, {ends}, from {draws:,} draws of its constants in this page. Tokens to serve take '
        "2 N FLOPs each from the compute; hours and cost are of training. Beyond the unique tokens, tokens repeat at "
        f"the value that Muennighoff et al. 2023 measured.{batch} {shared}</p>"
        '<p class="note">The command says the same: <code>scalinglaws plan RUNS <span id="plan-options"></span></code>'
        "</p>"
    )
