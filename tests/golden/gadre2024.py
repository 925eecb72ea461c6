"""Gadre et al. 2024, "Language models scale reliably with over-training and on downstream tasks": both laws."""

import numpy as np

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, Law, Parameter
from scalinglaws.points.points import Points

from .record import LAST_DIGIT, Reproduction, printed
from .tables import points, rows

TABLE = "gadre_testbed.csv"
SMALLEST, LARGEST, MIDDLE = "d=96_l=8_h=4", "open_lm_7b", "open_lm_1b"
SOURCE = "Gadre et al. 2024, their code on their released runs"

ERROR = Law(
    name="gadre-error",
    predicts="error",
    evaluate=lambda L, *, eps, k, gamma: eps - k * np.exp(-gamma * L),
    formula="Err(L) = eps - k exp(-gamma L)",
    source="Gadre et al. 2024, eq 5",
    parameters=(
        Parameter("eps", "1", (0.1, 1.0)),
        Parameter("k", "1", (0.01, 100.0)),
        Parameter("gamma", "1", (0.1, 5.0)),
    ),
    convention={"L": "loss_nats"},
)


def fitted_runs(train_set: str, largest: tuple[str, ...]) -> list[dict[str, str]]:
    """20 tokens a parameter at every size but the `largest`, and the smallest size at 320."""
    table = rows(TABLE, train_set=train_set, loss_split="c4_val")
    ray = [row for row in table if row["token_multiplier"] == "20" and row["model"] not in largest]
    return ray + [row for row in table if row["token_multiplier"] == "320" and row["model"] == SMALLEST]


def loss_law(train_set: str) -> dict[str, float]:
    found = fit("gadre", points(fitted_runs(train_set, (MIDDLE, LARGEST))), loss="ls")
    at = LAWS["gadre"].evaluate(1.4e9, 2.8e10, **found.values)
    return {**found.values, "L(1.4e9, 2.8e10)": at}


def error_law(train_set: str, column: str) -> dict[str, float]:
    chosen = fitted_runs(train_set, (LARGEST,))
    pairs = {"loss": [row["loss"] for row in chosen], "error": [row[column] for row in chosen]}
    return dict(fit(ERROR, Points(pairs), loss="ls").values)


def loss_reproduction(label: str, train_set: str, at: str, **numbers: str) -> Reproduction:
    return Reproduction(
        name=f"gadre-2024-{label.lower()}",
        source=f"{SOURCE}, eq 4, trained on {label}",
        tables=(TABLE,),
        how="over-training law, least squares in nats, four sizes at D = 20 N and the smallest at 320 N",
        derive=lambda: loss_law(train_set),
        published=printed(**numbers, **{"L(1.4e9, 2.8e10)": at}),
        grounds=LAST_DIGIT,
    )


def error_reproduction(label: str, train_set: str, tasks: int, **numbers: str) -> Reproduction:
    return Reproduction(
        name=f"gadre-2024-{label.lower()}-error-{tasks}",
        source=f"{SOURCE}, eq 5, trained on {label}, {tasks} tasks",
        tables=(TABLE,),
        how="mean top-1 error against loss, least squares, the same runs and 1.4e9 parameters at 20 N",
        derive=lambda: error_law(train_set, f"err_avg{tasks}"),
        published=printed(**numbers),
        grounds=LAST_DIGIT,
    )


REPRODUCTIONS = (
    loss_reproduction("C4", "c4_original", "2.6438", E="1.5083", a="141.28", b="189.52", eta="0.12124"),
    loss_reproduction("RefinedWeb", "rw_original", "2.7551", E="1.7345", a="157.12", b="246.21", eta="0.12720"),
    error_reproduction("C4", "c4_original", 46, eps="0.7589", k="1.2885", gamma="0.9722"),
    error_reproduction("RefinedWeb", "rw_original", 46, eps="0.7677", k="1.1281", gamma="0.8215"),
)
