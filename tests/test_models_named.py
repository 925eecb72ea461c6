"""The first sentence of a study names what was trained: its trainer's models, or the kind of ours."""

import pytest
from report_sample import sample

from scalinglaws.results.sentences import models, trained

OURS = {
    "transformer": "Transformers",
    "lstm": "LSTMs",
    "moe": "mixtures of experts",
    "universal": "recurrent Transformers",
}


@pytest.mark.parametrize("family", OURS)
def test_our_models_are_named_by_their_family(family):
    assert models(sample(settings={"family": family, "trainer": None})) == OURS[family]


def test_models_of_another_trainer_are_its_own():
    named = sample(settings={"trainer": {"name": "our GPT", "command": "python train.py {run_file}"}})
    assert ": models of our GPT of" in trained(named)
    command = "python -u train.py --layers={n_layer} --out={folder}"
    said = trained(sample(settings={"trainer": {"name": "", "command": command}}))
    assert ": models of `python train.py` of" in said and "Transformer" not in said
