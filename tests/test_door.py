"""What a foreign table or log becomes: names, cells, facts that were given, columns that were derived."""

import numpy as np
import pytest

from scalinglaws.errors import PointsError
from scalinglaws.fitting.columns import chosen_columns
from scalinglaws.laws import LAWS, law
from scalinglaws.points.cells_with_units import read_alike
from scalinglaws.points.names import count_of_parameters, named, plain
from scalinglaws.points.reading import read_points
from scalinglaws.quantities import playing


def read(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return read_points(path, **options)


@pytest.mark.parametrize(
    ("column", "quantity", "unit"),
    [
        ("Tokens", "tokens", None),
        ("Loss", "loss_nats", None),
        ("val/loss", "loss_nats", None),
        ("eval_loss", "loss_nats", None),
        ("Val loss (nats)", "loss_nats", "nats"),
        ("train_loss", "loss_train_nats", None),
        ("Step", "steps", None),
        ("trainer/global_step", "steps", None),
        ("config.n_embd", "d_model", None),
        ("lr-AdamW", "lr", None),
        ("Tokens (B)", "tokens", "billions"),
        ("val_ppl", "loss_nats", "perplexity"),
        ("val loss (bpb)", "loss_bits_per_byte", None),
        ("run_name", "run_id", None),
        ("vocabSize", "n_vocab", None),
    ],
)
def test_names_of_other_tables_are_known(column, quantity, unit):
    (found,) = named([column], [])
    assert (found.quantity, found.unit) == (quantity, unit)


@pytest.mark.parametrize("column", ["params", "n_params", "N", "model", "accuracy", "grad_norm", "aux_loss", "status"])
def test_other_names_are_left_as_they_are(column):
    assert named([column], []) == ()


def test_of_two_held_out_losses_none_is_chosen():
    assert [one.quantity for one in named(["eval_loss", "valid_loss", "Step"], [])] == ["steps"]


def test_our_own_name_wins_over_another():
    assert named(["tokens", "total_tokens"], []) == ()


@pytest.mark.parametrize(("name", "word"), [("# params_total", "params_total"), ("Params (M)", "params"), ("lr", "lr")])
def test_a_name_as_a_plain_word(name, word):
    assert plain(name)[0] == word


def test_a_count_of_parameters_is_offered_under_both_meanings(tmp_path):
    assert count_of_parameters(["run", "N_params"]) == "N_params"
    found = read(tmp_path, "run,N_params,Tokens,Loss\na,1e7,2e8,5\nb,2e7,3e8,4\n")
    assert any("map={'params_total': 'N_params'}" in note and "params_nonembedding" in note for note in found.notes)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["124,439,808", "12"], [124439808.0, 12.0]),
        (["1 200", "3 400"], [1200.0, 3400.0]),
        (["7B", "1.3B", ""], [7e9, 1.3e9, None]),
        (["70M", "300 billion"], [7e7, 3e11]),
        (["1.44x10^16", "2e17"], [1.44e16, 2e17]),
        (["7", "70M"], None),
        (["1,5", "2,5"], None),
        (["7 apples"], None),
        (["1200", "3,400"], None),
    ],
)
def test_cells_with_units_are_read_where_the_column_agrees(cells, values):
    assert read_alike(cells) == values


def test_the_reading_of_cells_is_printed(tmp_path):
    found = read(tmp_path, 'params_total,tokens,loss\n"20,000,000",1.2B,5.4\n"30,000,000",2B,5.1\n')
    assert found.points["tokens"].tolist() == [1.2e9, 2e9]
    assert "params_total: '20,000,000' is read as 20,000,000" in found.notes
    assert "tokens: '1.2B' is read as 1,200,000,000" in found.notes


def test_units_in_the_header_are_read(tmp_path):
    found = read(
        tmp_path, "Params (M),Tokens (B),Val loss (bits)\n20,0.12,7\n30,0.2,6\n", map={"params_total": "Params (M)"}
    )
    assert found.points["params_total"].tolist() == [2e7, 3e7]
    assert found.points["tokens"].tolist() == [1.2e8, 2e8]
    assert found.points["loss_nats"] == pytest.approx(np.array([7, 6]) * np.log(2))


def test_a_fact_of_all_rows_gives_the_tokens(tmp_path):
    found = read(tmp_path, "params_total,step,val_loss\n1e7,10,5\n1e7,20,4\n", given={"batch_tokens": 1000})
    assert found.points["tokens"].tolist() == [10_000, 20_000]
    assert any("tokens = steps batch_tokens" in note for note in found.notes)


def test_a_fact_may_be_of_one_run(tmp_path):
    given = {"params_total": {"a": 1e7, "b": 2e7}}
    found = read(tmp_path, "run_id,tokens,loss\na,1e8,5\nb,1e8,4\n", given=given)
    assert found.points["params_total"].tolist() == [1e7, 2e7]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"batch": 3}, "no quantity is called 'batch'"),
        ({"tokens": 1e8}, "the table holds tokens in these rows"),
        ({"params_total": {"c": 1e7}}, "no run is called 'c'"),
        ({"params_total": "large"}, "'large' is not a number"),
    ],
)
def test_a_fact_that_cannot_be(given, words, tmp_path):
    with pytest.raises(Exception, match=words):
        read(tmp_path, "run_id,tokens,loss\na,1e8,5\nb,1e8,4\n", given=given)


def test_the_size_is_derived_from_the_shape(tmp_path):
    found = read(tmp_path, "n_layer,d_model,tokens,loss\n2,64,1e8,5\n4,128,1e8,4\n")
    assert found.points["params_nonembedding"].tolist() == [12 * 2 * 64**2, 12 * 4 * 128**2]
    assert any("12 n_layer d_model^2" in note for note in found.notes)


def test_tokens_are_derived_from_steps_sequences_and_context(tmp_path):
    found = read(tmp_path, "params_total,steps,batch_size,seq_len,loss\n1e7,10,8,128,5\n1e7,20,8,128,4\n")
    assert found.points["tokens"].tolist() == [10 * 8 * 128, 20 * 8 * 128]


def test_a_log_with_a_row_for_each_metric_keeps_the_held_out_rows(tmp_path):
    text = "step,lr-AdamW,train_loss,val_loss\n10,0.001,5.5,\n20,0.0005,5.1,\n20,,,5.2\n30,0.0004,4.9,\n"
    found = read(tmp_path, text)
    assert (found.points["loss_nats"].tolist(), found.points["lr"].tolist()) == ([5.2], [0.0005])
    assert not found.rejected
    assert any("3 rows of loss_train_nats are not points" in note for note in found.notes)


def test_a_long_table_becomes_a_wide_one(tmp_path):
    text = "run_id,tokens,metric,value\n" + "".join(
        f"{run},1e8,{metric},{value}\n" for run, value in (("a", 5), ("b", 4)) for metric in ("train loss", "val loss")
    )
    found = read(tmp_path, text)
    assert found.points["loss_nats"].tolist() == [5, 4]
    assert "4 rows of 2 metrics (metric) are made 2 rows, a column for each" in found.notes


def test_rows_that_sum_seeds_up_are_no_runs(tmp_path):
    text = "seed,params_total,tokens,loss\n0,1e7,1e8,5\n1,1e7,1e8,4.9\nmean,1e7,1e8,4.95\n"
    found = read(tmp_path, text)
    assert len(found.points) == 2
    assert [row.reason for row in found.rejected] == ["seed is 'mean': it summarises other rows and is not a run"]


def test_the_one_column_with_loss_in_its_name_is_the_loss(tmp_path):
    found = read(tmp_path, "params_total,tokens,macro loss,status\n1e7,1e8,5,done\n2e7,1e8,4,in flight\n")
    assert found.points["loss_nats"].tolist() == [5, 4]
    assert found.points["excluded_because"].tolist() == ["", "failed: status is in flight"]


def test_a_table_without_a_loss_is_named_and_refused_at_import(tmp_path):
    from scalinglaws.points.checks_at_import import check_loss

    with pytest.raises(PointsError, match=r"read as CSV, has no column that is known as a loss.*'loss_nats': 'value'"):
        check_loss(read(tmp_path, "width,value\n1,3.5\n2,3.4\n"))


def test_loss_beside_our_own_column_of_steps_is_the_result_of_a_run(tmp_path):
    found = read(tmp_path, "params_total,tokens,steps,loss\n1e7,1e8,10,5\n2e7,1e8,10,4\n")
    assert "loss_nats" in found.points
    assert "loss_train_nats" not in found.points


@pytest.mark.parametrize("held_out", ["eval_loss", "val/loss", "validation_loss", "val_bpb"])
def test_loss_beside_a_held_out_loss_is_the_training_loss(held_out, tmp_path):
    found = read(tmp_path, f"params_total,tokens,loss,{held_out}\n1e7,1e8,4.9,5\n2e7,1e8,3.9,4\n")
    assert found.points["loss_train_nats"].tolist() == [4.9, 3.9]
    assert found.points["loss_bits_per_byte" if "bpb" in held_out else "loss_nats"].tolist() == [5, 4]


@pytest.mark.parametrize("held_out", ["val_loss", "val_bpb"])
def test_a_law_is_fitted_to_the_held_out_loss_whatever_its_unit(held_out, tmp_path):
    """A training loss stands for L where a table has no other, and for the law whose paper took it."""
    found = read(tmp_path, f"params_total,tokens,train_loss,{held_out}\n1e7,1e8,4.9,5\n2e7,1e8,3.9,4\n").points
    columns = chosen_columns(law("chinchilla"), found, None)
    assert columns["L"] == ("loss_bits_per_byte" if "bpb" in held_out else "loss_nats")
    of_training = next(one for one in LAWS.values() if one.convention.get("L") == "loss_train_nats")
    assert playing("loss")[-1] == of_training.convention["L"] == "loss_train_nats"


def test_a_table_that_was_appended_twice_is_told(tmp_path):
    found = read(tmp_path, "run_id,params_total,tokens,loss\n" + 2 * "a,1e7,1e8,5\nb,1e7,2e8,4\n")
    assert len(found.points.kept) == 2
    assert found.notes == ("2 rows repeat an earlier row in every column and take no part",)


def test_columns_that_are_called_by_their_letters_are_read_so_beside_an_n(tmp_path):
    found = read(tmp_path, "N,D,L\n1e7,1e8,5\n2e7,1e8,4\n")
    assert found.points["tokens"].tolist() == [1e8, 1e8] and found.points["loss_nats"].tolist() == [5, 4]
    assert "columns are read by their letters: D as tokens, L as loss_nats" in found.notes
    assert "loss_nats" not in read(tmp_path, "depth,L\n1,5\n2,4\n").points
    assert read(tmp_path, "N,D,tokens,loss\n1e7,3,1e8,5\n2e7,3,1e8,4\n").points["tokens"].tolist() == [1e8, 1e8]


def test_a_column_whose_cells_are_sizes_is_offered_for_the_size(tmp_path):
    found = read(tmp_path, "model,tokens,loss\n20 M,1e8,5\n1.3B,1e8,4\n")
    assert any("map={'params_total': 'model'}" in note for note in found.notes)
    assert not any("params_total" in note for note in read(tmp_path, "model,tokens,loss\na,1e8,5\nb,1e8,4\n").notes)


def test_a_table_of_training_losses_alone_says_so(tmp_path):
    found = read(tmp_path, "params_total,tokens,train_loss\n1e7,1e8,5\n2e7,1e8,4\n")
    assert any("the only loss is loss_train_nats" in note for note in found.notes)


def test_a_loss_that_a_law_predicted_is_no_measured_one(tmp_path):
    assert "loss_nats" not in read(tmp_path, "params_total,tokens,extrap_loss\n1e7,1e8,5\n2e7,1e8,4\n").points


@pytest.mark.parametrize(("size", "points"), [("9e99", 2), ("1.1e100", 1)])
def test_an_amount_beyond_all_reason_is_no_point(size, points, tmp_path):
    found = read(tmp_path, f"params_total,tokens,loss\n{size},1e8,5\n2e7,1e8,4\n")
    assert len(found.points) == points
