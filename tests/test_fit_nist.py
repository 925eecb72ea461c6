"""Certified nonlinear regressions of NIST (Statistical Reference Datasets) through the generic engine.

Each is a law in plain numpy, without slopes and without declared amplitudes: gradients by the complex step, starts from
ranges that hold both of NIST's starting points.
"""

import numpy as np
import pytest

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import Law, Parameter
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws

MISRA = (
    "77.6 114.9 141.1 190.8 239.9 289.0 332.8 378.4 434.8 477.3 536.8 593.1 689.1 760.0",
    "10.07 14.73 17.94 23.93 29.61 35.18 40.02 44.82 50.76 55.05 61.01 66.40 75.47 81.78",
)
THURBER = (
    "-3.067 -2.981 -2.921 -2.912 -2.840 -2.797 -2.702 -2.699 -2.633 -2.481 -2.363 -2.322 -1.501 -1.460 -1.274 -1.212 "
    "-1.100 -1.046 -0.915 -0.714 -0.566 -0.545 -0.400 -0.309 -0.109 -0.103 0.010 0.119 0.377 0.790 0.963 1.006 1.115 "
    "1.572 1.841 2.047 2.200",
    "80.574 84.248 87.264 87.195 89.076 89.608 89.868 90.101 92.405 95.854 100.696 101.060 401.672 390.724 567.534 "
    "635.316 733.054 759.087 894.206 990.785 1090.109 1080.914 1122.643 1178.351 1260.531 1273.514 1288.339 1327.543 "
    "1353.863 1414.509 1425.208 1421.384 1442.962 1464.350 1468.705 1447.894 1457.628",
)
BOX = ("1 2 3 5 7 10", "109 149 149 191 213 224")
RAT42 = ("9 14 21 28 42 57 63 70 79", "8.930 10.800 18.590 22.330 39.350 56.110 61.730 64.620 67.080")
RAT43 = (
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
    "16.08 33.83 65.80 97.20 191.55 326.20 386.87 520.53 590.03 651.92 724.93 699.56 689.96 637.56 717.41",
)
DANIEL = ("1.309 1.471 1.490 1.565 1.611 1.680", "2.138 3.421 3.597 4.340 4.882 5.660")
MGH09 = (
    "4 2 1 0.5 0.25 0.167 0.125 0.1 0.0833 0.0714 0.0625",
    "0.1957 0.1947 0.1735 0.16 0.0844 0.0627 0.0456 0.0342 0.0323 0.0235 0.0246",
)
MGH10 = (
    "50 55 60 65 70 75 80 85 90 95 100 105 110 115 120 125",
    "34780 28610 23650 19630 16370 13720 11540 9744 8261 7030 6005 5147 4427 3820 3307 2872",
)

# name: formula, table, start ranges, certified values, certified sum of squares
PROBLEMS = {
    "Misra1a": (
        lambda x, *, b1, b2: b1 * (1 - np.exp(-b2 * x)),
        MISRA,
        [(100, 500), (1e-4, 5e-4)],
        [2.3894212918e02, 5.5015643181e-04],
        1.2455138894e-01,
    ),
    "Misra1b": (
        lambda x, *, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
        MISRA,
        [(100, 500), (1e-4, 5e-4)],
        [3.3799746163e02, 3.9039091287e-04],
        7.5464681533e-02,
    ),
    "Misra1c": (
        lambda x, *, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
        MISRA,
        [(100, 700), (1e-4, 5e-4)],
        [6.3642725809e02, 2.0813627256e-04],
        4.0966836971e-02,
    ),
    "Misra1d": (
        lambda x, *, b1, b2: b1 * b2 * x / (1 + b2 * x),
        MISRA,
        [(100, 500), (1e-4, 5e-4)],
        [4.3736970754e02, 3.0227324449e-04],
        5.6419295283e-02,
    ),
    "DanWood": (
        lambda x, *, b1, b2: b1 * x**b2,
        DANIEL,
        [(0.5, 2), (2, 6)],
        [7.6886226176e-01, 3.8604055871e00],
        4.3173084083e-03,
    ),
    "BoxBOD": (
        lambda x, *, b1, b2: b1 * (1 - np.exp(-b2 * x)),
        BOX,
        [(1, 200), (0.5, 1)],
        [2.1380940889e02, 5.4723748542e-01],
        1.1680088766e03,
    ),
    "Rat42": (
        lambda x, *, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
        RAT42,
        [(50, 150), (1, 5), (0.05, 0.2)],
        [7.2462237576e01, 2.6180768402e00, 6.7359200066e-02],
        8.0565229338e00,
    ),
    "Rat43": (
        lambda x, *, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
        RAT43,
        [(100, 1000), (1, 10), (0.5, 2), (0.5, 2)],
        [6.9964151270e02, 5.2771253025e00, 7.5962938329e-01, 1.2792483859e00],
        8.7864049080e03,
    ),
    "MGH09": (
        lambda x, *, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
        MGH09,
        [(0.1, 25), (0.1, 39), (0.1, 41.5), (0.1, 39)],
        [1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01],
        3.0750560385e-04,
    ),
    "MGH10": (
        lambda x, *, b1, b2, b3: b1 * np.exp(b2 / (x + b3)),
        MGH10,
        [(1e-3, 2), (4e3, 4e5), (250, 25000)],
        [5.6096364710e-03, 6.1813463463e03, 3.4522363462e02],
        8.7945855171e01,
    ),
    "Thurber": (
        lambda x, *, b1, b2, b3, b4, b5, b6, b7: (
            (b1 + x * (b2 + x * (b3 + x * b4))) / (1 + x * (b5 + x * (b6 + x * b7)))
        ),
        THURBER,
        [(1000, 1500), (1000, 1600), (400, 700), (40, 100), (0.5, 1.2), (0.2, 0.6), (0.02, 0.08)],
        [
            1.2881396800e03,
            1.4910792535e03,
            5.8323836877e02,
            7.5416644291e01,
            9.6629502864e-01,
            3.9797285797e-01,
            4.9727297349e-02,
        ],
        5.6427082397e03,
    ),
}


def made(name: str):
    formula, (x, y), starts, values, squares = PROBLEMS[name]
    names = [f"b{i + 1}" for i in range(len(starts))]
    law = Law(
        name=name,
        predicts="y",
        evaluate=formula,
        formula=name,
        source="NIST StRD",
        parameters=tuple(Parameter(n, "1", (float(a), float(b))) for n, (a, b) in zip(names, starts, strict=True)),
        convention={"x": "x"},
    )
    table = Points({"x": np.array(x.split(), dtype=float), "y": np.array(y.split(), dtype=float)})
    return fit(law, table, loss="ls"), dict(zip(names, values, strict=True)), squares


@pytest.mark.parametrize("name", PROBLEMS)
def test_certified_values_come_back(name):
    found, values, squares = made(name)
    assert 2 * found.objective == pytest.approx(squares, rel=1e-9)
    assert found.values == pytest.approx(values, rel=2e-7)
    assert found.decrement < 1e-10


def test_certified_standard_deviations_come_back():
    # Misra1a: 2.7070075241 and 7.2668688436e-06; NIST's are model-based, so from the curvature alone
    found, _, squares = made("Misra1a")
    from scalinglaws.uncertainty.sandwich import curvature

    _, _, _, inverse = curvature(found)
    errors = np.sqrt(np.diag(inverse) * squares / (found.n - 2)) * np.array(list(found.values.values()))
    assert errors == pytest.approx([2.7070075241e00, 7.2668688436e-06], rel=1e-6)


def test_a_users_law_gets_intervals_for_nothing():
    found, values, _ = made("Rat42")
    for method in ("sandwich", "pairs", "wild", "profile"):
        for name, (low, high) in draws(found, method=method, draws=200).interval().items():
            assert low < values[name] < high
