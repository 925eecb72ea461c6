"""Checkpoints: the end of a run counts, its middle does not, and every row left out says why."""

import numpy as np
import pytest
from public_tables import real

from scalinglaws.errors import MisuseError, PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.points.which_rows import STATUSES, detected_runs, points_of_checkpoints
from scalinglaws.uncertainty.draws import draws


def curves(schedule="cosine", runs=3, rows=5, **more) -> Points:
    size = np.repeat(np.geomspace(1e8, 1e9, runs), rows)
    tokens = np.tile(np.linspace(1e9, 5e9, rows), runs)
    names = np.repeat([f"r{i}" for i in range(runs)], rows)
    columns = {"params_total": size, "tokens": tokens, "loss_nats": 3 - 1e-10 * tokens, "run_id": names}
    return Points(columns | {"schedule": [schedule] * len(size)} | more)


def counted(points: Points) -> dict[str, int]:
    return {
        word: int((points["checkpoint"] == word).sum()) for word in STATUSES if (points["checkpoint"] == word).any()
    }


def test_a_cosine_run_s_middle_is_not_the_end_of_a_shorter_run():
    marked = points_of_checkpoints(curves("cosine"))
    assert counted(marked) == {"decayed": 3, "mid-decay": 12}
    assert len(marked.kept) == 3 and set(marked.kept["tokens"]) == {5e9}
    assert all("not the end of a shorter run" in why for why in marked["excluded_because"] if why)


@pytest.mark.parametrize(
    "schedule, keep, kept",
    [
        ("constant", "final", 3),
        ("constant", "decayed", 0),
        ("constant", "all", 15),
        ("hot_100b+", "all", 15),
        ("cooldown", "final", 15),  # each row the end of its own branch
        ("cosine", "all", 15),
        ("cosine", "decayed", 3),
        ("", "final", 3),
        ("", "decayed", 0),
        ("wsd_20000_24000", "final", 3),
    ],
)
def test_what_is_kept_follows_from_the_schedule(schedule, keep, kept):
    marked = points_of_checkpoints(curves(schedule), keep=keep)
    assert len(marked.kept) == kept
    left = marked.take(marked["excluded_because"] != "")
    assert len(left) == 15 - kept and all(left["excluded_because"])


def test_a_rate_that_falls_says_more_than_a_schedule_s_name():
    rate = np.tile([1e-4, 1e-3, 1e-3, 1e-3, 1e-5], 3)
    marked = points_of_checkpoints(curves("", lr=rate), keep="all")
    assert marked["checkpoint"][:5].tolist() == ["mid-decay", "hot", "hot", "hot", "decayed"]
    cut = points_of_checkpoints(curves("cosine", lr=np.tile([1e-3, 9e-4, 7e-4, 5e-4, 3e-4], 3)), keep="all")
    assert cut["checkpoint"][4] == "mid-decay"  # stopped before its decay was done
    peak = points_of_checkpoints(curves("cosine", lr=np.full(15, 1e-3)), keep="all")
    assert peak["checkpoint"][4] == "decayed"  # one rate a run is its peak: it says nothing


def test_a_trunk_and_its_branches_may_share_a_name():
    both = Points(
        {
            "run_id": ["r"] * 5,
            "schedule_set": ["hot", "hot", "hot", "cooldown", "cooldown"],
            "tokens": [1e9, 2e9, 3e9, 1.1e9, 2.1e9],
            "loss": [3.0, 2.9, 2.8, 2.9, 2.8],
        }
    )
    assert points_of_checkpoints(both, keep="decayed").kept["tokens"].tolist() == [1.1e9, 2.1e9]
    assert points_of_checkpoints(both).kept["tokens"].tolist() == [3e9, 1.1e9, 2.1e9]


def test_burn_in_leaves_out_the_first_share_or_the_warm_up_and_says_so():
    share = points_of_checkpoints(curves("constant"), keep="all", burn_in=0.3)
    assert len(share.kept) == 12 and share["excluded_because"][0] == "burn-in: in the first 30% of the run's tokens"
    steps = np.tile(np.arange(1, 6) * 100.0, 3)
    warm = curves("constant", steps=steps, warmup_steps=np.full(15, 200.0))
    assert len(points_of_checkpoints(warm, keep="all", burn_in="warmup").kept) == 9
    with pytest.raises(PointsError, match="warmup_steps"):
        points_of_checkpoints(curves(), burn_in="warmup")


def test_reasons_that_are_there_are_kept():
    marked = points_of_checkpoints(curves("cosine", excluded_because=["diverged"] + [""] * 14))
    assert marked["excluded_because"][0] == "diverged"


def test_runs_are_detected_where_rising_tokens_of_one_size_follow_one_another():
    plain = curves()
    nameless = Points({name: column for name, column in plain.columns.items() if name != "run_id"})
    assert len(np.unique(detected_runs(nameless))) == 3
    again = Points({n: np.r_[c, c] for n, c in nameless.columns.items()})  # a second seed of every run
    assert len(np.unique(detected_runs(again))) == 6
    assert len(points_of_checkpoints(nameless).kept) == 3
    finals = plain.take(np.arange(4, 15, 5))
    assert len(np.unique(detected_runs(finals))) == 3  # a table of finals: every row its own


def test_a_fit_of_all_checkpoints_resamples_runs_and_not_rows():
    rng, law = np.random.default_rng(0), LAWS["chinchilla"]
    runs, rows = 30, 10
    size = np.repeat(np.exp(rng.uniform(np.log(2e7), np.log(2e9), runs)), rows)
    tokens = size * np.tile(np.geomspace(5, 100, rows), runs)
    error = np.repeat(rng.standard_normal(runs), rows) * 0.004 + 0.001 * rng.standard_normal(runs * rows)
    loss = law.evaluate(size, tokens, **law.published[2].values) * np.exp(error)
    made = Points({"params_total": size, "tokens": tokens, "loss_nats": loss, "schedule": ["constant"] * len(size)})
    marked = points_of_checkpoints(made, keep="all")
    assert fit("chinchilla", marked).n_clusters == runs
    by_run, by_row = (draws(fit("chinchilla", p), draws=300).standard_errors()["E"] for p in (marked, made))
    assert by_run > 1.3 * by_row  # rows of one run taken for independent promise too much


def test_mid_decay_points_taken_for_runs_bend_the_law_and_finals_do_not():
    """The loss of a cosine's middle lies above that of a run that ended there; so alpha and beta move."""
    law, truth = LAWS["chinchilla"], LAWS["chinchilla"].published[2].values
    size, share = (a.ravel() for a in np.meshgrid(np.geomspace(5e7, 2e9, 8), np.linspace(0.1, 1.0, 10), indexing="ij"))
    ratio = np.repeat([10.0, 40.0, 20.0, 80.0, 10.0, 40.0, 20.0, 80.0], 10)
    tokens = size * ratio * share
    loss = law.evaluate(size, tokens, **truth) * (1 + 0.03 * (1 - share))
    names = np.repeat([f"r{i}" for i in range(8)], 10)
    made = Points(
        {"params_total": size, "tokens": tokens, "loss_nats": loss, "run_id": names, "schedule": ["cosine"] * 80}
    )
    kept = points_of_checkpoints(made)
    off = [abs(fit("chinchilla", points).values["beta"] / truth["beta"] - 1) for points in (kept, made)]
    assert off[0] < 1e-3 and off[1] > 0.02


@pytest.mark.parametrize("more", [{"keep": "last"}, {"burn_in": 1.5}, {"burn_in": "warm"}])
def test_what_cannot_be_asked_is_refused(more):
    with pytest.raises(MisuseError):
        points_of_checkpoints(curves(), **more)


def test_a_table_without_progress_is_refused():
    with pytest.raises(PointsError, match="tokens"):
        points_of_checkpoints(Points({"loss": [3.0, 2.9], "run_id": ["a", "a"]}))


def public(name):
    return read_points(real(name)).points


def test_gemstones_rows_are_hot_and_none_is_called_decayed():
    marked = points_of_checkpoints(public("gemstones.csv"), keep="decayed")
    assert counted(marked).get("decayed", 0) == 0 and counted(marked)["hot"] > 700
    assert len(marked.kept) == 0


def test_multi_power_s_curves_decay_where_their_rate_does():
    marked = points_of_checkpoints(public("mpl_lr_curves.csv"), keep="all")
    for word, statuses in {"constant": {"hot"}, "cosine": {"mid-decay", "decayed"}}.items():
        rows = np.char.startswith(marked["schedule"], word)
        assert set(marked["checkpoint"][rows]) == statuses
    runs = np.unique(marked["run_id"][np.char.startswith(marked["schedule"], "wsd_")])
    wsd = marked.take(np.isin(marked["run_id"], runs))
    assert counted(wsd)["hot"] > counted(wsd)["mid-decay"] > 0 and counted(wsd)["decayed"] == len(runs)
