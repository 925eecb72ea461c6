"""The learning curve of a Transformer on facts, beside the exact one of the ideal learner.

    python benchmarks/truth/facts.py --tokens 1e5 2e5 4e5

One decayed run a horizon, one minute of one core for the three. Printed are the test loss above the exact floor of the
same windows, the lowest that any learner can expect, and the powers of the data by which both fall between horizons.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from scalinglaws.corpora.facts import parse_facts
from scalinglaws.corpora.synthetic import evaluation_floor
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train

NAME = "facts:questions=8192,tail=50,answers=512,tokens=2000000,test_tokens=131072"
N_CTX, EVAL_TOKENS = 16, 65_536


def excess(tokens: int, folder: Path, width: int = 32, rate: float = 0.005) -> float:
    """Train one model and give its loss above the floor, nats per token."""
    data = tokenise(NAME, "symbols", folder / "cache")
    shape = Shape(n_layer=1, d_model=width, n_heads=2, d_ff=4 * width, n_ctx=N_CTX, n_vocab=data.vocabulary)
    how = {"evaluations": 24, "eval_tokens": EVAL_TOKENS}
    spec = RunSpec(shape, NAME, "symbols", data.data_id, tokens, 32, rate, 30, **how)
    final = train(spec, data, folder / str(tokens)).final
    return final.loss_nats - evaluation_floor(data, N_CTX, EVAL_TOKENS)


def main() -> None:
    """Train at every horizon and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--tokens", type=float, nargs="+", default=[1e5, 2e5, 4e5])
    tokens = np.array(asked.parse_args().tokens)
    with tempfile.TemporaryDirectory() as folder:
        found = np.array([excess(int(d), Path(folder)) for d in tokens])
    least = parse_facts(NAME).least_excess(tokens)
    powers = [np.append(np.nan, -np.diff(np.log(one)) / np.diff(np.log(tokens))) for one in (found, least)]
    print("tokens      above the floor   power    ideal   power")
    for d, one, its, ideal, known in zip(tokens, found, powers[0], least, powers[1], strict=True):
        print(f"{d:<10.3g}  {one:<16.4f}  {its:<7.2f}  {ideal:.4f}  {known:.2f}")


if __name__ == "__main__":
    main()
