"""Li et al. 2025, "(Mis)Fitting": FineWeb runs, as the isoFLOP collection refits them."""

from scalinglaws.fitting.fit import fit
from scalinglaws.frontiers.frontier import frontier

from .record import LAST_DIGIT, Reproduction, printed
from .tables import DRAWS, ISOFLOP, points, rows

TABLE, RUNS = "isoflop_collection.csv", "misfitting__fineweb_c4__transformer"
SOURCE = "isoFLOP collection (Open Athena 2026), runs of Li et al. 2025"


def surface() -> dict[str, float]:
    found = fit("chinchilla", points(rows(TABLE, experiment=RUNS, outlier="0")), loss="ls").values
    return {"a": found["beta"] / (found["alpha"] + found["beta"])}


def parabola(**equal: str) -> dict[str, float]:
    table = points(rows(TABLE, experiment=RUNS, **equal), ISOFLOP)
    return {"a": frontier("isoflop", table, form="parabola", budget="flops", draws=DRAWS).params.exponent.value}


REPRODUCTIONS = (
    Reproduction(
        name="li-2025-surface",
        source=SOURCE,
        tables=(TABLE,),
        how="additive law, least squares in nats, 106 points without flags",
        derive=surface,
        published=printed(a="0.524"),
        grounds=LAST_DIGIT,
    ),
    Reproduction(
        name="li-2025-parabola-all",
        source=SOURCE,
        tables=(TABLE,),
        how="isoFLOP minima by parabolas, all 176 points",
        derive=parabola,
        published=printed(a="0.524"),
        grounds=LAST_DIGIT,
        choice="Which runs count, and the form: with the 70 flagged points in and a parabola for each budget the "
        "exponent is 0.04 lower.",
        explained_by="li-2025-surface",
    ),
)
