"""A prediction written down before its runs are trained, and whether it held."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from .errors import StoreError
from .points import Points
from .predict import predict
from .records import from_plain, read_json, to_plain, write_json
from .results import Estimate, HeldOutTest
from .run import RunSpec
from .uncertainty import Draws


def predict_held_out(drawn: Draws, specs: list[RunSpec], *, level: float, calibration: float) -> HeldOutTest:
    """Predict the loss of one new run at the held-out size and horizon, with its interval and reach."""
    spec = specs[0]
    params, tokens = float(spec.shape.params()), float(spec.steps * spec.batch_tokens)
    found = predict(drawn, {"N": params, "D": tokens}, level=level, kind="run", calibration=calibration)
    estimate = Estimate(float(found.value), float(found.low), float(found.high), level)
    return HeldOutTest(
        drawn.fit.law.name,
        tuple(s.id for s in specs),
        params,
        tokens,
        estimate,
        float(found.reach),
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        drawn.fit.fingerprint,
    )


def keep_prediction(path: Path, made: HeldOutTest, *, trained: bool) -> HeldOutTest:
    """Write a prediction down, or give back the one that was written before.

    Raises:
        StoreError: the held-out runs are trained already, and the points that the prediction was made from have
            changed since: a prediction made now would not have been made beforehand.
    """
    if path.exists():
        before = from_plain(HeldOutTest, read_json(path), str(path), StoreError)
        if before.fingerprint == made.fingerprint:
            return before
        if trained:
            raise StoreError(
                f"{path} was made from other points than those in the store now, and its runs are trained. "
                "Start a study with other settings in a new folder."
            )
    write_json(path, to_plain(made))
    return made


def compare_with_measured(test: HeldOutTest, points: Points) -> HeldOutTest:
    """Fill in what the held-out runs measured: their mean, its standard error over seeds, and whether it lies inside.

    With one run the standard error is unknown.
    """
    rows = [np.flatnonzero(points["run_id"] == run_id) for run_id in test.run_ids]
    losses = points["loss_nats"][np.concatenate(rows)] if all(len(r) for r in rows) else np.empty(0)
    if not len(losses) or not np.isfinite(losses).all():
        return test
    mean = float(losses.mean())
    sem = float(losses.std(ddof=1) / np.sqrt(len(losses))) if len(losses) > 1 else None
    inside = test.predicted.low <= mean <= test.predicted.high
    return replace(test, measured=tuple(map(float, losses)), measured_mean=mean, measured_sem=sem, held=bool(inside))
