"""A script as a user with a strict type checker writes it: test_types.py has mypy check it."""

from pathlib import Path

import scalinglaws as sl


def largest_worth_training(table: Path, flops: float) -> float:
    """Fit, predict, plan and compare, every value of a type that the script states."""
    points: sl.Points = sl.read(table)
    found: sl.DrawnFit = sl.fit("chinchilla", points, draws=100)
    alpha: sl.Number = found.alpha
    low, high = alpha.interval
    width: float = high - low
    said: sl.Prediction = found.predict(N=1e9, D=2e10)
    plan: sl.Plan = found.plan(flops)
    text: str = f"{plan}\n{said!r}\n{width:.3f}"
    again: sl.Plan = sl.Plan.from_json(plan.to_json())
    same: bool = again == plan and hash(again) == hash(plan)
    law: sl.Law = sl.law("chinchilla")
    drawn: sl.Draws = sl.draws(found, draws=100)
    ends: dict[str, tuple[float, float]] = drawn.interval(0.9)
    made: sl.Frontier | object = sl.frontier("isoflop", points)
    size: float = plan.params.value
    return size if same and text and law.name in found.law.name and ends and made else 0.0
