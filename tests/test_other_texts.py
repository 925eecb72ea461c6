"""A family whose evaluations read other texts too, from its runs to the verdicts that speak of them."""

import sysconfig
from pathlib import Path

import numpy as np

from scalinglaws.designing.read_study import read_study
from scalinglaws.records.json_values import read_json
from scalinglaws.studying.families import measure


def test_other_texts_are_scored_at_every_evaluation_and_judged(tmp_path):
    words = np.random.default_rng(0).integers(97, 123, (400, 60))
    texts = {"there": words % 5 + 97, "far": words % 9 + 48, "near": words}
    for name, rows in texts.items():
        text = "\n\n\n".join(f"{i} " + bytes(row.tolist()).decode() for i, row in enumerate(rows))
        (tmp_path / f"{name}.txt").write_text(text)
    (tmp_path / "sources").mkdir()
    for source in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:120]:  # a tenth of the text of the study
        (tmp_path / "sources" / f"{source.stem}.txt").write_text(source.read_text("utf-8", "replace")[:10_000], "utf-8")
    asked = {
        "corpus": f"text:{tmp_path}/sources",
        "evaluate_on": [f"text:{tmp_path}/{name}.txt" for name in texts],
        "evaluations": 8,
        "eval_tokens": 4096,
        "tokens": [4e4],
    }
    found = measure(read_study("smoke", asked).only(["F-OOD"]), tmp_path / "out")
    for name in texts:
        column = f"loss_nats@{tmp_path}/{name}.txt"
        assert (found.curves[column] > 0).all()
        assert found.points[column][-1] != found.points["loss_nats"][-1]
    verdicts = {one["id"]: one for one in read_json(tmp_path / "out" / "findings.json")["verdicts"]}
    assert verdicts["S11"]["outcome"] in ("passed", "failed"), verdicts["S11"]
    power = verdicts["S30"]  # letters at random: no size of model need tell on a text
    unidentified = power["why"].count("the exponent of N is not identified")
    assert power["outcome"] in ("passed", "failed") or unidentified, power
