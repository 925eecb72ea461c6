"""One budget for training and for answering: the size, tokens and answers per question with the best pass@k."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FitError, MisuseError, refuse
from ..predicting.predict import Prediction, predict
from ..records.arguments import checked
from ..records.numbers_in_text import interval as in_text
from ..records.numbers_in_text import share, short
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .law_splits import columns_of
from .undetermined import USELESS, interval

LAW = "train-to-test"
LEAST_PARAMS, LEAST_TOKENS = 10.0, 1e3
GOLDEN = (np.sqrt(5) - 1) / 2
ROUNDS = 60  # of each search: a factor of 1e12 in its bracket
EDGE = 1e-6  # in ln N: a best size this near an end of the search lies at it
ENOUGH = 0.95  # of the draws that must have a best size


@dataclass(frozen=True, eq=False, repr=False)
class TrainToTest(PublicRecord):
    """A budget split between training and answering.

    Attributes:
        flops: 6 N D + 2 N T k Q, for Q `questions` with k answers of T `answer_tokens` each.
        params, tokens, samples: N, D and k with the interval of the optimum over the draws.
        training_share: of the budget.
        surprise: -ln pass@k predicted there, for one new model. alone: the same by one answer a question, at the best
            size for that.
        reach: 6 N D over the largest of the runs.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    flops: float
    questions: float
    answer_tokens: float
    columns: Mapping[str, str]
    params: Estimate
    tokens: Estimate
    samples: Estimate
    training_share: float
    surprise: Prediction
    alone: float
    reach: float
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        s = self.surprise
        value, low, high = (float(np.exp(-part)) for part in (s.value, s.high, s.low))
        passed = Estimate(value, low, high, s.level)
        level = f"{self.params.level:.0%}"
        return [
            f"{LAW}: {short(self.flops)} FLOPs for training and for {short(self.questions)} questions, answers of "
            f"{short(self.answer_tokens)} tokens; {share(self.training_share)} of it trains",
            f"  N  {in_text(self.params, '.4g')} ({self.columns['N']}), {level}",
            f"  D  {in_text(self.tokens, '.4g')}, {short(self.reach, 3)} times the largest training compute fitted",
            f"  answers a question  {in_text(self.samples, '.4g')}",
            f"  pass@k  {in_text(passed, '.4f')}; by one answer, at the best size for it, {np.exp(-self.alone):.4f}",
        ]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {name: getattr(self, name) for name in ("flops", "params", "tokens", "samples", "training_share")}

    def rows(self) -> dict[str, Any]:
        """Give a row a quantity, with its interval."""
        named = {name: getattr(self, name) for name in ("params", "tokens", "samples")}
        return {
            "quantity": [*named],
            **{end: [getattr(e, end) for e in named.values()] for end in ("value", "low", "high")},
        }


@checked
def train_to_test(
    draws: Draws, flops: float, *, questions: float, answer_tokens: float, level: float = 0.95, anyway: bool = False
) -> TrainToTest:
    """Split one budget between training and answering by the law train-to-test (Roberts et al. 2026).

    6 N D + 2 N T k Q = C is spent so that -ln pass@k is least. In ln N, ln D and ln k both are sums of exponentials, so
    that there is one optimum; k is at least 1.

    Args:
        draws: of a fit of train-to-test.
        flops: C. questions: Q, as many as will be asked in all. answer_tokens: T, of one answer.
        anyway: split it although no claim can rest on the fit.

    Raises:
        MisuseError: another law, a number out of range, or a budget that leaves no training.
        FitError: the runs do not determine the best size or the number of answers, or no claim can rest on them.
    """
    refuse("plan", () if anyway else draws.barred)
    asked = _checked(draws, flops, questions, answer_tokens, level)
    _require_identified(draws)
    own = {name: np.array([value]) for name, value in draws.fit.values.items()}
    params, tokens, samples = (float(part[0]) for part in _best(own, flops, asked)[:3])
    each = _best(columns_of(draws), flops, asked)
    found = {name: interval(v, e, level) for name, v, e in zip("NDk", (params, tokens, samples), each, strict=False)}
    _require_useful(found, params)
    there = predict(draws, {"N": params, "D": tokens, "samples": samples}, level=level, anyway=True)
    alone = float(_best(own, flops, asked, most=1.0)[3][0])
    trained = 6 * params * tokens
    inputs = draws.fit.inputs
    reach = trained / float((6 * inputs["N"] * inputs["D"]).max())
    return TrainToTest(
        flops=float(flops),
        questions=float(questions),
        answer_tokens=float(answer_tokens),
        columns=dict(draws.fit.columns),
        params=found["N"],
        tokens=found["D"],
        samples=found["k"],
        training_share=trained / flops,
        surprise=there,
        alone=alone,
        reach=reach,
        warnings=(*there.warnings, *_cautions(inputs, params, samples)),
        barred=draws.barred,
    )


def _checked(draws: Draws, flops: float, questions: float, answer_tokens: float, level: float) -> float:
    """Give the tokens of one answer to every question, if all that is asked for can be done."""
    if draws.fit.law.name != LAW:
        raise MisuseError(f"law {draws.fit.law.name!r} does not say what more answers are worth: fit {LAW}.")
    for name, value in {"flops": flops, "questions": questions, "answer_tokens": answer_tokens}.items():
        if not (value > 0 and np.isfinite(value)):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")
    if not 0 < level < 1:
        raise MisuseError(f"level = {level}; it must lie between 0 and 1.")
    asked = questions * answer_tokens
    if flops <= 2 * np.e * LEAST_PARAMS * (3 * LEAST_TOKENS + asked):
        raise MisuseError(
            f"{flops:.3g} FLOPs do not pay {short(asked)} tokens of answers and any training. Give more FLOPs, or "
            "answer fewer questions."
        )
    return asked


def _cautions(inputs: Mapping[str, np.ndarray], params: float, samples: float) -> list[str]:
    said = [] if samples > 1 else ["one answer a question is best: more would cost more training than they are worth."]
    for name, letter, value in (("size", "N", params), ("number of answers", "samples", samples)):
        low, high = float(inputs[letter].min()), float(inputs[letter].max())
        if not low <= value <= high:
            said.append(f"the best {name} lies outside those measured, {short(low)} to {short(high)}.")
    return said


def _require_identified(draws: Draws) -> None:
    loose = [name for name in ("A", "alpha", "B", "beta", "G", "gamma") if name in draws.fit.unidentified]
    if loose:
        raise FitError(
            f"these runs do not determine {', '.join(loose)} of {LAW}, on which the split rests. Add runs of other "
            "sizes, tokens and numbers of answers."
        )


def _require_useful(found: Mapping[str, Estimate], params: float) -> None:
    names = {"N": "size", "D": "number of tokens", "k": "number of answers a question"}
    for letter, one in found.items():
        if not np.isfinite(params) or not one.low or not one.high or one.high / one.low > USELESS:
            raise FitError(
                f"the best {names[letter]} is not determined by these runs: its {one.level:.0%} interval is wider "
                f"than a factor {USELESS:,.0f}. Add runs of other sizes, tokens and numbers of answers."
            )


def _best(values: Mapping[str, np.ndarray], flops: float, asked: float, most: float = np.inf):
    """Give N, D, k and -ln pass@k at the optimum of every draw; N is 0 or infinite where it lies at an end."""
    low = np.full(len(values["E"]), np.log(LEAST_PARAMS))
    high = np.full_like(low, np.log(flops / 2 / (3 * LEAST_TOKENS + asked)))
    ends = low.copy(), high.copy()
    for _ in range(ROUNDS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        better = _given_size(values, left, flops, asked, most)[2] < _given_size(values, right, flops, asked, most)[2]
        low, high = np.where(better, low, left), np.where(better, right, high)
    size = (low + high) / 2
    tokens, samples, least = _given_size(values, size, flops, asked, most)
    params = np.where(size < ends[0] + EDGE, 0.0, np.where(size > ends[1] - EDGE, np.inf, np.exp(size)))
    return params, tokens, samples, least


def _given_size(v: Mapping[str, np.ndarray], size: np.ndarray, flops: float, asked: float, most: float):
    """Split what a size leaves: 3 D + T Q k = C / (2 N), by bisection of the logit of the share that trains."""
    whole = flops / 2 / np.exp(size)
    answers = whole / asked  # a question, if nothing were trained
    lowest = np.clip(1 - most / answers, 1e-9, 1 - 1e-12)
    highest = np.clip(1 - 1 / answers, lowest, 1 - 1e-12)
    low, high = (np.log(end) - np.log1p(-end) for end in (lowest, highest))
    with np.errstate(all="ignore"):
        gain = np.log(v["beta"] * v["B"]) - np.log(v["gamma"] * v["G"])
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            part, rest = 1 / (1 + np.exp(-middle)), 1 / (1 + np.exp(middle))
            trains = gain - v["beta"] * np.log(whole * part / 3) + v["gamma"] * np.log(answers * rest) - middle > 0
            low, high = np.where(trains, middle, low), np.where(trains, high, middle)
        middle = (low + high) / 2
        tokens, samples = whole / 3 / (1 + np.exp(-middle)), np.maximum(answers / (1 + np.exp(middle)), 1.0)
        parts = v["A"] * np.exp(-v["alpha"] * size), v["B"] * tokens ** -v["beta"], v["G"] * samples ** -v["gamma"]
        return tokens, samples, v["E"] + sum(parts)
