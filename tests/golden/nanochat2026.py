"""nanochat 2026: exponents of isoFLOP optima under three counts of parameters."""

from .power_law import exponent
from .record import LAST_DIGIT, Reproduction, printed
from .tables import rows

TABLE = "nanochat_optima.csv"
SPENT = {1e18: 1e18, 2e18: 10 ** (18 + 1 / 3), 5e18: 10 ** (18 + 2 / 3), 1e19: 1e19}
PRINTED = {
    "Kaplan-style": {"a": "0.54", "b": "0.49"},
    "Chinchilla-style": {"a": "0.37", "b": "0.50"},
    "Transformer-only-style": {"a": "0.70", "b": "0.41"},
}


def exponents(count: str, spent: dict[float, float]) -> dict[str, float]:
    found = rows(TABLE, param_count=count)
    flops = [spent.get(float(row["flops"]), float(row["flops"])) for row in found]
    columns = {"a": "params_total", "b": "tokens"}
    return {name: exponent(flops, [float(row[column]) for row in found]) for name, column in columns.items()}


def pair(count: str) -> tuple[Reproduction, Reproduction]:
    name = f"nanochat-2026-{count.lower().removesuffix('-style')}"
    source = f"nanochat, LOG.md, {count}"
    return (
        Reproduction(
            name=name,
            source=source,
            tables=(TABLE,),
            how="line through four optima at the budgets that were spent",
            derive=lambda: exponents(count, SPENT),
            published=printed(**PRINTED[count]),
            grounds=LAST_DIGIT,
        ),
        Reproduction(
            name=f"{name}-as-labelled",
            source=source,
            tables=(TABLE,),
            how="the same at the budgets as labelled",
            derive=lambda: exponents(count, {}),
            published=printed(**PRINTED[count]),
            grounds=LAST_DIGIT,
            choice="Labels: budgets called 2e18 and 5e18 spent 2.15e18 and 4.64e18, even steps of a third of a decade.",
            explained_by=name,
        ),
    )


REPRODUCTIONS = tuple(one for count in PRINTED for one in pair(count))
