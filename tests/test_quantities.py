"""Names of columns: each says its definition, plays one role, and is found or refused by name."""

import pytest

from scalinglaws.errors import NameUnknownError
from scalinglaws.quantities import PF_DAY, QUANTITIES, ROLE_OF_LETTER, SYNONYMS, playing, quantity


def test_a_pf_day_is_1e15_flops_a_second_for_a_day():
    assert PF_DAY == 8.64e19 == 1e15 * 24 * 3600


@pytest.mark.parametrize("name", QUANTITIES)
def test_every_quantity_says_what_it_is(name):
    found = quantity(name)
    assert found.name == name
    assert len(found.meaning) > 10
    assert found.unit or found.role == "label"


def test_no_two_quantities_mean_the_same():
    assert len({found.meaning for found in QUANTITIES.values()}) == len(QUANTITIES)


@pytest.mark.parametrize("letter", ROLE_OF_LETTER)
def test_every_letter_of_a_law_can_be_played(letter):
    assert playing(ROLE_OF_LETTER[letter])


@pytest.mark.parametrize(
    ("letter", "name"), [("N", "params_nonembedding"), ("D", "tokens"), ("C", "flops_6nd"), ("L", "loss_nats")]
)
def test_the_paper_s_own_count_is_preferred(letter, name):
    assert playing(ROLE_OF_LETTER[letter])[0] == name


@pytest.mark.parametrize("synonym", SYNONYMS)
def test_a_synonym_leads_to_a_quantity_and_is_none_itself(synonym):
    assert SYNONYMS[synonym] in QUANTITIES
    assert synonym not in QUANTITIES


@pytest.mark.parametrize("doubtful", ["N", "params", "D", "flop", "size"])
def test_a_name_in_doubt_is_no_synonym(doubtful):
    assert doubtful not in SYNONYMS


def test_an_unknown_quantity_offers_the_nearest():
    with pytest.raises(NameUnknownError, match=r"no quantity is called 'los_nats'[.] Did you mean 'loss_nats'"):
        quantity("los_nats")
