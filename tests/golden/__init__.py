"""Published results derived again from public tables: one short file a paper, one list."""

from . import (
    beck2025,
    besiroglu2024,
    brandfonbrener2024,
    gadre2024,
    hoffmann2022,
    li2025,
    luo2025,
    mcleish2025,
    muennighoff2023,
    nanochat2026,
    pearce2024,
    porian2024,
)
from .record import Comparison, Number, Reproduction, compared
from .tables import DATA, TableMissing

PAPERS = (
    hoffmann2022,
    besiroglu2024,
    muennighoff2023,
    gadre2024,
    pearce2024,
    porian2024,
    brandfonbrener2024,
    mcleish2025,
    li2025,
    beck2025,
    luo2025,
    nanochat2026,
)

REPRODUCTIONS = {one.name: one for paper in PAPERS for one in paper.REPRODUCTIONS}

__all__ = ["DATA", "REPRODUCTIONS", "Comparison", "Number", "Reproduction", "TableMissing", "compared"]
