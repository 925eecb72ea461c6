"""The figures of a report show what the records hold: every point, its part, its units, and what is missing."""

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest
from report_sample import FLOOR, HELD, HORIZONS, SIZES, empty, sample

from scalinglaws.points.points import Points
from scalinglaws.quantities import PF_DAY
from scalinglaws.reporting import canvas
from scalinglaws.reporting.figures import FIGURES

KINDS = {kind.name: kind for kind in FIGURES}
UNITS = ("(FLOPs)", "(PF-days)", "(tokens)", "(parameters)", "(nats per token)", "(%)")


@pytest.fixture(scope="module")
def whole():
    return sample()


def draw(name, results, *, stacked=False):
    with canvas.styled():
        return KINDS[name].draw(results, stacked=stacked)


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_label() == label)


def marks(axes, part):
    """Give the collections of an axes whose name ends in `part`."""
    return [c for c in axes.collections if (c.get_gid() or "").startswith(f"{axes.get_label()}-{part}")]


def positions(axes, part):
    return np.concatenate([np.asarray(c.get_offsets()) for c in marks(axes, part)] or [np.empty((0, 2))])


def words(figure):
    """Gather every word that a figure shows."""
    from matplotlib.text import Text

    return " ".join(text.get_text() for text in figure.findobj(Text)).replace("\N{NO-BREAK SPACE}", " ")


every_figure = pytest.mark.parametrize("name", KINDS)


@every_figure
@pytest.mark.parametrize("stacked", [False, True])
def test_axes_have_units_and_log_scales(name, stacked, whole):
    figure = draw(name, whole, stacked=stacked)
    panels = [axes for axes in figure.axes if axes.get_label() not in ("", "<colorbar>")]
    assert panels
    for axes in panels:
        assert axes.get_ylabel().endswith(UNITS)
        if axes.get_label() == "close-up":
            continue
        assert axes.get_xlabel().endswith(UNITS)
        assert axes.get_xscale() == "log"
        assert axes.get_yscale() == ("linear" if name == "residuals" else "log")
        assert 2 <= len(axes.get_xticks()) <= 9
    assert all(bar.get_ylabel() or bar.get_xlabel() for bar in figure.axes if bar.get_label() == "<colorbar>")


@every_figure
def test_a_study_without_runs_says_so_and_draws_no_point_and_no_line(name):
    nothing = empty()
    if not KINDS[name].applies(nothing):
        assert name == "residuals"
        return
    figure = draw(name, nothing)
    assert "0 of 37 runs present" in words(figure)
    drawn = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata())]
    points = [c for axes in figure.axes for c in axes.collections if len(c.get_offsets()) and c.get_gid()]
    if name == "held-out":  # the prediction was made beforehand and is all there is to see
        assert {c.get_gid() for c in points} <= {"close-up-predicted"}
        assert "not yet" in words(figure)
    else:
        assert not drawn
        assert not points


@every_figure
def test_a_partial_study_says_how_many_runs_are_present(name, whole):
    assert "30 of 37 runs present" in words(draw(name, sample(runs_present=30)))
    assert "runs present" not in words(draw(name, whole))


@pytest.mark.parametrize(
    ("label", "quantity"), [("L(C)", "flops_6nd"), ("L(D)", "tokens"), ("L(N)", "params_nonembedding")]
)
def test_figure_1_shows_every_point_of_the_record_once(label, quantity, whole):
    axes = panel(draw("laws", whole), label)
    shown = np.concatenate([positions(axes, part) for part in ("fitted", "other", "excluded", "held-out")])
    recorded = np.stack([whole.points[quantity], whole.points["loss_nats"]], axis=1)
    assert np.array(sorted(shown.tolist())) == pytest.approx(np.array(sorted(recorded.tolist())))


def test_figure_1_fills_the_points_that_a_line_was_fitted_to_and_no_others(whole):
    figure = draw("laws", whole)
    longest = whole.points["tokens"] == HORIZONS[-1]
    fitted = positions(panel(figure, "L(N)"), "fitted")
    assert len(fitted) == len(whole.bands["L(N)"][0].rows) == longest.sum() - 3  # one diverged, two held out
    assert set(fitted[:, 0]) <= set(SIZES)
    assert HELD not in positions(panel(figure, "L(N)"), "fitted")[:, 0]
    assert len(positions(panel(figure, "L(C)"), "fitted")) == (whole.points["excluded_because"] == "").sum()


def test_excluded_points_are_hollow_with_their_reason_and_held_out_ones_are_stars(whole):
    figure = draw("joint", whole)
    axes = panel(figure, "L(N,D)")
    hollow = marks(axes, "excluded")
    assert [len(c.get_offsets()) for c in hollow] == [1, 1]
    assert all(len(c.get_facecolors()) == 0 and len(c.get_edgecolors()) == 1 for c in hollow)
    assert all(len(c.get_facecolors()) for c in marks(axes, "fitted"))
    assert len(positions(axes, "held-out")) == len(whole.held_out.run_ids)
    said = " ".join(words(figure).split())
    assert "excluded: diverged (n = 1)" in said
    assert "excluded: outlier: 6 sd above the law (n = 1)" in said
    assert "held out, not in any fit (n = 2)" in said


def test_a_point_without_a_loss_is_not_drawn():
    made = sample()
    loss = made.points["loss_nats"].copy()
    loss[3] = np.nan
    axes = panel(draw("joint", sample(points=made.points.replace(loss_nats=loss))), "L(N,D)")
    assert len(positions(axes, "excluded")) == 1


def test_lines_are_solid_where_they_were_fitted_and_dashed_beyond(whole):
    axes = panel(draw("laws", whole), "L(N)")
    band = whole.bands["L(N)"][0]
    solid = next(line for line in axes.lines if line.get_gid() == "L(N)-line-kaplan-n-constant")
    beyond = [line for line in axes.lines if line.get_gid() == "L(N)-extrapolated-kaplan-n-constant"]
    assert solid.get_linestyle() == "-"
    assert min(solid.get_xdata()) >= band.fitted_to[0] * (1 - 1e-6)
    assert max(solid.get_xdata()) <= band.fitted_to[1] * (1 + 1e-6)
    assert {line.get_linestyle() for line in beyond} == {"--"}
    drawn = {x for line in (solid, *beyond) for x in line.get_xdata()}
    assert drawn == set(band.x)


def test_a_line_within_its_range_has_no_dashed_part():
    made = sample()
    band = dataclasses.replace(made.bands["L(N)"][0], fitted_to=(1.0, 1e12))
    figure = draw("laws", sample(bands={"L(N)": (band,)}))
    assert not [line for line in panel(figure, "L(N)").lines if "extrapolated" in (line.get_gid() or "")]
    assert "dashed" not in words(figure)


def test_intervals_are_bands_labelled_with_their_level_and_a_side_without_a_bound_is_left_open():
    made = sample()
    band = made.bands["L(D)"][0]
    half_open = dataclasses.replace(band, low=(None,) * 30 + band.low[30:], level=0.8, covers="new run")
    figure = draw("laws", sample(bands={"L(D)": (half_open,)}))
    assert "80% interval for a new run" in words(figure)
    (area,) = marks(panel(figure, "L(D)"), "interval")
    seen = np.concatenate([path.vertices[:, 0] for path in area.get_paths()])
    assert seen.min() >= band.x[29]


def test_the_equation_of_a_line_is_given_in_numbers(whole):
    said = words(draw("laws", whole))
    assert r"$L = (N / 6.4\times10^{7})^{-0.118}$" in said


def test_figure_1_compute_axis_is_also_in_pf_days(whole):
    figure = draw("laws", whole)
    figure.draw_without_rendering()
    axes = panel(figure, "L(C)")
    (top,) = [child for child in axes.child_axes if child.get_xlabel() == "compute (PF-days)"]
    assert np.array(top.get_xlim()) == pytest.approx(np.array(axes.get_xlim()) / PF_DAY, rel=1e-9, abs=0)


def test_figure_1_counts_compute_along_a_curve_as_its_line_does(whole):
    exact = whole.points["flops_6nd"] * 1.7
    line = dataclasses.replace(whole.bands["L(C)"][0], x_quantity="flops_exact")
    figure = draw("laws", sample(points=whole.points.replace(flops_exact=exact), bands={"L(C)": (line,)}))
    curves = [c for c in panel(figure, "L(C)").lines if (c.get_gid() or "").startswith("L(C)-curve-768-262144-0")]
    assert curves[0].get_xdata() == pytest.approx(np.array(whole.curves[0].flops_6nd) * 1.7)


def test_figure_2_draws_every_learning_curve_in_the_colour_of_its_size(whole):
    figure = draw("curves", whole)
    for label in ("tokens", "flops_6nd"):
        lines = [line for line in panel(figure, label).lines if (line.get_gid() or "").startswith(f"{label}-curve")]
        assert len(lines) == len(whole.curves)
        colour = {line.get_gid(): line.get_color() for line in lines}
        assert len(set(map(tuple, colour.values()))) == len({curve.params_nonembedding for curve in whole.curves})
    (bar,) = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    assert bar.get_yscale() == "log"


def test_figure_3_draws_one_line_a_size(whole):
    axes = panel(draw("joint", whole), "L(N,D)")
    solid = [line for line in axes.lines if (line.get_gid() or "").startswith("L(N,D)-line")]
    assert len(solid) == len(SIZES) + 1


def test_figure_3_gives_every_joint_law_a_panel_of_its_own(whole):
    kaplan = [
        dataclasses.replace(band, law="kaplan-nd", text="L = 1.1 + 9/N^0.3") for band in whole.bands["L(N,D)"][:4]
    ]
    figure = draw("joint", sample(bands={"L(N,D)": (*kaplan, *whole.bands["L(N,D)"])}))
    first, second = panel(figure, "L(N,D)"), panel(figure, "L(N,D)-hoffmann-nd")
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["(a) kaplan-nd", "(b) hoffmann-nd"]
    assert [sum("-line-" in (line.get_gid() or "") for line in axes.lines) for axes in (first, second)] == [4, 9]
    assert [len(positions(axes, "fitted")) for axes in (first, second)] == [33, 33]


def test_frontier_bounds_are_hollow_and_the_exponent_has_its_interval(whole):
    figure = draw("frontier", whole)
    axes = panel(figure, "params_nonembedding")
    assert len(positions(axes, "censored")) == sum(whole.frontier.censored) > 0
    assert len(positions(axes, "optima")) == len(whole.frontier.flops) - sum(whole.frontier.censored)
    assert all(len(c.get_facecolors()) == 0 for c in marks(axes, "censored"))
    assert "0.57 [0.49, 0.66]" in words(figure)


def test_held_out_figure_shows_every_measured_seed_and_the_predicted_interval(whole):
    figure = draw("held-out", whole)
    axes = panel(figure, "close-up")
    assert positions(axes, "measured")[:, 1] == pytest.approx(whole.held_out.measured)
    span = next(patch for patch in axes.patches if patch.get_gid() == "close-up-interval")
    assert (span.get_y(), span.get_y() + span.get_height()) == pytest.approx((1.812, 1.879))
    said = words(figure)
    assert "measured inside the interval" in said
    assert "1.845 [1.812, 1.879]" in said


def test_held_out_figure_says_when_the_interval_did_not_hold_and_when_nothing_is_trained(whole):
    failed = dataclasses.replace(
        whole.held_out, measured=(1.95, 1.96), measured_mean=1.955, measured_sem=0.005, held=False
    )
    assert "measured outside the interval" in words(draw("held-out", sample(held_out=failed)))
    waiting = dataclasses.replace(whole.held_out, measured=(), measured_mean=None, measured_sem=None, held=None)
    assert "not yet trained" in words(draw("held-out", sample(held_out=waiting)))


def test_held_out_figure_draws_the_law_against_size_when_that_made_the_prediction(whole):
    by_size = dataclasses.replace(whole.held_out, law="kaplan-n")
    axes = panel(draw("held-out", sample(held_out=by_size)), "context")
    assert axes.get_xlabel() == "non-embedding parameters N (parameters)"


def test_held_out_figure_prefers_the_line_that_the_prediction_brings(whole):
    line = dataclasses.replace(whole.bands["L(N)"][0], law="hoffmann-nd")
    axes = panel(draw("held-out", sample(held_out=dataclasses.replace(whole.held_out, line=line))), "context")
    assert axes.get_xlabel() == "non-embedding parameters N (parameters)"
    assert [line.get_gid() for line in axes.lines if "-line-" in (line.get_gid() or "")] == ["context-line-hoffmann-nd"]
    by_size = panel(draw("held-out", whole), "context")
    assert sum("-line-" in (line.get_gid() or "") for line in by_size.lines) == len(SIZES) + 1


def test_residuals_are_drawn_in_percent_for_fitted_and_held_out_points(whole):
    axes = panel(draw("residuals", whole), "residual-tokens")
    kept = whole.points["excluded_because"] == ""
    assert positions(axes, "in-the-fit")[:, 1] == pytest.approx(100 * whole.points["residual_log"][kept])
    assert len(positions(axes, "held-out")) == 2


def test_residuals_are_left_out_when_the_record_has_none(whole):
    bare = {name: values for name, values in whole.points.columns.items() if name != "residual_log"}
    assert not KINDS["residuals"].applies(sample(points=Points(bare)))
    assert KINDS["residuals"].applies(whole)


@pytest.mark.parametrize("name", ["laws", "curves", "joint"])
def test_the_true_floor_of_a_synthetic_text_is_drawn_when_it_is_known(name, whole):
    figure = draw(name, sample(true_floor_nats=FLOOR))
    floors = [line for axes in figure.axes for line in axes.lines if (line.get_gid() or "").endswith("true-floor")]
    assert {line.get_ydata()[0] for line in floors} == {FLOOR}
    assert f"true floor {FLOOR} nats" in words(figure)
    assert "true floor" not in words(draw(name, whole))


def test_published_constants_are_drawn_nowhere(whole):
    """The published law lies a factor of ten off this sample; no line of figure 1 goes near it."""
    published = lambda size: (8.8e13 / size) ** 0.076  # noqa: E731
    for line in panel(draw("laws", whole), "L(N)").lines:
        x, y = line.get_xdata(), line.get_ydata()
        if len(x) > 2:
            assert not np.allclose(y, published(np.asarray(x)), rtol=0.05)


def test_a_panel_without_a_fit_says_whether_missing_runs_are_why(whole):
    assert "no L(D) fit: the notes say why" in words(draw("laws", sample(bands={})))
    assert "no L(N,D) fit: 30 of 37 runs present" in words(draw("joint", sample(bands={}, runs_present=30)))


def test_an_svg_is_whole_keeps_its_text_and_names_its_parts(whole):
    with canvas.styled():
        svg = canvas.as_svg(draw("joint", whole), "joint")
    root = ElementTree.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(identity.startswith("joint-") for identity in ids)
    said = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "test loss L (nats per token)" in said


def test_the_same_results_give_the_same_bytes():
    with canvas.styled():
        once, again = (draw("joint", sample()) for _ in range(2))
        assert canvas.as_svg(once, "joint") == canvas.as_svg(again, "joint")
        pdf = canvas.as_pdf(once)
        assert pdf == canvas.as_pdf(again)
        assert b"CreationDate" not in pdf
        assert "dc:date" not in canvas.as_svg(once, "joint")
        assert canvas.as_svg(draw("joint", sample(true_floor_nats=1.3)), "joint") != canvas.as_svg(once, "joint")


def test_the_readers_own_matplotlib_settings_change_nothing(whole):
    import matplotlib

    with canvas.styled():
        plain = canvas.as_svg(draw("joint", whole), "joint")
    with matplotlib.rc_context({"lines.linewidth": 9.0, "font.size": 30.0, "svg.fonttype": "path"}):
        with canvas.styled():
            assert canvas.as_svg(draw("joint", whole), "joint") == plain
        assert matplotlib.rcParams["lines.linewidth"] == 9.0
