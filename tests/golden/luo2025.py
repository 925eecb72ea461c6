"""Luo et al. 2025: their multi-power law's errors on the schedules that it was not fitted to."""

from functools import partial

import numpy as np

from scalinglaws.laws.luo2025 import MULTI_POWER, loss_at

from .record import LAST_DIGIT, Reproduction, printed
from .tables import rows

TABLE = "mpl_lr_curves.csv"
SIZES = ("25M", "100M", "400M")
HELD_OUT = (
    "constant_72000",
    "cosine_72000",
    "wsd_20000_24000",
    "wsdld_20000_24000",
    "wsdcon_3",
    "wsdcon_18",
)
PEAK, END, WARM_UP = 3e-4, 3e-5, 2160


def schedule(name: str) -> np.ndarray:
    """Give the learning rate of every step of a run from step 0; step 2159 is the first at the peak."""
    kind, *numbers = name.split("_")
    step = np.arange(float(numbers[-1]) if kind != "wsdcon" else 20_000)
    if kind == "constant":
        after = np.full(step.shape, PEAK)
    elif kind == "cosine":
        after = END + (PEAK - END) * (1 + np.cos(np.pi * (step - WARM_UP) / (len(step) - WARM_UP))) / 2
    elif kind == "wsdcon":  # one fall at step 8000, to a rate in units of 1e-5
        after = np.where(step < 8000, PEAK, float(numbers[0]) * 1e-5)
    else:
        part = np.maximum(step - float(numbers[0]), 0) / (len(step) - float(numbers[0]))
        after = PEAK * (END / PEAK) ** part if kind == "wsd" else PEAK + (END - PEAK) * part
    return np.where(step < WARM_UP, PEAK * step / (WARM_UP - 1), after)


def curve(size: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the steps, learning rates and losses that were measured along a run."""
    run = rows(TABLE, run_id=f"{size}-{name}")
    return tuple(np.array([float(row[column]) for row in run]) for column in ("steps", "lr", "loss"))


def errors(size: str) -> dict[str, float]:
    """Give each error, its mean over the schedules held out."""
    constants = MULTI_POWER.published[SIZES.index(size)].values
    each = []
    for name in HELD_OUT:
        steps, lr, loss = curve(size, name)
        rates = schedule(name)
        assert np.allclose(rates[steps.astype(int)], lr, rtol=1e-6), name
        each.append(_compared(loss_at(rates, steps, **constants), loss))
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def _compared(law: np.ndarray, loss: np.ndarray) -> dict[str, float]:
    apart = law - loss
    return {
        "r2": 1 - np.sum(apart**2) / np.sum((loss - loss.mean()) ** 2),
        "mean_abs": np.abs(apart).mean(),
        "rms": np.sqrt((apart**2).mean()),
        "relative": (np.abs(apart) / loss).mean(),
        "worst": (np.abs(apart) / loss).max(),
    }


def reproduction(size: str, **published: str) -> Reproduction:
    return Reproduction(
        name=f"luo-2025-{size}",
        source="Luo et al. 2025, errors printed by the authors' repository",
        tables=(TABLE,),
        how=f"multi-power law with their constants for {size} along six schedules held out, means over the schedules",
        derive=partial(errors, size),
        published=printed(**published),
        grounds=LAST_DIGIT,
    )


REPRODUCTIONS = (
    reproduction("25M", r2="0.9988", mean_abs="0.00376", rms="0.00465", relative="0.0011", worst="0.00409"),
    reproduction("100M", r2="0.9983", mean_abs="0.00435", rms="0.00592", relative="0.00142", worst="0.00583"),
    reproduction("400M", r2="0.9978", mean_abs="0.00484", rms="0.0073", relative="0.00168", worst="0.00995"),
)
