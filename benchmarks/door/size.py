"""What a large table costs: CPU seconds and peak memory of reading it, of `import` and of a fit.

    python benchmarks/door/size.py [--rows 200000 1000000]

Each line is a process of its own. The table is made by a fixed seed: runs of 250 checkpoints, 34 columns of measured
amounts, of text that repeats and of columns that no verb needs; 200,000 rows are 60 MB.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS = (200_000, 1_000_000)
CHECKPOINTS = 250  # rows of a run
NEEDLESS = 14  # columns of numbers that no verb needs
TRUTH = {"E": 1.75, "A": 350.0, "alpha": 0.33, "B": 520.0, "beta": 0.29}
SEED = 7
READ = "import sys; from scalinglaws.points.reading import read_points; print(len(read_points(sys.argv[1]).points))"
COMMANDS = {
    "read": (sys.executable, "-c", READ),
    "import": (sys.executable, "-m", "scalinglaws", "import"),
    "fit": (sys.executable, "-m", "scalinglaws", "fit", "chinchilla", "--checkpoints", "final", "--draws", "20"),
}


def columns(rows: int) -> dict[str, np.ndarray]:
    """Make the columns of a table of checkpoints."""
    rng = np.random.default_rng(SEED)
    runs = -(-rows // CHECKPOINTS)
    run, step = np.divmod(np.arange(rows), CHECKPOINTS)
    n = np.exp(rng.uniform(np.log(2e7), np.log(2e9), runs))[run].round()
    full = np.exp(rng.uniform(np.log(1e9), np.log(1e11), runs))[run]
    tokens = (full * (step + 1) / CHECKPOINTS).round()
    law = TRUTH["E"] + TRUTH["A"] / n ** TRUTH["alpha"] + TRUTH["B"] / tokens ** TRUTH["beta"]
    made = {
        "run_id": np.char.add("run-", run.astype(str)),
        "params_total": n.astype(np.int64),
        "tokens": tokens.astype(np.int64),
        "steps": (step + 1) * 40,
        "planned_steps": np.full(rows, 40 * CHECKPOINTS),
        "loss": law * np.exp(rng.normal(0, 0.003, rows)),
        "train_loss": law * np.exp(rng.normal(0, 0.02, rows)),
        "lr": (3e-4 * (0.1 + 0.9 * np.cos(np.pi / 2 * step / CHECKPOINTS) ** 2)).round(9),
        "lr_schedule": np.full(rows, "cosine"),
        "n_layer": (4 + run % 20),
        "d_model": 64 * (4 + run % 20),
        "seed": run % 3,
        "tokenizer": np.full(rows, "bpe32k"),
        "optimizer": np.full(rows, "adamw"),
        "state": np.full(rows, "finished"),
        "host": np.char.add("node", (run % 40).astype(str)),
        "started": np.char.add("2026-01-", (1 + run % 28).astype(str)),
        "wall_seconds": rng.uniform(1, 1e5, rows).round(3),
        "grad_norm": rng.lognormal(0, 0.3, rows).round(6),
        "tied": np.where(run % 2, "True", "False"),
    }
    made |= {f"metrics.{i}": rng.normal(0, 1, rows).round(6) for i in range(NEEDLESS)}
    return made


def written(path: Path, rows: int) -> Path:
    """Write a table of so many rows."""
    made = columns(rows)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(made) + "\n")
        file.writelines(
            ",".join(map(str, row)) + "\n" for row in zip(*(c.tolist() for c in made.values()), strict=True)
        )
    return path


def measured(command: tuple[str, ...], table: Path) -> tuple[float, float, int]:
    """Run a command on a table in a process of its own: CPU seconds, peak MB, exit code."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *command, str(table)], capture_output=True, text=True, check=True
    )
    cpu, peak, status = said.stdout.split()
    return float(cpu), float(peak), int(status)


def main() -> None:
    """Print a line for each size and command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    given = parser.parse_args()
    print("|      rows |  MB | command | CPU s | peak MB |\n|----------:|----:|---------|------:|--------:|")
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            table = written(Path(folder) / "runs.csv", rows)
            size = table.stat().st_size / 1e6
            for name in given.commands:
                cpu, peak, code = measured(COMMANDS[name], table)
                failed = "" if code == 0 else f" exit {code}"
                print(f"| {rows:9,} | {size:3.0f} | {name:7} | {cpu:5.2f} | {peak:7.0f} |{failed}", flush=True)


if __name__ == "__main__":
    main()
