"""Tables of runs from which nothing may be claimed, each broken in one way, and one that is sound."""

import numpy as np

TRUTH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}  # Besiroglu et al. 2024


def law(params, tokens):
    return TRUTH["E"] + TRUTH["A"] / params ** TRUTH["alpha"] + TRUTH["B"] / tokens ** TRUTH["beta"]


SIZES, RATIOS = tuple(np.geomspace(3e7, 3e9, 6)), (5.0, 10.0, 20.0, 40.0, 80.0)
# Sizes and tokens per parameter at which six computes have three to five runs.
LEVELS = {"sizes": tuple(3e7 * 2.0 ** np.arange(6)), "ratios": (1.25, 5.0, 20.0, 80.0, 320.0)}


def sound(seed=0, noise=0.003, sizes=SIZES, ratios=RATIOS):
    """Thirty runs of six sizes at five numbers of tokens per parameter."""
    rng = np.random.default_rng(seed)
    params, ratio = (one.ravel() for one in np.meshgrid(sizes, ratios))
    tokens = params * ratio
    loss = law(params, tokens) * np.exp(noise * rng.standard_normal(params.size))
    return {"params_total": params, "tokens": tokens, "loss_nats": loss, "flops": 6 * params * tokens}


def broken(**how) -> dict[str, dict]:
    """Name -> columns: `sound` with the same options, broken in each way."""
    rng, t = np.random.default_rng(1), sound(**how)
    n, d, loss = t["params_total"], t["tokens"], t["loss_nats"]
    half = np.arange(len(n)) % 2 == 0
    ray = np.geomspace(1e7, 1e10, 12)
    few = np.arange(len(n)) % 6 == 0
    free = {k: v for k, v in t.items() if k != "flops"}
    return {
        "two test sets": t | {"loss_split": np.where(half, "c4", "wiki"), "loss_nats": np.where(half, loss, loss + 1)},
        "two training texts": t
        | {"train_set": np.where(half, "c4", "code"), "loss_nats": np.where(half, loss, loss * 0.6)},
        "two tokenizers": t
        | {"tokenizer": np.where(half, "gpt2", "bytes"), "loss_nats": np.where(half, loss, loss / 4)},
        "tokens of some rows in billions": t | {"tokens": np.where(half, d, d / 1e9)},
        "sizes of some rows in millions": t | {"params_total": np.where(half, n, n / 1e6)},
        "compute of some rows in PF-days": t | {"flops": np.where(half, t["flops"], t["flops"] / 8.64e19)},
        "tokens of half of the rows, in millions": free | {"tokens": np.where(half, d, d / 1e6)},
        "tokens of a quarter, four times too few": free | {"tokens": np.where(np.arange(len(n)) % 4 == 1, d / 4, d)},
        "sizes of a tenth, in thousands": free | {"params_total": np.where(np.arange(len(n)) % 10 == 3, n / 1e3, n)},
        "compute of some rows halved": t | {"flops": np.where(half, t["flops"], t["flops"] / 2)},
        "losses of some rows in bits": free | {"loss_nats": np.where(half, loss, loss / np.log(2))},
        "perplexity in some rows": free | {"loss_nats": np.where(half, loss, np.exp(loss))},
        "losses shuffled": free | {"loss_nats": rng.permutation(loss)},
        "noise alone": free | {"loss_nats": 3 * np.exp(0.1 * rng.standard_normal(len(n)))},
        "one loss for all": free | {"loss_nats": np.full(len(n), 3.0)},
        "losses that rise with size": free | {"loss_nats": law(1e17 / n, d)},
        "losses that rise with tokens": free | {"loss_nats": law(n, 1e20 / d)},
        "no effect of size": free | {"loss_nats": 2.5 + 2085.43 / d**0.3658},
        "no effect of tokens": free | {"loss_nats": 2.5 + 482.01 / n**0.3478},
        "one ray": {"params_total": ray, "tokens": 20 * ray, "loss_nats": law(ray, 20 * ray)},
        "one size": {k: v[n == n[0]] for k, v in free.items()},
        "one number of tokens": {**free, "tokens": np.full(len(n), 1e10), "loss_nats": law(n, 1e10)},
        "half of the runs diverged": free | {"loss_nats": np.where(half, loss, 9 + rng.standard_normal(len(n)))},
        "four runs": {k: v[few][:4] for k, v in free.items()},
        "noise of a third": free | {"loss_nats": loss * np.exp(0.35 * rng.standard_normal(len(n)))},
    }
