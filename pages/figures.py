"""Draw the figure of README's first screen: the page of a table of runs, its first figure as PNG.

    python pages/figures.py

The runs are those of kaplan-cpu that vary the size and the tokens alone. `scalinglaws report` draws the same figure.
"""

import io
from pathlib import Path

from PIL import Image

from scalinglaws.points.reading import read_points
from scalinglaws.reporting.canvas import styled
from scalinglaws.reporting.own.figure import drawn as drawn_figure
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.studying.table_study import Wanted, appraise

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "studies" / "kaplan-cpu" / "points.csv"
ROWS = "family in ('F-N F-OOD', 'F-N F-SEED F-OOD')"
TO = ROOT / "docs" / "figures" / "laws.png"
DOTS_PER_INCH = 110
COLOURS = 256  # of a file that every visitor of the first page loads


def drawn() -> bytes:
    """Fit the table as `scalinglaws report` does and draw the figure of its power laws."""
    results = appraise(read_points(TABLE, where=ROWS).points, Wanted())
    large, small = io.BytesIO(), io.BytesIO()
    with styled():
        drawn_figure(study_figure("laws"), results).matplotlib().savefig(large, format="png", dpi=DOTS_PER_INCH)
    Image.open(large).convert("RGB").quantize(COLOURS).save(small, format="png", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    TO.parent.mkdir(exist_ok=True)
    TO.write_bytes(drawn())
    print(f"{TO.relative_to(ROOT)}: {TO.stat().st_size / 1000:.0f} kB")
