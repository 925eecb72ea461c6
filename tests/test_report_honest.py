"""The page prints no number, line or verdict that the runs do not carry."""

from dataclasses import replace

import numpy as np
import pytest
from report_sample import sample

from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.reporting.axes import equation
from scalinglaws.reporting.own import frontier, laws
from scalinglaws.reporting.own.held_out import verdict_in_short
from scalinglaws.reporting.report import page
from scalinglaws.reporting.tables import constants
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.rows_in_fits import why_hollow
from scalinglaws.results.sentences import five_sentences, verdict
from scalinglaws.studying.fitted_laws import infer
from scalinglaws.studying.laws_shown import unsound
from scalinglaws.studying.tested_prediction import _no_news


def test_an_interval_wider_than_knowing_nothing_is_no_prediction():
    seen = np.array([3.1, 4.2, 3.6])
    assert _no_news(74.0 - 0.21, seen, 512).startswith("its interval is wider than ln 512 = 6.24")
    assert _no_news(4.0 - 2.0, seen, 512).endswith("the range of all fitted losses, [3.1, 4.2]")
    assert _no_news(3.1 - 2.9, seen, 512) == ""


def test_a_prediction_without_news_gets_no_verdict():
    test = replace(sample().held_out, no_news="its interval is wider than ln 512")
    told = verdict(test)
    assert "inside the interval" not in told
    assert told.endswith("These runs allow no prediction: its interval is wider than ln 512.")
    assert verdict_in_short(test) == "these runs allow no prediction"


def test_a_plan_whose_size_or_data_is_not_determined_is_withheld_in_one_line():
    plan = sample().plans[0]
    wild = replace(plan, tokens=Estimate(1.9e6, 0.0, 5.6e17))
    told = dict(five_sentences(sample(plans=(wild,))))["Plan"]
    assert told == "Withheld: the interval of D extends by more than a factor of 1000 on both sides."
    assert dict(five_sentences(sample(plans=(plan,))))["Plan"].startswith("For ")


def test_a_constant_that_the_points_do_not_identify_is_not_printed_as_a_number():
    first, *others = sample().fits
    name = next(iter(first.values))
    shown = sample(fits=(replace(first, unidentified=(name,), unsound="these points do not identify it"), *others))
    cell = next(row[3] for row in constants(shown).rows if row[2].text == name)
    assert (cell.text, cell.value) == ("not identified", None)
    told = dict(five_sentences(sample(fits=(replace(first, unidentified=(name,)),), law=first.law)))["Law"]
    assert f"{name} not identified" in told and f"{name} =" not in told


def test_no_line_is_drawn_of_a_law_whose_term_went_to_nothing():
    sizes, tokens = np.repeat([1e3, 3e3, 1e4, 3e4, 1e5], 4), np.tile([1e5, 3e5, 1e6, 3e6], 5)
    loss = (1.7 + 130 / tokens**0.4) * np.exp(0.01 * np.random.default_rng(0).standard_normal(20))
    columns = {"params_nonembedding": sizes, "tokens": tokens, "tokens_unique": tokens, "loss_nats": loss}
    points = Points({**columns, "flops_6nd": 6 * sizes * tokens, "run_id": [str(i) for i in range(20)]})
    found = infer(points, laws=("kaplan-nd",), draws=20)
    flat = {fit.law for fit in found.fits if fit.unsound and fit.loss.startswith("huber")}
    assert "kaplan-n" in flat
    assert not flat & {band.law for bands in found.bands.values() for band in bands}


def test_sizes_that_share_no_horizon_give_no_law_of_size_alone():
    sizes = np.repeat([1e6, 3e6, 1e7, 3e7], 3)
    tokens = np.tile([1e15, 4e15, 1.6e16], 4) / sizes
    loss = 1.7 + 400 / sizes**0.3 + 400 / tokens**0.3
    columns = {"params_nonembedding": sizes, "tokens": tokens, "tokens_unique": tokens, "loss_nats": loss}
    points = Points({**columns, "flops_6nd": 6 * sizes * tokens, "run_id": [str(i) for i in range(12)]})
    found = infer(points, laws=("kaplan-nd",), draws=20)
    assert "L(N)" not in found.bands
    assert any(note.startswith("kaplan-n on the longest horizon") for note in found.notes)


@pytest.fixture(scope="module")
def hollow():
    flops, losses = (1e15, 2e15, 4e15, 8e15), (3.2, 3.0, 3.4, 2.8)
    found = replace(
        sample().frontier,
        flops=flops,
        params=(1e4, 2e4, 3e4, 4e4),
        tokens=tuple(c / 6e4 for c in flops),
        loss_nats=losses,
        censored=(False, False, True, False),
        reasons=("", "", "too-few-sizes", ""),
        bands=(),
    )
    return sample(frontier=found)


def test_the_frontier_joins_no_budget_that_takes_no_part(hollow):
    [joined] = [mark for mark in laws.draw(hollow).panels[0].marks if mark.label.startswith("compute-efficient")]
    assert joined.y == (3.2, 3.0, 2.8)


def test_a_hollow_budget_says_why_it_takes_no_part(hollow):
    assert why_hollow(hollow.frontier) == "too few sizes (n = 1)"
    assert "hollow symbols are not used in the exponents: too few sizes (n = 1)" in frontier.caption(hollow)
    assert "smallest or largest present" not in frontier.caption(hollow)


def test_points_are_called_fitted_only_where_a_line_was():
    bare = sample(bands={})
    found = laws.draw(bare)
    assert "Each line is fitted to the large filled points" in found.caption
    labels = [mark.label for panel in found.panels for mark in panel.marks]
    assert labels
    assert not [label for label in labels if label.startswith("in the fit")]


@pytest.mark.parametrize("name", ["m$x^{2$", "cost in $", "E + A/N^{"])
def test_a_law_of_any_name_or_formula_is_drawn(name):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.text(0.5, 0.5, equation(name))
    figure.canvas.draw()


def test_a_warning_names_its_law_once_on_the_page_and_on_the_terminal():
    first, *others = sample().fits
    named = f"{first.law}: its term went to nothing"
    shown = sample(fits=(replace(first, warnings=(named, "few runs")), *others))
    for text in (page(shown, []), str(shown)):
        assert named in text and f"{first.law}: few runs" in text
        assert f"{first.law}: {first.law}:" not in text


def test_why_a_fit_is_unsound_reads_on_after_no_plan_by_its_law():
    sizes, tokens = np.repeat([1e7, 1e8, 1e9], 3), np.tile([1e9, 1e10, 1e11], 3)
    columns = {"params_total": sizes, "tokens": tokens, "loss_nats": 1.7 + 400 / sizes**0.34 + 410 / tokens**0.28}
    found = fit("chinchilla", Points(columns))
    stuck = replace(found, outcome="not_converged", sentence="the walk stopped early.")
    assert unsound(stuck) == "the fit of chinchilla did not converge: the walk stopped early"
    assert unsound(found) == ""
