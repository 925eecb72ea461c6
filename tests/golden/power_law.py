"""y = k C^a as a user's own law: the line through optima that others located."""

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LINEAR, Law, Parameter
from scalinglaws.points.points import Points

LINE = Law(
    name="line",
    predicts="optimum",
    evaluate=lambda C, *, k, a: k * C**a,
    formula="y = k C^a",
    source="a straight line in logs",
    parameters=(Parameter("k", "1", (1e-9, 1e9), amplitude=LINEAR), Parameter("a", "1", (0.1, 1.0))),
    convention={"C": "flops"},
)


def exponent(flops: list[float], optimum: list[float], errors: list[float] | None = None) -> float:
    """Fit the exponent by least squares in logs, each point weighted with the error of its logarithm."""
    columns = {"flops": flops, "optimum": optimum}
    if errors is not None:
        columns["weight"] = [1 / error for error in errors]
    return fit(LINE, Points(columns), loss="ls-log", weights=errors and "weight=weight").values["a"]
