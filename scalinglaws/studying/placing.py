"""On what the runs of a study are placed: how many processes this machine takes, and how many GPUs it has."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from ..designing.study_file import Study
from ..errors import StoreError
from ..instruments.gpus import gpus_here
from ..launching.executors import Executor, Where
from ..launching.limits import Limits, limits_of
from ..launching.needs import NOT_STATED, Needs, needs_of, stated
from ..records.json_values import from_plain, read_json
from ..run.run import RunSpec
from ..store.store import Store
from .machine import cores

STUDY = "study.json"  # in the folder of a study: its keys


def placed(where: Where, processes: int, device: str, said: Needs, specs: Sequence[RunSpec]) -> Executor:
    """Give what starts the processes of runs.

    Args:
        processes: at a time, as the study says; 0 for what this machine or the cluster takes.
        said: what the study states of one process.
    """
    needs = needs_of(specs, said, device, None)
    divided = needs.gpus and where.is_here and ":" not in device and where.gpus is None
    return where.executor(processes, cores(), gpus_here() if divided else 0, needs)


def terms_of(store: Store, changes: Mapping[str, float]) -> tuple[Limits, Needs]:
    """The limits, and what a process needs, as the study of a folder states them; none where it has no study.json.

    Args:
        changes: keys that override those of the study.

    Raises:
        StoreError: its study.json cannot be read.
    """
    path = store.path / STUDY
    keys = {one.name for one in fields(Study)} if path.exists() else set()
    kept = {name: value for name, value in (read_json(path, dict).items() if path.exists() else ()) if name in keys}
    study = from_plain(Study, {**kept, **changes}, str(path), StoreError) if kept else None
    if study is None:
        return Limits(**changes), NOT_STATED
    return limits_of(study), stated(study)
