"""The learning curve of a Transformer on facts, beside the exact one of the ideal learner.

    python benchmarks/truth/facts.py --tokens 6.25e4 1.25e5 2.5e5 5e5 1e6 --seeds 2

One decayed run a horizon and seed, about 90 CPU seconds in all. Of each: the test loss above the exact floor of its
windows, in all and of the answers alone; what the ideal learner still pays for answers; the text after which the ideal
learner would pay as much; and at the end the powers of the data by which both fall over all horizons. `--to` writes the
losses as points, the floor of the windows replaced by the entropy, so that they have no noise of the test text.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from scipy import stats

from scalinglaws.corpora.facts import STOP, Facts, parse_facts
from scalinglaws.corpora.order import window_starts
from scalinglaws.corpora.token_files import Tokenised
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.run_under_way import RunUnderWay

NAME = "facts:questions=4096,tail=50,answers=256,tokens=2000000,test_tokens=140000"
N_CTX, BATCH, EVAL_TOKENS, WINDOWS_AT_ONCE = 16, 16, 131_072, 256
# untied, without weight decay (which forgets what is seldom asked) and decaying from the first step: the rate that
# learns an answer from few sightings is noise in the frequencies of the questions unless it ends at 0
HOW = {"schedule": "linear", "weight_decay": 0.0, "beta2": 0.99, "evaluations": 3, "eval_tokens": 32768}


def excess(data: Tokenised, tokens: int, seed: int, width: int, rate: float) -> tuple[float, float]:
    """Train one model; give its loss above the floor and the part of answers, nats per token of the whole text."""
    heads = max(1, width // 16)
    shape = Shape(
        n_layer=1, d_model=width, n_heads=heads, d_ff=4 * width, n_ctx=N_CTX, n_vocab=data.vocabulary, tied=False
    )
    warmup = max(1, min(100, tokens // (10 * BATCH * N_CTX)))
    spec = RunSpec(shape, NAME, "symbols", data.data_id, tokens, BATCH, rate, warmup, seed, **HOW)
    with tempfile.TemporaryDirectory() as folder:
        job, step = RunUnderWay(spec, (data,), Path(folder), "cpu", "auto", lambda curve: None), 0
        while step < spec.steps:
            step = job.advance(step)
    starts, model = window_starts(job.tests[0].size, N_CTX, EVAL_TOKENS), job.engine.scored
    model.train(False)
    above, answers = 0.0, 0.0
    for i in range(0, len(starts), WINDOWS_AT_ONCE):
        before, after = job.tests[0].at(starts[i : i + WINDOWS_AT_ONCE])
        with torch.no_grad():
            losses = model.losses(before, after).double().numpy()
        floor, answer = _known(parse_facts(NAME), before.numpy(), after.numpy())
        above += (losses - floor).sum()
        answers += losses[answer].sum()
    return above / (len(starts) * N_CTX), answers / (len(starts) * N_CTX)


def _known(facts: Facts, before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the lowest loss of each token, and which tokens are answers."""
    stop = facts.questions + facts.answers
    of_question = np.append(-np.log(facts.frequencies()), np.zeros(facts.answers + 1))
    of_stop = np.where(after == stop, -np.log(STOP), -np.log1p(-STOP))
    answered = (before >= facts.questions) & (before < stop)
    return of_question[after] + np.where(answered, of_stop, 0.0), (after >= facts.questions) & (after < stop)


def text_of_equal_excess(facts: Facts, answers: float) -> float:
    """Give the tokens after which the ideal learner pays this much for answers."""
    grid = np.geomspace(1e2, 1e8, 400)
    return float(np.exp(np.interp(-np.log(answers), -np.log(facts.least_excess(grid) + 1e-30), np.log(grid))))


def power(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Give the power by which y falls with x, and half of its 95% interval by the scatter about the line."""
    line = stats.linregress(np.log(x), np.log(y))
    return -line.slope, line.stderr * stats.t.ppf(0.975, len(x) - 2)


def main() -> None:
    """Train at every horizon and seed and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--tokens", type=float, nargs="+", default=[6.25e4, 1.25e5, 2.5e5, 5e5, 1e6])
    asked.add_argument("--seeds", type=int, default=2)
    asked.add_argument("--width", type=int, default=32)
    asked.add_argument("--rate", type=float, default=0.015)
    asked.add_argument("--to", type=Path, help="write tokens and test loss here, for `scalinglaws fit henighan-d`")
    given, facts = asked.parse_args(), parse_facts(NAME)
    torch.set_num_threads(1)
    print("tokens    seed  above the floor  of answers  ideal   ratio  ideal learner's text", flush=True)
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        data = tokenise(NAME, "symbols", Path(cache))
        for d in given.tokens:
            for seed in range(given.seeds):
                above, answers = excess(data, int(d), seed, given.width, given.rate)
                least, text = float(facts.least_excess(d)), text_of_equal_excess(facts, answers)
                rows.append((d, above, answers, least))
                line = f"{d:<9.3g} {seed:<5} {above:<16.4f} {answers:<11.4f} {least:.4f}  {answers / least:<6.2f}"
                print(f"{line} {text:.3g} ({d / text:.2f} times less)", flush=True)
    d, above, answers, least = np.array(rows).T
    if given.to:
        runs = [f"{tokens:.0f},{facts.entropy_nats() + one:.6f}" for tokens, one in zip(d, above, strict=True)]
        given.to.write_text("\n".join(["tokens,loss_nats", *runs]) + "\n", encoding="utf-8")
    for name, found in (
        ("above the floor", above),
        ("of answers", answers),
        ("ideal", least),
        ("ratio", answers / least),
    ):
        value, half = power(d, found)
        print(f"power of the data, {name}: {value:.3f} +- {half:.3f}")


if __name__ == "__main__":
    main()
