"""Tables of models without layers: no parameters beside the embeddings, and an answer that says so."""

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.errors import PointsError
from scalinglaws.points import conversion_rules
from scalinglaws.points.points import Points


def table() -> Points:
    width, tokens = np.repeat([8.0, 16.0, 24.0], 2), np.tile([2e4, 4e4], 3)
    return Points(
        {
            "params_nonembedding": np.zeros(6),
            "params_total": 512 * width,
            "tokens": tokens,
            "flops_6nd": np.zeros(6),
            "loss_nats": 3.0 + 1 / width + 1e3 / tokens,
            "n_layer": np.zeros(6),
            "d_model": width,
            "d_ff": 4 * width,
            "n_vocab": np.full(6, 512.0),
        }
    )


def test_a_frontier_of_models_without_layers_is_refused():
    with pytest.raises(PointsError, match="'params_nonembedding' is 0 in every row: models without layers"):
        sl.frontier("envelope", table())


@pytest.mark.parametrize("rows", [0, 6])
def test_their_counts_do_not_contradict_each_other(rows):
    columns = {name: table()[name][:rows] for name in table().columns}
    assert conversion_rules._not_standard(columns) == ""
