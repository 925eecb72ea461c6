"""MLflow: an MLflow run for every run, in a tracking server, a SQLite file or a folder."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..store.lock import held

AT_ONCE = 100  # maximum number of parameters or metrics of one request
LOCK_SECONDS = 120.0


class MLflow:
    """Runs in the experiment that MLFLOW_EXPERIMENT_NAME names, or that is called like the study's folder.

    They go where MLFLOW_TRACKING_URI says, or to mlflow.db in the study's folder.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.client: Any = None
        self.run_id = ""

    def open(self, run_id: str, config: Mapping[str, str | float]) -> int:
        """Start or continue the run of this name."""
        import mlflow
        from mlflow.environment_variables import MLFLOW_EXPERIMENT_NAME

        with held(self.folder / "mlflow.lock", "opening the records of MLflow", patience=LOCK_SECONDS):
            if self.client is None:
                given = mlflow.tracking.is_tracking_uri_set()
                self.client = mlflow.MlflowClient(None if given else self._database())
            experiment = self._experiment(MLFLOW_EXPERIMENT_NAME.get() or self.folder.name)
            found = self.client.search_runs([experiment], f"attributes.run_name = '{run_id}'")
        if found:
            self.run_id = found[0].info.run_id
            self.client.update_run(self.run_id, status="RUNNING")
            return max((m.step for m in self.client.get_metric_history(self.run_id, "loss_nats")), default=-1)
        self.run_id = self.client.create_run(experiment, run_name=run_id).info.run_id
        params = [mlflow.entities.Param(name, str(value)) for name, value in config.items()]
        for i in range(0, len(params), AT_ONCE):
            self.client.log_batch(self.run_id, params=params[i : i + AT_ONCE])
        return -1

    def _database(self) -> str:
        """Give the address of the study's own database; a new one is there whole or not at all, however this ends."""
        import mlflow

        path = self.folder / "mlflow.db"
        if not path.exists():
            beside = self.folder / ".mlflow.db.part"
            beside.unlink(missing_ok=True)
            mlflow.MlflowClient(f"sqlite:///{beside}").search_experiments()
            os.replace(beside, path)
        return f"sqlite:///{path}"

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        return found.experiment_id if found else self.client.create_experiment(name)

    def log(self, step: int, values: Mapping[str, float]):
        """Add the values of one evaluation."""
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        metrics = [Metric(name, value, now, step) for name, value in values.items()]
        self.client.log_batch(self.run_id, metrics=metrics)

    def end(self, step: int, numbers: Mapping[str, float], words: Mapping[str, str], finished: bool):
        """Add the result, once; a run that cannot be used in fits is marked as failed."""
        there = self.client.get_run(self.run_id).data.metrics
        self.log(step, {name: value for name, value in numbers.items() if name not in there})
        for name, text in words.items():
            self.client.set_tag(self.run_id, name, text)
        self.client.set_terminated(self.run_id, "FINISHED" if finished else "FAILED")
        self.run_id = ""

    def pause(self):
        """Mark the run as ended from outside."""
        if self.run_id:
            with suppress(OSError):
                self.client.set_terminated(self.run_id, "KILLED")
            self.run_id = ""
