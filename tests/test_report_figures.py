"""The figures of a report show what the records hold: every point, its part, its units, and what is missing."""

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest
from report_sample import FLOOR, HELD, HORIZONS, SIZES, empty, sample

import scalinglaws as sl
from scalinglaws.points.points import Points
from scalinglaws.quantities import PF_DAY
from scalinglaws.reporting import canvas
from scalinglaws.reporting.drawing.in_page import chart_of
from scalinglaws.reporting.own.figure import drawn
from scalinglaws.reporting.own.shelf import STUDY_FIGURES, study_figure

KINDS = {
    kind.name: kind
    for kind in STUDY_FIGURES
    if kind.name in ("laws", "curves", "joint", "frontier", "held-out", "residuals")
}  # the others are of some studies and tables alone
UNITS = ("(FLOPs)", "(PF-days)", "(tokens)", "(parameters)", "(nats per token)", "(%)")


@pytest.fixture(scope="module")
def whole():
    return sample()


def draw(name, results):
    return drawn(study_figure(name), results).drawing


def panel(drawing, quantity):
    """Give the panel whose x axis begins with these words."""
    return next(one for one in drawing.panels if one.x.label.startswith(quantity))


def marks(one, words, kind="points"):
    return [mark for mark in one.marks if mark.kind == kind and mark.label.startswith(words)]


def places(one, words):
    return np.array([pair for mark in marks(one, words) for pair in zip(mark.x, mark.y, strict=True)]).reshape(-1, 2)


def words_of(drawing):
    texts = [drawing.caption, drawing.note]
    for one in drawing.panels:
        texts += [one.title, one.equation, one.missing, *(mark.label for mark in one.marks)]
    return " ".join(texts)


def test_a_figure_is_drawn_of_a_study_s_results_by_name_and_says_what_it_lacks():
    made = sl.figure("residuals", sample())
    assert made.name == "residuals" and len(made.drawing.panels) == 2
    bare = sl.figure("held-out", sample(held_out=None))
    assert bare.caption == "Not drawn: quickstart has no held-out run." and not bare.drawing.panels
    with pytest.raises(sl.ScalingLawsError, match="of one study or one table"):
        sl.figure("joint", ["a.csv", "b.csv"])


every_figure = pytest.mark.parametrize("name", KINDS)
COMPUTE, TOKENS, SIZE = "training compute", "training tokens", "non-embedding"


def test_a_figure_is_asked_for_by_its_name():
    assert study_figure("joint") is KINDS["joint"]
    with pytest.raises(sl.ScalingLawsError, match=r"no figure is called 'jiont'.*joint"):
        study_figure("jiont")


@every_figure
def test_axes_have_units_and_log_scales(name, whole):
    found = draw(name, whole)
    assert found.panels
    for one in found.panels:
        assert one.y.label.endswith(UNITS)
        if one.x.words:
            continue
        assert one.x.label.endswith(UNITS)
        assert one.x.log
        assert one.y.log == (name != "residuals")
    assert found.scale is None or found.scale.label.endswith("(parameters)")


@every_figure
def test_a_study_without_runs_says_so_and_draws_no_point_and_no_line(name):
    nothing = empty()
    if not KINDS[name].applies(nothing):
        assert name == "residuals"
        return
    found = draw(name, nothing)
    assert "0 of 37 runs present" in words_of(found)
    seen = [mark for one in found.panels for mark in one.marks if mark.x and mark.kind == "points"]
    if name == "held-out":  # the prediction was made beforehand and is all there is to see
        assert {mark.label for mark in seen} == {"predicted, with the 95% interval for a new run"}
        assert "not yet trained" in words_of(found)
    else:
        assert not [mark for one in found.panels for mark in one.marks if mark.x]
        assert all("0 of 37 runs present" in one.missing for one in found.panels)


@every_figure
def test_a_partial_study_says_how_many_runs_are_present(name, whole):
    assert draw(name, sample(runs_present=30)).note == "30 of 37 runs present"
    assert draw(name, whole).note == ""


@pytest.mark.parametrize(
    ("words", "quantity"), [(COMPUTE, "flops_6nd"), (TOKENS, "tokens"), (SIZE, "params_nonembedding")]
)
def test_the_laws_show_every_point_of_the_record_once(words, quantity, whole):
    one = panel(draw("laws", whole), words)
    shown = np.concatenate([places(one, part) for part in ("in the fit", "not used", "excluded", "held out")])
    recorded = np.stack([whole.points[quantity], whole.points["loss_nats"]], axis=1)
    assert np.array(sorted(shown.tolist())) == pytest.approx(np.array(sorted(recorded.tolist())))


def test_the_laws_fill_the_points_that_a_line_was_fitted_to_and_no_others(whole):
    found = draw("laws", whole)
    longest = whole.points["tokens"] == HORIZONS[-1]
    fitted = places(panel(found, SIZE), "in the fit")
    assert len(fitted) == len(whole.bands["L(N)"][0].rows) == longest.sum() - 3  # one diverged, two held out
    assert set(fitted[:, 0]) <= set(SIZES) and HELD not in fitted[:, 0]
    assert len(places(panel(found, COMPUTE), "in the fit")) == (whole.points["excluded_because"] == "").sum()


def test_excluded_points_are_hollow_with_their_reason_and_held_out_ones_are_stars(whole):
    [one] = draw("joint", whole).panels
    hollow = marks(one, "excluded")
    assert [len(mark.x) for mark in hollow] == [1, 1] and all(mark.hollow for mark in hollow)
    assert len({mark.symbol for mark in hollow}) == 2
    assert [mark.label for mark in hollow] == [
        "excluded: diverged (n = 1)",
        "excluded: outlier: 6 sd above the law (n = 1)",
    ]
    [held] = marks(one, "held out, not in any fit (n = 2)")
    assert held.symbol == "*" and held.notes == whole.held_out.run_ids
    assert not any(mark.hollow for mark in marks(one, "in the fit"))


def test_a_point_without_a_loss_is_not_drawn():
    made = sample()
    loss = made.points["loss_nats"].copy()
    loss[3] = np.nan
    [one] = draw("joint", sample(points=made.points.replace(loss_nats=loss))).panels
    assert len(places(one, "excluded")) == 1


def test_lines_are_solid_where_they_were_fitted_and_dashed_beyond(whole):
    band = next(one for one in whole.bands["L(N)"] if one.law == "kaplan-n-constant")
    lines = [
        mark for mark in panel(draw("laws", whole), SIZE).marks if mark.kind == "line" and set(mark.y) <= set(band.y)
    ]
    [solid], beyond = [mark for mark in lines if not mark.dashed], [mark for mark in lines if mark.dashed]
    assert solid.label == band.text and len(beyond) == 2
    step = band.x[1] / band.x[0] * (1 + 1e-9)
    assert band.fitted_to[0] / step <= min(solid.x) and max(solid.x) <= band.fitted_to[1] * step
    assert {x for mark in lines for x in mark.x} == set(band.x)


def test_a_line_within_its_range_has_no_dashed_part():
    made = sample()
    band = dataclasses.replace(made.bands["L(N)"][0], fitted_to=(1.0, 1e12))
    found = draw("laws", sample(bands={"L(N)": (band,)}))
    assert not [mark for mark in panel(found, SIZE).marks if mark.dashed]
    assert "Dashed" not in found.caption and "Dashed: extrapolated" in draw("laws", made).caption


def test_intervals_are_bands_with_their_level_and_a_side_without_a_bound_is_left_open():
    band = sample().bands["L(D)"][0]
    half_open = dataclasses.replace(band, low=(None,) * 30 + band.low[30:], level=0.8, covers="new run")
    found = draw("laws", sample(bands={"L(D)": (half_open,)}))
    assert "A band is the 80% interval for a new run." in found.caption
    [area] = [mark for mark in panel(found, TOKENS).marks if mark.kind == "band"]
    assert min(area.x) >= band.x[29] and len(area.low) == len(area.high) == len(area.x)


def test_the_equation_of_a_line_is_given_in_numbers(whole):
    assert marks(panel(draw("laws", whole), SIZE), "L = (N / 6.4e7)^-0.118", "line")
    svg = drawn(study_figure("laws"), whole).svg()
    assert "6.4" in svg and "7" in svg


def test_the_compute_axis_is_also_in_pf_days(whole):
    figure = drawn(study_figure("laws"), whole).matplotlib()
    figure.draw_without_rendering()
    axes = figure.axes[0]
    (top,) = [child for child in axes.child_axes if child.get_xlabel() == "compute (PF-days)"]
    assert np.array(top.get_xlim()) == pytest.approx(np.array(axes.get_xlim()) / PF_DAY, rel=1e-9, abs=0)
    assert [one.x.pf_days for one in draw("laws", whole).panels] == [True, False, False]


def test_compute_along_a_curve_is_counted_as_its_line_counts_it(whole):
    exact = whole.points["flops_6nd"] * 1.7
    line = dataclasses.replace(whole.bands["L(C)"][0], x_quantity="flops_exact")
    found = draw("laws", sample(points=whole.points.replace(flops_exact=exact), bands={"L(C)": (line,)}))
    [curve] = [mark for mark in found.panels[0].marks if mark.thin and "768-262144-0" in mark.notes]
    assert curve.x == pytest.approx(np.array(whole.curves[0].flops_6nd) * 1.7)


def test_every_learning_curve_is_drawn_in_the_colour_of_its_size(whole):
    found = draw("curves", whole)
    sizes = [curve.params_nonembedding for curve in whole.curves]
    for one in found.panels:
        thin = [mark for mark in one.marks if mark.thin]
        assert sorted(mark.size for mark in thin) == sorted(sizes)
    assert (found.scale.low, found.scale.high) == (min(SIZES), HELD)
    colours = {mark["colour"] for mark in chart_of(found)["panels"][0]["marks"] if mark["kind"] == "line"}
    assert len(colours) == len(set(sizes))


def test_the_joint_law_has_one_line_a_size(whole):
    [one] = draw("joint", whole).panels
    solid = [mark for mark in one.marks if mark.kind == "line" and not mark.dashed]
    assert {mark.size for mark in solid} == {*SIZES, HELD} and len(solid) == len(SIZES) + 1


def test_every_joint_law_has_a_panel_of_its_own(whole):
    kaplan = [
        dataclasses.replace(band, law="kaplan-nd", text="L = 1.1 + 9/N^0.3") for band in whole.bands["L(N,D)"][:4]
    ]
    found = draw("joint", sample(bands={"L(N,D)": (*kaplan, *whole.bands["L(N,D)"])}))
    assert [one.title for one in found.panels] == ["(a) kaplan-nd", "(b) hoffmann-nd"]
    solid = [[mark for mark in one.marks if mark.kind == "line" and not mark.dashed] for one in found.panels]
    assert [len(each) for each in solid] == [4, 9]
    assert [len(places(one, "in the fit")) for one in found.panels] == [33, 33]


def test_frontier_bounds_are_hollow_and_the_exponent_has_its_interval(whole):
    first, _ = draw("frontier", whole).panels
    assert len(places(first, "not used")) == sum(whole.frontier.censored) > 0
    assert len(places(first, "optimum")) == len(whole.frontier.flops) - sum(whole.frontier.censored)
    assert [mark.hollow for mark in first.marks if mark.kind == "points"] == [False, True]
    assert "0.57 [0.49, 0.66]" in first.equation


def test_the_held_out_figure_shows_every_measured_seed_and_the_predicted_interval(whole):
    context, close = draw("held-out", whole).panels
    assert places(close, "measured")[:, 1] == pytest.approx(whole.held_out.measured)
    [span] = [mark for mark in close.marks if mark.kind == "band"]
    assert (set(span.low), set(span.high)) == ({1.812}, {1.879})
    assert close.title == "(b) measured inside the interval"
    assert close.equation == "predicted 1.845 [1.812, 1.879]"
    [predicted] = marks(context, "predicted")
    assert (predicted.x, predicted.low, predicted.high) == ((2097152.0,), (1.812,), (1.879,))


def test_the_held_out_figure_says_when_the_interval_did_not_hold_and_when_nothing_is_trained(whole):
    failed = dataclasses.replace(
        whole.held_out, measured=(1.95, 1.96), measured_mean=1.955, measured_sem=0.005, held=False
    )
    assert "measured outside the interval" in words_of(draw("held-out", sample(held_out=failed)))
    waiting = dataclasses.replace(whole.held_out, measured=(), measured_mean=None, measured_sem=None, held=None)
    found = draw("held-out", sample(held_out=waiting))
    assert found.panels[1].x.words == ("predicted", "not yet trained")


def test_the_held_out_figure_draws_the_law_against_size_when_that_made_the_prediction(whole):
    by_size = dataclasses.replace(whole.held_out, law="kaplan-n")
    context = draw("held-out", sample(held_out=by_size)).panels[0]
    assert context.x.label == "non-embedding parameters N (parameters)"


def test_the_held_out_figure_prefers_the_line_that_the_prediction_brings(whole):
    line = dataclasses.replace(whole.bands["L(N)"][0], law="hoffmann-nd")
    found = draw("held-out", sample(held_out=dataclasses.replace(whole.held_out, line=line)))
    context = found.panels[0]
    assert context.x.label == "non-embedding parameters N (parameters)"
    assert [mark.label for mark in context.marks if mark.kind == "line" and not mark.dashed] == ["hoffmann-nd"]
    assert "The line is that of D = 2.1 M tokens" in found.caption
    by_size = draw("held-out", whole).panels[0]
    assert len([mark for mark in by_size.marks if mark.kind == "line" and not mark.dashed]) == len(SIZES) + 1


def test_residuals_are_drawn_in_percent_for_fitted_and_held_out_points(whole):
    one = panel(draw("residuals", whole), TOKENS)
    kept = whole.points["excluded_because"] == ""
    assert places(one, "in the fit")[:, 1] == pytest.approx(100 * whole.points["residual_log"][kept])
    assert len(places(one, "held out")) == 2
    [mark] = marks(one, "in the fit")
    assert np.array(mark.high) - np.array(mark.y) == pytest.approx(0.41 / whole.points["loss_nats"][kept])


def test_residuals_are_left_out_when_the_record_has_none(whole):
    bare = {name: values for name, values in whole.points.columns.items() if name != "residual_log"}
    assert not KINDS["residuals"].applies(sample(points=Points(bare)))
    assert KINDS["residuals"].applies(whole)


@pytest.mark.parametrize("name", ["laws", "curves", "joint"])
def test_the_true_floor_of_a_synthetic_text_is_drawn_when_it_is_known(name, whole):
    found = draw(name, sample(true_floor_nats=FLOOR))
    floors = [mark for one in found.panels for mark in one.marks if mark.label.startswith("true floor")]
    assert len(floors) == len(found.panels) and {y for mark in floors for y in mark.y} == {FLOOR}
    assert f"true floor {FLOOR} nats" in words_of(found)
    assert "true floor" not in words_of(draw(name, whole))


def test_published_constants_are_drawn_nowhere(whole):
    """The published law lies a factor of ten off this sample; no line against size goes near it."""
    for mark in panel(draw("laws", whole), SIZE).marks:
        x = np.array(mark.x)
        if mark.kind == "line" and len(x) > 2:
            assert not np.allclose(mark.y, (8.8e13 / x) ** 0.076, rtol=0.05)


def test_a_panel_without_a_fit_says_whether_missing_runs_are_why(whole):
    assert "no L(D) fit: the notes say why" in words_of(draw("laws", sample(bands={})))
    assert "no L(N,D) fit: 30 of 37 runs present" in words_of(draw("joint", sample(bands={}, runs_present=30)))


def test_an_svg_is_whole_keeps_its_text_and_names_its_parts(whole):
    root = ElementTree.fromstring(drawn(study_figure("joint"), whole).svg())
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(identity.startswith("joint-") for identity in ids)
    said = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "test loss L (nats per token)" in said


def test_the_same_results_give_the_same_bytes_whatever_the_readers_own_settings_are(whole):
    import matplotlib

    once = drawn(study_figure("residuals"), sample())
    svg, pdf, _ = once.files(pdf=True)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 30.0, "svg.fonttype": "path"}):
        assert drawn(study_figure("residuals"), sample()).files(pdf=True)[:2] == (svg, pdf)
        assert matplotlib.rcParams["lines.linewidth"] == 9.0
    assert b"CreationDate" not in pdf and "dc:date" not in svg
    assert canvas.STYLE["font.size"] == 9.0


def test_equal_computes_are_joined_by_size_with_the_lowest_loss_of_each_marked():
    sizes = np.geomspace(1e6, 1e8, 7)
    rows = [(n, c / 6 / n, c) for c in (1e17, 1e18) for n in sizes]
    N, D, C = (np.array(column) for column in zip(*rows, strict=True))
    columns = {"params_nonembedding": N, "tokens": D, "flops_6nd": C, "loss_nats": 1.7 + 400 / N**0.34 + 410 / D**0.28}
    found = draw("isoflop", sample(points=Points({**columns, "run_id": [f"r{i}" for i in range(14)]}), held_out=None))
    [one] = found.panels
    lowest = [mark for mark in one.marks if mark.symbol == "D"]
    for mark, flops in zip(lowest, (1e17, 1e18), strict=True):
        losses = np.where(flops == C, columns["loss_nats"], np.inf)
        assert mark.x == (N[np.argmin(losses)],) and mark.hollow == (mark.x[0] in (sizes[0], sizes[-1]))
    assert "at each of 2 computes" in found.caption
    assert not study_figure("isoflop").applies(sample(points=Points({})))


def test_the_map_of_residuals_has_every_fitted_row_once_by_its_sign(whole):
    [one] = draw("residual-map", whole).panels
    kept = whole.points["residual_log"][whole.points["excluded_because"] == ""]
    assert sum(len(mark.x) for mark in one.marks) == len(kept)
    above = sum(len(mark.x) for mark in one.marks if mark.symbol == "^")
    assert above == (kept > 0.5 * np.sqrt(np.mean(kept**2))).sum()


def test_a_waterfall_or_a_ranking_is_drawn_where_there_is_one_alone(whole):
    assert not study_figure("backtest").applies(whole)
    steps = [one for one in whole.audit.waterfall if one.exponent]
    assert study_figure("attribution").applies(whole) == (len(steps) > 1)
