"""Pearce & Song 2024, "Reconciling Kaplan and Chinchilla Scaling Laws": Kaplan's count bends Chinchilla's exponent."""

import numpy as np

from scalinglaws.laws import LAWS

from .power_law import exponent
from .record import LAST_DIGIT, Reproduction, printed

SIZES = np.logspace(2.9, 9.2, 20)  # non-embedding parameters, Kaplan's range
BUDGETS = np.logspace(12.95, 20.7, 100)  # FLOPs without embeddings
EMBEDDING = 47491.0  # N_total = N + EMBEDDING N^(1/3)


def local_exponent(variant: int, counted: bool) -> dict[str, float]:
    """Exponent of the best size over Kaplan's range, `counted` with embeddings or without."""
    law = LAWS["chinchilla"]
    total = SIZES + EMBEDDING * SIZES ** (1 / 3)
    size = total if counted else SIZES
    tokens = BUDGETS[:, None] / (6 * size)
    loss = law.evaluate(total, tokens, **law.published[variant].values)
    return {"a": exponent(list(BUDGETS), list(size[loss.argmin(axis=1)]))}


def reproduction(label: str, variant: int, a: str) -> Reproduction:
    return Reproduction(
        name=f"pearce-2024-{label}",
        source=f"Pearce & Song 2024, section 2, constants of {label}",
        tables=(),
        how="best of 20 sizes at 100 budgets under the additive law; N and C = 6 N D without embeddings",
        derive=lambda: local_exponent(variant, counted=False),
        published=printed(a=a),
        grounds=LAST_DIGIT,
    )


REPRODUCTIONS = (
    reproduction("besiroglu", 2, "0.78"),
    reproduction("hoffmann", 1, "0.74"),
    Reproduction(
        name="pearce-2024-total-parameters",
        source="Pearce & Song 2024, section 2, constants of besiroglu",
        tables=(),
        how="the same with embeddings counted in N and C",
        derive=lambda: local_exponent(2, counted=True),
        published=printed(a="0.78"),
        grounds=LAST_DIGIT,
        choice="The count of N. The same runs under the same law have an exponent near beta / (alpha + beta) = 0.51 "
        "when embeddings count, and near Kaplan's 0.73 when they do not.",
        explained_by="pearce-2024-besiroglu",
    ),
)
