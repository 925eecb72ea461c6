"""Worlds at the size of studies/kaplan-cpu: tables in which every claim is true, and tables in which some are false."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from findings_faults import edited  # noqa: E402
from findings_tables import Design, World, made, size  # noqa: E402

from scalinglaws.laws.kaplan2020.loss import loss_of_size_and_data  # noqa: E402

SEED_SD = 0.0110  # nats, as F-SEED of studies/kaplan-cpu measures it
LONGER = {shape: (24000, 48000) for shape in ((2, 16), (2, 24), (2, 32))}
K = {"N_c": 24576 * 3.45 ** (1 / 0.077), "alpha_N": 0.077, "S_c": 50.0, "alpha_S": 0.76}
LIMITED = {"N_c": 24576 * 4.1 ** (1 / 0.076), "alpha_N": 0.076, "D_c": 26250 * 5.0 ** (1 / 0.103), "alpha_D": 0.103}
SHAPES = (
    (1, 90, 6, 360), (2, 64, 4, 256), (4, 45, 3, 180), (8, 32, 2, 128), (2, 64, 1, 256), (2, 64, 2, 256),
    (2, 64, 8, 256), (2, 100, 5, 50), (2, 90, 5, 90), (2, 78, 6, 156), (2, 49, 7, 392), (2, 36, 6, 576),
    (1, 32, 2, 128), (1, 64, 4, 256), (3, 32, 2, 128), (0, 64, 4, 256), (0, 128, 8, 512),
    (0, 16, 1, 64), (0, 32, 2, 128), (0, 96, 6, 384), (0, 160, 10, 640), (1, 24, 1, 96), (1, 48, 3, 192),
    (1, 96, 6, 384), (3, 16, 1, 64), (3, 24, 1, 96), (3, 48, 3, 192), (4, 16, 1, 64), (4, 24, 1, 96),
    (4, 32, 2, 128), (6, 16, 1, 64), (6, 24, 1, 96), (6, 32, 2, 128), (8, 16, 1, 64), (8, 24, 1, 96),
)  # fmt: skip
SCHEDULES = (
    "cosine", "cosine:lr_end=0.1", "cosine:decay_power=2", "linear", "linear:lr_end=0.1", "linear:decay_power=0.5",
    "wsd:decay=0.2", "wsd:decay=0.5,cooldown=1-sqrt",
)  # fmt: skip

MINIATURE = Design(
    ladder=((2, 16), (2, 24), (2, 32), (2, 48), (2, 64), (2, 96), (2, 128)), middle=(2, 32),
    one_layer=(8, 16), batch=1024, horizons=(1500, 3000, 6000, 12000), longer=LONGER, warmup=300, vocabulary=1024,
    context=32, places=(1, 2, 4, 8, 16, 32), scan_sizes=((2, 24), (2, 64)),
    scan_batches=tuple(2.0 ** np.arange(9, 16)),
    scan_rates=(1.0, 1.1, 1.3, 2.0), scan_tokens=4e6, subsets=(26250, 52500, 105000, 210000, 420000),
    subset_sizes=((2, 16), (2, 32), (2, 64), (2, 96)), subset_repeats={(2, 32): 3}, subset_batch=512,
    subset_steps=12000, shapes=SHAPES,
    shape_repeats=1, schedules=SCHEDULES, evaluations=24, k=K, critical={"B_star": 4.2e6, "alpha_B": 0.21},
    limited=LIMITED,
)  # fmt: skip
LARGE = size(2, 96)


def world(**what) -> World:
    """A world of the miniature's size and noise, with some laws changed."""
    return World(**({"design": MINIATURE, "noise": SEED_SD, "seeds": 8, "repeats": 3, "one_layer": 0.1} | what))


def _scattered(n: float) -> float:
    return 3.6 * np.exp(0.12 * np.sin(1e3 * np.log(n)))


def _one_size_apart(n: float, d: float) -> float:
    loss, least = (loss_of_size_and_data(n, x, **LIMITED) for x in (d, np.inf))
    return least + (loss - least) * (2.0 if n == size(2, 32) else 1.0)


def _bent(n: float, d: float) -> float:
    return loss_of_size_and_data(n, d, **LIMITED) * np.exp(-0.015 * np.log(n / 6144) ** 2)


def _aspect(layers: int, width: int, heads: int, ff: int) -> float:
    return 1 + 0.08 * (layers >= 8) + 0.08 * (ff > 8 * width)


def _as_strong_as_size(layers: int, width: int, heads: int, ff: int) -> float:
    return (ff / (4 * width)) ** 0.15 * (layers / 2) ** 0.1


def _other_count(row: dict) -> None:
    if row["phase"] == "constant":
        row["steps"] *= (row["params_nonembedding"] / LARGE) ** 0.3


@dataclass(frozen=True)
class False_:
    """A world in which several claims are false, each by the amount that is stated for it."""

    claims: dict[str, str]
    world: World
    edit: object = None

    def tables(self, seed: int):
        return made(self.world, seed=seed, edit=self.edit)


FOREIGN = {"books": (1.0, 0.05, 1.0), "wiki": (1.3, 0.0, 1.4), "law": (0.98, 0.1, 1.0)}
FALSE = (
    False_(
        {
            "S2": "eight layers cost 8%",
            "S26": "eight layers cost 8%, and so does d_ff of 16 times the width",
            "S9": "one size overfits twice as much as the curve of the others",
            "S11": "on one text the loss falls 1.3 times as fast",
            "S30": "on one text the exponent is 1.4 times that of the training text",
            "S24": "one schedule of eight ends 0.1 nats (8 sd of a seed) higher",
            "S21": "the larger model's critical batch is 5 times that of the smaller",
            "S29": "models of one layer lie 0.15 nats below L(N)",
        },
        world(
            shape=_aspect, limited=_one_size_apart, foreign=FOREIGN, schedule={"linear": 0.1}, one_layer=-0.15,
            critical_of=lambda n: 5.0 if n == size(2, 64) else 1.0,
        ),
    ),
    False_(
        {
            "S1": "losses scatter by up to 12% about the line of L(N)",
            "S7": "losses scatter by up to 12% about the line of L(N)",
            "S8": "on little text the slope in N grows with N, by 0.03 a factor e",
            "S10": "one size has an alpha_S of 0.45 where the others have 0.76",
        },
        world(
            converged=_scattered, limited=_bent, of_size=lambda n: {"alpha_S": 0.45} if n == LARGE else {}
        ),
    ),
    False_(
        {
            "S6": "L(N) has a floor of 2.2 nats, 60 to 70% of the losses",
            "S12": "one size takes 3 times the steps of its law",
            "S14": "one size takes 3 times the tokens of its law",
            "S15": "one size takes 3 times the compute of its law",
        },
        world(converged=lambda n: 2.2 + 1.5 * (24576 / n) ** 0.3, shift=lambda n: 3.0 if n == LARGE else 1.0),
    ),
    False_(
        {
            "S18": "most of a growing compute goes to data: alpha_N 0.3, alpha_S 0.4",
            "S19": "most of a growing compute goes to data: alpha_N 0.3, alpha_S 0.4",
            "S27": "the loss is a power of all parameters, embeddings included",
            "S28": "the loss is a power of all parameters, embeddings included",
        },
        world(k=K | {"N_c": 24576 * 3.45 ** (1 / 0.3), "alpha_N": 0.3, "alpha_S": 0.4}, by_total=True, one_layer=0.0),
    ),
    False_(
        {
            "S3": "S_c grows as N^0.35, so that the frontier is none of one law L(N, S)",
            "S5": "d_ff and depth change the loss as much as N does",
        },
        world(of_size=lambda n: {"S_c": 50 * (n / 98304) ** 0.35}, shape=_as_strong_as_size),
    ),
    False_(
        {
            "S4": "alpha_N is 0.02 and alpha_S 2.5: the best model is within 1% of convergence",
            "S17": "alpha_N is 0.02 and alpha_S 2.5: the best model is within 1% of convergence",
        },
        world(k=K | {"alpha_S": 2.5, "N_c": 24576 * 3.45 ** (1 / 0.02), "alpha_N": 0.02}),
    ),
    False_(
        {"S20": "steps are counted wrongly by N^0.3: size, batch and steps do not multiply to the compute"},
        world(),
        edited("curves", _other_count),
    ),
)  # fmt: skip
