"""An imported table as text: how it was read, what each column means, the first rows, and what was rejected."""

from typing import TYPE_CHECKING

from ..errors import counted
from ..quantities import QUANTITIES

if TYPE_CHECKING:
    from .reading import Imported


def preview(imported: "Imported", rows: int) -> str:
    """Write an imported table with its first rows and the first rejected rows."""
    points = imported.points
    rows_read = f"{counted(len(points), 'point')}, {counted(len(imported.rejected), 'row')} rejected"
    lines = [f"{points.source}: {imported.form}, {rows_read}"]
    for name, values in points.columns.items():
        known = QUANTITIES.get(name)
        meaning = f"{known.meaning} [{known.unit or 'text'}]" if known else "kept as it is"
        came = f" (from {imported.mapping[name]!r})" if name in imported.mapping else ""
        shown = ", ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in values[:rows].tolist())
        lines.append(f"  {name}{came}: {meaning}: {shown}")
    lines += [f"  rejected line {r.row}: {r.reason}" for r in imported.rejected[:rows]]
    if len(imported.rejected) > rows:
        lines.append(f"  ... and {len(imported.rejected) - rows} more")
    return "\n".join([*lines, *(f"  note: {note}" for note in imported.notes)])
