"""Fits of other packages, in a Python of their own: origins as JSON in, predictions out.

    python rival_fits.py NAME < origins.json

It imports numpy and the package that it asks, and nothing of this project; `other_packages.py` calls it.
"""

import json
import sys
import tempfile
import time

import numpy as np


def by_vpnls(N, D, loss, at_N, at_D, huber):
    """Fit Chinchilla's law by variable projection, with sizes in millions and tokens in billions, as its page does."""
    from vpnls import api

    extra = {"loss": api.huber(1e-3)} if huber else {}
    made = api.fit_vpnls(N / 1e6, D / 1e9, loss, resolution=0.01, **extra)
    value = made.E + made.A * (at_N / 1e6) ** -made.alpha + made.B * (at_D / 1e9) ** -made.beta
    return np.log(value), None, None


def by_simple_scaling_laws(N, D, loss, at_N, at_D):
    """Fit its separable power law with 200 draws; the interval is that of a new run."""
    import polars
    import simple_scaling_laws

    rows = {
        "training_run_id": [str(i) for i in range(len(N))],
        "test_set_id": ["all"] * len(N),
        "model_size__n_params": N,
        "dataset_size__n_tokens": D,
        "test_loss__cross_entropy": loss,
    }
    made = simple_scaling_laws.fit(polars.DataFrame(rows), law="separable-power", n_draws=200, seed=0)
    at = polars.DataFrame({"model_size__n_params": at_N, "dataset_size__n_tokens": at_D})
    said = made.predict(at, kind="new-run", quantiles=[0.025, 0.5, 0.975])
    names = [f"test_loss__cross_entropy__{end}" for end in ("median", "q025", "q975")]
    return tuple(np.log(np.maximum(said[name].to_numpy(), 1e-9)) for name in names)


def by_chinchilla(N, D, loss, at_N, at_D):
    """Fit by BFGS from 32 starts, two of each constant, with its default loss."""
    import chinchilla

    starts = {"E": (1.0, 2.0), "a": (3.0, 8.0), "b": (3.0, 8.0), "alpha": (0.2, 0.5), "beta": (0.2, 0.5)}
    grid = {name: np.array(pair) for name, pair in starts.items()}
    with tempfile.TemporaryDirectory() as folder:
        made = chinchilla.Chinchilla(folder, param_grid=grid, log_level=50)
        for one in zip(N, D, loss, strict=True):
            made.append(**dict(zip(("N", "D", "loss"), map(float, one), strict=True)))
        made.visualizer.optim = lambda *_, **__: None  # no picture of each fit
        made.fit(parallel=False)
    value = made.E + made.A / at_N**made.alpha + made.B / at_D**made.beta
    return np.log(value.astype(float)), None, None


FITS = {
    "vpnls": lambda *origin: by_vpnls(*origin, huber=False),
    "vpnls, Huber": lambda *origin: by_vpnls(*origin, huber=True),
    "simple-scaling-laws": by_simple_scaling_laws,
    "chinchilla": by_chinchilla,
}


def answered(name: str, origin: dict) -> dict:
    """Fit one origin; where the package fails, say why."""
    columns = [np.array(origin[key], dtype=float) for key in ("N", "D", "loss", "at_N", "at_D")]
    began = time.process_time()
    try:
        found = FITS[name](*columns)
        if not np.isfinite(found[0]).all():
            raise ValueError("its prediction is not a positive number")
    except Exception as failure:  # a rival may fail as it likes
        return {"failure": f"{type(failure).__name__}: {failure}"[:200]}
    value, low, high = (None if part is None else [float(one) for one in part] for part in found)
    return {"value": value, "low": low, "high": high, "seconds": time.process_time() - began}


def main() -> None:
    """Answer every origin."""
    answers = [answered(sys.argv[1], one) for one in json.load(sys.stdin)]
    print("answers:" + json.dumps(answers))


if __name__ == "__main__":
    main()
