"""CPU seconds and objectives of this package and its rivals on the 240 digitised Chinchilla points.

Rivals are timed on a sample of their starts or resamples and scaled to all of them: the published grid alone would run
for minutes. `gap` is the objective over the best known one, less one: the sum of Huber's loss at delta 1e-3 on ln loss.
"""

import contextlib
import csv
import io
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import optimize

from scalinglaws.comparing.influence import influence
from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

DELTA = 1e-3
HOFFMANN = np.array([np.log(406.4), np.log(410.7), np.log(1.69), 0.34, 0.28])
GRID_STARTS = 4500  # 6 x 6 x 5 x 5 x 5: Hoffmann et al. 2022, appendix D.2, as rerun by Besiroglu et al. 2024
NOTEBOOK_RESAMPLES = 4000
README_STARTS = 5**5  # of the package chinchilla


def read_points(path: Path) -> Points:
    """Read the 240 points: the rows without a note."""
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["note"]]
    return Points({name: [row[name] for row in rows] for name in ("run_id", "params_total", "tokens", "loss")})


def objective(points: Points, counts=1.0, xp=np):
    """The objective as the published notebook writes it: log-sum-exp of the three terms, Huber, sum.

    The notebook writes it with autograd's numpy, `xp`; plain numpy is the kinder rival.
    """
    log_size, log_data, log_loss = (np.log(points[name]) for name in ("params_total", "tokens", "loss_nats"))

    def value(theta):
        a, b, e, alpha, beta = theta
        terms = xp.array([a - alpha * log_size, b - beta * log_data, e + 0.0 * log_size])
        top = xp.max(terms, axis=0)
        u = xp.abs(top + xp.log(xp.sum(xp.exp(terms - top), axis=0)) - log_loss)
        return float(xp.sum(counts * xp.where(u <= DELTA, 0.5 * u * u, DELTA * (u - 0.5 * DELTA))))

    def gradient(theta):
        a, b, e, alpha, beta = theta
        parts = np.exp([a - alpha * log_size, b - beta * log_data, np.full_like(log_size, e)])
        whole = parts.sum(0)
        slope = counts * np.clip(np.log(whole) - log_loss, -DELTA, DELTA) / whole
        size, data, floor = parts * slope
        return np.array([size.sum(), data.sum(), floor.sum(), -(size * log_size).sum(), -(data * log_data).sum()])

    return value, gradient


def grid_starts(rng, many):
    """Draw starts of the published grid."""
    axes = [np.arange(0, 30, 5), np.arange(0, 30, 5), np.arange(-1, 1.5, 0.5), np.arange(0, 2.5, 0.5)]
    return [np.array([rng.choice(axes[i]) for i in (0, 1, 2, 3, 3)], dtype=float) for _ in range(many)]


def timed(work):
    """Run, and give the result with the CPU seconds of this process."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def fastest(work, times=5):
    """Give the result and the median CPU seconds of several runs."""
    runs = [timed(work) for _ in range(times)]
    return runs[0][0], float(np.median([seconds for _, seconds in runs]))


def grid_rival(points, starts, rng, xp=np):
    """The published recipe: L-BFGS-B with finite differences from every start of the grid."""
    value, _ = objective(points, xp=xp)
    found, seconds = timed(
        lambda: [optimize.minimize(value, x, method="L-BFGS-B").fun for x in grid_starts(rng, starts)]
    )
    return min(found), seconds / starts * GRID_STARTS


def bootstrap_rival(points, resamples, rng, with_gradient):
    """The published bootstrap: one BFGS a resample, from Hoffmann's values."""

    def work():
        for _ in range(resamples):
            counts = np.bincount(rng.integers(240, size=240), minlength=240)
            value, gradient = objective(points, counts)
            optimize.minimize(value, HOFFMANN, jac=gradient if with_gradient else None, method="BFGS")

    return timed(work)[1] / resamples * NOTEBOOK_RESAMPLES


def least_squares_rival(points):
    """scipy's least_squares with its own Huber loss, from Hoffmann's values; its cost is our objective."""
    log_size, log_data, log_loss = (np.log(points[name]) for name in ("params_total", "tokens", "loss_nats"))

    def residual(theta):
        a, b, e, alpha, beta = theta
        return np.log(np.exp(a - alpha * log_size) + np.exp(b - beta * log_data) + np.exp(e)) - log_loss

    return fastest(lambda: optimize.least_squares(residual, HOFFMANN, loss="huber", f_scale=DELTA, x_scale="jac").cost)


def chinchilla_rival(points):
    """The package chinchilla 0.2.0 with its log_huber, on 16 of its starts; None where it is not installed."""
    try:
        from chinchilla import Chinchilla
        from chinchilla._metrics import log_huber
    except ImportError:
        return None
    grid = {"e": [0.5], "a": [5.0, 10.0], "b": [5.0, 10.0], "alpha": [0.25, 0.5], "beta": [0.25, 0.5]}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        size, data, loss = (points[name] for name in ("params_total", "tokens", "loss_nats"))
        table = np.column_stack([6 * size * data, size, data, loss])
        np.savetxt(Path(folder) / "df.csv", table, delimiter=",", header="C,N,D,loss", comments="")
        theirs = Chinchilla(folder, grid, loss_fn=lambda y, p: log_huber(y, p, DELTA), log_level=50)
        _, seconds = timed(lambda: theirs.fit(parallel=False))
    value, _ = objective(points)
    at = np.array([np.log(theirs.A), np.log(theirs.B), np.log(theirs.E), theirs.alpha, theirs.beta], dtype=float)
    return value(at), seconds / 16 * README_STARTS


def rows(points, starts, resamples):
    """Time everything; give (name, CPU seconds, objective or None) for each line of the table."""
    rng = np.random.default_rng(0)
    fit("chinchilla", points, delta=DELTA)  # first call: imports and caches
    ours, our_seconds = fastest(lambda: fit("chinchilla", points, delta=DELTA))
    yield "one global fit, delta 1e-3, five starts", our_seconds, ours.objective
    yield "one fit, delta estimated", fastest(lambda: fit("chinchilla", points))[1], None
    for name, work in {
        "4000 resamples of runs, refitted": lambda: draws(ours, draws=NOTEBOOK_RESAMPLES),
        "4000 resamples, four starts each": lambda: draws(ours, draws=NOTEBOOK_RESAMPLES, starts=4),
        "4000 wild resamples": lambda: draws(ours, draws=NOTEBOOK_RESAMPLES, method="wild"),
        "profile likelihood, five parameters": lambda: draws(ours, method="profile", draws=100),
        "leave one run out, 240 refits": lambda: influence(ours),
    }.items():
        yield name, fastest(work, 3)[1], None
    at = {"N": np.geomspace(1e9, 1e12, 1000), "D": 1e12}
    for name, made in (("4000 draws", draws(ours, draws=4000)), ("the sandwich", draws(ours, method="sandwich"))):
        yield f"band at 1000 targets from {name}", fastest(lambda made=made: predict(made, at))[1], None
    best, seconds = grid_rival(points, starts, rng)
    yield f"rival: grid of 4500 L-BFGS-B starts (from {starts})", seconds, best
    with contextlib.suppress(ImportError):
        import autograd.numpy

        best, seconds = grid_rival(points, starts, rng, autograd.numpy)
        yield "rival: the same by autograd's numpy, as published", seconds, best
    yield f"rival: 4000 BFGS resamples (from {resamples})", bootstrap_rival(points, resamples, rng, False), None
    yield "rival: the same with a gradient by hand", bootstrap_rival(points, resamples, rng, True), None
    cost, seconds = least_squares_rival(points)
    yield "rival: scipy least_squares, one start", seconds, cost
    theirs = chinchilla_rival(points)
    if theirs:
        yield "rival: chinchilla 0.2.0, log_huber (from 16 of 3125)", theirs[1], theirs[0]


def cold(path: Path, *options: str) -> float:
    """Give the median CPU seconds of whole processes of the command line, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "points.csv"
        clean.write_text("".join(line for line in path.read_text().splitlines(True) if "excluded" not in line))
        command = [sys.executable, "-m", "scalinglaws", "fit", "chinchilla", str(clean), *options]
        seconds = []
        for _ in range(4):  # the first writes the byte code, and does not count
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return float(np.median(seconds[1:]))


def table(path: Path, starts: int, resamples: int) -> str:
    """Time everything, and give the table with the ratios it is for."""
    points = read_points(path)
    lines = ["| task | CPU | gap |", "| --- | ---: | ---: |"]
    found, best = {}, None
    for name, seconds, value in rows(points, starts, resamples):
        best = value if best is None else best
        found[name] = seconds
        gap = "" if value is None else f"{max(value / best - 1, 0.0):.1e}"
        lines.append(f"| {name} | {told(seconds)} | {gap} |")
        print(lines[-1], file=sys.stderr, flush=True)
    for options in (("--draws", "4000"), ("--no-backtest", "--draws", "4000")):
        asked = " ".join(options)
        lines.append(
            f"| a new process, `scalinglaws fit chinchilla points.csv {asked}` | {told(cold(path, *options))} | |"
        )
    return "\n".join([*lines, "", *ratios(found)])


def told(seconds: float) -> str:
    """Write a time with its unit, three digits."""
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def ratios(found: dict[str, float]) -> list[str]:
    """Say how many times less the engine takes."""
    one, many = found["one global fit, delta 1e-3, five starts"], found["4000 resamples of runs, refitted"]
    named = {
        word: name
        for word in ("grid of 4500", "as published", "4000 BFGS", "by hand")
        for name in found
        if word in name
    }
    lines = [
        f"- One fit: {found[named[word]] / one:,.0f} times less CPU than the {what}."
        for word, what in (("as published", "grid as published"), ("grid of 4500", "grid in plain numpy"))
        if word in named
    ]
    notebook, gradient = (found[named[word]] / many for word in ("4000 BFGS", "by hand"))
    told = f"{notebook:,.0f} times less than the notebook's, {gradient:,.0f} than with a gradient by hand"
    return [*lines, f"- 4000 resamples: {told}."]
