"""Losses by their place in the context."""

import numpy as np

from .family_tables import FamilyTables


def losses_by_place(evidence: FamilyTables, run_id: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Give the places of a run and the loss at each; None where the table has none of it."""
    table = evidence.positions
    if "position" not in table:
        return None
    rows = table["run_id"] == run_id
    return (table["position"][rows], table["loss_nats"][rows]) if rows.any() else None
