"""What a notebook shows of a record: its figure beside its tables, on a light and a dark ground, with no request."""

import re
import subprocess
import sys
from dataclasses import replace
from xml.dom.minidom import parseString

import pytest
from records_made import RECORDS, comparison, drawn_fit, plan, points, prediction
from report_sample import sample

from scalinglaws.studying.notebook_pictures import PICTURES, picture

WITH_FIGURE = {"comparison": comparison, "fit": drawn_fit, "plan": plan, "prediction": prediction, "study": sample}
MOST = 300_000  # characters of one output


def drawn(name: str) -> str:
    return picture(many() if name == "plan" else WITH_FIGURE[name]())


def many():
    """A plan with the near-equal sizes of a real one: the record made by hand has fewer than a line needs."""
    one, others = plan(), [(0.5, 1.01), (0.7, 1.003), (1.0, 1.0), (1.4, 1.003), (2.0, 1.01)]
    like = one.alternatives[0]
    sizes = [replace(like, params=one.params.value * x, loss_nats=one.loss_nats.value * y) for x, y in others]
    return replace(one, alternatives=tuple(sizes))


@pytest.mark.parametrize("name", WITH_FIGURE)
def test_a_record_has_a_figure_that_needs_no_network_and_takes_the_colour_of_the_text(name):
    svg = drawn(name)
    parseString(svg.replace("<svg ", '<svg xmlns:xlink="x" ', 1))  # well formed
    assert svg.startswith("<svg") and len(svg) < MOST and 'role="img"' in svg
    assert not re.search(r"""(?:href|src)=["'](?!#)|url\((?!#)|<script""", svg)
    assert "currentColor" in svg and "#000000" not in svg and "#ffffff" not in svg.split("<defs>")[0]
    assert svg.count("<path") > 3


def test_two_figures_of_one_notebook_share_no_id():
    first, second = (set(re.findall(r'\bid="([^"]+)"', picture(one))) for one in (many(), replace(many(), flops=3e20)))
    assert first and second and not first & second


def test_the_plan_draws_the_sizes_that_its_text_gives():
    figure = PICTURES[type(plan())](many())
    bands = [mark for mark in figure.drawing.panels[0].marks if mark.kind == "band"]
    assert len(bands) == len(plan().sizes)
    [star] = [mark for mark in figure.drawing.panels[0].marks if mark.label == "the plan"]
    assert (star.x, star.y) == ((plan().params.value,), (plan().loss_nats.value,))


def test_one_number_and_a_table_have_no_figure_and_a_fit_without_draws_shows_its_text():
    one = prediction()
    alone = replace(one, **{name: getattr(one, name)[0] for name in ("value", "low", "high", "reach")})
    assert picture(alone) == picture(points()) == picture(RECORDS["multiplier"]()) == ""
    few = drawn_fit()
    bare = replace(few, draws_asked=1)
    assert isinstance(picture(bare), str)


def test_the_package_alone_makes_a_notebook_draw_and_no_import_of_it_loads_what_draws():
    code = (
        "import sys, scalinglaws as sl; sl.read; assert 'matplotlib' not in sys.modules;"
        "from records_made import comparison; html = comparison()._repr_html_();"
        "assert '<svg' in html and '<table>' in html and 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=__file__.rpartition("/")[0])


def test_columns_of_words_stand_to_the_left():
    html = plan()._repr_html_()
    assert '<td style="text-align:left">range of published laws</td>' in html
    assert re.search(r"<td>[0-9.e+]+</td>", html)
