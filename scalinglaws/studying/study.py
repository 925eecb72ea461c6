"""A study, end to end: text, sweep, training, laws, a tested prediction, a plan and the report."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..designing.arms_of_study import told_of_arms
from ..designing.batches import largest_batch
from ..designing.checks import unanswered
from ..designing.design import Sweep
from ..designing.own_trainer import untold
from ..designing.rate_scan import with_scan
from ..designing.spending import spent
from ..designing.study_file import Study
from ..errors import StudyError, unknown_name
from ..fitting.own_law import read_laws, tried
from ..launching.executors import HERE, Where
from ..launching.limits import limits_of
from ..launching.needs import stated
from ..launching.progress import Progress, Whole
from ..laws import LAWS, Law
from ..planning.buildable import Building
from ..records.json_values import read_hint, to_plain, write_hint, write_json
from ..records.numbers_in_text import interval
from ..reporting.own.shelf import STUDY_FIGURES
from ..reporting.report import report
from ..results.attempt import attempt
from ..results.study_results import KAPLAN_COUNTS, Recommendation, StudyResults
from ..results.tested import HeldOutTest
from ..run.run import Run
from ..store.points_of_runs import curve_points, learning_curves, points_of
from ..store.store import Store, new_or_kept
from ..training.own_trainer.work import Call
from ..training.trackers import check_trackers, forget_complaints
from .beside_results import for_page
from .budgets import budgets_by
from .excluded_runs import without_excluded
from .fits_memory import memory_told
from .fitted_laws import Inference, infer
from .floor_sought import floor_sought
from .laws_asked import COUNTS, JOINT
from .laws_shown import residuals
from .ledger_of_study import write_down
from .machine import machine, versions
from .page_while_training import REPORT, PageWhileTraining
from .placing import placed
from .predictor import Predictor, alike, barred_of_study, planned_by, predictor
from .study_audit import audited
from .taking_part import notes_on, taking_no_part
from .tested_prediction import (
    compare_with_measured,
    keep_prediction,
    name_of,
    predict_held_out,
    set_aside,
    try_laws,
    with_start,
)
from .text_of_study import StudyText, items_told, sweep_of, text_of
from .train_lacking import Place, train_lacking
from .tuned_rates import tuned
from .use_of_runs import uses_of

PACKAGES = ("scalinglaws", "torch", "numpy", "scipy", "tokenizers", "matplotlib")
OF_EXPERTS = ("the shapes of a plan are those of dense models, and these are mixtures of experts",)
TRIED_AT = {"N": np.geomspace(1e3, 1e9, 7), "D": np.geomspace(1e5, 1e11, 7)}  # a user's law must be finite here


def study(
    study: Study,
    to: Path,
    *,
    command: str = "",
    data_dir: Path | None = None,
    device: str = "cpu",
    engine: str = "auto",
    track: Sequence[str] = (),
    where: Where = HERE,
    tell: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
    figures: bool = True,
    call: Call | None = None,
) -> StudyResults:
    """Run a study in a folder, or resume it, and write its report there.

    The largest sizes are trained last: their loss is predicted, and the prediction is written to disk, before they
    start. Without `figures` the page has only sentences and tables. Each run is sent to the trackers in `track`.
    What a scheduler still has of an earlier call is taken over. `call` trains a run where the trainer is a function.

    Raises:
        MisuseError: the study, its text or the folder cannot be used in this way; nothing is trained.
        RunsFailedError, LimitReachedError: a process failed, or a limit was reached; finished runs and states are kept.
    """
    began, laws, track = time.monotonic(), laws_of(study, say), check_trackers(track)
    with new_or_kept(to) as store, PageWhileTraining(store, study.name, command, tell) as tell:
        data = text_of(study, store.data, data_dir)
        sweep = without_excluded(sweep_of(study, data, store.data, data_dir), store)
        _say_first(study, sweep, data, store, say)
        write_json(store.path / "study.json", to_plain(study))
        how = {"device": device, "engine": engine, "track": track, "call": call} | _terms(study)
        forget_complaints(store)
        _require_within(study, sweep, data, store, where, how, say)
        train = partial(train_lacking, store, _place(where, study, device), how, tell, say)
        study, sweep, scanned = _rates(study, sweep, data, store, data_dir, train, say)
        write_json(store.path / "sweep.json", to_plain(sweep))
        train(sweep.only(held_out=False), whole := Whole(sweep, sum(map(store.has, sweep.runs))))
        points, found, trials = _infer(study, sweep, store, laws)
        law = found.first([*(trial.law for trial in trials), *(law.name for law in laws)])
        laws_alike = alike(trials, law) if _named(study) else ()
        by, odd = predictor(points, found, laws_alike, {"N": COUNTS["N"]}, data.floor)
        tests, unpredicted = _predicted(study, sweep, store, by, trials, data.most_tokens, say)
        train(sweep.only(held_out=True), whole)
        plans, unplanned = _plans(study, store, by, barred_of_study(found.draws[law].fit if law else None), data)
        found = replace(found, notes=(*found.notes, *scanned, *odd, *unpredicted, *unplanned))
        seconds = _seconds_of_all(store.path / "seconds.json", time.monotonic() - began)
        results = _results(study, sweep, store, data, found, law, tests, plans, command, seconds, by)
        write_down(store.path, results.tests, plans, points)
        return _told(results, store.runs_of(sweep.runs), store.path, figures, say)


def _require_within(*asked) -> None:
    from .limits_checked import require_within  # which imports PyTorch

    require_within(*asked)


def _place(where: Where, study: Study, device: str) -> Place:
    """Give what places the runs of a study."""
    return partial(placed, where, study.processes, device, stated(study))


def _terms(study: Study) -> dict[str, Any]:
    """What the study says of how it may run: its limits, and what a process needs."""
    return {"limits": limits_of(study), "said": stated(study)}


def _say_first(study: Study, sweep: Sweep, text: StudyText, store: Store, say: Callable[[str], None]) -> None:
    """Say before training what was read, and what these runs cannot answer."""
    lost = unanswered(study, sweep.runs, sweep.held_out, sweep.left_out)
    floor, fits = floor_sought(sweep, text.floor, text.vocabulary), memory_told(sweep.runs, study.gpu)
    first = (text.sentence, *told_of_arms(study), *items_told(study, text, store.data), *untold(study))
    for line in (*first, *lost, *floor, *filter(None, (fits,))):
        say(line)


def _foretold(test: HeldOutTest) -> str:
    p = test.predicted
    return (
        f"predicted {'AFTER' if test.is_late else 'before'} training: the loss of N = {test.params_nonembedding:,.0f} "
        f"at {test.tokens:.3g} tokens will be {interval(p, '.4f')} nats per token{_but(test)}"
    )


def _told(results: StudyResults, runs: list[Run], folder: Path, figures: bool, say) -> StudyResults:
    """Save the results first, then audit them and draw the page, so that a failure there costs no measurement."""
    write_json(folder / "results.json", to_plain(results))
    results = attempt(
        lambda: audited(results, runs),
        lambda why: replace(results, notes=(*results.notes, f"no audit: {why}")),
    )
    write_json(folder / "results.json", to_plain(results))
    attempt(
        lambda: report(
            for_page(results, folder) if figures else results,
            folder / REPORT,
            figures=STUDY_FIGURES if figures else (),
        ),
        lambda why: say(f"the page could not be written: {why}. The results are kept: scalinglaws report {folder}"),
    )
    return results


def _seconds_of_all(path: Path, seconds: float) -> float:
    """Add the wall seconds of this call to those of the calls before."""
    write_hint(path, whole := seconds + _number(read_hint(path)))
    return whole


def _number(hint: object) -> float:
    return hint if isinstance(hint, float) and 0 < hint < math.inf else 0.0


def _but(test: HeldOutTest) -> str:
    return f"; these runs allow no prediction: {test.no_news}" if test.no_news else ""


def laws_of(study: Study, say: Callable[[str], None] = lambda text: None) -> list[Law]:
    """Return the laws that a study fits and tests: those that it names, else those of its law file and `JOINT`.

    A law file is a program, and the study may have been written by someone else: its path is printed before it runs.

    Raises:
        NameUnknownError: neither the shelf nor the law file has a law of this name.
        StudyError: a law is not a law of N and D, so that it cannot predict or plan.
        LawError: the law file cannot be used, or one of its laws does not give finite numbers.
    """
    if study.law_file:
        say(f"running the Python file that the study gives as its law_file: {study.law_file}")
    own = read_laws(Path(study.law_file)) if study.law_file else {}
    known = {**LAWS, **own}
    names = study.laws or tuple(dict.fromkeys((*own, *JOINT)))
    for name in names:
        if name not in known:
            raise unknown_name("law", name, known, "scalinglaws laws")
        if set(known[name].inputs) != set(TRIED_AT) or known[name].predicts != "loss":
            raise StudyError(
                f"laws names {name!r}, which gives {known[name].predicts} from {', '.join(known[name].inputs)}; a "
                "study predicts and plans with laws that give the loss from N and D, such as chinchilla."
            )
        if name in own:
            tried(own[name], TRIED_AT, Path(study.law_file))
    return [known[name] for name in dict.fromkeys(names)]


def _rates(study: Study, sweep: Sweep, data: StudyText, store: Store, data_dir: Path | None, train, say):
    """Scan the learning rate where that is asked; give the study with the rule that was found, its runs, sentences."""
    if study.lr != "auto":
        return study, sweep, ()

    def trained(sweep: Sweep) -> None:
        write_json(store.path / "sweep.json", to_plain(sweep))
        train(sweep)

    study, scan, rule = tuned(study, data, store.run, trained, say)
    return (
        study,
        without_excluded(with_scan(sweep_of(study, data, store.data, data_dir), scan), store),
        tuple(rule.told()),
    )


def _infer(study: Study, sweep: Sweep, store: Store, laws: list[Law]):
    """Fit every law to the runs that are not held out, and test those with which a prediction can be made.

    Returns:
        (points, Inference, trials).
    """
    runs = [store.run(spec) for spec in sweep.only(held_out=False).runs]
    left_out = taking_no_part(runs, sweep.left_out)
    points = points_of(runs, source=study.name, left_out=left_out)
    found = infer(points, curve_points(runs, left_out), laws=laws, level=study.level, draws=study.draws)
    columns, unasked = {"N": COUNTS["N"]}, not _named(study)
    return points, found, try_laws(laws, points, level=study.level, columns=columns, unasked=unasked)


def _named(study: Study) -> bool:
    """Say whether the study names the laws that are to predict, in place of the default forecast."""
    return bool(study.laws or study.law_file)


def _predicted(study, sweep: Sweep, store: Store, by: Predictor | None, trials, train_tokens, say):
    """Predict every held-out size, the largest first, and write the predictions to disk; or say why there are none.

    Returns:
        (tests, notes).
    """
    specs = [spec for spec in sweep.runs if spec.id in sweep.held_out]
    tests: list[HeldOutTest] = []
    notes: list[str] = []
    if by is None:
        return (), ()
    for size in sorted({spec.shape.params() for spec in specs}, reverse=True):
        chosen = [spec for spec in specs if spec.shape.params() == size]
        made = attempt(
            partial(predict_held_out, by, chosen, train_tokens, level=study.level, trials=trials),
            lambda why: notes.append(f"no prediction by {name_of(by)}: {why}"),
        )
        if made is not None:
            trained = store.runs_of(chosen)
            path = store.path / (f"prediction-{size}.json" if tests else "prediction.json")
            notes.extend(filter(None, [set_aside(path, made, trained=bool(trained))]))
            tests.append(with_start(keep_prediction(path, made, trained=bool(trained)), trained))
            say(_foretold(tests[-1]))
    return tuple(tests), tuple(notes)


def _plans(study: Study, store: Store, by: Predictor | None, barred: Sequence[str], data: StudyText):
    """A plan for `plan_factor` times the largest fitted compute; or why there is none.

    Returns:
        (recommendations, notes).
    """
    barred = OF_EXPERTS if study.family == "moe" and study.each_experts[:1] != (1,) else barred
    building = Building(n_vocab=data.vocabulary, n_ctx=study.n_ctx, d_head=study.d_head, tied=study.tied)
    return planned_by(
        by,
        barred,
        f"{study.plan_factor:g} times the largest fitted run",
        study.plan_factor,
        building=building,
        flops_per_second=_speed(store),
        **_options(study, data),
    )


def _options(study: Study, data: StudyText) -> dict[str, float]:
    """The options of every plan of a study: its level, its largest possible loss and its batch."""
    batch = float(largest_batch(study) * study.n_ctx)
    return {"level": study.level, "ceiling": math.log(data.vocabulary), "batch_tokens": batch}


def _speed(store: Store) -> float | None:
    """FLOPs per second (6 N D) of one process, from the largest model that was trained."""
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
    data: StudyText,
    found: Inference,
    law: str | None,
    tests: Sequence[HeldOutTest],
    plans: tuple[Recommendation, ...],
    command: str,
    seconds: float,
    by: Predictor | None,
) -> StudyResults:
    runs = store.runs_of(sweep.runs)
    held_out = set(sweep.held_out)
    left_out = taking_no_part(runs, sweep.left_out, held_out)
    points = points_of(runs, held_out, study.name, left_out)
    if law is not None:
        drawn, bare = found.draws[law], points
        points = attempt(lambda: bare.replace(residual_log=residuals(drawn, bare)), lambda why: bare)
    compared = tuple(compare_with_measured(with_start(one, runs), points, found.seed_spread) for one in tests)
    return StudyResults(
        name=study.name,
        settings=to_plain(study),
        corpus=data.facts,
        machine=machine(),
        versions=versions(PACKAGES),
        runs_expected=len(sweep.runs),
        runs_present=len(runs),
        points=points,
        curves=tuple(learning_curves(runs, held_out)),
        fits=found.fits,
        bands=found.bands,
        frontier=found.frontier,
        seed_spread=found.seed_spread,
        held_out=next(iter(compared), None),
        also_held_out=compared[1:],
        plans=plans,
        budgets=attempt(lambda: budgets_by(by, plans, _speed(store), **_options(study, data)), lambda why: None),
        commands=(command,) if command else (),
        wall_seconds=seconds,
        train_seconds=sum(run.curve[-1].seconds for run in runs if run.curve),
        spent=spent(runs, held_out),
        used=uses_of(sweep.runs, store, limits_of(study)),
        true_floor_nats=data.floor,
        notes=(*found.notes, *notes_on(runs, left_out)),
        law=law or "",
        counts={**KAPLAN_COUNTS, "C": COUNTS["C"]},
    )
