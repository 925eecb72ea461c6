"""The main jobs as Python functions: a study from its file, and the page of a folder or a table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..designing.own_trainer import function_as_trainer
from ..designing.read_study import read_study
from ..designing.study_file import Families, Study
from ..errors import MisuseError
from ..launching.executors import where
from ..launching.progress import Progress
from ..laws import Law
from ..laws import law as shelf
from ..points.points import Points
from ..records.arguments import checked
from ..reporting.report import report as drawn
from ..reporting.side_by_side_page import side_by_side_page
from ..results.study_results import StudyResults
from .beside_results import for_page
from .families import Measured, measure
from .laws_asked import JOINT
from .page_of_study import page_of_study
from .side_by_side import side_by_side
from .study import study as run_study
from .table_study import Wanted, appraise

SIDE_BY_SIDE = "side-by-side"  # folder of the page of a comparison


@checked
def study(
    study: str | Path | Study | Families,
    to: str | Path | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    data_dir: str | Path | None = None,
    device: str = "cpu",
    engine: str = "auto",
    trainer: Callable[[Mapping[str, object], Path], object] | str | None = None,
    track: str | Sequence[str] = (),
    on: str = "local",
    prefix: str = "",
    sbatch: str = "",
    ray: str = "",
    gpus: int | None = None,
    max_hours: float | None = None,
    max_gpu_hours: float | None = None,
    max_cost: float | None = None,
    price_per_hour: float | None = None,
    watts: float | None = None,
    tell: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> StudyResults | Measured:
    """Run a study in a folder, or resume it: from text to laws, a tested prediction, a plan and a report.

    Args:
        study: a preset ("quickstart"), a study's file, or a `Study`. Of a set of families all are trained and measured.
        to: the folder; by default one with the study's name. data_dir: folder of corpora and run tables.
        changes: keys that override those of its file. engine: "auto", the compiled step where it can train a run, else
            PyTorch; "plain", always PyTorch.
        trainer: what trains each run in place of our trainer: a command as in a study's file, or a function of what is
            asked, a dictionary as in run.json (docs/trainers.md), and of the folder of the run. It returns its result,
            such as {"loss": 3.2, "steps": 2000}, or writes it there as result.json.
        track: where each run is sent while it trains: "wandb", "mlflow", "tensorboard", or several.
        on: where runs are trained: "local", "slurm" or "ray" (docs/clusters.md). prefix, sbatch, ray: words before
            each process here, options of sbatch, NAME=VALUE of Ray. gpus: how many of this machine are used.
        max_hours, max_gpu_hours, max_cost, price_per_hour, watts: as in a study's file. A study that is estimated to
            exceed a limit is refused, and one that reaches it is stopped there.
        tell, say: called with the progress of training, and with each message, such as print.

    Raises:
        MisuseError: the study, its text or the folder cannot be used in this way; nothing is trained.
        RunsFailedError, LimitReachedError: runs failed, or a limit was reached; finished runs and states are kept.
    """
    asked = _asked(study, changes, _trainer(trainer), _given(max_hours, max_gpu_hours, max_cost, price_per_hour, watts))
    how: dict[str, Any] = {"data_dir": data_dir and Path(data_dir), "device": device, "engine": engine, "track": track}
    how |= {"where": where(on, prefix, sbatch, ray, gpus), "tell": tell, "say": say}
    how |= {"call": trainer} if isinstance(asked, Study) and callable(trainer) else {}
    how, folder = {name: value for name, value in how.items() if value is not None}, Path(to or asked.name)
    return measure(asked, folder, **how) if isinstance(asked, Families) else run_study(asked, folder, **how)


def _trainer(trainer: Callable | str | None) -> dict[str, Any]:
    """Give the key of a trainer, where there is one."""
    return {} if trainer is None else {"trainer": function_as_trainer(trainer) if callable(trainer) else trainer}


def _given(*values: float | None) -> dict[str, Any]:
    """Give the keys of a study that arguments replace."""
    names = ("max_hours", "max_gpu_hours", "max_cost", "price_per_hour", "watts")
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _asked(
    study: str | Path | Study | Families, changes: Mapping[str, Any] | None, by: dict[str, Any], terms: dict[str, Any]
) -> Study | Families:
    """Read a study with the keys that override its own."""
    if isinstance(study, str | Path):
        return read_study(str(study), {**(changes or {}), **by, **terms})
    asked = study
    if changes and asked is study:
        raise MisuseError("changes apply to a study's file; this is a Study already: replace its fields instead.")
    if by and asked is study:
        if isinstance(asked, Families):
            raise MisuseError("trainer is for one study; this is a set of families: give one of its studies.")
        asked = replace(asked, **by)
    if isinstance(asked, Families):
        return replace(asked, studies=tuple(replace(one, **terms) for one in asked.studies))
    return replace(asked, **terms) if terms else asked


@checked
def report(
    of: str | Path | StudyResults | Points | Sequence[str | Path | StudyResults | Points],
    to: str | Path | None = None,
    *,
    laws: Sequence[Law | str] | None = None,
    columns: Mapping[str, str] | None = None,
    flops: float | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    pdf: bool = False,
) -> Path:
    """Write the page of a study's folder again, that of a table of runs, or that of several side by side.

    Args:
        of: a study's folder, its results, or points; or several of them, or files of tables, to compare.
        to: folder of the page; by default DIR/report, or points-report for points, or side-by-side.
        laws, columns, flops, draws, level, seed: only for a table: laws for all rows, letter -> column, the budget of
            the plan, and the settings of the intervals. A comparison takes one law, and the settings.
        pdf: also write the figures as PDF.

    Returns:
        the path of index.html.

    Raises:
        MisuseError: options for a table are given with a study. StudyError: the folder has no results.
    """
    if isinstance(of, list | tuple):
        if columns or flops or len(laws or ()) > 1:
            raise MisuseError(
                "a comparison takes one law and no columns or flops: report([A, B], laws=['chinchilla'])."
            )
        law = next(iter(laws or ()), "chinchilla")
        found = side_by_side(of, law=law, level=level, draws=draws, seed=seed)
        return side_by_side_page(found, Path(to or SIDE_BY_SIDE), pdf=pdf)
    if isinstance(of, Points):
        members = tuple(shelf(one) if isinstance(one, str) else one for one in laws or JOINT)
        wanted = Wanted(members, bool(laws), columns or None, flops, level, draws, seed)
        return drawn(for_page(appraise(of, wanted, notes=of.notes)), Path(to or "points-report"), pdf=pdf)
    if laws or columns or flops:
        raise MisuseError("laws, columns and flops apply to a table of runs; for a study, its file sets them.")
    return page_of_study(of, to, pdf=pdf)  # type: ignore[arg-type]
