"""What a page answers first: six numbers, the forecast against what was measured, three things to mind, their order."""

import re
from dataclasses import replace

import pytest
from report_sample import sample

from scalinglaws.reporting.answer import MOST_MINDED, card, forecast_line, leading_plan, minded
from scalinglaws.reporting.methods import checklist, methods
from scalinglaws.reporting.own.figure import drawn
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.references import references
from scalinglaws.reporting.report import page
from scalinglaws.results.audited import Audit, Finding
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.sentences import trained


def failing(*ids):
    return Audit("x", tuple(Finding(i, f"Rule {i} holds", "error", "failed", "found", "p", "s", "who", f"Mend {i}.",
                                    f"Rule {i} does not hold") for i in ids))  # fmt: skip


def test_the_card_has_six_numbers_of_the_plan_nearest_to_ten_times_the_largest_run():
    made = sample()
    plan = leading_plan(made)
    assert plan.reach == pytest.approx(10)
    shown = card(made)
    assert shown.count("<dt>") == 6
    assert "Train N (non-embedding parameters)" in shown and "1 h 30 min" in shown and "10.0×" in shown


def test_a_plan_that_must_not_be_shown_is_not_in_the_card():
    first, *_ = sample().plans
    wild = replace(first, params=Estimate(1e6, 1.0, 1e12), tokens=Estimate(1e6, 1.0, 1e12))
    shown = card(sample(plans=(wild,)))
    assert "<dt>" not in shown and shown.startswith('<p class="verdict">No plan: the interval of N and D')
    assert "no plan is made yet" in card(sample(plans=()))


def test_the_forecast_stands_beside_what_was_measured():
    made = sample()
    assert "<strong>inside</strong> the interval" in forecast_line(made)
    missed = replace(made.held_out, held=False)
    assert "<strong>OUTSIDE</strong> the interval" in forecast_line(sample(held_out=missed))
    assert forecast_line(sample(held_out=None)) == ""
    waiting = replace(made.held_out, measured=(), measured_mean=None, measured_sem=None, held=None)
    assert forecast_line(sample(held_out=waiting)).endswith("not yet trained.")


def test_at_most_three_things_are_to_mind_with_the_largest_effect_first():
    made = sample(audit=failing("A1", "B2", "C3", "C4"), held_out=replace(sample().held_out, held=False))
    found = minded(made)
    assert len(found) == MOST_MINDED == 3
    assert found[0].startswith("The forecast of the held-out runs missed")
    assert found[1] == "A1: Rule A1 does not hold. Mend A1."
    assert minded(sample(plans=(), audit=None)) == ["5.4% of the rows take no part in the fits, each with its reason."]


def test_the_card_and_what_to_mind_give_one_width_of_the_interval():
    plan = replace(leading_plan(sample()), loss_nats=Estimate(2.49, 2.24, 2.78))
    made = sample(plans=(plan,))
    assert "± 12%" in card(made) and any("its interval is ± 12% of the loss" in text for text in minded(made))


def test_the_page_gives_the_answer_its_picture_what_to_mind_and_then_the_rest():
    text = page(sample(), [drawn(study_figure("joint"), sample())])
    order = ["class=\"card\"", "Forecast for", 'id="picture"', 'id="mind"', 'id="words"',
             'id="table-constants"', 'id="table-audit"',
             'id="table-runs"', 'id="methods"', 'id="table-checklist"', 'id="warnings"', 'id="reproduce"']  # fmt: skip
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert text.index('id="mind"') < text.index('id="download-json"') < text.index('id="words"')


def test_points_of_lineages_are_not_called_those_of_runs_and_the_trunks_among_the_runs_are_counted():
    made = sample()
    fit = replace(made.fits[0], n_points=42, n_runs=9, interval_method="pairs bootstrap over 9 lineages, 2000 draws")
    assert fit.fitted_to == "42 points of 9 lineages"
    assert replace(fit, interval_method="pairs bootstrap over 9 runs, 2000 draws").fitted_to == "42 points of 9 runs"
    more = replace(made, runs_present=len(made.points) + 9, runs_expected=len(made.points) + 9)
    assert "9 of them trunks that others branch from" in trained(more) and "trunk" not in trained(made)


def test_the_methods_name_the_fit_and_the_references_and_the_checklist_says_what_is_not_recorded():
    made = sample()
    shown = methods(made)
    assert "held out from every fit" in shown and "@article{kaplan2020scaling," in shown
    kaplan = [replace(one, law=f"kaplan-{one.law}") for one in made.fits]
    assert "@article{hoffmann2022training," in shown
    assert "hoffmann2022" not in references(replace(made, fits=tuple(kaplan)))
    table = checklist(sample(settings={}, corpus={}))
    answers = {row[1].text: row[2].text for row in table.rows}
    assert answers["How many seeds?"] == "not recorded" and answers["Which text and tokenizer?"] == "not recorded"
    assert re.match(r"\d+ in the fits; 2 held out", answers["Which rows are used?"])
