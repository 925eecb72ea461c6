"""Checks before any compute is spent: what would fail in training, and what the runs could not answer."""

import math
from collections.abc import Collection, Mapping, Sequence

from ..errors import CorpusError, StudyError
from ..run.run import RunSpec
from ..run.schedule import evaluation_steps
from .study_file import Study

OF_A_JOINT_LAW = 6  # minimum number of pairs of size and horizon: one more than the parameters of Chinchilla's law
SIZES_OF_A_TRIAL = 5  # minimum number of sizes for testing a law: it is fitted to four and predicts the fifth
MOST_STEPS = 1e10  # maximum of a study: four months at 1 ms per step, which is faster than any; kaplan-full has 5e7
WARMUP_SHARE = 10  # messages propose a warm-up of one step in this many


def require_steps(runs: Sequence[RunSpec]):
    """Refuse runs whose total number of steps is more than any machine could do, however small the models are.

    Raises:
        StudyError: with the number of steps, and what it is made of.
    """
    steps = sum(run.steps - run.first_step for run in runs)
    if steps > MOST_STEPS:
        longest = max(runs, key=lambda run: run.steps)
        raise StudyError(
            f"the {_count(len(runs), 'run')} take {steps:.3g} steps together, the longest {longest.steps:.3g} "
            f"({longest.tokens:.3g} tokens, {longest.batch_tokens:,} per step); the maximum of one study is "
            f"{MOST_STEPS:.0e}. Ask for fewer tokens, or raise batch or n_ctx."
        )


def require_schedules(runs: Sequence[RunSpec]):
    """Refuse runs that never reach their learning rate, whose decay has no step, or that can never stop early.

    Raises:
        StudyError: a warm-up is longer than its run or reaches into the decay, a decay has less than one step, or a
            patience is not smaller than the number of evaluations.
    """
    for run in sorted((run for run in runs if not run.is_trunk), key=lambda run: run.steps):
        cools = run.schedule == "wsd"
        last = run.decay_start if cools else run.steps
        which = f"the run of {run.tokens:,} tokens at d_model {run.shape.d_model} takes {run.steps} steps"
        if cools and last == run.steps:
            last_step = run.trained_tokens - run.tokens_at(run.steps - 1)
            least = _rounded_up(last_step / run.trained_tokens)
            raise StudyError(
                f"decay = {run.decay:g}: {which}, and this fraction of them is less than one step, so it would never "
                f"decay. Set decay = {least} or more, or schedule = 'constant'."
            )
        if run.warmup > last or (run.warmup == run.steps and not cools):
            before = f", {last} of them before its decay" if cools else ""
            raise StudyError(
                f"warmup_steps = {run.warmup}: {which}{before}, so it would never train at its peak learning rate. Set "
                f"warmup_steps = {max(1, last // WARMUP_SHARE)}, or warmup_share = {1 / WARMUP_SHARE:g} to limit the "
                "warm-up to this fraction of each run."
            )
        _require_patience(run)


def _require_patience(run: RunSpec):
    count = len(evaluation_steps(run))
    if run.early_stop >= count:
        raise StudyError(
            f"early_stop = {run.early_stop}: the run of {run.tokens:,} tokens at d_model {run.shape.d_model} is "
            f"evaluated {count} times, so it could never stop early. Set early_stop below {count}, raise evaluations, "
            f"or set early_stop = 0 for no early stopping."
        )
    if run.early_stop and run.parent:
        raise StudyError(
            f"early_stop = {run.early_stop} with schedule 'wsd' and several horizons: if a trunk stopped early, its "
            f"branches would have no state to start from. Set schedule = 'cosine' or 'constant', or one horizon."
        )


def _rounded_up(share: float) -> str:
    return f"{math.ceil(1000 * share) / 1000:g}"


def require_text(study: Study, runs: Sequence[RunSpec], train_tokens: int):
    """Refuse runs that need more epochs of the training text than the study allows, or more unique tokens than it has.

    Raises:
        CorpusError: with the length of the text, and what is allowed.
    """
    for run in sorted(runs, key=lambda run: -run.tokens):
        unique = run.unique_tokens or train_tokens
        if run.unique_tokens > train_tokens:
            raise CorpusError(f"unique_tokens = {unique:,}; {study.corpus} has {train_tokens:,} training tokens.")
        if unique <= study.n_ctx:
            raise CorpusError(
                f"a window of n_ctx = {study.n_ctx} needs {study.n_ctx + 1} tokens, and a run has {unique:,} training "
                f"tokens of {study.corpus}. Take a smaller n_ctx, or give more text."
            )
        allowed = int(unique * study.max_epochs)
        if run.tokens > allowed:
            raise CorpusError(
                f"the longest run needs {run.tokens:,} tokens, and {study.corpus} has {unique:,} training tokens: that "
                f"is {run.tokens / unique:.3g} epochs, and max_epochs = {study.max_epochs:g} allows {allowed:,} "
                f"tokens. Ask for fewer tokens, give more text, or raise max_epochs."
            )


def require_test_text(study: Study, test_tokens: Mapping[str, int]):
    """Refuse test texts, by corpus, that are shorter than one window.

    Raises:
        CorpusError: with the length of the text.
    """
    for corpus, tokens in test_tokens.items():
        if tokens <= study.n_ctx:
            raise CorpusError(
                f"the test text of {corpus} has {tokens:,} tokens, and one window of n_ctx = {study.n_ctx} needs "
                f"{study.n_ctx + 1:,}. Take a smaller n_ctx, or give more test text."
            )


def unanswered(
    study: Study, runs: Sequence[RunSpec], held_out: Collection[str], left_out: Collection[str]
) -> list[str]:
    """Say what the runs of a study cannot answer, whatever their losses are; empty if there are enough runs."""
    fitted = [run for run in runs if not run.is_trunk and run.id not in held_out and run.id not in left_out]
    pairs = {(run.shape.params(), run.tokens) for run in fitted}
    sizes, horizons = (len({pair[i] for pair in pairs}) for i in (0, 1))
    few = f"not answered: {_count(sizes, 'size')} and {_count(horizons, 'horizon')} are fitted, "
    if sizes < 2 or horizons < 2 or len(pairs) < OF_A_JOINT_LAW:
        lost = "the held-out size cannot be predicted and no plan is made" if study.hold_out else "no plan is made"
        hint = "Add to shapes or tokens, or hold out fewer sizes." if study.hold_out else "Add to shapes or tokens."
        return [
            f"{few}{_count(len(pairs), 'pair')} of them; a law of N and D needs at least two of each and "
            f"{OF_A_JOINT_LAW} pairs. Without it {lost}. {hint}"
        ]
    below = sorted({size for size, _ in pairs})[: SIZES_OF_A_TRIAL - 1]
    if study.hold_out and (sizes < SIZES_OF_A_TRIAL or sum(size in below for size, _ in pairs) < OF_A_JOINT_LAW):
        return [
            f"{few}too few to test a law on one of these sizes, which needs {SIZES_OF_A_TRIAL} sizes and "
            f"{OF_A_JOINT_LAW} pairs below the largest. The law and the interval that predict the held-out size "
            f"are therefore not tested on smaller sizes. Add to shapes."
        ]
    return []


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
