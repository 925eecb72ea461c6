"""Numbers in a report carry no more digits than their interval allows; formulas are set as formulas."""

import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scalinglaws.records.numbers_in_text import (
    ABSENT,
    UNDETERMINED,
    abbreviated,
    count,
    duration,
    number,
    percent,
    plus_minus,
    stated,
    typeset,
)
from scalinglaws.reporting.axes import equation, limits, tick_text, ticks
from scalinglaws.reporting.markup import formula
from scalinglaws.results.fitted import Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.31, "2.31"),
        (0.076, "0.0760"),
        (8.8e13, "8.80×10¹³"),
        (-0.118, "−0.118"),
        (9.999e4, "1.00×10⁵"),
        (0, "0"),
        (3.1e-12, "3.10×10⁻¹²"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_have_three_digits_and_powers_of_ten(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1.845, 1.812, 1.879), "1.845 [1.812, 1.879]"),
        (Estimate(0.38412, 0.318, 0.461), "0.38 [0.32, 0.46]"),
        (Estimate(141.234, 61.0, 402.0), "141 [61, 402]"),
        (Estimate(6.4e7, 2.1e7, 2.8e8), "6.4×10⁷ [2.1×10⁷, 2.8×10⁸]"),
        (Estimate(50.0, 0.02, 9.1e6), "not determined"),
        (Estimate(64661.0, 2906.0, 2.2e6), "6.5×10⁴ [2.9×10³, 2.2×10⁶]"),
        (Estimate(0.343, -6.0, 6.0), "0.3 [−6.0, 6.0]"),
        (Estimate(1.0, -5.0, 7.0), "1.0 [−5.0, 7.0]"),
        (Estimate(0.43, 1.5e-6, 1.0), "0.43 [0.00, 1.00]"),
        (Estimate(1.3e13, 5e-324, 1.7e308), "not determined"),
        (Estimate(3.0, -math.inf, math.inf), "not determined"),
        (Estimate(0.3, -1e308, 1e308), "not determined"),
        (Estimate(2.5, 0.0, 5e-324), "2.5 [0.0, 0.0]"),
        (Estimate(-0.061, -0.07, -0.052), "−0.061 [−0.070, −0.052]"),
        (Estimate(1.2, None, 1.5), "1.20 [unbounded, 1.50]"),
        (Estimate(1.2, 1.0, None), "1.20 [1.00, unbounded]"),
        (Estimate(4.2, 3.9, 48.0), "4.2 [3.9, 48.0]"),
        (Estimate(0.80160058, 0.80160057, 0.80160059), "0.8016 [0.8016, 0.8016]"),
        (Estimate(1.2), "1.20 (no interval)"),
        (Estimate(math.nan, 1.0, 2.0), "–"),
        (None, "–"),
    ],
)
def test_an_interval_decides_how_many_digits_are_shown(estimate, text):
    assert typeset(estimate) == text


FLOATS = st.floats() | st.none()
WRITTEN = re.compile(r"−?(\d+(\.\d+)?)(×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.floats())
@example(5e-324)
@example(-1.7976931348623157e308)
def test_every_float_can_be_written_in_every_way(value):
    for write in (number, stated, count, abbreviated, duration, percent):
        assert 0 < len(write(value)) <= 24
    for error in (0.0, 5e-324, 1e308, math.nan, None):
        assert 0 < len(plus_minus(value, error)) <= 32


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.floats(), FLOATS, FLOATS)
@example(0.343, -6.0, 6.0)
@example(1e13, 5e-324, 1.79e308)
@example(5e-324, 5e-324, 5e-324)
@example(99999.9999, 99999.9999, 100000.0001)
@example(2.0, 1e308, -1e308)
def test_every_interval_is_written_in_one_notation_and_no_value_but_zero_as_zero(value, low, high):
    text = typeset(Estimate(value, low, high))
    if text in (ABSENT, UNDETERMINED):
        return
    assert len(text) <= 60
    if text.endswith("(no interval)"):
        return
    shown, *ends = (one for one in re.split(r"[\[\], ]+", text) if one)
    kinds = {bool(WRITTEN.fullmatch(one)[3]) for one in (shown, *ends) if one not in ("unbounded", "0")}
    assert len(kinds) <= 1
    assert len(ends) == 2
    assert (value == 0) or re.search("[1-9]", shown.split("×")[0])


def test_a_measurement_is_given_to_two_digits_of_its_error():
    assert plus_minus(2.312345, 0.00412) == "2.3123 ± 0.0041"
    assert plus_minus(2.312345, None) == "2.312"
    assert plus_minus(None, 0.1) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "0.5 s"),
        (59.4, "59 s"),
        (452, "7 min 32 s"),
        (5400, "1 h 30 min"),
        (7200, "2 h"),
        (200_000, "2 d 7 h"),
        (None, "–"),
    ],
)
def test_times_are_given_in_their_two_largest_units(seconds, text):
    assert duration(seconds) == text


def test_counts_are_written_in_full_and_sizes_in_short():
    assert count(393216.0) == "393,216"
    assert count(2.097152e7) == "2.10×10⁷"
    assert [abbreviated(value) for value in (768, 24576, 786432, 1.5e9, 999_900)] == [
        "768",
        "24.6 K",
        "786 K",
        "1.5 B",
        "1.00×10⁶",
    ]


def test_a_stated_number_keeps_the_digits_it_has():
    assert [stated(value) for value in (8.8e13, 0.076, 2085.43, 7e5, -0.25)] == [
        "8.8×10¹³",
        "0.076",
        "2085.43",
        "700000",
        "−0.25",
    ]


@pytest.mark.parametrize(
    ("low", "high"), [(500, 4e6), (1.5, 5.6), (1.81, 1.88), (1e-12, 1e-6), (2e5, 3e6), (7.7e5, 8e5), (1, 1e30)]
)
def test_every_range_gets_between_two_and_nine_ticks_inside_it(low, high):
    major, minor = ticks(low, high)
    assert 2 <= len(major) <= 9
    assert all(low <= value <= high for value in (*major, *minor))
    assert not {*major} & {*minor}
    assert len({tick_text(value) for value in major}) == len(major)


@pytest.mark.parametrize("values", [(1e-300, 3.0), (2.0, 1e300), (5e-324, 1.7e308), (4.0, 4.0), ()])
@pytest.mark.parametrize("headroom", [0.0, 0.3])
def test_an_axis_of_whatever_numbers_has_finite_limits_and_ticks(values, headroom):
    low, high = limits(values, headroom=headroom)
    assert 0 < low < high < float("inf")
    major, minor = ticks(low, high)
    assert all(low <= value <= high for value in (*major, *minor)) and len(major) >= 1
    assert all(tick_text(value) for value in major)


def test_a_formula_in_plain_text_is_set_as_mathematics_and_prose_is_not():
    assert equation("L = (N / 3.1e6)^-0.071") == r"$L = (N / 3.1\times10^{6})^{-0.071}$"
    assert equation("E + A/N^alpha") == r"$E + A/N^{\alpha }$"
    fitted = "L(N) = (N_c / N)^alpha_N; N_c = 2.799e+09, alpha_N = 0.02174"
    assert equation(fitted) == r"$L = (2.8\times10^{9} / N)^{0.0217}$"
    assert equation("best of the curves") == "best of the curves"


def test_every_equation_can_be_typeset():
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    for text in (
        "L = ((N_c/N)^(alpha_N/alpha_D) + D_c/D)^alpha_D",
        "L = 1.7e0 + 3e-4 C^-0.05",
        "N_opt = 0.6 C^0.5",
        "L = E + A*N^-0.3",
    ):
        assert equation(text).startswith("$")
        parser.parse(equation(text))


def test_formulas_are_marked_up_and_everything_else_is_escaped():
    assert formula("A/N^alpha + B/D^beta") == "A/N<sup>α</sup> + B/D<sup>β</sup>"
    assert formula("(N_c / N)^alpha_N") == "(N<sub>c</sub> / N)<sup>α<sub>N</sub></sup>"
    assert formula("(N_c/N)^(alpha_N/alpha_D)") == "(N<sub>c</sub>/N)<sup>α<sub>N</sub>/α<sub>D</sub></sup>"
    assert formula("<script>&") == "&lt;script&gt;&amp;"
    assert formula("params_nonembedding") == "params_nonembedding"
