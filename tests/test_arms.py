"""Joint fits of several arms: planted multipliers are found, shared truth is not called a difference."""

import numpy as np
import pytest
from arms_made import arms
from fit_tables import EPOCH, isoflop
from public_tables import real

from scalinglaws.arms.differences import differences, holm
from scalinglaws.arms.expand import arm_values, expanded, middles_of
from scalinglaws.arms.fit_arms import fit_arms, strata
from scalinglaws.arms.multiplier import multiplier
from scalinglaws.errors import FitError, MisuseError, PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, law
from scalinglaws.planning.plan import plan
from scalinglaws.points.reading import read_points
from scalinglaws.predicting.predict import predict


def named(tests):
    return {one.parameter: one for one in tests}


def test_a_planted_multiplier_is_recovered_within_its_interval_on_every_path():
    found = fit_arms("chinchilla", arms(multiplier=2.0), draws=500)
    for at in ({"flops": 1e20}, {"loss": 2.7}, {"params": 1e9, "tokens": 2e10}):
        said = multiplier(found, "other", **at)
        assert said.low < 2.0 < said.high and said.high / said.low < 1.3
        assert not said.beyond


def test_without_noise_the_multiplier_is_exact_and_inverts_when_the_arms_change_places():
    found = fit_arms("chinchilla", arms(multiplier=2.0, noise=1e-9), draws=50)
    assert multiplier(found, "other", flops=1e20).value == pytest.approx(2.0, rel=1e-4)
    one = multiplier(found, "other", loss=2.8)
    back = multiplier(found, "base", loss=2.8, reference="other")
    assert one.value * back.value == pytest.approx(1.0, rel=1e-6)
    assert one.flops_arm == pytest.approx(back.flops, rel=1e-6)


def test_arms_of_one_law_have_the_multiplier_one_and_no_differences():
    found = fit_arms("chinchilla", arms(), draws=500)
    said = multiplier(found, "other", flops=1e20)
    assert said.low < 1.0 < said.high
    assert min(one.p_holm for one in differences(found)) > 0.05


def test_the_parameter_that_moved_is_named():
    found = fit_arms("chinchilla", arms(E=1.9), draws=50)
    tests = named(differences(found))
    assert tests["E"].p_holm < 1e-3 and tests["E"].departures["other"] == pytest.approx(np.log(1.9 / 1.8172), rel=0.3)
    assert tests["alpha"].p_holm > 0.05 and tests["beta"].p_holm > 0.05
    found = fit_arms("chinchilla", arms(n=60, noise=0.001, beta=0.45, B=1.2e4), draws=50)
    moved = named(differences(found, others="free"))
    assert moved["beta"].p_holm < 0.01 < moved["alpha"].p_holm
    assert named(differences(found))["alpha"].p < 0.01  # beta in disguise, where beta is held to be one


def test_all_free_is_each_arm_by_itself():
    points = arms(multiplier=1.5)
    joint = fit_arms("chinchilla", points, shared=(), draws=20, loss="ls-log")
    for name in joint.arms:
        alone = fit("chinchilla", points.take(points["arm"] == name), loss="ls-log")
        assert joint.values[name] == pytest.approx(alone.values, rel=1e-4)


def test_all_shared_is_one_fit_of_all_points():
    points = arms()
    joint = fit_arms("chinchilla", points, free=(), draws=20)
    assert dict(joint.values["other"]) == pytest.approx(fit("chinchilla", points.across("arm")).values, rel=1e-5)
    assert not joint.departures


def test_a_pooled_parameter_lies_between_shared_and_free_and_its_sd_leads_from_one_to_the_other():
    points = arms(n=12, noise=0.01, alpha=0.33)

    def apart(**more):
        return fit_arms("chinchilla", points, draws=20, loss="ls-log", **more).departures["alpha"]["other"]

    free = apart(free=("alpha",))
    pulled = [apart(free=(), pooled={"alpha": sd}) for sd in (1e-4, 0.02, 0.1, 50.0)]
    assert abs(pulled[0]) < 1e-3 and pulled[-1] == pytest.approx(free, rel=1e-2)
    assert np.all(np.diff(np.abs(pulled)) > 0)
    calm = arms(n=40, noise=0.001)
    assert fit_arms("chinchilla", calm, free=(), pooled={"alpha": 0.02}, draws=20).joint.outcome == "converged"


def test_the_spread_of_pooled_arms_is_estimated_from_the_arms_themselves():
    names = tuple("abcdefgh")
    shifts = np.random.default_rng(3).normal(0, 0.05, len(names) - 1)
    spread = arms(n=15, noise=0.003, names=names, E=1.8172 * np.exp(shifts))
    found = fit_arms("chinchilla", spread, free=("A",), pooled={"E": "estimate"}, draws=20)
    assert found.pooled_sd["E"] == pytest.approx(np.std([0, *shifts], ddof=1), rel=0.35)
    same = fit_arms("chinchilla", arms(n=15, names=names), free=(), pooled={"E": "estimate"}, draws=20)
    assert same.pooled_sd["E"] < 0.01


def test_an_arm_of_few_runs_is_carried_by_what_it_shares():
    points = arms(n=40, multiplier=2.0)
    few = points.take(np.r_[0:40, 40:44])
    found = fit_arms("chinchilla", few, draws=300)
    assert any("4 points" in sentence for sentence in found.warnings)
    with pytest.raises(PointsError):
        fit("chinchilla", points.take(np.arange(40, 44)))
    said = multiplier(found, "other", flops=3e19)
    assert np.isfinite(said.value) and said.value > 0


def test_one_arm_of_the_fit_predicts_and_plans_as_a_law_of_its_own():
    found = fit_arms("chinchilla", arms(multiplier=2.0), draws=200)
    ours = {name: predict(found.arm(name), {"N": 1e9, "D": 2e10}) for name in found.arms}
    assert ours["base"].low < float(LAWS["chinchilla"].evaluate(1e9, 2e10, **EPOCH)) < ours["base"].high
    assert ours["other"].value > ours["base"].value and ours["base"].inside_domain
    assert plan(found.arm("other"), 1e20).params.value > 0


def test_resamples_keep_every_arm_s_number_of_runs_and_whole_runs_together():
    index, groups = strata(np.array([0, 0, 1, 1, 1.0]), np.array(["a", "a", "b", "c", "c"]))
    assert sorted(group.tolist() for group in groups) == [[0], [1, 2]] and index.tolist() == [0, 0, 1, 2, 2]
    _, paired = strata(np.array([0, 1, 0, 1.0]), np.array(["a", "a", "b", "b"]))  # one run measured for both arms
    assert [group.tolist() for group in paired] == [[0, 1]]


@pytest.mark.parametrize("name", ["chinchilla", "kaplan-nd", "kaplan-c", "henighan-c"])
def test_an_expanded_law_without_departures_is_the_law_and_its_slopes_are_the_formula_s(name):
    base = law(name)
    values = {p.name: 0.3 if p.name.startswith(("alpha", "beta")) else 2.0 for p in base.parameters}
    inputs = [np.geomspace(1e8, 1e10, 6) * (i + 1) ** 2 for i, _ in enumerate(base.inputs)]
    middles = middles_of(base, values, inputs)
    departing = {p.name: ["b", "c"] for p in base.parameters}
    whole = expanded(base, ("a", "b", "c"), departing, middles)
    number = np.array([0, 1, 2, 0, 1, 2.0])
    none = values | {p.name: 0.0 for p in whole.parameters if p.name not in values}
    assert whole.evaluate(*inputs, number, **none) == pytest.approx(base.evaluate(*inputs, **values), rel=1e-13)
    some = values | {n: 0.01 * (i + 1) for i, n in enumerate(sorted(set(none) - set(values)))}
    if whole.slopes is None:
        return
    value, slopes = whole.slopes(*inputs, number, **some)
    assert value == pytest.approx(whole.evaluate(*inputs, number, **some), rel=1e-13)
    for p in whole.parameters:
        step = some[p.name] * np.exp(1e-20j) if p.name in base.logged else some[p.name] + 1e-20j
        exact = whole.evaluate(*inputs, number, **some | {p.name: step}).imag / 1e-20
        assert np.broadcast_to(slopes[p.name], 6) == pytest.approx(exact, rel=1e-9, abs=1e-13), p.name


def test_an_amplitude_departs_by_its_term_in_the_middle_of_the_points():
    inputs = [np.geomspace(1e8, 1e10, 5), np.full(5, 1e10)]
    middles = middles_of(law("chinchilla"), EPOCH, inputs)
    assert middles["A", "alpha"] == pytest.approx(-np.log(1e9))
    assert ("E", "alpha") not in middles
    whole = EPOCH | {"alpha__b": 0.2, "A__b": 0.1}
    own = arm_values(law("chinchilla"), ("a", "b"), whole, middles, 1)
    terms = own["A"] / 1e9 ** own["alpha"], EPOCH["A"] / 1e9 ** EPOCH["alpha"]
    assert terms[0] / terms[1] == pytest.approx(np.exp(0.1))


def test_an_arm_that_never_reaches_a_loss_needs_infinitely_many_times_the_compute():
    found = fit_arms("chinchilla", arms(E=2.4, noise=0.001), draws=100)
    said = multiplier(found, "other", flops=1e21)
    assert said.value == np.inf and said.high == np.inf
    assert "at no compute" in " ".join(said.beyond)


def test_a_comparison_beyond_either_arm_s_points_says_so():
    found = fit_arms("chinchilla", arms(multiplier=2.0), draws=50)
    far = multiplier(found, "other", flops=1e24)
    assert set(far.reach) == {"base", "other"} and min(far.reach.values()) > 100
    assert len(far.beyond) == 2 and "extrapolation" in far.beyond[0]
    assert "smallest compute" in " ".join(multiplier(found, "other", flops=1e14).beyond)


def test_a_law_of_compute_alone_gives_a_multiplier_too():
    points = arms(multiplier=3.0, noise=1e-9)
    rng, n = np.random.default_rng(0), len(points)
    flops = np.exp(rng.uniform(np.log(1e17), np.log(1e21), n))
    scale = np.where(points["arm"] == "other", 3.0, 1.0)
    points = points.replace(flops_6nd=flops, loss_nats=1.7 + (1e20 * scale / flops) ** 0.12)
    found = fit_arms("henighan-c", points, draws=20, shared=("L_inf", "alpha_C"))
    assert multiplier(found, "other", flops=1e20).value == pytest.approx(3.0, rel=1e-3)
    with pytest.raises(MisuseError, match="a loss of N, D"):
        multiplier(found, "other", params=1e9, tokens=1e10)


def test_holm_s_correction_is_that_of_its_table():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]).tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    "more, said",
    [
        ({"shared": ("alpa",)}, "Did you mean 'alpha'"),
        ({"shared": ("alpha",), "free": ("alpha",)}, "name it once"),
        ({"pooled": {"A": -1}}, "standard deviation above 0"),
        ({"reference": "bas"}, "Did you mean 'base'"),
    ],
)
def test_what_cannot_be_asked_is_refused(more, said):
    with pytest.raises(MisuseError, match=said):
        fit_arms("chinchilla", arms(), draws=20, **more)


def test_one_arm_or_too_few_runs_are_refused():
    with pytest.raises(PointsError, match="nothing to compare"):
        fit_arms("chinchilla", isoflop().replace(arm=["a"] * len(isoflop())))
    with pytest.raises((FitError, PointsError)):
        fit_arms("chinchilla", arms(n=4), shared=(), draws=20)
    found = fit_arms("chinchilla", arms(), draws=20)
    for wrong in ({}, {"flops": 1e20, "loss": 2.5}, {"params": 1e9}, {"flops": -1.0}):
        with pytest.raises(MisuseError):
            multiplier(found, "other", **wrong)


def table(name, where):
    return read_points(real(name), where=where).points


def test_which_of_gadre_s_training_sets_is_better_depends_on_the_text_it_is_measured_on():
    said = {}
    for split in ("c4_val", "openlm"):
        found = fit_arms(
            "chinchilla", table("gadre_testbed.csv", f"loss_split == '{split}'"), arm="train_set", draws=300
        )
        said[split] = multiplier(found, "rw_original", flops=1e19)
    assert said["c4_val"].low > 1.0  # RefinedWeb needs more compute than C4 for a loss on C4
    assert said["openlm"].high < 0.3  # and far less for one on a mixture


def test_mlstm_needs_less_compute_than_llama_near_the_top_of_their_isoflops():
    points = table("xlstm_isoflop_runs.csv", "complete == 1 and batch_tokens == 1048576")
    points = points.take(np.isin(points["iso_set"], ["llama_ctx2048", "mlstm_ctx16384"]))
    found = fit_arms("chinchilla", points, arm="arch", draws=300)
    low, high = (multiplier(found, "mlstm", flops=C) for C in (1e18, 3e19))
    assert high.high < 1.0 < low.value  # the arms cross


@pytest.mark.slow
def test_p_values_of_arms_of_one_law_are_never_too_small_and_a_difference_is_seen():
    from scipy.stats import kstest

    for checkpoints in (1, 4):
        null = [
            named(differences(fit_arms("chinchilla", arms(n=20, seed=s, checkpoints=checkpoints), draws=10)))
            for s in range(200)
        ]
        for name in EPOCH:
            p = np.array([one[name].p for one in null])
            assert kstest(p, "uniform", alternative="greater").pvalue > 0.001, (name, checkpoints)
            assert (p < 0.05).mean() < 0.11, (name, checkpoints)
        assert np.mean([min(t.p_holm for t in one.values()) < 0.05 for one in null]) < 0.12
    power = [
        named(differences(fit_arms("chinchilla", arms(n=20, seed=s, E=1.87), draws=10)))["E"].p < 0.05
        for s in range(100)
    ]
    assert np.mean(power) > 0.8


@pytest.mark.slow
def test_intervals_of_a_planted_multiplier_hold_it_as_often_as_they_say():
    inside = []
    for s in range(200):
        said = multiplier(fit_arms("chinchilla", arms(n=20, seed=s, multiplier=2.0), draws=300), "other", flops=1e20)
        inside.append(said.low < 2.0 < said.high)
    assert 0.90 <= np.mean(inside) <= 0.99
