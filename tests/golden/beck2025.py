"""Beck et al. 2025, "xLSTM Scaling Laws": isoFLOP exponents of their Llama-style Transformers at context 8192."""

from scalinglaws.frontiers.frontier import frontier

from .record import LAST_DIGIT, Reproduction, printed
from .tables import DRAWS, ISOFLOP, points, rows

TABLE = "xlstm_isoflop_runs.csv"


def parabolas() -> dict[str, float]:
    table = points(rows(TABLE, iso_set="llama_ctx8192", complete="1"), (*ISOFLOP, "budget"))
    found = frontier("isoflop", table, form="parabola", budget="budget", draws=DRAWS)
    return {"a": found.params.exponent.value, "b": found.tokens.exponent.value}


REPRODUCTIONS = (
    Reproduction(
        name="beck-2025-llama-8192",
        source="Beck et al. 2025, isoFLOP exponents of Llama at context 8192",
        tables=(TABLE,),
        how="isoFLOP minima by parabolas, 109 runs at four budgets",
        derive=parabolas,
        published=printed(a="0.575", b="0.424"),
        grounds=LAST_DIGIT,
        choice="The budgets: theirs include 6e20 FLOPs, six times the largest that is public, and drop outliers. Not "
        "made here: those runs are not in the released table.",
    ),
)
