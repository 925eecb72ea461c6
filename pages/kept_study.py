"""Write what a kept study found into its page: losses, its tested forecasts, the fitted constants and its audit.

    python pages/kept_study.py english-cpu docs/english.md
    python pages/kept_study.py english-cpu docs/english.md --from FOLDER

The second command first keeps the points, the curves, the predictions and the results of a finished folder under
studies/; the page is made of those alone, so that the first makes it again.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
from marked_part import place_in, put

from scalinglaws.designing.design import read_sweep
from scalinglaws.designing.rate_scan import SCAN
from scalinglaws.errors import StoreError
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.points.writing import write_points
from scalinglaws.records.json_values import from_plain, read_json, read_sealed, write_json, write_sealed
from scalinglaws.records.numbers_in_text import UNIDENTIFIED, typeset
from scalinglaws.results.fitted import FittedLaw
from scalinglaws.results.outcome import FAILED
from scalinglaws.results.sentences import five_sentences
from scalinglaws.results.study_results import StudyResults
from scalinglaws.results.tested import HELD_OUT, HeldOutTest
from scalinglaws.store.store import open_store
from scalinglaws.studying.results_given import RESULTS
from scalinglaws.studying.run_tables import table_of

STUDIES = Path(__file__).resolve().parents[1] / "studies"
BEGIN, END = "<!-- kept study: begin -->", "<!-- kept study: end -->"


def keep(folder: Path, to: Path) -> None:
    """Copy the tables and the predictions of a finished study."""
    store, sweep = open_store(folder), read_sweep(folder)
    to.mkdir(exist_ok=True)
    for path in to.glob("prediction*.json"):  # of the study that was kept here before
        path.unlink()
    write_points(table_of(store, sweep), to / "points.csv")
    write_points(table_of(store, sweep, curves=True), to / "curves.csv")
    for path in sorted(folder.glob("prediction*.json")):
        write_sealed(to / path.name, read_sealed(path)[0])
    write_json(to / RESULTS, read_json(folder / RESULTS))


def losses(points: Points) -> str:
    """Write the final loss of every size, horizon and seed."""
    points = points.take(points["excluded_because"] != SCAN)
    sizes, horizons = np.unique(points["params_nonembedding"]), np.unique(points["tokens"])
    rows = ["| N | (n_layer, d_model) | loss at tokens |", "|---|---|---|"]
    for n in sizes:
        here = points.take(points["params_nonembedding"] == n)
        held = ", held out" if (here["excluded_because"] == HELD_OUT).any() else ""
        cells = [
            f"{', '.join(f'{one:.4f}' for one in here['loss_nats'][here['tokens'] == d])} at {d / 1e6:.3g}e6"
            for d in horizons
            if (here["tokens"] == d).any()
        ]
        shape = f"({here['n_layer'][0]:.0f}, {here['d_model'][0]:.0f}){held}"
        rows.append(f"| {n:,.0f} | {shape} | {'; '.join(cells)} |")
    return "\n".join(rows)


def forecasts(points: Points, folder: Path) -> str:
    """Write each prediction beside what was measured, and whether its interval held it."""
    lines = ["| held out | compute, of the largest fitted | predicted | measured | |", "|---|---|---|---|---|"]
    for path in sorted(folder.glob("prediction*.json")):
        made = from_plain(HeldOutTest, read_sealed(path)[0], str(path), StoreError)
        seen = points["loss_nats"][np.isin(points["run_id"], made.run_ids)].mean()
        said, low, high = made.predicted.value, *made.predicted.ends
        verdict = "**the interval held it**" if low <= seen <= high else "**the interval did not hold it**"
        width = f"+-{50 * (high - low) / said:.1f}%"
        asked = f"N = {made.params_nonembedding:,.0f}, {made.tokens / 1e6:.3g}e6 tokens"
        error = f"{seen:.4f} ({100 * (seen / said - 1):+.1f}%)"
        lines.append(
            f"| {asked} | {made.reach:.1f} times | {said:.3f} [{low:.3f}, {high:.3f}], {width} | {error} | {verdict} |"
        )
    return "\n".join(lines)


def constants(fits: tuple[FittedLaw, ...]) -> str:
    """Write every law with its constants."""
    lines = ["| law | fitted, 95% interval | R2 | rms of ln L |", "|---|---|---|---|"]
    for fit in fits:
        found = [
            f"{name} {UNIDENTIFIED if name in fit.unidentified else typeset(value)}"
            for name, value in fit.values.items()
        ]
        r2 = "" if fit.r2 is None else f"{fit.r2:.3f}"
        lines.append(f"| {fit.law} | {', '.join(found)} | {r2} | {fit.rms_log:.4f} |")
    return "\n".join(lines)


def lines_of_one(results: StudyResults) -> str:
    """Write the fitted line of each panel."""
    found = [
        f"- {name}: {band.text}" for name, bands in results.bands.items() for band in bands[:1] if name != "L(N,D)"
    ]
    return "\n".join(found)


def audited(results: StudyResults) -> str:
    """Write which rules of the audit fail, errors first."""
    found = results.audit.findings if results.audit else ()
    failed = sorted((one for one in found if one.outcome == FAILED), key=lambda one: one.severity)
    if not failed:
        return "No rule of the audit fails."
    lines = [f"- {one.id} ({one.severity}): {one.statement}" for one in failed]
    return "\n".join(["Rules of the audit that fail:", "", *lines])


def written(folder: Path) -> str:
    """Make the part of the page."""
    points = read_points(folder / "points.csv").points
    results = from_plain(StudyResults, read_json(folder / RESULTS), RESULTS, StoreError)
    said = [f"- {heading}: {text}" for heading, text in five_sentences(results)]
    blocks = [
        losses(points),
        forecasts(points, folder),
        lines_of_one(results),
        constants(results.fits),
        "\n".join(said),
        audited(results),
    ]
    return "\n\n".join(blocks)


def main() -> None:
    """Keep a finished study if asked, and write its page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("name")
    asked.add_argument("page", type=Path)
    asked.add_argument("--from", dest="folder", type=Path, help="a finished study, whose tables are kept first")
    given = asked.parse_args()
    place_in(given.page, BEGIN, END)
    if given.folder:
        keep(given.folder, STUDIES / given.name)
    put(given.page, BEGIN, END, written(STUDIES / given.name))


if __name__ == "__main__":
    main()
