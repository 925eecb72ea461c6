"""The verb laws: what it lists, shows, evaluates and refuses."""

import json

import numpy as np
import pytest
from cli_made import FORMULA, law_text, spoken

from scalinglaws.cli.text_of_laws import law_in_full, law_plain
from scalinglaws.laws import LAWS
from scalinglaws.records.folding import folded


def found(*words):
    code, out, err = spoken("laws", *words, "--json")
    assert code == 0, err
    return json.loads(out), err


def told(*words) -> str:
    """What a refusal says: one line, exit code 2, nothing on standard output."""
    code, out, err = spoken("laws", *words)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    return err


def test_the_list_holds_every_law_under_what_it_predicts():
    rows, _ = found()
    assert [row["law"] for row in rows] == list(LAWS)
    code, text, _ = spoken("laws")
    lines = text.splitlines()
    heads = {line.partition(",")[0]: i for i, line in enumerate(lines) if not line.startswith(" ")}
    assert code == 0
    for name, law in LAWS.items():
        at = next(i for i, line in enumerate(lines) if line.split()[0] == name)
        above = max(i for i in heads.values() if i < at)
        assert lines[above].partition(",")[0] == law.predicts
        assert law.formula in lines[at] and law.source in lines[at + 1]
        assert (" * " in lines[at].partition("from")[0]) == (not law.published)


def test_about_keeps_the_laws_that_speak_of_it():
    names = {row["law"] for row in found("--about", "batch")[0]}
    assert {"kaplan-bcrit", "step-batch", "zhang-critical"} <= names
    assert "kaplan-d" not in names
    both = {row["law"] for row in found("--about", "Critical BATCH")[0]}
    assert "zhang-critical" in both and both < names
    assert "no law mentions 'aardvarks'" in told("--about", "aardvarks")


def test_a_law_in_full_holds_all_that_is_known_of_it():
    code, text, _ = spoken("laws", "chinchilla")
    flat = " ".join(text.split())
    law = LAWS["chinchilla"]
    assert code == 0
    for part in (
        law.formula,
        law.source,
        law.data,
        law.about,
        "every trained parameter",
        "nats/token",
        "5e9 to 5e11",
    ):
        assert " ".join(part.split()) in flat, part
    for published in law.published:
        assert published.source in flat
    assert "B = 2085.43 (se 1.29e3)" in flat and "nats/token x tokens^beta" in flat
    whole, _ = found("chinchilla")
    assert whole["published"][2]["standard_errors"]["alpha"] == 0.0154
    assert whole["domain"]["N"] == [7e7, 1.6e10]
    assert whole["parameters"][1] == {"name": "A", "unit": "nats/token x params^alpha"}


@pytest.mark.parametrize("name", LAWS)
def test_every_law_can_be_shown(name):
    text = law_in_full(LAWS[name])
    assert text.startswith(f"{name}: ") and all(len(line) <= 80 for line in folded(text, 80).splitlines())
    assert LAWS[name].about.split()[-1] == text.split()[-1]
    plain = json.loads(json.dumps(law_plain(LAWS[name]), allow_nan=False))
    assert set(plain["convention"]) >= set(plain["from"]) == set(LAWS[name].inputs)
    assert [published["source"] for published in plain["published"]] == [p.source for p in LAWS[name].published]


def test_a_law_is_evaluated_by_the_constants_asked_for():
    at = ("--at", "N=70e9,D=1.4e12")
    for asked, value in (
        ((), 1.93665),
        (("--constants", "1"), 1.92085),
        (("--constants", "besiroglu et al. 2024, table"), 1.97388),
    ):
        assert found("chinchilla", *at, *asked)[0]["value"] == pytest.approx(value, abs=5e-6)
    own = found("chinchilla", *at, "--constants", "E=1.5,A=0,B=0,alpha=1,beta=1")[0]
    assert (own["value"], own["source"]) == (1.5, "constants given")
    code, text, _ = spoken("laws", "kaplan-bcrit", "--at", "L=3", "--constants", "figure 10")
    assert code == 0 and text.startswith("1.12257e6 tokens")


def test_a_point_outside_the_range_is_warned_of_and_one_inside_is_not():
    outside, err = found("chinchilla", "--at", "N=1e12,D=1e13")
    assert outside["inside_domain"] is False
    assert [place.split()[0] for place in outside["outside"]] == ["N", "D"]
    assert err.count("warning:") == 2 and "N = 1e12 lies outside 7e7 to 1.6e10" in err
    inside, err = found("chinchilla", "--at", "N=1e9,D=2e10")
    assert (inside["inside_domain"], inside["outside"], err) == (True, [], "")
    ratio, _ = found("sardana", "--at", "N=1e9,D=5e9")
    assert [place.split()[0] for place in ratio["outside"]] == ["D/N"]


def test_a_law_that_states_no_range_is_neither_inside_nor_outside(tmp_path):
    (tmp_path / "mine.py").write_text(law_text())
    at = ("--at", "N=1e9,D=2e10", "--constants", "E=1.7,A=400,B=400,a=0.3,b=0.3")
    value, err = found(tmp_path / "mine.py", *at)
    assert (value["inside_domain"], value["outside"], err) == (None, [], "")


def test_a_quantity_counted_otherwise_is_converted_where_the_rest_is_named_and_refused_with_what_is_missing():
    shape = "n_layer=24,d_model=2048,n_vocab=50257,n_ctx=1024,tied=1"
    named, _ = found("kaplan-n", "--at", f"params_total=1.3e9,{shape}")
    assert named["at"]["N"] == pytest.approx(12 * 24 * 2048**2)
    same, _ = found("kaplan-n", "--at", f"N={12 * 24 * 2048**2}")
    assert named["value"] == pytest.approx(same["value"], rel=1e-12)
    refused = told("kaplan-n", "--at", "params_total=1e9")
    assert "params_nonembedding" in refused and "d_model" in refused
    assert "loss_bits_per_byte" in told("kaplan-bcrit", "--at", "loss_bits_per_byte=1")
    assert "both given" in told("chinchilla", "--at", "N=1e9,params_total=1e9,D=2e10")


def test_a_law_along_a_run_takes_a_file_of_its_learning_rates(tmp_path):
    lr = np.concatenate([np.linspace(0, 3e-4, 200), np.full(800, 3e-4), np.linspace(3e-4, 3e-5, 200)])[1:]
    (tmp_path / "lr.txt").write_text("\n".join(map(repr, lr.tolist())))
    value, _ = found("multi-power", "--at", f"lr=@{tmp_path / 'lr.txt'}", "--constants", "400M")
    law = LAWS["multi-power"]
    expected = law.evaluate(lr, **law.published[2].values)
    assert value["values"] == pytest.approx(expected.tolist(), rel=1e-12)
    assert value["value"] == value["values"][-1]
    code, text, _ = spoken("laws", "multi-power", "--at", f"lr=@{tmp_path / 'lr.txt'}")
    assert code == 0 and "after the last of 1199 steps" in text
    assert "--at lr=@FILE" in told("multi-power", "--at", "lr=3e-4")
    assert "one number per line" in told("multi-power", "--at", "lr=@/no/such/file")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chinchila"], "Did you mean 'chinchilla'"),
        (["chinchilla", "--at", "N=1e9"], "needs a value for D"),
        (["chinchilla", "--at", "N=1e9,D=2e10,Q=1"], "takes N, D"),
        (["chinchilla", "--at", "N=1e9,D=2e10,parms_total=1"], "Did you mean 'params_total'"),
        (["chinchilla", "--at", "N=-1,D=2e10"], "positive"),
        (["chinchilla", "--at", "N=1e9,D=2e10", "--constants", "9"], "0 sets of chinchilla match"),
        (["chinchilla", "--at", "N=1e9,D=2e10", "--constants", "Hoffmann"], "2 sets of chinchilla match"),
        (["chinchilla", "--at", "N=1e9,D=2e10", "--constants", "E=1,A=1,B=1,alpha=1,bta=1"], "Did you mean 'beta'"),
        (["chinchilla", "--at", "N=1e9,D=2e10", "--constants", "E=1"], "'A' is missing or unknown"),
        (["henighan-n", "--at", "N=1e9"], "no published constants"),
        (["kaplan-lr", "--at", "N=1e12"], "undefined at N = "),
        (["chinchilla", "--constants", "1"], "--constants says which"),
        (["--at", "N=1e9"], "--at evaluates one law"),
        (["--loss", "2"], "--loss goes with --optimum"),
        (["chinchilla", "--about", "batch"], "--about searches all laws"),
        (["chinchilla,kaplan-nd"], "name one"),
        (["--optimum", "C=0"], "flops = 0"),
        (["--optimum", "N=1e9"], "--optimum needs a budget"),
        (["--optimum", "C=1e21,N=1e9,D=1e10"], "--optimum needs a budget"),
        (["--optimum", "C=1e21,granularty=8"], "no law here takes 'granularty'"),
        (["step-lr", "--optimum", "C=1e21"], "none of step-lr gives a size"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, message):
    assert message in told(*words)


def test_a_budget_by_every_law_is_a_table_with_the_disagreement_under_it():
    made, _ = found("--optimum", "C=1e23")
    ours = next(one for one in made["optima"] if one["law"] == "chinchilla" and "table 1" in one["source"])
    assert ours["params"] == pytest.approx(2.94e10, rel=2e-3)
    assert {"params", "tokens", "lr", "batch_tokens"} <= {one["quantity"] for one in made["spreads"]}
    code, text, _ = spoken("laws", "--optimum", "C=1e23")
    assert code == 0
    assert any(line.split()[:2] == ["chinchilla", "2.94e10"] for line in text.splitlines())
    assert "differ by a factor" in text and "cost under 1% of the compute by" in text
    assert "needs granularity" in " ".join(text.split())


def test_a_place_is_asked_for_by_size_and_tokens_and_the_loss_may_be_given():
    made, _ = found("--optimum", "N=1e9,D=1e11", "--loss", "3")
    assert (made["flops"], made["params"], made["tokens"]) == (6e20, 1e9, 1e11)
    by_law = {one["law"]: one for one in made["settings"]}
    assert by_law["step-lr"]["lr"] == pytest.approx(1.6325e-3, rel=1e-4)
    assert by_law["minicpm-batch"]["batch_tokens"] == pytest.approx(1275113.2, rel=1e-6)
    same, _ = found("--optimum", "C=6e20,D=1e11", "--loss", "3")
    assert same["params"] == pytest.approx(1e9)


def test_one_law_is_asked_alone():
    made, _ = found("chinchilla", "--optimum", "C=1e21")
    assert {one["law"] for one in made["optima"]} == {"chinchilla"}
    assert len(made["optima"]) == len(LAWS["chinchilla"].published)


def test_a_law_of_ones_own_is_listed_shown_evaluated_and_laid_beside_the_others(tmp_path):
    file = tmp_path / "mine.py"
    published = 'published=(Published("a test", {"E": 1.69, "A": 406.4, "B": 410.7, "a": 0.34, "b": 0.28}),),\n)'
    text = law_text(FORMULA).replace("import Law, Parameter", "import Law, Parameter, Published")
    file.write_text(text.rstrip().removesuffix(")") + published)
    assert [row["law"] for row in found("--law-file", file)[0]] == [*LAWS, "mine"]
    assert found(file)[0]["law"] == "mine"
    value, _ = found("mine", "--law-file", file, "--at", "N=70e9,D=1.4e12")
    assert value["value"] == pytest.approx(1.9366455, abs=5e-8)
    made, _ = found("--law-file", file, "--optimum", "C=1e21")
    sizes = {one["law"]: one["params"] for one in made["optima"] if "rounded)" in one["source"] or one["law"] == "mine"}
    assert sizes["mine"] == pytest.approx(
        next(one["params"] for one in made["optima"] if "(rounded)" in one["source"] and one["law"] == "chinchilla"),
        rel=1e-5,
    )


@pytest.mark.parametrize(
    ("body", "at", "message"),
    [
        ('raise RuntimeError("no luck")', "N=1e9,D=1e10", "RuntimeError: no luck"),
        ("return E * np.log(-N)", "N=1e9,D=1e10", "undefined at N"),
        ("return E + A / N**aa", "N=1e9,D=1e10", "name 'aa' is not defined"),
    ],
)
def test_a_law_of_ones_own_that_breaks_is_told_in_one_line_with_its_name(body, at, message, tmp_path):
    (tmp_path / "mine.py").write_text(law_text(body))
    constants = ("--constants", "E=1,A=1,B=1,a=1,b=1")
    refused = told(tmp_path / "mine.py", "--at", at, *constants)
    assert message in refused and "mine" in refused
