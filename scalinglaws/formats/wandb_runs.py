"""W&B's public API: the runs of a project, or one run, by wandb://ENTITY/PROJECT or wandb://ENTITY/PROJECT/RUN."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import PointsError
from .raw import Raw, columns_of, flatten

# One slash is what a path makes of two.
_ADDRESS = re.compile(r"wandb:/{1,2}(?P<project>[^/\s]+/[^/\s]+)(?:/(?:runs/)?(?P<run>[^/\s]+))?/?")
SCHEME = "wandb:/"
SECONDS = 30  # to wait for an answer


def is_wandb_address(source: str) -> bool:
    """Say whether a text is meant as an address of runs on W&B."""
    return source.startswith(SCHEME)


def read_wandb_runs(source: str) -> Raw:
    """Read runs from W&B: a row for each logged step, its values and the run's settings in columns.

    A run without a logged step is one row, of its summary.

    Raises:
        PointsError: the address is wrong, the package wandb is not installed, W&B does not answer or refuses, or the
            project has no runs.
    """
    found = _ADDRESS.fullmatch(source)
    if found is None:
        shown = source.removeprefix("wandb:").lstrip("/")
        raise PointsError(
            f"wandb://{shown} is no address of runs: write wandb://ENTITY/PROJECT or wandb://ENTITY/PROJECT/RUN."
        )
    address = "wandb://" + "/".join(part for part in found.groups() if part)
    try:
        import wandb

        make_api = wandb.Api
    except (ImportError, AttributeError):  # a folder that is called wandb, of records, is no package
        raise PointsError(
            f"{address} needs the package wandb, which is not installed: pip install 'scalinglaws[wandb]'. Or export "
            "the table of runs from its page as CSV."
        ) from None
    try:
        records = list(_records(_runs(make_api(timeout=SECONDS), found["project"], found["run"])))
    except Exception as problem:  # of the network, of the server, of the key: the package raises many
        why = " ".join(str(problem).split())[:300].rstrip(".")
        raise PointsError(
            f"{address} cannot be read: {type(problem).__name__}: {why}. Log in with 'wandb login' or set "
            "WANDB_API_KEY; without a network, export the table of runs from its page as CSV."
        ) from None
    if not records:
        raise PointsError(f"{address} has no runs with a logged value.")
    raw = Raw(columns_of(records), list(range(1, len(records) + 1)), form="runs on W&B")
    raw.source = address
    return raw


def distinct_names(names: Mapping[str, str]) -> dict[str, str]:
    """Give each run, by its id, a name of its own: that which it has, with its id where others have it too."""
    often = Counter(names.values())
    return {one: name if often[name] == 1 else f"{name} ({one})" for one, name in names.items()}


def _runs(api: Any, project: str, run: str | None) -> Sequence[Any]:
    return [api.run(f"{project}/{run}")] if run else list(api.runs(project, order="+created_at"))


def _records(runs: Iterable[Any]) -> Iterator[dict[str, Any]]:
    runs = list(runs)
    names = distinct_names({run.id: run.name or run.id for run in runs})
    for run in runs:
        of_run = {"run_id": names[run.id], "outcome": run.state} | _values(run.config)
        rows = [(row.get("_step", i), _values(row)) for i, row in enumerate(run.scan_history())]
        logged = [(step, values) for step, values in rows if values]
        summary = dict(run.summary)
        for step, values in logged or [(summary.get("_step", 0), _values(summary))]:
            if values:
                yield of_run | {"steps": step} | values


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of a row; what W&B keeps for itself begins with an underscore, and media are left out."""
    plain = {name: value for name, value in dict(row).items() if not name.startswith("_")}
    plain = {name: value for name, value in plain.items() if not (isinstance(value, Mapping) and "_type" in value)}
    return {name: value for name, value in flatten(plain).items() if value is not None}
