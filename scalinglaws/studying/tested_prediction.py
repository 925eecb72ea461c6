"""A prediction that is written to disk before its runs are trained, and its comparison with the measurement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..comparing.backtest import backtest, needed_factor
from ..errors import StoreError
from ..laws.declaration import Law
from ..points.points import Points
from ..predicting.predict import predict
from ..records.json_values import from_plain, read_sealed, to_plain, utc_now, write_sealed
from ..records.numbers_in_text import between
from ..results.attempt import attempt
from ..results.fitted import Band, Estimate
from ..results.tested import HELD_OUT, HeldOutTest, LawTrial, SeedSpread
from ..run.run import Run, RunSpec
from ..uncertainty.drawn import Draws

LEAST_SIZES = 4  # minimum number of sizes below the size on which a law is tested


def try_laws(
    laws: Sequence[Law | str], points: Points, *, level: float, columns: Mapping[str, str]
) -> tuple[LawTrial, ...]:
    """Test laws on the sizes of the study: fit each law to all smaller sizes, and predict a size at all its horizons.

    A held-out prediction extrapolates in the same way, by one size. The law with the smallest error comes first. Laws
    that could not be tested are left out.
    """
    made = [attempt(partial(_trial, law, points, level, columns), lambda why: None) for law in laws]
    trials = [trial for trial in made if trial is not None]
    return tuple(sorted(trials, key=lambda trial: trial.rms_log))


def _trial(law: Law | str, points: Points, level: float, columns: Mapping[str, str]) -> LawTrial | None:
    size = columns["N"]
    sizes = np.unique(points.kept[size])
    options = {"columns": columns, "cluster": "lineage"}
    cuts = [
        backtest(law, points, [below], by=size, upto=next_one, level=level, options=options)[0]
        for below, next_one in zip(sizes[LEAST_SIZES - 1 :], sizes[LEAST_SIZES:], strict=False)
    ]
    good = [cut for cut in cuts if not cut.failed]
    if not good:
        return None
    errors, ratios = (np.concatenate([getattr(cut, name) for cut in good]) for name in ("errors", "ratios"))
    return LawTrial(
        law if isinstance(law, str) else law.name,
        len(errors),
        float(np.sqrt(np.mean(errors**2))),
        float((ratios <= 1).mean()),
        max(1.0, needed_factor(ratios)),
    )


def predict_held_out(
    drawn: Draws, specs: list[RunSpec], train_tokens: int, *, level: float, trials: tuple[LawTrial, ...] = ()
) -> HeldOutTest:
    """Predict the loss of one new run at the held-out size and horizon, with its interval and reach.

    The interval is widened by the factor that the law needed in its own test, and bounded above by the logarithm of the
    vocabulary size. A law of unique tokens is evaluated at no more than the available `train_tokens`.
    """
    spec = specs[0]
    params, tokens = float(spec.shape.params()), float(spec.steps * spec.batch_tokens)
    calibration = next((trial.factor for trial in trials if trial.law == drawn.fit.law.name), 1.0)
    data = min(tokens, train_tokens) if drawn.fit.columns["D"] == "tokens_unique" else tokens
    ceiling = float(np.log(spec.shape.n_vocab))
    asked = partial(predict, drawn, {"N": params, "D": data}, level=level, calibration=calibration)
    free, found = asked(), asked(ceiling=ceiling)
    line = _line(drawn, params, data, level, calibration, ceiling)
    return HeldOutTest(
        drawn.fit.law.name,
        tuple(s.id for s in specs),
        params,
        tokens,
        Estimate(float(found.value), float(found.low), float(found.high), level),
        float(found.reach),
        utc_now(),
        drawn.fit.fingerprint,
        line=line,
        trials=trials,
        calibration=calibration,
        no_news=_no_news(float(free.high - free.low), drawn.fit.target, spec.shape.n_vocab),
    )


def _no_news(width: float, seen: np.ndarray, n_vocab: int) -> str:
    """Say why a prediction is uninformative: its unbounded interval is wider than the range known without any law."""
    if not width <= np.log(n_vocab):
        return f"its interval is wider than ln {n_vocab} = {np.log(n_vocab):.3g}, the loss of a uniform guess"
    if width > np.ptp(seen):
        return f"its interval is wider than the range of all fitted losses, {between(seen.min(), seen.max(), '.3g')}"
    return ""


def _line(drawn: Draws, params: float, tokens: float, level: float, calibration: float, ceiling: float) -> Band:
    """Compute the law along N at the held-out horizon, with the interval of a new run."""
    seen = drawn.fit.inputs["N"]
    sizes = np.geomspace(seen.min() / 1.5, params * 1.5, 60)
    at = {"N": sizes, "D": np.full_like(sizes, tokens)}
    said = predict(drawn, at, level=level, calibration=calibration, ceiling=ceiling)
    y, low, high = (tuple(map(float, values)) for values in (said.value, said.low, said.high))
    return Band(
        x_quantity=drawn.fit.columns["N"],
        x=tuple(map(float, sizes)),
        y=y,
        low=low,
        high=high,
        law=drawn.fit.law.name,
        text=drawn.fit.law.formula,
        fitted_to=(float(seen.min()), float(seen.max())),
        level=level,
        label=f"{drawn.fit.law.name} at {tokens:.3g} tokens",
        covers="new run",
    )


def keep_prediction(path: Path, made: HeldOutTest, *, trained: bool) -> HeldOutTest:
    """Write a prediction to disk, or return the one that was written before.

    A prediction that is made after its runs were trained records that. A prediction of the first releases, in which the
    hash of the points depended on the clock, is recognised by its law and its size and horizon alone.

    Raises:
        StoreError: the held-out runs are already trained, and the points of the prediction have changed since, so that
            a new prediction would not be made in advance; or the file has changed since it was written.
    """
    if path.exists():
        content, sealed = _as_written(path)
        before = from_plain(HeldOutTest, content, str(path), StoreError)
        same = ("law", "params_nonembedding", "tokens", *(["fingerprint"] if sealed else []))
        if all(getattr(before, name) == getattr(made, name) for name in same):
            return replace(before, run_ids=made.run_ids)  # the number of seeds may have changed since
        if trained:
            raise StoreError(
                f"{path} was made from other points than those now in the store, and its runs are already trained. "
                "Start a study with other settings in a new folder."
            )
    made = replace(made, after_its_runs=trained)
    write_sealed(path, to_plain(made))
    return made


def _as_written(path: Path) -> tuple[Mapping, bool]:
    try:
        return read_sealed(path)
    except StoreError as problem:
        raise StoreError(
            f"{problem} Restore the file. Otherwise delete it and run the study again: the prediction is then made "
            "again, and the page says that it was made after its runs."
        ) from None


def with_start(test: HeldOutTest, runs: Sequence[Run]) -> HeldOutTest:
    """Fill in when the first of the held-out runs started; empty if the start of one of them is unknown."""
    starts = [run.provenance.get("started", "") for run in runs if run.spec.id in test.run_ids]
    return replace(test, runs_started=min(starts, default=""))


def compare_with_measured(test: HeldOutTest, points: Points, spread: SeedSpread | None = None) -> HeldOutTest:
    """Fill in the result of the held-out runs: their mean loss, its standard error, and whether the interval covers it.

    The variance of ln L is pooled over the held-out runs and the seeds of `spread`, weighted by degrees of freedom;
    with one run and no repeated seeds the standard error is unknown. Runs that failed to learn, and variants that are
    not the best of their cell, are not used.
    """
    there = points.take(np.isin(points["run_id"], test.run_ids))
    measures = there["excluded_because"] == HELD_OUT if "excluded_because" in there else slice(None)
    losses = there["loss_nats"][measures]
    if len(there) < len(test.run_ids) or not len(losses) or not np.isfinite(losses).all():
        return test
    mean = float(losses.mean())
    squares, freedom = float(((np.log(losses) - np.log(losses).mean()) ** 2).sum()), len(losses) - 1
    if spread is not None:
        squares, freedom = squares + spread.sd_log**2 * (len(spread.losses) - 1), freedom + len(spread.losses) - 1
    sem = mean * float(np.sqrt(squares / freedom / len(losses))) if freedom else None
    low, high = test.predicted.low, test.predicted.high
    inside = low is not None and high is not None and low <= mean <= high
    return replace(test, measured=tuple(map(float, losses)), measured_mean=mean, measured_sem=sem, held=inside)
