"""Weights & Biases: a run of its own for every run, grouped by lineage; online, or offline with WANDB_MODE=offline."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import PointsError
from ..formats.wandb_offline import read_wandb_files


class WandB:
    """Runs in the project that WANDB_PROJECT names, or that is called like the study's folder.

    The files of W&B go to the study's folder, unless WANDB_DIR names another.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.run: Any = None

    def open(self, run_id: str, config: Mapping[str, str | float]) -> int:
        """Start or continue a run, which has the same id there."""
        import wandb

        given = wandb.setup().settings
        own = given.root_dir != str(Path.cwd())  # WANDB_DIR names a folder
        self.run = wandb.init(
            project=given.project or self.folder.name,
            id=run_id,
            name=run_id,
            group=str(config["lineage"]),
            config=dict(config),
            resume="allow",
            dir=None if own else str(self.folder),
            settings=wandb.Settings(console="off", silent=True, x_disable_stats=True),
        )
        there = self.run.step - 1 if self.run.resumed else -1
        return max(there, _last_step(Path(self.run.settings.wandb_dir), run_id))

    def log(self, step: int, values: Mapping[str, float]):
        """Add the values of one evaluation."""
        self.run.log(dict(values), step=step)

    def end(self, step: int, numbers: Mapping[str, float], words: Mapping[str, str], finished: bool):
        """Add the result to the summary; a run that cannot be used in fits is marked as failed."""
        self.run.summary.update({**numbers, **words})
        self.run.finish(exit_code=0 if finished else 1)
        self.run = None

    def pause(self):
        """Close the run as interrupted."""
        if self.run is not None:
            self.run.finish(exit_code=1)
            self.run = None


def _last_step(folder: Path, run_id: str) -> int:
    """Find the last step in the files that earlier processes left here, for W&B does not read them when offline."""
    files = sorted(folder.glob(f"*-{run_id}/run-{run_id}.wandb"))
    try:
        return int(max(read_wandb_files(files).columns["steps"]))
    except PointsError:  # no values yet
        return -1
