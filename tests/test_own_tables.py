"""Every verb reads every table that a study or a set of families leaves: a result, or one line that says why not."""

import csv
from pathlib import Path

import pytest
from cli_made import spoken

MEASURED = Path(__file__).parents[1] / "studies" / "kaplan-cpu"
FORESEEN = 0, 1, 2  # 70: an error that was not
QUICK = "--draws", "50"
VERBS = {
    "fit": ("fit", "chinchilla", "T", "--no-backtest", *QUICK),
    "fit kaplan-n": ("fit", "kaplan-n", "T", "--no-backtest", *QUICK),
    "predict": ("predict", "chinchilla", "T", "--at", "N=1e7,D=1e9", *QUICK),
    "plan": ("plan", "chinchilla", "T", "--flops", "1e16", *QUICK),
    "compare": ("compare", "T", "--laws", "kaplan-nd,chinchilla"),
    "frontier all": ("frontier", "all", "T", *QUICK),
    "frontier envelope": ("frontier", "envelope", "T", *QUICK),
    "frontier critical-batch": ("frontier", "critical-batch", "T", *QUICK),
    "audit": ("audit", "T"),
    "conventions": ("conventions", "T", *QUICK),
    "arms": ("arms", "T", "--law", "chinchilla", "--arm", "n_layer", *QUICK),
    "findings": ("findings", "T"),
    "report": ("report", "T", "--to", "PAGE", *QUICK),
    "import": ("import", "T", "--to", "OUT"),
}
SLOW = {"report", "audit", "compare", "conventions", "findings", "frontier all"}
OF_A_STUDY = (
    "run_id lineage role outcome excluded_because params_nonembedding params_total tokens epochs batch_tokens steps "
    "flops_6nd flops_exact loss_nats loss_nats_sem lr n_layer d_model n_heads n_ctx n_vocab seed"
).split()
TABLES = ("points", "curves", "positions", "plain")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The shipped tables of a set of families, and the table of a single study: fewer columns."""
    made = {name: MEASURED / f"{name}.csv" for name in TABLES[:3]}
    made["plain"] = tmp_path_factory.mktemp("plain") / "points.csv"
    with open(made["points"], newline="") as source, open(made["plain"], "w", newline="") as target:
        rows = [row for row in csv.DictReader(source) if "F-N" in row["family"].split()]
        writer = csv.DictWriter(target, OF_A_STUDY, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return made


def asked(verb, table):
    read_whole = verb in ("fit", "predict", "import") or table in ("points", "plain")  # of the others a part by default
    slow = (verb in SLOW and (verb != "findings" or table == "points")) or not read_whole
    return pytest.param(verb, table, marks=[pytest.mark.slow] if slow else [], id=f"{verb} {table}")


@pytest.mark.parametrize("verb, table", [asked(verb, table) for verb in VERBS for table in TABLES])
def test_a_verb_ends_in_a_result_or_in_one_line(verb, table, tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = {"T": str(tables[table]), "PAGE": str(tmp_path / "page"), "OUT": str(tmp_path / "out.csv")}
    code, out, err = spoken(*(words.get(word, word) for word in VERBS[verb]))
    assert code in FORESEEN, err
    assert "Traceback" not in err
    assert "Warning" not in err.replace("FitWarning", "")
    said = [line for line in err.splitlines() if line.startswith("scalinglaws:")]
    if code == 0 or verb == "audit":
        assert out or list(tmp_path.iterdir())
    else:
        assert len(said) == 1, err


def test_models_without_layers_are_left_out_with_a_reason(tables):
    with open(tables["points"], newline="") as file:
        bare = [row for row in csv.DictReader(file) if float(row["params_nonembedding"]) == 0]
    assert bare
    families = "n_ctx,n_vocab,lr_schedule,tokenizer,arch,sharing,subset_tokens,family"
    code, out, err = spoken("fit", "kaplan-n", tables["points"], "--across", families, "--no-backtest", *QUICK)
    assert code == 0, err
    assert "0 of the 2 layers" in out
