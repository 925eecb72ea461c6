"""Accuracy on multiple-choice items about facts: that of trained models beside the exact one of the ideal learner.

    python benchmarks/truth/answers.py --to answers

Writes a study and its items into the folder, trains it (about two CPU minutes), and prints for each size and horizon
the accuracy beside that of a learner which knows the answer of every question that it has seen and guesses the others:
no model is better in expectation. Then what the laws from loss to accuracy say.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import scalinglaws as sl
from scalinglaws.corpora.facts import TOKENS_PER_FACT, Facts, parse_facts

NAME = "facts:questions=2048,tail=50,answers=64,tokens=600000,test_tokens=60000"
CHOICES, EACH = 4, 2  # choices of an item; one question in this many has an item
STUDY = f"""corpus = "{NAME}"
tokenizer = "symbols"
n_ctx = 16
batch = 16
shapes = [[1, 8], [1, 12], [1, 16], [1, 24], [1, 32], [1, 48]]
tokens = [3e4, 6e4, 1.2e5, 2.4e5, 4.8e5]
items = "items.jsonl"
hold_out = 1
hold_out_seeds = 2
tied = false
schedule = "linear"
lr_scale = 0.015
lr_exponent = 0.0
weight_decay = 0.0
beta2 = 0.99
evaluations = 3
eval_tokens = 32768
noise_every = 0
"""


def items_of(facts: Facts) -> list[dict]:
    """Make an item of every second question: its answer among others, in a place drawn from a seed."""
    rng, found = np.random.default_rng(0), []
    every = np.arange(facts.questions, facts.questions + facts.answers)
    for question, right in list(enumerate(facts.answer_of()))[::EACH]:
        others = rng.choice(every[every != right], CHOICES - 1, replace=False)
        choices = rng.permutation([right, *others])
        answer = int(np.flatnonzero(choices == right)[0])
        found.append({"query": [question], "choices": [[int(one)] for one in choices], "answer": answer})
    return found


def ideal(facts: Facts, tokens: float) -> float:
    """The expected accuracy of a learner that guesses only where it has not seen the question."""
    unseen = np.exp(tokens / TOKENS_PER_FACT * np.log1p(-facts.frequencies()[::EACH]))
    return float(1 - np.mean(unseen) * (1 - 1 / CHOICES))


def main() -> None:
    """Write, train, and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--to", type=Path, default=Path("answers"))
    folder, facts = asked.parse_args().to, parse_facts(NAME)
    folder.mkdir(parents=True, exist_ok=True)
    records = "".join(json.dumps(one) + "\n" for one in items_of(facts))
    (folder / "items.jsonl").write_text(records, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    points = sl.study(folder / "study.toml", folder / "out").points
    print("N        D        loss    accuracy (se)   probability  ideal learner")
    for i in np.lexsort((points["tokens"], points["params_nonembedding"])):
        row = {name: points[name][i] for name in ("params_nonembedding", "tokens", "loss_nats", "choice_probability")}
        told = f"{points['accuracy'][i]:.3f} ({points['accuracy_sem'][i]:.3f})"
        most = ideal(facts, row["tokens"])
        print(f"{row['params_nonembedding']:<8g} {row['tokens']:<8.3g} {row['loss_nats']:.4f}  {told:<15} "
              f"{row['choice_probability']:<12.3f} {most:.3f}")  # fmt: skip
    print(sl.fit("gadre-error", points, fix={"epsilon": 1 - 1 / CHOICES}))


if __name__ == "__main__":
    main()
