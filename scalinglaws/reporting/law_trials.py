"""The tables of how well laws predicted: the sizes of a study one after the other, and the larger runs of a table."""

from ..records.numbers_in_text import ABSENT, count, percent, typeset
from ..results.fitted import Estimate
from ..results.study_results import StudyResults
from ..results.tested import LawRanked, Ranking
from .table_cells import Cell, ReportTable, without_empty

TRIALS = "How well each size was predicted from the smaller ones"


def trials(results: StudyResults) -> ReportTable:
    """Show how well the forecast and each law predicted the sizes below the one that is held out."""
    test = results.held_out
    chosen = test.law if test else ""
    rows = tuple(
        (
            Cell(trial.law),
            Cell(count(trial.foretold), trial.foretold),
            _in_percent(trial.rms_log),
            _fraction(trial.coverage),
            Cell("predicts the held-out size" if trial.law == chosen else ""),
        )
        for trial in (test.trials if test else ())
    )
    columns = ("law", "losses predicted", "error (rms)", "coverage", "use")
    note = (
        "For each size of the study, each law was fitted to the smaller sizes and predicted that size. The forecast "
        "predicts the held-out size unless the study names laws: then the one with the smallest error does. Coverage: "
        "fraction of losses inside the interval."
    )
    return ReportTable("trials", TRIALS, columns, rows, note)


def ranking(found: Ranking | None) -> ReportTable:
    """Show how well each law predicted larger runs than those of its fit, best first."""
    columns = (
        "law",
        "constants",
        "error",
        "error minus the best law's",
        "P(best)",
        "rms error",
        "coverage",
        "note",
    )
    if found is None or not found.laws:
        return ReportTable("ranking", "How well the laws predicted larger runs", columns, ())
    cuts = f"{len(found.cuts)} computes" if len(found.cuts) > 1 else "one compute"
    note = (
        f"Each law was fitted to the runs below {cuts} and predicted {found.held_runs:,} larger runs. Error: mean "
        f"absolute error of the log loss, with equal weight for each compute. Coverage: fraction of these runs inside "
        f"the {percent(found.level)} prediction interval, which includes the error of the law's form."
    )
    rows = tuple(_ranked(law) for law in found.laws)
    return without_empty(
        ReportTable("ranking", "How well the laws predicted larger runs", columns, rows, note), ("note",)
    )


def _ranked(law: LawRanked) -> tuple[Cell, ...]:
    constants = Cell(count(law.parameters), law.parameters)
    if law.failed:
        return (Cell(law.law), constants, *(Cell(ABSENT) for _ in range(5)), Cell(f"not ranked: {law.failed}"))
    return (
        Cell(law.law),
        constants,
        _in_percent(law.score),
        _behind(law.behind),
        _fraction(law.best_probability),
        _in_percent(law.rms_log),
        _fraction(law.coverage),
        Cell(""),
    )


def _behind(error: Estimate | None) -> Cell:
    if error is None:
        return Cell(ABSENT)
    low, high = (None if end is None else 100 * end for end in (error.low, error.high))
    return Cell(f"{typeset(Estimate(100 * error.value, low, high))} %", error.value)


def _in_percent(error: float | None) -> Cell:
    return Cell(ABSENT if error is None else f"{100 * error:.2g}%", error)


def _fraction(share: float | None) -> Cell:
    return Cell(percent(None if share is None else round(share, 3)), share)
