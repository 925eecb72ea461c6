"""Brandfonbrener et al. 2024, "Loss-to-Loss Prediction": fits of the additive law, and their forecasts."""

from statistics import fmean

from scalinglaws.fitting.fit import fit

from .record import Number, Reproduction
from .tables import points, rows

RUNS, FITS = "kempner_loss_to_loss.csv", "kempner_published_fits.csv"


def fits() -> dict[str, float]:
    excess, errors = [], []
    for theirs in rows(FITS, kaplan="0"):
        split = theirs["loss_name"].removeprefix("eval/").split("/")[0]
        chosen = rows(RUNS, train_set=theirs["train_set"], loss_split=split)
        sweep = [row for row in chosen if row["part"] == "sweep"]
        large = [row for row in chosen if row["part"] != "sweep"]
        if not sweep or not large:
            continue
        found = fit("chinchilla", points(sweep), delta=1e-3)
        excess.append(found.objective / found.n / float(theirs["objective_mean"]) - 1)
        at = found.evaluate(N=float(large[0]["params_total"]), D=float(large[0]["tokens"]))
        errors.append(abs(float(at) / float(theirs["extrap_pred"]) - 1))
    return {"largest excess of the objective": max(excess), "mean relative difference of the forecast": fmean(errors)}


REPRODUCTIONS = (
    Reproduction(
        name="brandfonbrener-2024",
        source="Brandfonbrener et al. 2024, repository, fits of every pair of training set and loss",
        tables=(RUNS, FITS),
        how="additive law, Huber's loss at 1e-3 on ln L; forecasts at 20 times the compute",
        derive=fits,
        published={
            "largest excess of the objective": Number(0.0, 5e-6),
            "mean relative difference of the forecast": Number(0.0, 1e-4),
        },
        grounds="theirs is single precision",
    ),
)
