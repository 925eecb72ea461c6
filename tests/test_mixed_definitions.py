"""Several definitions in one column are found at the door, and converted on request where the table says how."""

import numpy as np
import pytest

from scalinglaws.errors import PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.points.derived import with_derived
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points

SHAPES = [(n, 128 * n) for n in (2, 4, 6, 8, 10, 12)]
VOCABULARY = 16_384
TRUTH = {"E": 1.7, "A": 400.0, "alpha": 0.34, "B": 410.0, "beta": 0.28}


def law(n, d):
    return TRUTH["E"] + TRUTH["A"] / n ** TRUTH["alpha"] + TRUTH["B"] / d ** TRUTH["beta"]


def rows(bare: int = 0) -> dict[str, list]:
    """Runs of six shapes and four lengths; every `bare`-th counts its blocks alone."""
    found: dict[str, list] = {name: [] for name in "n_layer d_model n_vocab params_total tokens loss".split()}
    for i, (n_layer, width, tokens) in enumerate((n, w, t) for n, w in SHAPES for t in (1e9, 4e9, 2e10, 1e11)):
        block = 12 * n_layer * width**2
        total = block if bare and i % bare == 0 else block + VOCABULARY * width
        for name, value in zip(found, (n_layer, width, VOCABULARY, total, tokens, law(block, tokens)), strict=True):
            found[name].append(value)
    return found


def test_a_size_that_holds_the_embeddings_in_a_part_of_the_rows_is_found_and_taken_otherwise():
    (note,) = read_points(rows(bare=2)).notes
    assert "counts the embeddings in 12 of 24 rows and the blocks alone in 12" in note
    assert "columns={'N': 'params_nonembedding'}" in note
    found = read_points(rows(bare=2), map={"N": "params_nonembedding"})
    (formula,) = found.notes
    assert "params_nonembedding = 12 n_layer d_model^2 (Kaplan et al. 2020, eq 2.1; assuming a block of" in formula
    assert fit("chinchilla", found.points).values["alpha"] == pytest.approx(TRUTH["alpha"], rel=1e-3)


def test_one_count_in_all_rows_is_not_asked_about():
    assert read_points(rows()).notes == () == read_points(rows(bare=1)).notes


def two_tokenizers(**columns) -> dict[str, list]:
    table = rows() | {"tokenizer": ["a", "b"] * 12} | columns
    bytes_per_token = np.where(np.array(table["tokenizer"]) == "a", 4.0, 5.0)
    return table | {"loss": (np.array(table["loss"]) * np.log(2) * bytes_per_token).tolist()}


def test_losses_of_two_tokenizers_are_compared_per_byte_where_the_table_says_how_long_a_token_is():
    table = two_tokenizers(bytes_per_token=[4.0, 5.0] * 12)
    points = read_points(table).points
    with pytest.raises(PointsError, match=r"2 tokenizers .*columns=.'L': 'loss_bits_per_byte'."):
        fit("chinchilla", points)
    per_byte = fit("chinchilla", points, columns={"L": "loss_bits_per_byte", "N": "params_nonembedding"})
    assert per_byte.values["alpha"] == pytest.approx(TRUTH["alpha"], rel=1e-3)
    assert [one.id for one in per_byte.warnings if "bytes_per_token" in one.message] == ["derived"]


def test_losses_of_two_tokenizers_are_refused_where_nothing_converts_them():
    with pytest.raises(PointsError, match="2 tokenizers") as refusal:
        fit("chinchilla", read_points(two_tokenizers()).points)
    assert "loss_bits_per_byte" not in str(refusal.value)
    with pytest.raises(PointsError, match=r"loss_bits_per_byte .* cannot be derived .*missing: bytes_per_token"):
        fit("chinchilla", read_points(two_tokenizers()).points, columns={"L": "loss_bits_per_byte"})


def test_active_parameters_are_derived_from_the_experts_where_they_are_asked_for():
    experts = {"n_experts": [8] * 24, "n_experts_active": [2] * 24, "params_per_expert": [1e4] * 24}
    found = read_points(rows() | experts, map={"N": "params_active"}).points
    assert found["params_active"] == pytest.approx(found["params_total"] - found["n_layer"] * 6e4)


def test_a_quantity_that_was_asked_for_and_cannot_be_derived_says_what_is_missing():
    with pytest.raises(PointsError, match=r"params_active .* cannot be derived from .*n_experts"):
        with_derived(Points({"params_total": [1e7], "tokens": [1e8]}), ["params_active"])
