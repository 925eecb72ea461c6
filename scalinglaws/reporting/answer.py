"""What a page answers first: what to train, how the forecast did, and the three things that a reader must mind."""

import html

from ..records.numbers_in_text import ABSENT, count, duration, number, percent, plus_minus, typeset
from ..results.doubts_of_rows import BEARING
from ..results.letters import loss_unit, of_a_table, sizes_in_words
from ..results.rows_in_fits import excluded_rows
from ..results.sentences import main_fit, why_no_plan, withheld
from ..results.study_results import Recommendation, StudyResults
from ..results.tested import HeldOutTest
from .markup import formula

USUAL_REACH = 10.0  # times the largest fitted compute: the plan that the page leads with
ABOUT = 0.9  # of the plan's reach: a test from there on is one of its reach
MOST_MINDED = 3
WIDE = 0.1  # of the loss: a plan's interval of a larger half-width is one of the things to mind


def leading_plan(results: StudyResults) -> Recommendation | None:
    """Choose the plan nearest to ten times the largest fitted compute."""
    return min(results.plans, key=lambda plan: abs(plan.reach - USUAL_REACH)) if results.plans else None


def why_none(results: StudyResults) -> str:
    """Say why the page leads with no plan; empty where it has one."""
    plan = leading_plan(results)
    if plan is None:
        usual = "no fitted law can split a budget" if of_a_table(results) else "no plan is made yet"
        return why_no_plan(results) or usual
    fit = main_fit(results)
    return withheld(plan, results) or (fit.unsound if fit and fit.law == plan.law else "")


def card(results: StudyResults) -> str:
    """Lay out the six numbers of the plan, or why there is none and what to do."""
    plan, why = leading_plan(results), why_none(results)
    if plan is None or why:
        do = "The rules of the audit that fail say what to do." if results.audit else ""
        return f'<p class="verdict">No plan: {formula(why)}. {do}</p>'
    cost = ("Compute (FLOPs)", number(plan.flops), plan.label)
    if plan.seconds:
        cost = ("Time on this machine", duration(plan.seconds), f"{number(plan.flops)} FLOPs")
    half = half_width(plan)
    wide = ABSENT if half is None else f"± {number(100 * half, 2)}%"
    cells = (
        (f"Train N ({sizes_in_words(results)})", *_split(typeset(plan.params))),
        ("on D (tokens)", *_split(typeset(plan.tokens))),
        (f"Expected loss ({loss_unit(results)})", *_split(typeset(plan.loss_nats))),
        cost,
        (f"{percent(plan.loss_nats.level)} interval", wide, f"of the loss, by {plan.law}"),
        ("Reach", f"{number(plan.reach, 3)}×", "the largest fitted compute"),
    )
    boxes = "".join(
        f"<div><dt>{html.escape(head)}</dt><dd><strong>{html.escape(value)}</strong> "
        f"<small>{html.escape(told)}</small></dd></div>"
        for head, value, told in cells
    )
    return f'<dl class="card">{boxes}</dl>'


def half_width(plan: Recommendation) -> float | None:
    """Give how far the interval of the expected loss extends, on its wider side, as a share of it; None without one."""
    loss = plan.loss_nats
    ends = [abs(end / loss.value - 1) for end in (loss.low, loss.high) if end is not None]
    return max(ends) if ends else None


def _split(text: str) -> tuple[str, str]:
    value, bracket, ends = text.partition(" [")
    return value, bracket.strip() + ends


def forecast_line(results: StudyResults) -> str:
    """Put the forecast beside what was measured, in one line; empty where nothing was tested."""
    test, ranking = results.held_out, results.ranking
    if test is not None:
        return " ".join(_line_of(one) for one in results.tests)
    best = (ranking.forecast or next(iter(ranking.able), None)) if ranking else None
    if ranking is None or best is None or best.score is None or best.coverage is None or why_none(results):
        return ""
    named = "the forecast" if best is ranking.forecast else html.escape(best.law)
    return (
        f"Tested on {ranking.held_runs:,} larger runs than those of its fit: {named} erred by "
        f"<strong>{100 * best.score:.2g}%</strong> of the loss, and "
        f"<strong>{percent(round(best.coverage, 2))}</strong> of them were inside its "
        f"{percent(ranking.level)} interval."
    )


def _line_of(test: HeldOutTest) -> str:
    at = f"{count(test.params_nonembedding)} parameters on {count(test.tokens)} tokens"
    said = f"Forecast for {at}: <strong>{html.escape(typeset(test.predicted))}</strong>"
    if test.held is None or test.measured_mean is None:
        return f"{said}; not yet trained."
    measured = f"measured <strong>{html.escape(plus_minus(test.measured_mean, test.measured_sem))}</strong>"
    if test.no_news:
        return f"{said}, {measured}. These runs allow no prediction: {html.escape(test.no_news)}."
    late = ", made after its runs" if test.is_late else ", written before they were trained"
    return f"{said}{late}; {measured}: <strong>{'inside' if test.held else 'OUTSIDE'}</strong> the interval."


def minded(results: StudyResults) -> list[str]:
    """List at most three things that a reader must mind, the one with the largest effect on the answer first.

    What withholds the plan comes first; then a forecast that missed; then failed rules of the audit on counts,
    training and the grid, by severity; then rows left out, by their share; then a wide interval.
    """
    found: list[tuple[float, str]] = []
    if any(one.held is False for one in results.tests):
        found.append((90.0, "The forecast of the held-out runs missed: the plan's interval is likely too narrow."))
    for finding in results.audit.having("failed") if results.audit else ():
        if finding.severity == "error" and finding.id[0] in BEARING:
            found.append((80.0, f"{finding.id}: {finding.statement}. {finding.do}"))
    left = sum(int(rows.sum()) for rows in excluded_rows(results).values()) / max(len(results.points), 1)
    if left:
        shown = percent(round(left, 3))
        found.append((60.0 * left, f"{shown} of the rows take no part in the fits, each with its reason."))
    plan = leading_plan(results)
    if plan is not None and not why_none(results):
        half = half_width(plan) or WIDE
        text = f"The plan lies {number(plan.reach, 2)} times beyond the largest fitted compute"
        if plan.reach > 1:
            wide = f"; its interval is ± {number(100 * half, 2)}% of the loss" if half > WIDE else ""
            found.append((70.0 if half > WIDE else 20.0, f"{text}, {_tested_there(results, plan.reach)}{wide}."))
    ordered = sorted(found, key=lambda pair: -pair[0])
    return [text for _, text in ordered[:MOST_MINDED]]


def _tested_there(results: StudyResults, reach: float) -> str:
    """Say how far beyond the fitted compute forecasts were tested, beside the reach of the plan."""
    tested = max((one.reach for one in results.tests if one.held is not None), default=0.0)
    if tested <= 1:
        return "where no run tests it"
    if tested < ABOUT * reach:
        return f"where no run tests it: the largest test is at {number(tested, 2)} times"
    return "where the forecast was tested at another size and number of tokens"
