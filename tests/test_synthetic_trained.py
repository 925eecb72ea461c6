"""Trained Transformers come down to the known floor of the synthetic language, and never beat it."""

import pytest

from scalinglaws.corpora.synthetic import evaluation_floor
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train

NAME = "synthetic:vocabulary=16,words=40,topics=2,classes=2,document=20,tokens=600000,val_tokens=1024,test_tokens=65536"
N_CTX = 32


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tokenise(NAME, "symbols", tmp_path_factory.mktemp("cache"))


def excess(data, folder, width, tokens):
    """Loss above the exact floor of the same windows, and its standard error over windows."""
    shape = Shape(n_layer=2, d_model=width, n_heads=2, d_ff=4 * width, n_ctx=N_CTX, n_vocab=data.vocabulary)
    spec = RunSpec(shape, NAME, "symbols", data.data_id, tokens, 16, 0.01, 50, evaluations=2, eval_tokens=32768)
    run = train(spec, data, folder)
    return run.final.loss_nats - evaluation_floor(data, N_CTX, 32768), run.final.loss_nats_sem


def test_more_data_brings_a_model_nearer_to_the_floor_and_not_below_it(data, tmp_path):
    (few, few_sem), (many, many_sem) = (excess(data, tmp_path / str(d), 16, d) for d in (60_000, 250_000))
    assert few > many > -2 * many_sem
    assert few - many > 5 * (few_sem + many_sem)


@pytest.mark.slow
def test_size_and_data_bring_a_model_down_to_the_floor_and_none_below_it(data, tmp_path):
    found = {
        (width, tokens): excess(data, tmp_path / f"{width}-{tokens}", width, tokens)
        for width, tokens in ((4, 100_000), (4, 600_000), (16, 100_000), (16, 600_000), (48, 600_000))
    }
    gap = {key: value for key, (value, _) in found.items()}
    assert gap[4, 100_000] > gap[4, 600_000] > gap[16, 600_000] > gap[48, 600_000]
    assert gap[16, 100_000] > gap[16, 600_000]
    assert gap[48, 600_000] < 0.1
    assert all(value > -2 * sem for value, sem in found.values())
