"""Porian et al. 2024, "Resolving Discrepancies in Compute-Optimal Scaling of Language Models": five corrections."""

from collections import defaultdict

import numpy as np
from scipy.interpolate import Akima1DInterpolator

from scalinglaws.frontiers.frontier import frontier

from .power_law import exponent
from .record import Number, Reproduction
from .tables import DRAWS, points, rows

RUNS, OPTIMA = "porian_isoflop.csv", "porian_optima_published.csv"


def from_optima(experiment: str) -> dict[str, float]:
    found = [row for row in rows(OPTIMA, dataset="rw", experiment=experiment) if row["n_star_logstd"]]
    columns = [[float(row[name]) for row in found] for name in ("flops", "n_star", "n_star_logstd")]
    return {"a": exponent(*columns)}


def by_akima(experiment: str, params: str) -> dict[str, float]:
    """Take the lowest point of Akima's spline of ln L over ln N at every budget, where it lies inside the sizes."""
    groups = defaultdict(list)
    for row in rows(RUNS, dataset="rw", experiment=experiment):
        groups[f"{float(row['flops']):.3g}"].append((np.log(float(row[params])), np.log(float(row["loss"]))))
    flops, optima = [], []
    for budget, found in groups.items():
        size, loss = np.array(sorted(found)).T
        fine = np.linspace(size[0], size[-1], 4001)
        lowest = int(Akima1DInterpolator(size, loss)(fine).argmin())
        if 0 < lowest < len(fine) - 1:
            flops.append(float(budget))
            optima.append(float(np.exp(fine[lowest])))
    return {"a": exponent(flops, optima)}


def by_additive_form(experiment: str, params: str) -> dict[str, float]:
    table = points(rows(RUNS, dataset="rw", experiment=experiment), ("run_id", params, "tokens", "flops", "loss"))
    found = frontier("isoflop", table, columns={"params": params, "flops": "flops"}, draws=DRAWS)
    return {"a": found.params.exponent.value}


def corrected(
    experiment: str, full: float, interval: tuple[float, float], params="params_total", choice=""
) -> list[Reproduction]:
    """Their optima, their runs, and (with a `choice`) their runs through another curve."""
    name, words = f"porian-2024-{experiment.replace('_', '-')}", experiment.partition("_")[2].replace("_", " ")
    shared = {"source": f"Porian et al. 2024, RefinedWeb, {words}"}
    told = {
        "tables": (RUNS,),
        "published": {"a": Number(full, max(interval[1] - full, full - interval[0]))},
        "grounds": f"the far end of their interval, {interval[0]:.2f} to {interval[1]:.2f}",
    }
    found = [
        Reproduction(
            name=f"{name}-optima",
            tables=(OPTIMA,),
            how="weighted line through the optima that they publish",
            derive=lambda: from_optima(experiment),
            published={"a": Number(full, 1e-9)},
            grounds="rounding",
            **shared,
        ),
        Reproduction(
            name=name,
            how="isoFLOP minima by Akima's spline, as theirs but without their noise model, from their runs",
            derive=lambda: by_akima(experiment, params),
            **shared,
            **told,
        ),
    ]
    if choice:
        found.append(
            Reproduction(
                name=f"{name}-additive-form",
                how="isoFLOP minima by the additive form, from their runs",
                derive=lambda: by_additive_form(experiment, params),
                choice=choice,
                explained_by=name,
                **shared,
                **told,
            )
        )
    return found


CURVE = (
    "The curve between sizes. A spline goes through every noisy point and knows its own budget alone; here one convex "
    "form serves all budgets, and a budget whose optimum is near an edge of the sizes takes no part."
)

REPRODUCTIONS = (
    *corrected("1_reproduce_kaplan", 0.8353000424913991, (0.82, 0.85), "params_nonembedding"),
    *corrected("2_count_last_layer", 0.7064699122200796, (0.69, 0.72)),
    *corrected("3_short_warmup", 0.6020375267309686, (0.59, 0.62)),
    *corrected("4_cosine_decay", 0.5714947855747434, (0.56, 0.59), choice=CURVE),
    *corrected("5_tuned_optimizer", 0.49689507817885203, (0.49, 0.50)),
)
