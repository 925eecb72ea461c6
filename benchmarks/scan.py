"""Scan learning rate and batch of a study's sizes: the runs behind a study's learning-rate rule.

    python benchmarks/scan.py quickstart --to runs/scan --shapes 1x8 2x16 --rates 0.008 0.016 --tokens 1e6

Each cell is one run of the study's recipe with the rate and batch named, no branches; the table shows the final test
loss in nats a token. Stop it and start it again at will: what is done is kept.
"""

import argparse
import os
from dataclasses import replace
from itertools import product
from pathlib import Path

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import Sweep, design, make_shape
from scalinglaws.designing.read_study import read_study
from scalinglaws.launching.launch import launch
from scalinglaws.launching.processes import Local
from scalinglaws.store.lock import LOCK, TRAINING, held
from scalinglaws.store.store import open_store
from scalinglaws.studying.estimate import seconds_here


def main():
    """Scan, then print one line a size and batch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--to", required=True)
    parser.add_argument("--shapes", nargs="+", required=True, help="n_layer x d_model, such as 2x16")
    parser.add_argument("--rates", nargs="+", type=float, required=True)
    parser.add_argument("--batches", nargs="+", type=int, default=[])
    parser.add_argument("--tokens", nargs="+", type=float, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()

    study = read_study(asked.study)
    store = open_store(asked.to, create=True)
    data = tokenise(study.corpus, study.tokenizer, store.data, data_dir=_data_dir())
    cells = {}
    for shape, rate, batch, tokens, seed in product(
        asked.shapes, asked.rates, asked.batches or [study.batch], asked.tokens, range(asked.seeds)
    ):
        n_layer, d_model = map(int, shape.split("x"))
        one = replace(
            study,
            shapes=((n_layer, d_model),),
            tokens=(tokens,),
            own_tokens=(),
            batch=batch,
            hold_out=0,
            seeds=1,
            seed_shape=None,
            max_flops=0.0,
            lr_scale=rate,
            lr_exponent=0.0,
            lr_max=rate,
        )
        spec = design(one, data.vocabulary, data.data_id, len(data.split("train"))).runs[0]
        cells[shape, tokens, batch, rate, seed] = replace(spec, seed=seed)
    executor = Local(study.processes or os.cpu_count() or 1)
    with held(store.path / LOCK, TRAINING):
        sweep = Sweep("scan", tuple(cells.values()))
        seconds = seconds_here(sweep, device="cpu", engine="auto")
        failures = launch(sweep, store, executor, seconds=seconds)
    print(f"final test loss, nats a token; {len(failures)} runs failed")
    for shape, tokens, batch in product(asked.shapes, asked.tokens, asked.batches or [study.batch]):
        losses = {
            rate: [_loss(store, cells[shape, tokens, batch, rate, seed]) for seed in range(asked.seeds)]
            for rate in asked.rates
        }
        n = make_shape(study, tuple(map(int, shape.split("x"))), data.vocabulary).params()
        print(
            f"{shape:>6} N={n:<8,} D={tokens:.3g} batch {batch:<4}",
            "  ".join(
                f"{rate:g}: " + " ".join("diverged" if x is None else f"{x:.4f}" for x in found)
                for rate, found in losses.items()
            ),
        )


def _loss(store, spec):
    run = store.run(spec) if store.has(spec) else None
    return run.final.loss_nats if run is not None and run.final else None


def _data_dir():
    return Path(os.environ["SCALINGLAWS_DATA"]) if "SCALINGLAWS_DATA" in os.environ else None


if __name__ == "__main__":
    main()
