"""What would fail in training, or could not be answered after it, told before anything is paid."""

import math
from collections.abc import Collection, Mapping, Sequence

from ..errors import CorpusError, StudyError
from ..run.run import RunSpec
from ..run.schedule import evaluation_steps
from .study_file import Study

OF_A_JOINT_LAW = 6  # different pairs of size and horizon: one more than the five parameters of Chinchilla's law
SIZES_OF_A_TRIAL = 5  # a law is tried on a size that four smaller ones lie below
MOST_STEPS = 1e10  # of a study: four months at a millisecond each, which no step is done in; kaplan-full takes 5e7
WARMUP_SHARE = 10  # a warm-up of one step in so many is what is proposed


def require_steps(runs: Sequence[RunSpec]):
    """Refuse runs of so many steps together that no machine would take them in years, however small a model is.

    Raises:
        StudyError: with the steps there are, and of what they are made.
    """
    steps = sum(run.steps - run.first_step for run in runs)
    if steps > MOST_STEPS:
        longest = max(runs, key=lambda run: run.steps)
        raise StudyError(
            f"the {_count(len(runs), 'run')} take {steps:.3g} steps together, the longest {longest.steps:.3g} "
            f"({longest.tokens:.3g} tokens, {longest.batch_tokens:,} a step); {MOST_STEPS:.0e} are the most of one "
            "study. Shorten tokens, or raise batch or n_ctx."
        )


def require_schedules(runs: Sequence[RunSpec]):
    """Refuse runs that would never train at their rate, never decay though they should, or never stop though they may.

    Raises:
        StudyError: a warm-up that outlasts its run or reaches into the decay, a decay of no step, or a patience beyond
            the evaluations there are.
    """
    for run in sorted((run for run in runs if not run.is_trunk), key=lambda run: run.steps):
        cools = run.schedule == "wsd"
        last = run.decay_start if cools else run.steps
        which = f"the run of {run.tokens:,} tokens at d_model {run.shape.d_model} takes {run.steps} steps"
        if cools and last == run.steps:
            raise StudyError(
                f"decay = {run.decay:g}: {which}, and this share of them is not one: it would never decay. Set decay = "
                f"{_rounded_up(1 / run.steps)} or more, or schedule = 'constant'."
            )
        if run.warmup > last or (run.warmup == run.steps and not cools):
            before = f", {last} of them before its decay" if cools else ""
            raise StudyError(
                f"warmup_steps = {run.warmup}: {which}{before}, and would never train at its rate. Set warmup_steps = "
                f"{max(1, last // WARMUP_SHARE)}, or warmup_share = {1 / WARMUP_SHARE:g} for a share of each run."
            )
        _require_patience(run)


def _require_patience(run: RunSpec):
    count = len(evaluation_steps(run))
    if run.early_stop >= count:
        raise StudyError(
            f"early_stop = {run.early_stop}: the run of {run.tokens:,} tokens at d_model {run.shape.d_model} is "
            f"evaluated {count} times, so that it could never stop early. Set early_stop below {count}, or more "
            f"evaluations; 0 never stops."
        )
    if run.early_stop and run.parent:
        raise StudyError(
            f"early_stop = {run.early_stop} under schedule 'wsd' with several horizons: a trunk that stopped would "
            f"leave its branches nothing to start from. Set schedule = 'cosine' or 'constant', or one horizon."
        )


def _rounded_up(share: float) -> str:
    return f"{math.ceil(1000 * share) / 1000:g}"


def require_text(study: Study, runs: Sequence[RunSpec], train_tokens: int):
    """Refuse runs that ask for more passes over the training text than the study allows, or more of it than there is.

    Raises:
        CorpusError: with how much text there is, and what to ask for.
    """
    for run in sorted(runs, key=lambda run: -run.tokens):
        unique = run.unique_tokens or train_tokens
        if run.unique_tokens > train_tokens:
            raise CorpusError(f"unique_tokens = {unique:,}; {study.corpus} has {train_tokens:,} tokens to train on.")
        if unique <= study.n_ctx:
            raise CorpusError(
                f"a window of n_ctx = {study.n_ctx} needs {study.n_ctx + 1} tokens, and a run may train on {unique:,} "
                f"of {study.corpus}. Take a shorter n_ctx, or more text."
            )
        allowed = int(unique * study.max_epochs)
        if run.tokens > allowed:
            raise CorpusError(
                f"the longest run asks for {run.tokens:,} tokens; {study.corpus} has {unique:,} to train on: that is "
                f"{run.tokens / unique:.3g} epochs, and max_epochs = {study.max_epochs:g} allows {allowed:,} tokens. "
                f"Ask for fewer tokens, bring more text, or raise max_epochs."
            )


def require_test_text(study: Study, test_tokens: Mapping[str, int]):
    """Refuse test texts, by corpus, that do not fill one window.

    Raises:
        CorpusError: with the length that there is.
    """
    for corpus, tokens in test_tokens.items():
        if tokens <= study.n_ctx:
            raise CorpusError(
                f"the test text of {corpus} has {tokens:,} tokens, and one window of n_ctx = {study.n_ctx} needs "
                f"{study.n_ctx + 1:,}. Take a shorter n_ctx, or give more text to test on."
            )


def unanswered(
    study: Study, runs: Sequence[RunSpec], held_out: Collection[str], left_out: Collection[str]
) -> list[str]:
    """Say what the runs of a study cannot answer, however they end; nothing where all is asked well enough."""
    fitted = [run for run in runs if not run.is_trunk and run.id not in held_out and run.id not in left_out]
    pairs = {(run.shape.params(), run.tokens) for run in fitted}
    sizes, horizons = (len({pair[i] for pair in pairs}) for i in (0, 1))
    few = f"not answered: {_count(sizes, 'size')} and {_count(horizons, 'horizon')} are fitted, "
    if sizes < 2 or horizons < 2 or len(pairs) < OF_A_JOINT_LAW:
        lost = (
            "nothing can be predicted of the held-out size, nor a plan be made" if study.hold_out else "no plan is made"
        )
        hint = "Add to shapes or tokens, or hold out fewer." if study.hold_out else "Add to shapes or tokens."
        return [
            f"{few}{_count(len(pairs), 'pair')} of them; a law of N and D takes two of each and {OF_A_JOINT_LAW} "
            f"pairs. Without it {lost}. {hint}"
        ]
    below = sorted({size for size, _ in pairs})[: SIZES_OF_A_TRIAL - 1]
    if study.hold_out and (sizes < SIZES_OF_A_TRIAL or sum(size in below for size, _ in pairs) < OF_A_JOINT_LAW):
        return [
            f"{few}too few to try a law on one of these sizes, which takes {SIZES_OF_A_TRIAL} sizes and "
            f"{OF_A_JOINT_LAW} pairs below the largest. The held-out size is predicted by a law and with an "
            f"interval that were never tried. Add to shapes."
        ]
    return []


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
