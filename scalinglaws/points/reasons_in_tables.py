"""The rows that a table itself leaves out, in its column of reasons: counted in a note, as those left out here are."""

import re
from collections import Counter
from collections.abc import Iterable

from ..errors import argument, counted
from .points import Points
from .row_kinds import KINDS, kept_again, kinds_asked

SHOWN = 4  # reasons that a note lists


def left_out_by_the_table(points: Points, keep_rows: str | Iterable[str]) -> list[str]:
    """Say how many rows take no part by the column `excluded_because`, for which reasons, and how some are kept.

    Rows of the kinds that `keep_rows` names do not count; see `judged_rows.judged`.
    """
    points = kept_again(points, *kinds_asked(keep_rows))
    if "excluded_because" not in points:
        return []
    reasons = [reason for reason in points["excluded_because"].tolist() if reason]
    if not reasons:
        return []
    kinds = Counter(re.sub(r" row \d+", " another row", reason.partition(":")[0]) for reason in reasons)
    listed = ", ".join(f"{kind} ({number})" for kind, number in kinds.most_common(SHOWN))
    more = ", ..." if len(kinds) > SHOWN else ""
    kept = [kind for kind in kinds if kind in KINDS]
    how = f". To keep them: {argument(keep_rows=kept)}" if kept else ""
    note = (
        f"{len(reasons):,} of {counted(len(points), 'row')} take no part, as excluded_because says: {listed}{more}{how}"
    )
    return [note]
