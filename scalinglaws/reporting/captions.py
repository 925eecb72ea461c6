"""Parts that the captions of all figures share: how many runs there are, and which are left out."""

from ..errors import counted
from ..records.numbers_in_text import stated
from ..results.letters import of_a_table
from ..results.rows_in_fits import excluded_rows, held_out_rows, runs_present
from ..results.study_results import StudyResults


def points_drawn(results: StudyResults) -> str:
    """Say how many points and runs are drawn, and which of them are not in any fit."""
    total, excluded = len(results.points), excluded_rows(results)
    reasons = ", ".join(f"{reason} (n = {int(rows.sum())})" for reason, rows in excluded.items())
    hollow = f"; hollow symbols are excluded from the fits: {reasons}" if reasons else ""
    held = int(held_out_rows(results).sum())
    stars = f"; stars are held out (n = {held})" if held else ""
    whole = runs_present(results) if of_a_table(results) else f"{counted(total, 'point')}, {runs_present(results)}"
    return f"{whole}{hollow}{stars}."


def nothing_drawn(results: StudyResults) -> str:
    """Say that there is nothing to draw yet."""
    return f"Nothing can be drawn yet: {runs_present(results)}."


def runs_shown(results: StudyResults) -> str:
    """Say how many runs a figure shows, as a sentence."""
    words = runs_present(results)
    return f"{words[0].upper()}{words[1:]}."


def floor_line(results: StudyResults) -> str:
    """Explain the dotted line, if there is one."""
    if results.true_floor_nats is None:
        return ""
    return f" The dotted line is the exact entropy of the source, {stated(results.true_floor_nats, 5)} nats per token."
