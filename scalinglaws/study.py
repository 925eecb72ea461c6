"""A study, end to end: text, sweep, training, laws, a tested prediction, a plan and the report."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .corpora.synthetic import evaluation_floor
from .corpora.tokenise import tokenise
from .corpora.tokenised import Tokenised
from .design import Sweep, lay_out
from .errors import RunsFailedError
from .executors.local import Local
from .held_out import compare_with_measured, keep_prediction, predict_held_out, try_laws
from .infer import COUNTS, JOINT, Inference, infer, residuals
from .launch import Progress, launch
from .plan import Building, plan
from .records import read_json, to_plain, write_json
from .report import report
from .results import HeldOutTest, LawTrial, Recommendation, StudyResults
from .review import review
from .settings import Study
from .store import Store, curve_points, learning_curves, open_store, points_of


def study(
    study: Study,
    to: Path,
    *,
    command: str = "",
    data_dir: Path | None = None,
    device: str = "cpu",
    tell: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
) -> StudyResults:
    """Run a study in a folder, or go on with it, and write its report there.

    The largest sizes are trained last: their loss is predicted, and the prediction written down, before they start.

    Raises:
        MisuseError: the study, its text or the folder cannot be used so; nothing is trained.
        RunsFailedError: a training process failed; what is done is kept.
    """
    began = time.monotonic()
    store = open_store(to, create=True)
    earlier = store.path / "seconds.json"
    say(f"text: {study.corpus} as {study.tokenizer}")
    data = tokenise(study.corpus, study.tokenizer, store.data, data_dir=data_dir)
    sweep = lay_out(study, data, store.data, data_dir)
    write_json(store.path / "study.json", to_plain(study))
    write_json(store.path / "sweep.json", to_plain(sweep))
    executor = Local(study.processes or os.cpu_count() or 1)

    _train(sweep.only(held_out=False), store, executor, device, tell, say)
    found, trials = _infer(study, sweep, store)
    test = _predicted(study, sweep, store, found, trials, len(data.split("train")))
    if test is not None:
        p = test.predicted
        say(
            f"predicted before training it: N = {test.params_nonembedding:,.0f} at {test.tokens:.3g} tokens will lose "
            f"{p.value:.4f} [{p.low:.4f}, {p.high:.4f}] nats a token"
        )
    _train(sweep.only(held_out=True), store, executor, device, tell, say)
    plans = _plans(study, store, found, trials, data)
    seconds = time.monotonic() - began + (read_json(earlier) if earlier.exists() else 0.0)
    write_json(earlier, seconds)
    results = _results(study, sweep, store, data, found, trials, test, plans, command, seconds)
    results = replace(results, audit=review(results, [store.run(spec.id) for spec in sweep.runs if store.has(spec.id)]))
    write_json(store.path / "results.json", to_plain(results))
    report(results, store.path / "report")
    return results


def _train(sweep: Sweep, store: Store, executor: Local, device: str, tell, say):
    lacking = sum(not store.has(spec.id) for spec in sweep.runs)
    if not lacking:
        return
    say(f"training {lacking} of {len(sweep.runs)} runs, {executor.slots} processes")
    failures = launch(sweep, store, executor, device=device, tell=tell)
    if failures:
        raise RunsFailedError(
            f"{len(failures)} of {len(sweep.chains)} chains of runs failed; the first says why in "
            f"{failures[0].log}. Mend that, and type the same command: what is done is kept."
        )


def _infer(study: Study, sweep: Sweep, store: Store) -> tuple[Inference, tuple[LawTrial, ...]]:
    """Fit every law to the runs that are not held out, and try those that a prediction can be made of."""
    runs = [store.run(spec.id) for spec in sweep.only(held_out=False).runs]
    points = points_of(runs, source=study.name, left_out=sweep.left_out)
    found = infer(points, curve_points(runs, sweep.left_out), level=study.level, n_draws=study.draws)
    return found, try_laws(JOINT, points, level=study.level, columns={"N": COUNTS["N"]})


def _main_law(found: Inference, trials: tuple[LawTrial, ...]) -> str | None:
    """The law that foretold best; where none could be tried, the first that could be fitted."""
    return next((name for name in [*(trial.law for trial in trials), *JOINT] if name in found.draws), None)


def _predicted(study, sweep: Sweep, store: Store, found: Inference, trials, train_tokens: int) -> HeldOutTest | None:
    specs, law = [spec for spec in sweep.runs if spec.id in sweep.held_out], _main_law(found, trials)
    if not specs or law is None:
        return None
    largest = max(spec.shape.params() for spec in specs)
    chosen = [spec for spec in specs if spec.shape.params() == largest]
    made = predict_held_out(found.draws[law], chosen, train_tokens, level=study.level, trials=trials)
    return keep_prediction(store.path / "prediction.json", made, trained=any(store.has(s.id) for s in chosen))


def _plans(study: Study, store: Store, found: Inference, trials, data: Tokenised) -> tuple[Recommendation, ...]:
    """A plan for `plan_factor` times the largest compute that was fitted, by the law that foretold best."""
    law = _main_law(found, trials)
    if law is None:
        return ()
    drawn = found.draws[law]
    inputs, factor = drawn.fit.inputs, next((t.factor for t in trials if t.law == law), 1.0)
    budget = study.plan_factor * 6 * float((inputs["N"] * inputs["D"]).max())
    building = Building(n_vocab=data.vocabulary, n_ctx=study.n_ctx, d_head=study.d_head, tied=study.tied)
    made = plan(
        drawn,
        budget,
        level=study.level,
        calibration=factor,
        building=building,
        batch_tokens=float(study.batch * study.n_ctx),
        flops_per_second=_speed(store),
    )
    return (made.recommendation(f"{study.plan_factor:g} times the largest run that was fitted"),)


def _speed(store: Store) -> float | None:
    """FLOPs a second (6 N D) of one process, from the largest model that was trained."""
    speeds = [
        (run.spec.shape.params(), run.spec.shape.flops_per_token("6n") * run.readings["tokens_per_second"])
        for run in store.runs()
        if "tokens_per_second" in run.readings
    ]
    return max(speeds)[1] if speeds else None


def _results(
    study: Study,
    sweep: Sweep,
    store: Store,
    data: Tokenised,
    found: Inference,
    trials: tuple[LawTrial, ...],
    test: HeldOutTest | None,
    plans: tuple[Recommendation, ...],
    command: str,
    seconds: float,
) -> StudyResults:
    runs = [store.run(spec.id) for spec in sweep.runs if store.has(spec.id)]
    held_out = set(sweep.held_out)
    points = points_of(runs, held_out, study.name, sweep.left_out)
    law = _main_law(found, trials)
    if law is not None:
        points = points.replace(residual_log=residuals(found.draws[law], points))
    return StudyResults(
        name=study.name,
        settings=to_plain(study),
        corpus=data.facts(),
        machine=_machine(),
        versions=_versions(),
        runs_expected=len(sweep.runs),
        runs_present=len(runs),
        points=points,
        curves=tuple(learning_curves(runs, held_out)),
        fits=found.fits,
        bands=found.bands,
        frontier=found.frontier,
        seed_spread=found.seed_spread,
        held_out=test and compare_with_measured(test, points, found.seed_spread),
        plans=plans,
        commands=(command,) if command else (),
        wall_seconds=seconds,
        train_seconds=sum(run.curve[-1].seconds for run in runs if run.curve),
        true_floor_nats=evaluation_floor(data, study.n_ctx, study.eval_tokens),
        notes=found.notes,
    )


def _machine() -> dict:
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
    }


def _versions() -> dict:
    found = {}
    for package in ("scalinglaws", "torch", "numpy", "scipy", "tokenizers", "matplotlib"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
