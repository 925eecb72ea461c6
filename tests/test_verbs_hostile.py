"""Every law that can split a budget, on random tables: a plan and a prediction, or one line; never a traceback."""

import warnings

import numpy as np
import pytest

from scalinglaws.errors import ScalingLawsError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.planning.buildable import Building
from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

PLANNED = [law for law in LAWS.values() if law.predicts == "loss" and set(law.inputs) in ({"N", "D"}, {"N", "D", "U"})]
KINDS = ("sound", "no N", "no D", "flat", "rising", "few", "ray", "exact", "one size", "noise", "huge", "tiny")


def table(kind: str, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    rows = 8 if kind == "few" else int(rng.integers(12, 28))
    scale = {"huge": 1e15, "tiny": 1e-3}.get(kind, 1.0)
    params = np.exp(rng.uniform(np.log(1e6), np.log(1e9), rows)) * scale
    tokens = params * np.exp(rng.uniform(np.log(5), np.log(200), rows))
    size, data = 400 / params**0.34, 410 / tokens**0.28
    loss = {
        "no N": 1.8 + data,
        "no D": 1.8 + size,
        "flat": np.full(rows, 3.0),
        "rising": 2 + 0.1 * np.log(params * tokens) / 10,
        "noise": np.exp(rng.standard_normal(rows)),
    }.get(kind, 1.8 + size + data)
    if kind == "ray":
        tokens = 20 * params * np.exp(0.08 * rng.standard_normal(rows))
    if kind == "one size":
        params = np.where(np.arange(rows) < rows - 2, 1e8, params)
    loss = loss * np.exp((0 if kind in ("exact", "flat") else 0.004) * rng.standard_normal(rows))
    unique = np.minimum(tokens, 1e9 * scale)
    columns = {"params_total": params, "params_nonembedding": params, "tokens": tokens, "tokens_unique": unique}
    return Points(columns | {"loss_nats": loss, "run_id": [str(i) for i in range(rows)]})


def ends_well(law, kind: str, seed: int) -> str:
    """Fit, plan and predict; give what came of it. Whatever is not one line of ours is raised."""
    said = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = fit(law, table(kind, seed), columns={"N": "params_total", "D": "tokens"})
            drawn = draws(found, draws=20, seed=seed)
        except ScalingLawsError as failure:
            return _one_line(failure)
        flops = float((6 * found.inputs["N"] * found.inputs["D"]).max()) * 10.0 ** (seed % 4)
        shared = {"unique_tokens": 1e10} if "U" in law.inputs or seed % 3 == 0 else {}
        try:
            made = plan(drawn, flops, building=Building(1000, 256, 16), **shared)
            for one in (made.params, made.tokens, made.loss_nats):
                assert np.isfinite(one.value) and one.value > 0 and one.low > 0
            assert 10 <= made.params.value <= flops and made.tokens.value >= 1
            assert all(x.tokens >= 1 and np.isfinite(x.loss_nats) for x in (*made.shapes, *made.alternatives))
            said.append("plan")
        except ScalingLawsError as failure:
            said.append(_one_line(failure))
        try:
            at = {"N": 1e9, "D": 1e11} | ({"U": 1e11} if "U" in law.inputs else {})
            told = predict(drawn, at)
            assert 0 < told.low <= told.value <= told.high < np.inf
            said.append("number")
        except ScalingLawsError as failure:
            said.append(_one_line(failure))
    return "; ".join(said)


def _one_line(failure: Exception) -> str:
    text = str(failure)
    assert text and "\n" not in text and "Traceback" not in text
    return text


QUICK = [(law, KINDS[(3 * i + k) % len(KINDS)], 7 * i + k) for i, law in enumerate(PLANNED) for k in range(2)]


FAST = ("chinchilla", "kaplan-nd", "gadre")  # seconds; all of them take a minute


def test_random_tables_end_in_a_plan_and_a_number_or_in_a_line():
    ended = [ends_well(law, kind, seed) for law, kind, seed in QUICK if law.name in FAST]
    assert sum("number" in one for one in ended) > len(ended) / 4


@pytest.mark.slow
@pytest.mark.parametrize("law", PLANNED, ids=lambda law: law.name)
def test_many_random_tables_end_in_a_plan_and_a_number_or_in_a_line(law):
    for i, kind in enumerate(KINDS):
        for seed in range(2):
            ends_well(law, kind, 100 * i + seed)
