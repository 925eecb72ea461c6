"""How often two units in one column are reported: of no table of public runs, and of rows made to count otherwise.

    python benchmarks/door/units.py [--sets 20] [--seed 0] [--write docs/refused.md]

False alarms: every public table of SCALINGLAWS_DATA/runs, whole and by each of its settings, and simulated tables
without a fault. Power: tables of a known law in which a share of the rows, drawn at random, counts its size, its tokens
or its compute in a unit that is a factor larger. About five CPU minutes.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "tests"), str(Path(__file__).resolve().parents[1])]

from marked_part import give  # noqa: E402
from public_tables import DATA  # noqa: E402

from scalinglaws import read_points  # noqa: E402
from scalinglaws.auditing import two_units  # noqa: E402
from scalinglaws.errors import ScalingLawsError  # noqa: E402
from scalinglaws.points.points import Points  # noqa: E402

BEGIN, END = "<!-- written by benchmarks/door/units.py -->", "<!-- end of what units.py wrote -->"
SETTINGS = {  # public table -> the columns whose values part it into studies; tables without loss or tokens say nothing
    "chinchilla_epoch": (),
    "gadre_testbed": ("train_set", "loss_split"),
    "gadre_hparam_grid": ("loss_split",),
    "kempner_loss_to_loss": ("train_set", "loss_split", "part"),
    "porian_isoflop": ("experiment",),
    "xlstm_isoflop_runs": ("iso_set",),
    "xlstm_loss_curves": (),
    "gemstones": ("schedule_set",),
    "gemstones_fine": (),
    "isoflop_collection": ("source",),
    "misfitting": ("lr",),
    "datablations": (),
    "datablations_curves": (),
    "gpt3_curves": ("loss_split",),
    "opt_trajectories": (),
    "google_learning_curves": (),
    "cbs_zhang": (),
    "steplaw_dense": (),
    "steplaw_moe": (),
}
SIZES = ("params_total", "params_nonembedding", "n_effective", "params_active")
LOSSES = ("loss_nats", "loss_train_nats", "loss_bits_per_byte")
FACTORS, SHARES = (2, 4, 10, 1e3, 1e6), (0.05, 0.1, 0.25, 0.5)


def law(size, tokens):
    """Besiroglu et al. 2024."""
    return 1.8172 + 482.01 / size**0.3478 + 2085.43 / tokens**0.3658


def interacting(size, tokens):
    """A smooth maximum of the two terms: the field's form, for which the additive one is wrong."""
    return 1.7 + ((480 / size**0.34) ** 1.6 + (1500 / tokens**0.33) ** 1.6) ** (1 / 1.6)


def ratios(rng):
    """Six sizes at five numbers of tokens per parameter."""
    size, ratio = (one.ravel() for one in np.meshgrid(np.geomspace(3e7, 3e9, 6), [5.0, 10.0, 20.0, 40.0, 80.0]))
    return size, size * ratio


def isoflop(rng):
    """Seven sizes at six budgets."""
    flops = np.repeat(np.geomspace(1e18, 1e21, 6), 7)
    size = 0.09 * np.sqrt(flops) * np.tile(np.geomspace(0.25, 4, 7), 6)
    return size, flops / 6 / size


def scattered(rng):
    """Sixty runs anywhere."""
    size = np.exp(rng.uniform(np.log(1e7), np.log(3e9), 60))
    return size, size * np.exp(rng.uniform(np.log(3), np.log(200), 60))


def ladder(rng):
    """Four sizes at three numbers of tokens."""
    return tuple(one.ravel() for one in np.meshgrid(np.geomspace(1e7, 1e9, 4), np.geomspace(1e9, 1e11, 3)))


DESIGNS = {"6 x 5 ratios": ratios, "6 isoFLOP groups of 7": isoflop, "60 anywhere": scattered, "ladder 4 x 3": ladder}


def made(rng, design, noise, form=law, wild=0.0) -> dict[str, np.ndarray]:
    """Simulate a table; `wild`: the share of runs that went wrong, upwards, by ten times the noise."""
    size, tokens = DESIGNS[design](rng)
    apart = noise * rng.standard_normal(len(size))
    bad = rng.random(len(size)) < wild
    loss = form(size, tokens) * np.exp(np.where(bad, 10 * np.abs(apart), apart))
    return {"params_total": size, "tokens": tokens, "loss_nats": loss, "flops": 6 * size * tokens}


def found(table: dict[str, np.ndarray], *without: str) -> bool:
    points = Points({name: column for name, column in table.items() if name not in without})
    return bool(two_units.groups(points, {"N": "params_total", "D": "tokens", "L": "loss_nats"}))


def subsets(name: str, columns: tuple[str, ...]) -> list[str]:
    """Give the conditions that part a public table into its settings."""
    if not columns:
        return [""]
    with open(DATA / f"{name}.csv", encoding="utf-8") as file:
        values = sorted({tuple(row[column] for column in columns) for row in csv.DictReader(file)})
    return [" and ".join(f"{c} == {v!r}" for c, v in zip(columns, each, strict=True)) for each in values]


def public() -> tuple[int, int]:
    """Count the settings of public tables that were judged, and the alarms."""
    judged = alarms = 0
    for name, columns in SETTINGS.items():
        for where in subsets(name, columns):
            try:
                points = read_points(DATA / f"{name}.csv", where=where or None).points.kept
            except ScalingLawsError:
                continue
            loss = next((one for one in LOSSES if one in points), None)
            for size in (one for one in SIZES if one in points and loss and "tokens" in points):
                said = two_units.groups(points, {"N": size, "D": "tokens", "L": loss})
                judged, alarms = judged + (len(points) >= two_units.FEWEST), alarms + bool(said)
                for one in said:
                    print("ALARM", name, where, one.column, f"{one.gain:.2f}", file=sys.stderr)
    return judged, alarms


def shifted(rng, table, column: str, factor: float, share: float) -> dict[str, np.ndarray]:
    """Count a share of the rows, two or more, in a unit that is a factor larger."""
    rows = rng.permutation(len(table[column]))[: max(2, round(share * len(table[column])))]
    values = table[column].copy()
    values[rows] /= factor
    return table | {column: values}


def report(sets: int, seed: int) -> str:
    """Measure and lay out."""
    rng, parts = np.random.default_rng(seed), []
    judged, alarms = public()
    rows = [(f"public tables, by setting and count of N ({judged})", f"{alarms}")]
    for form, title in ((law, "additive law"), (interacting, "interacting terms")):
        for noise, wild in ((0.003, 0.0), (0.01, 0.0), (0.01, 0.05)):
            told = [found(made(rng, design, noise, form, wild)) for design in DESIGNS for _ in range(5 * sets)]
            some = f", {wild:.0%} of the runs ten times as far off" if wild else ""
            rows.append((f"simulated, {title}, noise {noise:.1%}{some} ({len(told)})", f"{sum(told)}"))
    parts.append(_table(("tables without a fault", "reported"), rows))
    for noise in (0.003, 0.01):
        head = ("column, factor", *(f"{share:.0%} of rows" for share in SHARES))
        parts.append(f"Share of tables reported, noise {noise:.1%}:\n\n" + _table(head, power(rng, sets, noise)))
    return f"{sets} tables per cell and design, seed {seed}.\n\n" + "\n\n".join(parts)


def power(rng, sets: int, noise: float) -> list[tuple[str, ...]]:
    rows = []
    for column in ("params_total", "tokens", "flops"):
        without = () if column == "flops" else ("flops",)
        for factor in FACTORS:
            cells = []
            for share in SHARES:
                tables = (made(rng, design, noise) for design in list(DESIGNS)[:3] for _ in range(sets))
                told = [found(shifted(rng, one, column, factor, share), *without) for one in tables]
                cells.append(f"{np.mean(told):.2f}")
            rows.append((f"{column}, {factor:g}", *cells))
    return rows


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Parse, measure, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    text = report(asked.sets, asked.seed)
    give(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
