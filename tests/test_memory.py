"""The memory that a run is said to need is near what is kept for its backward pass."""

from dataclasses import replace

import pytest
import torch

from scalinglaws.errors import StudyError
from scalinglaws.models import FAMILIES
from scalinglaws.models.precision import in_precision
from scalinglaws.run.memory import OF_PROCESS, OF_WEIGHTS, SPREAD, bytes_of, training_bytes
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.run.trainer import Trainer
from scalinglaws.studying.fits_memory import memory_told

SHAPES = (
    Shape(n_layer=2, d_model=64, n_heads=1, n_ctx=64, n_vocab=256),
    Shape(n_layer=4, d_model=128, n_heads=2, n_ctx=256, n_vocab=512),
    Shape(n_layer=3, d_model=192, n_heads=3, n_ctx=128, n_vocab=2048),
)


def kept_bytes(shape, sequences, precision):
    """Bytes that a forward pass keeps, beside the weights."""
    model = FAMILIES[shape.family](shape, 0)
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept, held = {}, []

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        held.append(tensor)
        return tensor

    tokens = torch.zeros(sequences, shape.n_ctx, dtype=torch.int64)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one), in_precision(precision, "cpu"):
        model(tokens, tokens)
    return sum(kept.values())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_kept_is_as_estimated(shape, precision):
    spec = RunSpec(shape, "text:x", "bytes", "0" * 16, 10**5, 8, 0.01, 1, precision=precision, accumulate=2)
    logits = min(12.0 * 4 * shape.n_ctx * shape.n_vocab, 3 * 2**28)  # in chunks, and never kept
    estimated = bytes_of(spec) - OF_PROCESS - OF_WEIGHTS * shape.params("total") - logits
    assert estimated == pytest.approx(kept_bytes(shape, 4, precision), rel=SPREAD)


def test_a_trainer_of_one_s_own_is_taken_for_a_usual_one():
    trainer = Trainer("python t.py {steps} {n_layer}")
    spec = RunSpec(SHAPES[0], "own", "own", "0" * 16, 10**5, 8, 0.01, 1, trainer=trainer, accumulate=4)
    assert bytes_of(spec) == OF_PROCESS + training_bytes(SHAPES[0], 2)


def test_a_study_says_whether_its_runs_fit_on_a_gpu():
    large = replace(SHAPES[0], n_layer=24, d_model=2048, n_heads=32, n_ctx=1024, n_vocab=50257)
    spec = RunSpec(large, "text:x", "bytes", "0" * 16, 10**9, 64, 0.01, 1)
    small = replace(spec, shape=SHAPES[1])
    assert memory_told([small], "rtx-4090").endswith("of 24 GB of rtx-4090: it fits.")
    assert memory_told([small], "") == ""
    said = memory_told([small, spec], "h100-sxm")
    parts = int(said.rpartition("accumulate = ")[2].rstrip("."))
    assert spec.batch % parts == 0 and bytes_of(replace(spec, accumulate=parts)) <= 80e9
    assert bytes_of(spec) > 80e9 and f"in {parts} parts" in said
    with pytest.raises(StudyError, match="with one sequence at a time either"):
        memory_told([spec], "8 GB")
    with pytest.raises(StudyError, match="Did you mean 'h100-sxm'"):
        memory_told([small], "h100")
