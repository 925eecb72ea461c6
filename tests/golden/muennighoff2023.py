"""Muennighoff et al. 2023, "Scaling Data-Constrained Language Models": additive laws on their C4 runs."""

from math import log

from scalinglaws.fitting.fit import fit

from .record import Number, Reproduction
from .tables import points, rows

TABLE = "datablations.csv"
FLAT = "their optimizer stopped at a printed objective of 0.0012, in a valley that is flat to these widths"


def fitted(most_epochs: float, **held) -> dict[str, float]:
    chosen = [row for row in rows(TABLE) if float(row["epochs"]) <= most_epochs]
    found = fit("chinchilla", points(chosen), delta=1e-3, **held)
    logs = {f"ln {name}": log(found.values[name]) for name in "EAB"}
    return {**logs, "alpha": found.values["alpha"], "beta": found.values["beta"], "sum of the loss": found.objective}


UNTIED = {
    "ln E": Number(0.6377628, 2e-3),
    "ln A": Number(6.2826843, 2e-3),
    "ln B": Number(8.082129, 2e-3),
    "alpha": Number(0.3496321, 2e-4),
    "beta": Number(0.3626313, 2e-4),
}
NOTEBOOK = "Muennighoff et al. 2023, notebook of the repository, 59 samples"

REPRODUCTIONS = (
    Reproduction(
        name="muennighoff-2023-equal-exponents",
        source="Muennighoff et al. 2023, notebook of the repository, 62 samples, a = b",
        tables=(TABLE,),
        how="additive law with beta tied to alpha, Huber's loss at 1e-3 on ln L",
        derive=lambda: fitted(float("inf"), tie={"beta": "alpha"}),
        published={
            "ln E": Number(0.63987476, 2e-3),
            "ln A": Number(6.4526014, 2e-3),
            "ln B": Number(8.022968, 2e-3),
            "alpha": Number(0.3595363, 2e-4),
            "sum of the loss": Number(0.0012, 1e-4),
        },
        grounds=FLAT,
    ),
    Reproduction(
        name="muennighoff-2023-untied",
        source=NOTEBOOK,
        tables=(TABLE,),
        how="additive law, Huber's loss at 1e-3 on ln L, the 59 runs of two epochs or fewer",
        derive=lambda: fitted(2.0),
        published=UNTIED,
        grounds=FLAT,
    ),
    Reproduction(
        name="muennighoff-2023-untied-all",
        source=NOTEBOOK,
        tables=(TABLE,),
        how="the same on all 62 runs",
        derive=lambda: fitted(float("inf")),
        published=UNTIED,
        grounds=FLAT,
        choice="Which runs count: the notebook does not say which 59 of its 62 samples it fits. They are those of two "
        "epochs or fewer.",
        explained_by="muennighoff-2023-untied",
    ),
)
