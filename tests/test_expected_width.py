"""The width of a forecast that a design states before anything is trained."""

from dataclasses import replace

import numpy as np

from scalinglaws.designing.design import design
from scalinglaws.designing.read_study import read_study
from scalinglaws.studying.expected_width import expected_width, in_words
from scalinglaws.studying.floor_sought import found_in_made_up


def half(**changes) -> float | None:
    return expected_width(design(replace(read_study("quickstart"), **changes), 256, "absent", None, ()))


def test_a_design_states_the_width_to_be_expected_of_its_held_out_run():
    usual = half()
    assert 0.01 < usual < 0.05
    assert f"+-{usual:.1%}" in in_words(usual)
    farther = half(shapes=(*read_study("quickstart").shapes[:-1], (6, 384)))
    assert farther > 1.3 * usual


def test_no_width_is_stated_where_nothing_is_held_out():
    assert half(hold_out=0, hold_out_seeds=1) is None
    assert in_words(None) == ""


def test_a_single_size_lets_nothing_be_expected_that_is_narrow():
    one = {"shapes": ((2, 6), (2, 96)), "tokens": (5e5, 1e6, 2e6), "own_tokens": (), "hold_out": 1}
    assert half(**one, seed_shape=(2, 6)) > half()


def test_a_floor_is_sought_in_vain_over_two_decades_with_departures_and_found_over_six_without():
    def grid(sizes, horizons):
        n, d = np.meshgrid(np.geomspace(1e3, sizes, 6), np.geomspace(2.5e5, horizons, 4))
        return n.ravel(), d.ravel()

    found, width = found_in_made_up(*grid(2.5e4, 2e6), 1.33, 3.7, tables=2)
    assert (found, width > 0.3) == (0, True)
    found, width = found_in_made_up(*grid(1e9, 1e12), 1.33, 3.7, tables=3, amplitudes={0.0: 1.0})
    assert found >= 2 and width < 0.05
