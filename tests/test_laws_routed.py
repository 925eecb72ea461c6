"""Laws of parallel streams and of routed models with a floor: their limits, and the costly runs of public tables."""

import csv

import numpy as np
import pytest
from public_tables import DATA

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.points.points import Points

SCALEBENCH = DATA.parent / "scalebench"
needs_scalebench = pytest.mark.skipif(not SCALEBENCH.exists(), reason="ScaleBench is not here (SCALINGLAWS_DATA)")


def rows(task, part, group=None):
    with (SCALEBENCH / f"{task}-{part}.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if group in (None, row["group"])]


def columns(found, names):
    return {quantity: np.array([float(row[name]) for row in found]) for quantity, name in names.items()}


def unexplained(task, member, names, groups, **inputs):
    """1 - R2 over the target runs of all groups, each fitted to its own cheaper runs."""
    errors, observed = [], []
    for group in groups:
        fitted = fit(member, Points(columns(rows(task, "train", group), names)))
        target = columns(rows(task, "target", group), names)
        said = fitted.evaluate(**{letter: target[quantity] for letter, quantity in inputs.items()})
        errors.append(target["loss_nats"] - said)
        observed.append(target["loss_nats"])
    everything = np.concatenate(observed)
    return np.sum(np.concatenate(errors) ** 2) / np.sum((everything - everything.mean()) ** 2)


def test_one_stream_is_a_plain_law_of_size_and_streams_act_as_a_larger_model():
    values = {"E": 1.3, "A": 1.7e8, "k": 0.34, "alpha": 0.2}
    parallel, plain = law("parscale"), law("henighan-n")
    assert parallel.evaluate(1e9, 1.0, **values) == plain.evaluate(1e9, L_inf=1.3, N_0=1.7e8, alpha_N=0.2)
    larger = 1e9 * (1 + 0.34 * np.log(8))
    assert parallel.evaluate(1e9, 8.0, **values) == pytest.approx(parallel.evaluate(larger, 1.0, **values), rel=1e-12)


def test_without_its_floor_the_routed_law_is_clarks():
    clark = law("clark")
    for record in clark.published:
        at = {"N": 1e9, "experts": 64.0}
        above = law("clark-floor").evaluate(*at.values(), E=0.0, **record.values)
        assert above == clark.evaluate(*at.values(), **record.values)


@needs_scalebench
def test_parallel_streams_are_predicted_from_fewer_of_them():
    """ScaleBench, parallel: the published R2 is 0.99; a law of size alone gives 0.994 a group."""
    names = {"params_total": "num_params", "parallel_streams": "parallel_size", "loss_nats": "loss"}
    both = ("stack", "pile")
    law_of_streams = unexplained("parallel", "parscale", names, both, N="params_total", streams="parallel_streams")
    assert law_of_streams < 2e-4
    assert law_of_streams < unexplained("parallel", "henighan-n", names, both, N="params_total")


@needs_scalebench
def test_a_floor_lets_the_routed_law_predict_larger_models_better():
    names = {"params_active": "dense_parameter_count", "n_experts": "num_experts", "loss_nats": "loss_validation"}
    with_floor, without = (
        unexplained("moe", member, names, (None,), N="params_active", experts="n_experts")
        for member in ("clark-floor", "clark")
    )
    assert with_floor < 0.3 < 0.35 < without
