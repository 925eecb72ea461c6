"""The public tables of which the field prior is made, and on which forecasts are tested."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))

from public_tables import DATA

from scalinglaws import read_points
from scalinglaws.predicting.origins import PastStudy

LEFT_OUT = "excluded in published fit (5 highest losses)"
LOSSES = ("loss_nats", "loss_train_nats")


@dataclass(frozen=True)
class Table:
    """Where a study lies: its file, the rows that belong to it, and the column that counts its parameters."""

    name: str
    family: str
    file: str
    where: str = ""
    N: str = "params_total"
    best_of_cells: bool = False


def _kempner(trained_on: str, judged_on: str) -> Table:
    where = f"train_set == {trained_on} and loss_split == {judged_on}"
    return Table(f"kempner {trained_on}", "kempner", "kempner_loss_to_loss", where)


TABLES = (
    Table("chinchilla, 240", "chinchilla", "chinchilla_epoch", f"note != {LEFT_OUT!r}"),
    Table("chinchilla, 245", "chinchilla", "chinchilla_epoch"),
    Table("gadre c4", "gadre", "gadre_testbed", "loss_split == c4_val and train_set == c4_original"),
    Table("gadre rw", "gadre", "gadre_testbed", "loss_split == c4_val and train_set == rw_original"),
    _kempner("fineweb-100b", "fineweb_100b_val"),
    _kempner("slimpajama-chunk1", "slimpajama_val"),
    _kempner("starcoder", "starcoder_val"),
    Table("xlstm 2k", "xlstm", "xlstm_isoflop_runs", "iso_set == llama_ctx2048 and complete == 1"),
    Table("xlstm 8k", "xlstm", "xlstm_isoflop_runs", "iso_set == llama_ctx8192 and complete == 1"),
    Table("datablations", "datablations", "datablations", "epochs < 1.01"),
    Table("misfitting", "misfitting", "misfitting", "fraction == 1 and lr == 0.002"),
    Table("gemstones", "gemstones", "gemstones", "schedule_set == 'hot_100b+'"),
    Table("porian cosine", "porian", "porian_isoflop", "experiment == 4_cosine_decay", "n_effective"),
    Table("porian tuned", "porian", "porian_isoflop", "experiment == 5_tuned_optimizer", "n_effective"),
    Table("steplaw", "steplaw", "steplaw_dense", "", "params_nonembedding", best_of_cells=True),
    Table("gpt3", "gpt3", "gpt3_curves", "loss_split == val and tokens > 2e9"),
    Table("opt", "opt", "opt_trajectories", "tokens > 1e10"),
)


def studies() -> list[PastStudy]:
    """Read every table.

    Raises:
        SystemExit: a table is not on this machine.
    """
    lacking = sorted({one.file for one in TABLES if not (DATA / f"{one.file}.csv").exists()})
    if lacking:
        raise SystemExit(f"{lacking[0]}.csv is not in the folder runs of SCALINGLAWS_DATA. Every table is needed.")
    return [read(one) for one in TABLES]


def read(table: Table) -> PastStudy:
    """Read one table by the package's own reader; the rows that it excludes take no part."""
    points = read_points(DATA / f"{table.file}.csv", where=table.where).points.kept
    columns = [points[table.N], points["tokens"], next(points[name] for name in LOSSES if name in points)]
    whole = np.stack(columns, axis=1)
    whole = whole[np.isfinite(whole).all(axis=1)]
    if table.best_of_cells:
        whole = whole[np.argsort(whole[:, 2], kind="stable")]
        whole = whole[np.sort(np.unique(whole[:, :2], axis=0, return_index=True)[1])]
    return PastStudy(table.name, table.family, *whole.T)
