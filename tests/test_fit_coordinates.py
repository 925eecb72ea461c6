"""The coordinates that a fit walks in."""

import numpy as np

from scalinglaws.fitting.coordinates import Coordinates
from scalinglaws.laws import law


def test_a_vanished_term_has_coordinates_and_is_nothing_again():
    """A of 0 gives ln of the least number, no -inf: the law is then E + B / D^beta to the last digit."""
    values = {"E": 1.7, "A": 0.0, "B": 410.0, "alpha": 0.34, "beta": 0.28}
    walked = Coordinates(law("chinchilla"), {}, {})
    z = walked.coordinates(values)
    assert np.isfinite(z).all()
    inputs = (np.array([1e8, 1e9]), np.array([1e10, 1e10]))
    value, slopes = walked.value_and_slopes(z, inputs)
    np.testing.assert_allclose(value[0], 1.7 + 410 / 1e10**0.28, rtol=1e-12)
    assert np.isfinite(slopes).all()
