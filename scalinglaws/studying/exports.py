"""What a paper takes from a study or a table of runs: tables, methods, references, points and the data of figures."""

import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..claims.claim import Findings
from ..errors import MisuseError, StudyError
from ..points.points import Points
from ..records.arguments import checked
from ..records.json_values import from_plain, read_json, to_plain, write_whole
from ..records.latex import as_latex, columns_as_latex, escaped
from ..records.numbers_in_text import UNIDENTIFIED, percent, plus_minus, stated, typeset
from ..records.table_files import FORMS, as_csv
from ..records.text_blocks import rows_of
from ..reporting.methods import paragraph
from ..reporting.own.figure import drawn
from ..reporting.own.shelf import STUDY_FIGURES
from ..reporting.references import references
from ..results.attempt import attempt
from ..results.study_results import StudyResults
from .results_given import results_given

FINDINGS = "findings.json"


@checked
def export(
    of: str | Path | Points | StudyResults,
    to: str | Path | None = None,
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Path]:
    """Write what a paper takes from a study or a table of runs: tables, methods, points and the data of figures.

    Args:
        of: a study's folder, its results, points, or a file of a table.
        to: folder of the files; by default DIR/export, or the table's name and "-export".
        draws, level, seed: settings of the intervals, where a table is fitted.

    Returns:
        the paths of the files: see `scalinglaws export`. Files of these names are replaced.

    Raises:
        PointsError: there is no table of runs. FitError: no law can be fitted to it.
        StoreError: the folder is not writable, or the disk is full.
    """
    folder = Path(to) if to is not None else export_folder(of)
    made = exports(of, draws=draws, level=level, seed=seed)
    for name, content in made.items():
        write_whole(folder / name, content)
    return [folder / name for name in made]


def export_folder(of: str | Path | Points | StudyResults) -> Path:
    """Give the folder that files are written to unless another is named."""
    if not isinstance(of, str | Path):
        return Path("points-export")
    return Path(of) / "export" if Path(of).is_dir() else Path(f"{Path(of).stem}-export")


def exports(
    of: str | Path | Points | StudyResults, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> dict[str, bytes]:
    """Make the files that a paper takes from a study's folder, its results, or a table of runs; nothing is written.

    Returns:
        name -> content: points, constants, plans and tests as CSV, JSON and LaTeX (points as Parquet too, where polars
        is installed), methods.tex with references.bib, the findings of a set of families, and the data of each figure.

    Raises:
        PointsError: there is no table of runs. FitError: no law can be fitted to it.
    """
    results = results_given(of, level=level, draws=draws, seed=seed)
    found = _points(results.points) | _constants(results) | _forecasts(results)
    found["methods.tex"] = f"{escaped(paragraph(results))}\n".encode()
    found["references.bib"] = f"{references(results)}\n".encode()
    if isinstance(of, str | Path) and (kept := Path(of) / FINDINGS).is_file():
        found["findings.tex"] = _findings(from_plain(Findings, read_json(kept), str(kept), StudyError))
    for figure in STUDY_FIGURES:
        if attempt(partial(figure.applies, results), lambda why: False):
            rows = drawn(figure, results).rows()
            if rows["x"]:
                found[f"figures/{figure.name}.csv"] = as_csv(rows).encode()
    return found


def _points(points: Points) -> dict[str, bytes]:
    found = {"points.csv": as_csv(points.rows()).encode(), "points.json": points.to_json().encode()}
    with suppress(MisuseError):  # polars is not installed
        found["points.parquet"] = FORMS[".parquet"](points.rows(), MisuseError)
    return found


def _constants(results: StudyResults) -> dict[str, bytes]:
    """Write every constant with its interval: numbers as a table and as JSON, and set for a page."""
    rows: list[dict[str, Any]] = [
        {
            "law": fit.law,
            "constant": name,
            "identified": name not in fit.unidentified,
            **{
                end: None if name in fit.unidentified else getattr(one, end)
                for end in ("value", "low", "high", "level")
            },
            "published": fit.published.get(name),
            "published_in": fit.published_source if name in fit.published else "",
            "points": fit.n_points,
            "runs": fit.n_runs,
        }
        for fit in results.fits
        for name, one in fit.values.items()
    ]
    tables = []
    for fit in results.fits:
        cells = [
            (name, UNIDENTIFIED if name in fit.unidentified else typeset(one), stated(fit.published.get(name)))
            for name, one in fit.values.items()
        ]
        level = percent(next(iter(fit.values.values())).level) if fit.values else ""
        title = f"{fit.law}: {fit.formula}, fitted to {fit.fitted_to}"
        tables.append(rows_of(("constant", f"fitted [{level} interval]", "published, for another text"), cells, title))
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    return {
        "constants.csv": as_csv(columns).encode(),
        "constants.json": f"{json.dumps(to_plain(rows), indent=1, allow_nan=False)}\n".encode(),
        "constants.tex": as_latex(tables).encode(),
    }


def _forecasts(results: StudyResults) -> dict[str, bytes]:
    """Write the tested predictions and the plans; nothing where there are none."""
    found = {}
    if results.plans:
        head = ("plan", "C, FLOPs", "reach", "N", "D, tokens", "loss", "law")
        cells = [
            (p.label, f"{p.flops:.3g}", f"{p.reach:.3g}", *map(typeset, (p.params, p.tokens, p.loss_nats)), p.law)
            for p in results.plans
        ]
        found["plans.tex"] = as_latex([rows_of(head, cells, "What to train, by budget")]).encode()
        found["plans.csv"] = as_csv({name: [row[i] for row in cells] for i, name in enumerate(head)}).encode()
    if results.tests:
        head = ("N", "D, tokens", "reach", "predicted", "measured", "inside", "law")
        cells = [
            (
                f"{t.params_nonembedding:,.0f}",
                f"{t.tokens:.3g}",
                f"{t.reach:.3g}",
                typeset(t.predicted),
                plus_minus(t.measured_mean, t.measured_sem),
                {None: "not trained", True: "yes", False: "no"}[t.held],
                t.law,
            )
            for t in results.tests
        ]
        found["forecasts.tex"] = as_latex([rows_of(head, cells, "Losses predicted before they were measured")]).encode()
        found["forecasts.csv"] = as_csv({name: [row[i] for row in cells] for i, name in enumerate(head)}).encode()
    return found


def _findings(found: Findings) -> bytes:
    columns = {
        "claim": [one.id for one in found.verdicts],
        "statement": [one.claim for one in found.verdicts],
        "verdict": [one.outcome for one in found.verdicts],
        "measured": [one.measured for one in found.verdicts],
    }
    return columns_as_latex(columns, "Claims of Kaplan et al. 2020, judged").encode()
