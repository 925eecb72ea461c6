"""A prediction that is written to disk before its runs are trained, and its comparison with the measurement."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..comparing.backtest import backtest, scored
from ..errors import StoreError
from ..laws.declaration import Law
from ..points.points import Points
from ..predicting.forecast import Forecast, Forecaster, forecaster
from ..predicting.predict import Prediction, predict_chosen
from ..records.json_values import from_plain, read_sealed, to_plain, utc_now, write_sealed
from ..records.numbers_in_text import between, interval
from ..results.attempt import attempt
from ..results.fitted import Band, Estimate
from ..results.tested import HELD_OUT, HeldOutTest, LawTrial, RunsTested, SeedSpread
from ..run.run import Run, RunSpec
from ..uncertainty.drawn import Draws

LEAST_SIZES = 4  # minimum number of sizes below the size on which a law is tested


def try_laws(
    laws: Sequence[Law | str], points: Points, *, level: float, columns: Mapping[str, str], unasked: bool = False
) -> tuple[LawTrial, ...]:
    """Test laws on the sizes of the study: fit each law to all smaller sizes, and predict a size at all its horizons.

    A held-out prediction extrapolates in the same way, by one size. The law with the smallest error comes first. Laws
    that could not be tested are left out.

    Args:
        unasked: whether to test the forecast that takes no law, too.
    """
    made = [attempt(partial(_trial, law, points, level, columns), lambda why: None) for law in laws]
    if unasked:
        made.append(attempt(partial(_trial_of_forecast, points, level, columns), lambda why: None))
    trials = [trial for trial in made if trial is not None]
    return tuple(sorted(trials, key=lambda trial: trial.rms_log))


def _cuts(points: Points, size: str) -> list[tuple[float, float]]:
    """List the sizes up to which a trial fits, each with the next size, which it predicts."""
    sizes = np.unique(points.kept[size])
    return list(zip(sizes[LEAST_SIZES - 1 :], sizes[LEAST_SIZES:], strict=False))


def _trial(law: Law | str, points: Points, level: float, columns: Mapping[str, str]) -> LawTrial | None:
    size = columns["N"]
    options = {"columns": columns, "cluster": "lineage"}
    cuts = [
        backtest(law, points, [below], by=size, upto=next_one, level=level, options=options)[0]
        for below, next_one in _cuts(points, size)
    ]
    good = [(cut.errors, cut.ratios, cut.reaches) for cut in cuts if not cut.failed]
    return _tried(law if isinstance(law, str) else law.name, good)


def _trial_of_forecast(points: Points, level: float, columns: Mapping[str, str]) -> LawTrial | None:
    size, kept, name, found = columns["N"], points.kept, "", []
    for below, next_one in _cuts(points, size):
        known = forecaster(kept.take(kept[size] <= below), columns=columns)
        asked = kept.take(kept[size] == next_one)
        said = known.ask({letter: asked[known.seen.columns[letter]] for letter in ("N", "D")}, level=level)
        middle = np.where(said.determined, said.value, np.sqrt(said.low * said.high))
        reach = np.full(len(asked), next_one / below)
        found.append((*scored(asked[known.seen.columns["L"]], middle, said.low, said.high), reach))
        name = known.name
    return _tried(name, found)


def _tried(name: str, cuts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> LawTrial | None:
    """Make the record of a trial from errors, |error| / half-width and reach above each cut."""
    if not cuts:
        return None
    errors, ratios, reaches = (np.concatenate(parts) for parts in zip(*cuts, strict=True))
    tested = RunsTested(tuple(reaches.tolist()), tuple(errors.tolist()), tuple((ratios <= 1).tolist()))
    rms, inside = float(np.sqrt(np.mean(errors**2))), float((ratios <= 1).mean())
    return LawTrial(name, len(errors), rms, inside, tested=tested)


@dataclass(frozen=True)
class _Said:
    """What was predicted at one target or several; `free`: the same without the bound of a uniform guess."""

    found: Prediction | Forecast
    free: float
    middle: np.ndarray
    why_not: str = ""


def predict_held_out(
    by: Forecaster | Sequence[Draws],
    specs: list[RunSpec],
    train_tokens: float,
    *,
    level: float,
    trials: tuple[LawTrial, ...] = (),
) -> HeldOutTest:
    """Predict the loss of one new run at the held-out size and horizon, with its interval and reach.

    The interval is bounded above by the logarithm of the vocabulary size. A law of unique tokens is evaluated at no
    more than the available `train_tokens`.

    Args:
        by: the default forecast, or laws that the study names: the first gives the value, the outermost ends of all
            the interval, for the first was chosen on the same runs.
    """
    spec = specs[0]
    params, tokens = float(spec.shape.params()), float(spec.trained_tokens)
    ceiling = float(np.log(spec.shape.n_vocab))
    ask = partial(_said, by, level=level, ceiling=ceiling, train_tokens=train_tokens)
    said = ask(np.array([params]), tokens)
    found, seen = said.found, losses_of(by)
    return HeldOutTest(
        name_of(by),
        tuple(s.id for s in specs),
        params,
        tokens,
        Estimate(float(said.middle[0]), float(found.low[0]), float(found.high[0]), level),
        float(np.ravel(found.reach)[0]),
        utc_now(),
        by.fingerprint if isinstance(by, Forecaster) else by[0].fit.fingerprint,
        line=_line(by, ask, params, tokens, level),
        trials=trials,
        no_news=said.why_not or _no_news(said.free, seen, spec.shape.n_vocab),
    )


def name_of(by: Forecaster | Sequence[Draws]) -> str:
    """Name what predicts: a law, or the forecast."""
    return by.name if isinstance(by, Forecaster) else by[0].fit.law.name


def losses_of(by: Forecaster | Sequence[Draws]) -> np.ndarray:
    """Give the losses from which it predicts."""
    return np.exp(by.posterior.seen.y) if isinstance(by, Forecaster) else by[0].fit.target


def _said(by, sizes: np.ndarray, tokens: float, *, level: float, ceiling: float, train_tokens: float) -> _Said:
    """Predict one new run at sizes, (targets,), and a horizon."""
    if isinstance(by, Forecaster):
        at = {"N": sizes, "D": np.full_like(sizes, tokens)}
        free, found = (replace(by, ceiling=bound).ask(at, level=level) for bound in (None, ceiling))
        middle = np.where(found.determined, found.value, np.sqrt(found.low * found.high))
        why = "" if np.all(found.determined) else "they do not determine it, and other studies leave this interval"
        return _Said(found, float((free.high - free.low)[0]), middle, why)
    asked = [(one, {"N": sizes, "D": np.full_like(sizes, _data(one, tokens, train_tokens))}) for one in by]
    bare, bounded = (predict_chosen(asked, level=level, ceiling=bound) for bound in (None, ceiling))
    return _Said(bounded, float((bare.high - bare.low)[0]), bounded.value)


def _data(one: Draws, tokens: float, train_tokens: float) -> float:
    return min(tokens, train_tokens) if one.fit.columns["D"] == "tokens_unique" else tokens


def _no_news(width: float, seen: np.ndarray, n_vocab: int) -> str:
    """Say why a prediction is uninformative: its unbounded interval is wider than the range known without any law."""
    if not width <= np.log(n_vocab):
        return f"its interval is wider than ln {n_vocab} = {np.log(n_vocab):.3g}, the loss of a uniform guess"
    if width > np.ptp(seen):
        return f"its interval is wider than the range of all fitted losses, {between(seen.min(), seen.max(), '.3g')}"
    return ""


def _line(by, ask, params: float, tokens: float, level: float) -> Band:
    """Compute the prediction along N at the held-out horizon, with the interval of a new run."""
    unasked = isinstance(by, Forecaster)
    seen = np.exp(by.posterior.seen.x[:, 0]) if unasked else by[0].fit.inputs["N"]
    sizes = np.geomspace(seen.min() / 1.5, params * 1.5, 60)
    said = ask(sizes, tokens)
    y, low, high = (tuple(map(float, values)) for values in (said.middle, said.found.low, said.found.high))
    return Band(
        x_quantity=by.seen.columns["N"] if unasked else by[0].fit.columns["N"],
        x=tuple(map(float, sizes)),
        y=y,
        low=low,
        high=high,
        law=name_of(by),
        text=name_of(by) if unasked else by[0].fit.law.formula,
        fitted_to=(float(seen.min()), float(seen.max())),
        level=level,
        label=f"{name_of(by)} at {tokens:.3g} tokens",
        covers="new run",
    )


def keep_prediction(path: Path, made: HeldOutTest, *, trained: bool) -> HeldOutTest:
    """Write a prediction to disk, or return the one that was written before.

    A prediction that is made after its runs were trained records that. A prediction of the first releases, in which the
    hash of the points depended on the clock, is recognised by its size and horizon alone; so is one by another law than
    predicts now, once its runs are trained: it is the one that was made in advance.

    Raises:
        StoreError: the held-out runs are already trained, and the points of the prediction have changed since, so that
            a new prediction would not be made in advance; or the file has changed since it was written.
    """
    if path.exists():
        content, sealed = _as_written(path)
        before = from_plain(HeldOutTest, content, str(path), StoreError)
        if _is_of(before, sealed, made, trained):
            return replace(before, run_ids=made.run_ids)  # the number of seeds may have changed since
        if trained:
            raise StoreError(
                f"{path} was made from other points than those now in the store, and its runs are already trained. "
                "Start a study with other settings in a new folder."
            )
    made = replace(made, after_its_runs=trained)
    write_sealed(path, to_plain(made))
    return made


def set_aside(path: Path, made: HeldOutTest, *, trained: bool) -> str:
    """Keep a prediction whose points have changed since its runs were trained under another name, and say so.

    Runs that were added since, or left out, make another prediction, which is then made after its runs.
    """
    if not trained or not path.exists():
        return ""
    content, sealed = _as_written(path)
    before = from_plain(HeldOutTest, content, str(path), StoreError)
    if _is_of(before, sealed, made, trained):
        return ""
    kept = path.with_name(f"earlier-{path.stem}-{before.fingerprint[:12]}.json")
    os.replace(path, kept)
    return (
        f"before its runs were trained, N = {before.params_nonembedding:,.0f} at {before.tokens:.3g} tokens was "
        f"predicted to end at {interval(before.predicted, '.4f')} from other points ({kept.name}); runs were added or "
        "left out since, and the prediction shown is made after its runs"
    )


def _is_of(before: HeldOutTest, sealed: bool, made: HeldOutTest, trained: bool) -> bool:
    """Whether a prediction that was written before is that of the same points, size and horizon."""
    names = ["params_nonembedding", "tokens", *(["fingerprint"] if sealed and before.law == made.law else [])]
    same = all(getattr(before, name) == getattr(made, name) for name in names)
    return same and (trained or before.law == made.law)


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
