"""The paper's figures as data: what each shows on tables of known laws, and what it says where its runs are missing."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from findings_tables import World, made

import scalinglaws as sl
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.points.points import Points
from scalinglaws.reporting.drawing.drawing import Axis, ChartPanel, Drawing, band, fitted, line, points
from scalinglaws.reporting.drawing.drawn_figure import DrawnFigure
from scalinglaws.reporting.drawing.limits import limits_of, marks_of_y
from scalinglaws.reporting.paper.figure import drawn
from scalinglaws.reporting.paper.figure_15 import where
from scalinglaws.reporting.paper.shelf import PAPER_FIGURES, paper_figure
from scalinglaws.results.fitted import Band
from scalinglaws.studying.experiment import experiment, experiment_of_points, measured_tables

OURS = Path(__file__).parents[1] / "studies" / "kaplan-cpu"
LACKING = {16: ["(b) test and training"]}  # the tables of known laws have no curves of the runs on subsets
NUMBERS = [one.number for one in PAPER_FIGURES]


@pytest.fixture(scope="module")
def world():
    """The tables of the paper's own laws, measured."""
    return measured_tables(FamilyTables(*made(World(noise=0.005)), draws=100), "a <b>$world$</b>", "tables", {}, "")


@cache
def drawing_of(number, of):
    return drawn(paper_figure(number), of)


def test_the_paper_has_24_figures_and_each_has_its_number_and_name():
    assert list(range(1, 25)) == NUMBERS
    assert len({one.name for one in PAPER_FIGURES}) == 24
    assert all(one.name.startswith(f"{one.number:02d}-") for one in PAPER_FIGURES)
    with pytest.raises(sl.ScalingLawsError, match="no figure 25; it has figures 1 to 24"):
        paper_figure(25)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_figure_is_drawn_of_tables_of_all_families(world, number):
    found = drawing_of(number, world)
    assert found.panels, found.caption
    assert [panel.title for panel in found.panels if panel.missing] == LACKING.get(number, []), found.caption
    assert re.search(r"\d", found.caption) and "internal error" not in found.caption


@pytest.mark.parametrize("number", [n for n in NUMBERS if n != 3])
def test_without_runs_a_figure_says_which_family_it_needs_and_the_command(number):
    nothing = Points({"run_id": []})
    found = drawn(paper_figure(number), experiment_of_points(nothing))
    assert not found.panels
    for family in paper_figure(number).needs:
        assert "needs family" in found.caption and family in found.caption
    assert "0 runs present" in found.caption
    assert f"`scalinglaws study kaplan-cpu --only {','.join(paper_figure(number).needs)} --to" in found.caption


def test_a_figure_counts_the_runs_that_were_planned(world):
    some = replace(world, planned={"F-LR": 16, "F-N": 28}, present={"F-LR": 3}, runs=Points({"run_id": []}))
    assert "3 of 16 runs present: needs family F-LR" in drawn(paper_figure(22), some).caption


def test_figure_9_draws_the_curve_that_made_the_excess(world):
    left, right = drawing_of(9, world).panels
    assert left.x.log and left.y.log and not right.y.log
    [curve] = [mark for mark in right.marks if mark.kind == "line" and not mark.dashed]
    made_by = world.line("overfitting")[0]
    assert curve.y == pytest.approx([y for y in made_by.y if y in curve.y])
    seen = [mark for mark in right.marks if mark.kind == "points"]
    assert sum(len(mark.x) for mark in seen) == len(world.table("overfitting")) - 5  # five sizes saw the whole text


def test_the_lines_of_figure_1_have_the_exponents_of_the_paper(world):
    for name, exponent in (("L(N)", 0.076), ("L(D)", 0.095)):
        [line_found] = world.line(name)
        slope = np.polyfit(np.log(line_found.x), np.log(line_found.y), 1)[0]
        assert -slope == pytest.approx(exponent, abs=0.02)
        assert np.all(np.array(line_found.low) < line_found.y) and np.all(np.array(line_found.high) > line_found.y)


def test_figure_1_has_one_scale_of_losses_in_all_panels(world):
    found = drawing_of(1, world)
    limits = [limits_of(panel.y, "y", marks_of_y(found, panel)) for panel in found.panels]
    assert len({(min(values), max(values)) for values in limits}) == 1


def test_a_line_is_dashed_beyond_its_data_and_an_interval_never_stretches_an_axis():
    x = np.geomspace(1, 1e4, 9)
    one = Band("tokens", tuple(x), tuple(x**-0.1), tuple(x**-3), tuple(x**3), "law", "text", (10.0, 1000.0))
    marks = fitted(one, label="law")
    shaded, solid, *beyond = marks
    assert shaded.kind == "band" and not solid.dashed and all(mark.dashed for mark in beyond)
    assert min(solid.x) <= 10 and max(solid.x) >= 1000
    begun = replace(one, fitted_to=(1.0, 1000.0))  # a line that begins at its data is not solid up to its far end
    assert max(next(m for m in fitted(begun) if m.kind == "line" and not m.dashed).x) < 1e4
    panel = ChartPanel("", Axis("D"), Axis("L"), tuple(marks))
    values = limits_of(panel.y, "y", panel.marks)
    assert max(values) <= 1.0 and min(values) >= 1e4**-0.1
    found = drawn(replace(paper_figure(1), draw=lambda e: Drawing((panel,), "Told.")), None)
    assert found.caption == "Told. Where an interval leaves its panel it is cut."


def test_values_that_are_not_finite_are_left_out_with_what_is_said_of_them():
    mark = points([1, np.nan, 3], [1, 2, np.inf], notes=("a", "b", "c"), low=[0.5, 1, 1], high=[2, 3, 4])
    assert (mark.x, mark.y, mark.notes, mark.low, mark.high) == ((1.0,), (1.0,), ("a",), (0.5,), (2.0,))


def test_a_figure_is_saved_as_svg_pdf_and_data_and_shows_itself(tmp_path):
    dots = points([1, 2], [3, 4], label="<i>", notes=("r1", "r2"))
    marks = (dots, line([1, 2], [3, 4]), band([1, 2], [2, 3], [4, 5]))
    panel = ChartPanel("(a) <b>$x$</b>", Axis("x & y"), Axis("L"), marks)
    figure = DrawnFigure("05-x", "Figure 5: <b>", Drawing((panel,), "Of 2 runs."))
    for ending in ("svg", "pdf", "png", "csv"):
        figure.save(tmp_path / f"x.{ending}")
    assert "&lt;b&gt;" in (tmp_path / "x.svg").read_text() and "<b>" not in (tmp_path / "x.svg").read_text()
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "x.csv").read_text().splitlines()[:2] == [
        "panel,kind,series,x,y,low,high,note",
        "(a) <b>$x$</b>,points,<i>,1,3.0,,,r1",
    ]
    assert "<svg" in figure._repr_html_() and "Of 2 runs." in str(figure)
    assert figure.svg() == figure.svg()
    with pytest.raises(sl.ScalingLawsError, match="needs a"):
        DrawnFigure("x", "X", Drawing((), "needs a")).matplotlib()


@pytest.mark.slow
def test_every_figure_of_our_own_runs_is_drawn_whole_by_matplotlib():
    found = experiment(OURS)
    for one in PAPER_FIGURES:
        drawing = drawn(one, found)
        assert drawing.panels and not any(panel.missing for panel in drawing.panels), drawing.caption
        svg = DrawnFigure(one.name, one.title, drawing).svg()
        assert svg.count("<g id=") > 10


def test_a_compute_of_contradiction_that_is_not_determined_is_no_number():
    assert where(3e20, 1e20, 9e20) == ": at C_min = 3.00×10²⁰ FLOPs [1e+20, 9e+20]"
    assert where(0.0, 8.5e-146, 1.8e115) == where(3e20, 1e10, 1e30) == "; these runs do not determine where"
