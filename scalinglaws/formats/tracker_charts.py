"""Charts that trackers export: W&B's, a column per run; TensorBoard's, a file per run; a matrix of sizes by budgets."""

import re
from pathlib import Path

from .raw import Raw, is_number

_SPREAD = re.compile(r"__(MIN|MAX)$")
_STEPS = {"Step": "steps", "step": "steps", "_step": "steps", "trainer/global_step": "steps", "global_step": "steps"}
_OF_FILE = re.compile(r"^(?:run-)?(?P<run>.+?)-tag-(?P<tag>.+)$")


def of_wandb_chart(raw: Raw) -> Raw:
    """Turn a chart's columns "RUN - METRIC" into rows of run, step and metric; __MIN and __MAX are left out.

    A table that is no such chart is returned unchanged.
    """
    steps = next((name for name in raw.columns if name in _STEPS), next(iter(raw.columns), ""))
    charted = [name for name in raw.columns if " - " in name and not _SPREAD.search(name)]
    others = [name for name in raw.columns if name not in charted and name != steps and not _SPREAD.search(name)]
    if not charted or others or len({name.rpartition(" - ")[2] for name in charted}) > 1:
        return raw
    metric = charted[0].rpartition(" - ")[2]
    rows = [(run, i) for run in charted for i, cell in enumerate(raw.columns[run]) if str(cell or "").strip()]
    return Raw(
        {
            "run_id": [run.rpartition(" - ")[0] for run, _ in rows],
            _STEPS.get(steps, steps): [raw.columns[steps][i] for _, i in rows],
            metric: [raw.columns[run][i] for run, i in rows],
        },
        [raw.rows[i] for _, i in rows],
        raw.rejected,
        form="chart exported by W&B",
        notes=[
            *raw.notes,
            f"the columns RUN - {metric} of {len(charted)} runs are made rows, without __MIN, __MAX",
        ],
    )


def of_tensorboard_chart(raw: Raw, name: str) -> Raw:
    """Name the columns of a scalar that TensorBoard exported: the run and the metric stand in the file's name."""
    if [title.lower() for title in raw.columns] != ["wall time", "step", "value"]:
        return raw
    found = _OF_FILE.match(Path(name).stem)
    run, tag = (found["run"], found["tag"]) if found else (Path(name).stem, "")
    wall, step, value = raw.columns.values()
    columns = {"run_id": [run] * len(step), "steps": step, _metric(tag): value, "wall_time": wall}
    said = f"run {run!r} and metric {tag!r} are read from the file's name" if found else "the run is named by the file"
    return Raw(columns, raw.rows, raw.rejected, form="scalar exported by TensorBoard", notes=[*raw.notes, said])


def _metric(tag: str) -> str:
    """Give the tag as it was before a file's name could not hold its slash."""
    held_out = re.search(r"(val|valid|validation|eval|test)", tag, re.I)
    if "loss" in tag.lower() or not tag:
        return "loss_nats" if held_out or not tag else "loss_train_nats"
    return tag


def of_wandb_runs(raw: Raw) -> Raw:
    """Name the columns of W&B's table of runs: the run stands under Name, its state under State."""
    if not {"Name", "State"} <= set(raw.columns) or not {"Created", "Runtime", "User", "ID"} & set(raw.columns):
        return raw
    of = {"Name": "run_id", "State": "outcome"}
    raw.columns = {of.get(name, name): cells for name, cells in raw.columns.items()}
    raw.form = "table of runs exported by W&B"
    return raw


def of_matrix(raw: Raw) -> Raw:
    r"""Turn a matrix of losses, a row per size and a column per budget, into rows.

    It is known by its corner, "sizes \ budgets" or "sizes / budgets", and by columns that are named by numbers.
    """
    names = list(raw.columns)
    corner = re.split(r"\s*[\\/×]\s*|\s+x\s+|\s+by\s+", names[0]) if names else []
    if len(corner) != 2 or len(names) < 3 or not all(is_number(name) for name in names[1:]):
        return raw
    rows = [(i, name) for i in range(len(raw.rows)) for name in names[1:] if is_number(str(raw.columns[name][i]))]
    return Raw(
        {
            corner[0]: [raw.columns[names[0]][i] for i, _ in rows],
            corner[1]: [name for _, name in rows],
            "value": [raw.columns[name][i] for i, name in rows],
        },
        [raw.rows[i] for i, _ in rows],
        raw.rejected,
        form=f"matrix of {corner[0]} by {corner[1]}",
        notes=[*raw.notes, f"its {len(rows)} filled cells are made rows; name what they hold, a loss for one"],
    )
