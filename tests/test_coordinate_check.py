"""The coordinate check tells a parametrisation that carries over from width to width from one that does not."""

from dataclasses import replace

import pytest

from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.coordinate_check import coordinate_check

WIDTHS = (32, 64, 128, 256)
SPEC = RunSpec(Shape(2, 64, 4, 16, 64, base_width=32), "text", "bytes", "0", 10**6, 8, 0.004, 10)


def check(**shape):
    return coordinate_check(replace(SPEC, shape=replace(SPEC.shape, **shape)), WIDTHS, seeds=1)


@pytest.mark.parametrize("tied", [True, False])
def test_under_mup_activations_move_alike_at_every_width(tied):
    found = check(parametrisation="mup", tied=tied)
    assert set(found.slopes) == {"block 1", "block 2", "logits"}
    assert all(abs(slope) < 0.25 for slope in found.slopes.values())
    assert all(max(values) / min(values) < 1.5 for values in found.moved.values())


def test_under_the_standard_parametrisation_they_move_further_the_wider_the_model():
    found = check()
    assert all(slope > 0.5 for slope in found.slopes.values())
    assert found.slopes["block 2"] > 1.0
    assert list(found.moved["block 2"]) == sorted(found.moved["block 2"])


def test_at_the_base_width_both_train_the_same_model_to_the_bit():
    both = [
        coordinate_check(replace(SPEC, shape=replace(SPEC.shape, parametrisation=p)), (32, 64), seeds=1)
        for p in ("standard", "mup")
    ]
    assert both[0].moved["logits"][0] == both[1].moved["logits"][0]
    assert both[0].moved["logits"][1] > 1.3 * both[1].moved["logits"][1]
