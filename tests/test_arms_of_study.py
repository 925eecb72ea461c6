"""Several corpora and several mixtures as arms of one study, and horizons in epochs."""

import numpy as np
import pytest

from scalinglaws.arms.mixtures import mixtures
from scalinglaws.corpora.composed import compose
from scalinglaws.corpora.tokenise import tokenise, tokenise_test
from scalinglaws.designing.arms_of_study import data_of, told_of_arms, weights_in
from scalinglaws.designing.design import lay_out
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import CorpusError, NameUnknownError, PointsError, StudyError
from scalinglaws.points.other_arms import with_other_arms
from scalinglaws.run.run import OTHER_ARM, Evaluation, Run
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.studying.run_tables import with_other_texts
from scalinglaws.studying.training_columns import with_arms

WEB = [f"The page {i} is about {'abcdefgh'[i % 8]}." for i in range(900)]
CODE = [f"def f{i}(x):\n    return x * {i % 17}" for i in range(300)]
SHAPES, TOKENS = ((1, 16), (2, 16)), (2e3, 4e3)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two texts."""
    folder = tmp_path_factory.mktemp("arms")
    (folder / "web.txt").write_text("\n\n\n".join(WEB))
    (folder / "code.txt").write_text("\n\n\n".join(CODE))
    return folder


def domains(place) -> dict[str, str]:
    return {"web": f"text:{place}/web.txt", "code": f"text:{place}/code.txt"}


def arm_study(**keys) -> Study:
    return Study("s", SHAPES, **{"tokens": TOKENS, "n_ctx": 16, "batch": 4, "warmup_steps": 2} | keys)


@pytest.mark.parametrize("web", [0.25, 0.5, 0.9])
def test_every_beginning_of_a_mixture_has_its_proportions_and_no_document_twice(place, web):
    study = arm_study(domains=domains(place), weights={"web": web, "code": 1 - web})
    data = data_of(study, place / "c")
    tokens, starts = data.split("train"), data.document_starts("train")
    texts = [bytes(part).rstrip(b"\0").decode() for part in np.split(tokens, starts[1:])]
    assert len(set(texts)) == len(texts)
    of_web = np.array([text.startswith("The page") for text in texts])
    sizes = np.diff([*starts, len(tokens)])
    for count in (len(texts) // 3, len(texts)):
        assert (sizes * of_web)[:count].sum() / sizes[:count].sum() == pytest.approx(web, abs=0.02)
    alone = [tokenise(one, "bytes", place / "c") for one in study.domains.values()]
    there = [len(one.split("train")) for one in alone]
    assert len(tokens) == pytest.approx(min(there[0] / web, there[1] / (1 - web)), rel=0.03)
    held = {bytes(part) for one in alone for part in np.split(one.split("test"), one.document_starts("test")[1:])}
    assert not held & {text.encode() + b"\0" for text in texts}
    assert data.index.splits["test"].tokens == sum(len(one.split("test")) for one in alone)


def test_a_document_of_the_test_text_is_not_trained_on(place):
    (place / "exam.txt").write_text("\n\n\n".join(WEB[:60]))
    web = tokenise(domains(place)["web"], "bytes", place / "c")
    exam = tokenise_test(f"text:{place}/exam.txt", web, place / "c", whole=True)
    data = compose("web", [(web, 1.0)], [exam], place / "c")
    trained = bytes(data.split("train")).split(b"\0")
    assert not {text.encode() for text in WEB[:60]} & set(trained) and len(trained) > 700
    assert data.index.splits["test"].documents == 60 and data.index.apart


def test_arms_share_one_tokenizer_and_one_test_text_and_only_the_first_takes_part(place):
    each = tuple(domains(place).values())
    study = arm_study(each_corpus=each, tokenizer="bpe:300", hold_out=1)
    data = data_of(study, place / "c")
    sweep = lay_out(study, data, place / "c")
    of = {name: [run for run in sweep.runs if run.corpus == name] for name in each}
    assert {run.data for run in of[each[0]]} == {data.data_id}
    assert {sweep.left_out.get(run.id, "") for run in of[each[0]]} == {""}
    assert {sweep.left_out[run.id] for run in of[each[1]]} == {OTHER_ARM}
    assert {run.shape.n_layer for run in of[each[1]]} == {1} and not set(sweep.held_out) & {r.id for r in of[each[1]]}
    assert len({run.shape.n_vocab for run in sweep.runs}) == 1
    assert set(sweep.test_tokens.values()) == {len(data.split("test"))} and len(sweep.test_tokens) == 2
    assert "2 arms" in told_of_arms(study)[0] and told_of_arms(arm_study()) == []


def test_the_points_have_the_shares_and_the_loss_on_each_domain_and_the_laws_of_mixtures_take_them(place):
    each = tuple({"web": w, "code": 1 - w} for w in (0.5, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    study = arm_study(domains=domains(place), each_weights=each, tokens=(2e3,))
    sweep = lay_out(study, data_of(study, place / "c"), place / "c")
    runs = []
    for spec in sweep.runs:
        share = weights_in(spec.corpus)["web"]
        losses = (2 + np.exp(-2 * share), 3 + np.exp(-1 - share))
        last = Evaluation(spec.steps, spec.tokens, 0.0, sum(losses) / 2, foreign=losses)
        runs.append(Run(spec, "finished", "", (last,), None, 10_000))
    points = with_arms(points_of(runs, left_out=sweep.left_out), runs)
    assert points["arm"][0] == "mix:web=0.5,code=0.5" and len(np.unique(points["arm"])) == 7
    assert (points.kept["arm"] == points["arm"][0]).all()
    one_size = points.take(points["n_layer"] == 1)
    found = mixtures(one_size, ["share_web", "share_code"], ["loss_web", "loss_code"], form="exponential", draws=5)
    assert found.runs == 7 and found.at({"share_web": 0.3, "share_code": 0.7})["loss_web"] == pytest.approx(
        2 + np.exp(-0.6), rel=0.02
    )
    with pytest.raises(PointsError, match=r"params_nonembedding differs .* where='params_nonembedding == 6144'"):
        mixtures(points, ["share_web", "share_code"], ["loss_web", "loss_code"])
    assert set(with_other_arms(points).kept["arm"]) == set(points["arm"])


def test_the_points_of_one_mixture_tell_its_own_parts_from_other_texts(place):
    other = f"text:{place}/code.txt"
    study = arm_study(domains=domains(place), weights={"web": 0.5, "code": 0.5}, evaluate_on=(other,), tokens=(2e3,))
    sweep = lay_out(study, data_of(study, place / "c"), place / "c")
    assert [name for name, _ in sweep.runs[0].foreign] == [other, "mix:web", "mix:code"]
    last = Evaluation(sweep.runs[0].steps, 2000, 0.0, 3.0, foreign=(5.0, 2.5, 3.5))
    runs = [Run(sweep.runs[0], "finished", "", (last,), None, 10_000)]
    bare = points_of(runs)
    points = with_other_texts(bare, runs)
    assert points[f"loss_nats@{place}/code.txt"][0] == 5.0
    assert (points["loss_web"][0], points["loss_code"][0]) == (2.5, 3.5)
    assert set(points.columns) - set(points_of(runs).columns) == {
        f"loss_nats@{place}/code.txt",
        "loss_web",
        "loss_code",
    }


def test_horizons_in_epochs_are_of_the_text_or_of_the_part_that_is_used(place):
    study = read_file(place, "epochs = [0.5, 2]\neach_unique_tokens = [0, 5000]\n")
    data = data_of(study, place / "c")
    found = {(run.unique_tokens, run.tokens) for run in lay_out(study, data, place / "c").runs if not run.is_trunk}
    whole = len(data.split("train"))
    assert found == {(0, whole // 2), (0, 2 * whole), (5000, 2500), (5000, 10_000)}
    with pytest.raises(StudyError, match="keep one"):
        arm_study(epochs=(1.0,))
    command = "python t.py {n_layer} {steps}"
    own = Study("s", SHAPES, epochs=(1.0,), n_vocab=256, trainer=command, warmup_steps=2)
    from scalinglaws.studying.text_of_study import sweep_of, text_of

    with pytest.raises(StudyError, match="Set unique_tokens"):
        sweep_of(own, text_of(own, place), place)


def read_file(place, keys: str) -> Study:
    file = place / "epochs.toml"
    file.write_text(
        f"shapes = [[1, 16]]\nn_ctx = 16\nwarmup_steps = 2\nschedule = 'cosine'\ncorpus = 'text:web.txt'\n{keys}"
    )
    return read_study(str(file))


def test_wrong_arms_are_refused_with_what_to_write(place):
    named = domains(place)
    with pytest.raises(StudyError, match=r"weights = { web = 0.5, code = 0.5 }"):
        arm_study(domains=named)
    with pytest.raises(StudyError, match=r"sum to 0\.9"):
        arm_study(domains=named, weights={"web": 0.5, "code": 0.4})
    with pytest.raises(NameUnknownError, match=r"no domain is called 'wbe'\. Did you mean 'web'"):
        arm_study(domains=named, weights={"wbe": 1.0})
    with pytest.raises(StudyError, match="names none"):
        arm_study(weights={"web": 1.0})
    with pytest.raises(StudyError, match="Keep one"):
        arm_study(domains=named, weights={"web": 1.0}, each_corpus=("stdlib",))
    with pytest.raises(StudyError, match="twice"):
        arm_study(each_corpus=("stdlib", "stdlib"))
    one, other = tokenise(named["web"], "bytes", place / "c"), tokenise(named["code"], "bpe:300", place / "c")
    with pytest.raises(CorpusError, match="different tokens"):
        compose("mix:a=1,b=0", [(one, 1.0), (other, 0.0)], [one], place / "c")
