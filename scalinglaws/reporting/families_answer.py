"""What the page of a set of families answers first: verdicts in one line, six exponents, what a reader must mind."""

import html

import numpy as np

from ..claims.claim import OUTCOMES
from ..errors import counted
from ..measurements.sheet import Constant
from ..records.numbers_in_text import count, stated, typeset
from ..results.fitted import Estimate
from ..results.outcome import UNDECIDED
from .answer import MOST_MINDED
from .markup import formula
from .paper.experiment import Experiment

CARD = (
    ("alpha_N", "L(N)"),
    ("alpha_D", "L(D)"),
    ("alpha_Cmin", "L(C_min)"),
    ("p_N, derived", "best size, by the laws"),
    ("p_N, frontier", "best size, by the frontier"),
    ("alpha_B", "critical batch"),
)  # the six numbers on top: constant, and what it is the exponent of
TWO_WAYS = ("p_N, derived", "p_N, frontier")  # of measuring one exponent


def lead(found: Experiment) -> str:
    """Lay out the verdicts in one line, and six numbers with their intervals beside the paper's."""
    cards = "".join(_card(name.split(",")[0], found.constant(name), what) for name, what in CARD)
    said = [f"of its {len(found.found.verdicts)} claims {_outcomes([one.outcome for one in found.found.verdicts])}"]
    if found.found.eight:
        eight = _outcomes([one.outcome for one in found.found.eight])
        said.insert(0, f"<strong>The eight findings of the paper on these runs: {eight}</strong>")
    return f'<dl class="card">{cards}</dl><p class="verdict">{"; ".join(said)}.</p>'


def minded(found: Experiment) -> list[str]:
    """List at most three things that a reader must mind: runs that are missing, then what contradicts itself, then
    what these runs do not decide, then how far they reach."""
    said = []
    missing = sum(found.planned.values()) - sum(found.present.values())
    if missing > 0:
        said.append(f"{counted(missing, 'run')} of the plan {'is' if missing == 1 else 'are'} missing.")
    one, other = (constant.measured if constant else None for constant in map(found.constant, TWO_WAYS))
    if one and other and not _overlap(one, other):
        said.append(
            f"The best size grows as C_min^p_N, with p_N = {typeset(one)} by the fitted laws and {typeset(other)} by "
            "the frontier: the two disagree, and neither should be extrapolated."
        )
    undecided = [one for one in found.found.verdicts if one.outcome == UNDECIDED]
    if undecided:
        bare = sum(bool(one.missing) for one in undecided)
        lacking = f", {bare} of them for lack of runs" if bare else ""
        of = f"{len(undecided)} of {counted(len(found.found.verdicts), 'claim')}"
        said.append(f"These runs do not decide {of}{lacking}; each says below what would.")
    sizes = found.runs["params_nonembedding"] if "params_nonembedding" in found.runs else np.array([])
    if (sizes > 0).any():
        ends = " to ".join(dict.fromkeys(count(one) for one in (sizes[sizes > 0].min(), sizes.max())))
        said.append(f"The models have {ends} non-embedding parameters: nothing here tests what larger ones do.")
    return said[:MOST_MINDED]


def _overlap(one: Estimate, other: Estimate) -> bool:
    (low, high), (least, most) = one.ends, other.ends
    return low <= most and least <= high


def _outcomes(outcomes: list[str]) -> str:
    return ", ".join(f"{outcomes.count(one)} {one}" for one in OUTCOMES if one in outcomes)


def _card(name: str, one: Constant | None, what: str) -> str:
    value = typeset(one.measured) if one and one.measured else "not measured"
    head, _, ends = value.partition(" [")
    told = f"[{ends}" if ends else ""
    paper = f"paper: {stated(one.published, 3)}" if one and one.published is not None else ""
    return (
        f"<div><dt>{formula(name)}, {formula(what)}</dt><dd><strong>{html.escape(head)}</strong> "
        f"<small>{html.escape(told)}</small><small>{paper}</small></dd></div>"
    )
