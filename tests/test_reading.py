"""Tables in and out: what is read, what is refused and why."""

import io
import json
import math

import numpy as np
import pytest
from public_tables import TABLES, needs_tables, real

from scalinglaws.errors import MisuseError, PointsError, StoreError
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.points.where import matching
from scalinglaws.points.writing import write_points


def read(text: str, **options):
    return read_points(io.StringIO(text), **options)


@needs_tables
def test_every_public_table_reads_as_it_stands():
    for path in TABLES:
        found = read_points(path)
        lines = len(path.read_text(encoding="utf-8").splitlines()) - 1
        assert len(found.points) + len(found.rejected) == lines, path.name
        assert all(reject.reason for reject in found.rejected)


@needs_tables
def test_epochs_table_holds_245_runs_and_the_published_fit_leaves_five_out():
    points = read_points(real("chinchilla_epoch.csv")).points
    assert len(points) == 245
    assert len(read_points(real("chinchilla_epoch.csv"), where="note == ''").points) == 240
    assert points["flops"] == pytest.approx(6 * points["params_total"] * points["tokens"], rel=1e-6)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_a_table_reads_back_as_it_was_written(tmp_path, suffix):
    values = [1 / 3, 6.0e23, math.nan, 7.0]
    points = Points(
        {"run_id": ["a,b", 'c"d', "007", ""], "loss_nats": [1.5, 2.0, 3.0, 1e-3], "odd": values, "note": list("wxyz")}
    )
    write_points(points, tmp_path / f"t{suffix}")
    back = read_points(tmp_path / f"t{suffix}").points
    assert list(back.columns) == list(points.columns)
    assert back.fingerprint == points.fingerprint
    assert list(tmp_path.iterdir()) == [tmp_path / f"t{suffix}"]


def test_all_formats_hold_the_same_points():
    csv = read("params_total,tokens,val/loss\n1e8,2e9,3.1\n2e8,4e9,2.9\n", map={"loss": "val/loss"})
    tsv = read("val/loss\ttokens\tparams_total\n3.1\t2000000000\t1e8\n2.9\t4e9\t2e8\n", map={"L": "val/loss"})
    nested = (
        '{"params_total": 1e8, "tokens": 2e9, "val": {"loss": 3.1}}\n\n'
        '{"val": {"loss": 2.9}, "tokens": 4e9, "params_total": 2e8}\n'
    )
    lines = read(nested, map={"loss_nats": "val.loss"})
    assert csv.points.fingerprint == tsv.points.fingerprint == lines.points.fingerprint
    assert csv.mapping == {"loss_nats": "val/loss"}


def test_a_saved_mapping_reads_the_next_table(tmp_path):
    first = read(
        "n,d,bits\n100,2,4\n200,4,3\n",
        map={"params_total": "n", "D": "d", "loss": "bits", "N": "params_total"},
        unit={"params_total": "millions", "tokens": "billions", "loss": "bits"},
        where="tokens > 3e9",
    )
    assert first.points["loss_nats"] == pytest.approx([3 * math.log(2)])
    assert first.columns == {"N": "params_total"}
    first.save_mapping(tmp_path / "mapping.json")
    second = read("n,d,bits\n100,2,4\n200,4,3\n", mapping_file=tmp_path / "mapping.json")
    assert second.points.fingerprint == first.points.fingerprint


def test_units_turn_into_ours():
    table = "params_total,steps_run,batch_tokens,compute,ppl\n1e8,1000,524288,2,20\n"
    found = read(
        table,
        map={"tokens": "steps_run", "flops": "compute", "loss": "ppl"},
        unit={"tokens": "steps", "flops": "pf-days", "loss": "perplexity"},
    ).points
    assert found["tokens"][0] == 524288e3
    assert found["flops"][0] == 2 * 8.64e19
    assert found["loss_nats"][0] == pytest.approx(math.log(20))


def test_a_row_that_cannot_be_used_is_named_with_its_line():
    table = "tokens,loss\n1e9,3\n1e9\n2e9,nan\n3e9,-1\nabc,2\n4e9,inf\n0,2\n5e9,2.5\n6e9,\n"
    found = read(table)
    assert found.points["tokens"].tolist() == [1e9, 5e9]
    reasons = {reject.row: reject.reason for reject in found.rejected}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8, 10]
    assert "1 cells under 2 column names" in reasons[3]
    assert "diverged" in reasons[4] and "missing" in reasons[10]
    assert "-1" in reasons[5] and "'abc'" in reasons[6] and "inf" in reasons[7] and "tokens = 0" in reasons[8]
    assert "rejected line 3" in found.preview()


def test_a_missing_number_that_no_law_may_need_is_kept():
    found = read("params_total,params_nonembedding,loss\n1e8,,3\n,9e7,3.1\n")
    assert len(found.points) == 2 and not found.rejected
    assert np.isnan(found.points["params_total"][1])


def test_an_exact_repeat_is_shown_and_takes_no_part():
    points = read("run_id,loss,tokens\na,3,1e9\nb,3,1e9\na,3,1e9\n").points
    assert points["excluded_because"].tolist() == ["", "", "repeats row 1 in every column"]
    assert len(points.kept) == 2


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ("", {}, "is empty"),
        ("loss,tokens\n", {}, "no rows"),
        ("loss,loss\n1,2\n", {}, "'loss'"),
        ("lr,learning_rate\n1,2\n", {}, "both mean lr"),
        ("1,2\n3,4\n", {}, "must name the columns"),
        ("loss,tokens\n1,2\n", {"map": {"params_total": "model_size"}}, "'model_size'"),
        ("loss,tokenz\n1,2\n", {"need": ["tokens"]}, "Did you mean 'tokenz'? It has"),
        ("loss,params\n1,2\n", {"need": ["N"]}, "map={'params_nonembedding': 'COLUMN'}"),
        ("loss,n\n1,2\n", {"map": {"N": "n"}}, "params_total"),
        ("loss,n\n1,2\n", {"map": {"params_totl": "n"}}, "Did you mean 'params_total'?"),
        ("loss,tokens\n1,1 lot\n2,2 lots\n", {}, "line 2 holds '1 lot'"),
        ("loss,tokens\n-1,1\n-2,2\n", {}, "none of the 2 rows"),
        ("loss,tokens\n1,2\n", {"unit": {"loss": "bit"}}, "Did you mean 'bits'?"),
        ("loss,tokens\n1,2\n", {"unit": {"tokens": "steps"}}, "batch_tokens"),
        ("loss,tokens\n1,2\n", {"where": "tokens > 5"}, "none of the rows"),
        ("loss,tokens\n1,2\n", {"where": "token > 1"}, "Did you mean 'tokens'?"),
        ("loss,tokens\n1,2\n", {"where": "tokens >"}, "it is incomplete"),
        ("loss,tokens\n1,2\n", {"where": "tokens > one"}, "'one'"),
        ("loss,tokens\n1,2\n", {"where": "tokens > 1 1"}, "not expected there"),
        ("loss,arm\n1,x\n", {"where": "arm < 3"}, "no order"),
        ("loss,tokens\n1,2\n", {"where": "__import__('os').system('true')"}, "where="),
        ("loss,tokens\n1,2\n", {"form": "xls"}, "must be one of"),
        ('{"loss": 1\n', {}, "rejected: not JSON"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(table, options, words):
    with pytest.raises(MisuseError) as caught:
        read(table, **options)
    assert words in str(caught.value)


def test_files_that_are_no_tables_are_one_clear_error(tmp_path):
    with pytest.raises(PointsError, match="does not exist"):
        read_points(tmp_path / "none.csv")
    with pytest.raises(PointsError, match="does not exist"):
        read_points(tmp_path / "none.parquet")
    (tmp_path / "latin.csv").write_bytes("loss,größe\n1,2\n".encode("latin-1"))
    with pytest.raises(PointsError, match="UTF-8"):
        read_points(tmp_path / "latin.csv")
    (tmp_path / "text.parquet").write_text("loss\n1\n")
    with pytest.raises(PointsError, match="Parquet"):
        read_points(tmp_path / "text.parquet")
    with pytest.raises(PointsError, match=r"\.csv"):
        write_points(Points({"loss": [1.0]}), tmp_path / "points.xls")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        write_points(Points({"loss": [1.0]}), tmp_path / "file" / "points.csv")


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("tokens > 1e9", [False, True, False, True]),
        ("not tokens > 1e9 and arm = c4", [True, False, False, False]),
        ("arm in (c4, 'red pajama') or loss >= 4", [True, True, False, True]),
        ("arm not in (c4)", [False, True, True, False]),
        ("(tokens<2e9 or tokens>2e9) and arm != c4", [False, False, True, False]),
        ("`odd name` == 1", [True, False, False, False]),
    ],
)
def test_rows_are_chosen_by_column_sign_value(expression, kept):
    table = "tokens,arm,loss,odd name\n1e9,c4,3,1\n2e9,red pajama,3,2\n1e9,rw,3,3\n3e9,c4,4,4\n"
    everything = read(table).points
    points = read(table, where=expression).points
    assert points["tokens"].tolist() == everything["tokens"][np.array(kept)].tolist()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("params_total,tokens,loss\n2e10,1e9,3\n4e10,2e9,2.9\n", "swapped"),
        ("params_total,tokens,loss\n100,2e9,3\n200,4e9,2.9\n", "millions"),
        ("params_total,tokens,loss,batch_tokens\n1e8,1000,3,5e5\n2e8,2000,2.9,5e5\n", "steps"),
        ("params_total,tokens,loss,flops\n1e8,2e9,3,1.2\n2e8,4e9,2.9,4.8\n", "near 1"),
    ],
)
def test_doubtful_columns_are_pointed_out(table, words):
    notes = read(table).notes
    assert any(words in note for note in notes)


def test_losses_of_several_test_sets_are_pointed_out():
    table = "run_id,tokens,loss,split\na,1e9,3,c4\na,1e9,3.5,wiki\nb,2e9,2.8,c4\nb,2e9,3.4,wiki\n"
    assert "several test sets" in read(table).notes[0]
    assert read(table, where="split == c4").notes == ()


def test_seeds_of_one_setting_under_one_name_are_no_test_sets():
    rows = [f"a{i},{seed},{i}e9,{3 + 0.01 * seed - 0.1 * i}\n" for i in range(1, 5) for seed in range(3)]
    assert not any("test sets" in note for note in read("run_id,seed,tokens,loss\n" + "".join(rows)).notes)
    twice = [row.replace(",1,", ",0,") for row in rows]
    assert any("test sets" in note for note in read("run_id,seed,tokens,loss\n" + "".join(twice)).notes)


LABELLED = "params_total,tokens,loss,loss_split,param_count\n"


def test_definitions_told_apart_by_a_label_alone_are_pointed_out():
    rows = "1e8,2e9,3,c4,with-embeddings\n2e8,4e9,2.9,c4,with-embeddings\n1.5e8,4e9,2.8,wiki,blocks\n"
    (note,) = read(LABELLED + rows).notes
    assert "2 test sets (loss_split: c4 2, wiki 1)" in note
    assert "2 counts of parameters (param_count: with-embeddings 2, blocks 1)" in note
    assert "where='loss_split == c4'" in note  # which leaves one count as well
    assert read(LABELLED + rows, where="loss_split == c4").notes == ()


def test_a_label_that_says_bits_a_byte_is_pointed_out_until_the_loss_is_named_so():
    rows = "1e8,2e9,0.9,val_bpb,all\n2e8,4e9,0.8,val_bpb,all\n"
    (note,) = read(LABELLED + rows).notes
    assert "'val_bpb'" in note and "map={'loss_bits_per_byte': 'loss'}" in note
    assert read(LABELLED + rows, map={"loss_bits_per_byte": "loss"}).notes == ()
    assert read(LABELLED + rows.replace("val_bpb", "subbpbs")).notes == ()


@needs_tables
def test_three_counts_and_bits_a_byte_in_one_public_table_are_both_pointed_out():
    about_loss, about_params = read_points(real("nanochat_optima.csv")).notes
    assert "3 counts of parameters (param_count:" in about_params and "'val_bpb', bits per byte" in about_loss


def test_a_sound_table_raises_no_doubt():
    assert read("params_total,tokens,loss,flops\n1e8,2e9,3,1.2e18\n2e8,4e9,2.9,4.8e18\n").notes == ()


GOOD = [f'{{"params_total": {n}, "tokens": 2e9, "loss": 3}}' for n in ("1e7", "2e7", "3e7")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"params_total": 1' + "0" * 400 + ', "tokens": 2e9, "loss": 3}', "params_total = inf"),
        ('{"params_total": 1e7, "tokens": true, "loss": 3}', "tokens = True is not a number"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "nested too deeply"),
        ('{"a": ' * 100 + "1" + "}" * 100, "nested more than 20 deep"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"tokens": 1, "tokens": 2, "params_total": 1, "loss": 3}', "the key 'tokens' occurs in it twice"),
        ("[1, 2]", "not an object"),
    ],
)
def test_a_line_of_json_that_is_no_point_costs_its_row_and_says_why(line, reason):
    found = read("\n".join([*GOOD, line]))
    assert len(found.points) == 3
    (one,) = found.rejected
    assert one.row == 4 and reason in one.reason and len(one.reason) < 120


def test_lists_and_structures_are_text_in_a_cell(tmp_path):
    rows = [{"tokens": 1e9, "loss": 3.0, "tags": ["a"] * i, "optimizer": {"betas": [0.9, 0.95]}} for i in range(3)]
    points = read("\n".join(map(json.dumps, rows))).points
    assert points["tags"].tolist() == ["[]", "['a']", "['a', 'a']"]
    assert set(points["optimizer.betas"].tolist()) == {"[0.9, 0.95]"}
    polars = pytest.importorskip("polars")
    polars.DataFrame({"tokens": [1e9, 2e9], "loss": [3.0, 2.9], "betas": [[0.9], [0.9]]}).write_parquet(
        tmp_path / "t.pq"
    )
    assert read_points(tmp_path / "t.pq").points["betas"].tolist() == ["[0.9]", "[0.9]"]


def test_a_column_that_nobody_needs_stops_nothing():
    found = read(
        "tokens,loss,tied,lr,steps_run,seed\n1e9,3,True,auto,1,1\n2e9,2.9,False,auto,2,x\n3e9,2.8,True,auto,3,3\n"
    )
    assert found.points["tied"].tolist() == [1, 0, 1]
    assert found.points["lr_as_read"].tolist() == ["auto"] * 3 and "lr" not in found.points
    assert found.notes == (
        "lr is not numeric (line 2: 'auto'): kept as text",
        "seed: a cell is not a number (line 3: 'x'), taken as missing",
    )


def test_rows_that_our_own_table_leaves_out_may_have_no_size():
    points = read("params_nonembedding,tokens,loss,excluded_because\n0,1e9,3,no layer\n1e6,1e9,2.5,\n").points
    assert len(points) == 2 and len(points.kept) == 1


def test_a_header_cell_without_end_and_a_name_twice_are_one_line_each():
    for text in ("x" * 200_000 + ",loss\n1,2\n", "a" * 9000 + "," + "a" * 9000 + "\n1,2\n"):
        with pytest.raises(PointsError) as refused:
            read(text)
        assert len(str(refused.value)) < 300


@pytest.mark.parametrize("content", ['{"map": null}', '{"map": {"N": 5}}', '{"where": 5}', "[]", "5", '{"maps": {}}'])
def test_a_mapping_of_another_shape_is_refused_by_its_key(tmp_path, content):
    (tmp_path / "mapping.json").write_text(content)
    with pytest.raises(MisuseError, match=r"mapping\.json"):
        read("tokens,loss\n1e9,3\n", mapping_file=tmp_path / "mapping.json")


def test_rows_without_a_run_id_are_runs_of_their_own_and_that_is_said():
    assert "2 of 3 rows have an empty run_id" in read("run_id,tokens,loss\na,1e9,3\n,2e9,2.9\n,3e9,2.8\n").notes[0]


def test_a_row_choice_without_end_is_one_line_and_many_values_are_one_list():
    points = Points({"tokens": [1.0, 2.0], "loss": [3.0, 2.0]})
    for text, told in (
        ("(" * 3000 + "tokens > 1" + ")" * 3000, "50 deep"),
        ("tokens > 1 or " * 100_000, "200,000 words"),
    ):
        with pytest.raises(PointsError, match=told) as refused:
            matching(points, text)
        assert len(str(refused.value)) < 300
    assert matching(points, "not " * 3000 + "tokens > 1").tolist() == [False, True]
    assert matching(points, f"tokens in ({','.join(map(str, range(2, 90_000)))})").tolist() == [False, True]


def test_a_run_that_crashed_or_diverged_is_no_point_and_that_is_said():
    found = read("Name,State,tokens,loss\na,finished,1e9,3\nb,crashed,2e9,2.9\nc,Failed,3e9,2.8\nd,,4e9,2.7\n")
    assert found.points["excluded_because"].tolist() == ["", "failed: State is crashed", "failed: State is Failed", ""]
    assert found.notes[0].startswith("2 of 4 rows take no part: State is Failed, crashed")
    ours = read("outcome,tokens,loss\nfinished,1e9,3\ndiverged,2e9,9\n")
    assert len(ours.points.kept) == 1 and "outcome is diverged" in ours.notes[0]


def test_the_loss_of_a_training_log_is_not_called_held_out():
    log = "step,loss,tokens\n1,9,1e6\n2,8,2e6\n"
    assert "loss_train_nats" in read(log).points and "loss_nats" not in read(log).points
    assert "map={'loss_nats': 'loss'}" in read(log).notes[0]
    assert "loss_nats" in read(log, map={"loss_nats": "loss"}).points
    both = read("loss,val_loss,tokens\n1.6,1.7,1e9\n1.5,1.6,2e9\n").points
    assert both["loss_nats"].tolist() == [1.7, 1.6] and both["loss_train_nats"].tolist() == [1.6, 1.5]
