"""Plans: closed forms, published prescriptions, limits, shapes and cost."""

import ast
import json
import re
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from scalinglaws.errors import MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, law
from scalinglaws.planning.best_split import CLOSED_FORMS, Spending, Trade, best_params, loss_of, trade, worth
from scalinglaws.planning.buildable import Building
from scalinglaws.planning.hardware import Machine
from scalinglaws.planning.law_splits import exponent
from scalinglaws.planning.plan import plan
from scalinglaws.planning.rates_and_batches import band, settings
from scalinglaws.planning.trainer_config import configuration
from scalinglaws.points.points import Points
from scalinglaws.records.json_values import to_plain
from scalinglaws.run.shape import Shape
from scalinglaws.uncertainty.draws import draws

CHINCHILLA, KAPLAN, SKALING = law("chinchilla"), law("kaplan-nd"), law("skaling")
REFIT = dict(CHINCHILLA.published[2].values)
SARDANA = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.336, "beta": 0.283}
DATABLATIONS = {
    "E": np.exp(0.6254804),
    "A": np.exp(6.255414),
    "B": np.exp(7.3049974),
    "alpha": 0.3526596,
    "beta": 0.3526596,
}


def simulated(noise=0.003, seed=0):
    rng = np.random.default_rng(seed)
    params, ratio = np.meshgrid(np.geomspace(3e7, 3e9, 6), [5, 10, 20, 40, 80])
    params, tokens = params.ravel(), (params * ratio).ravel()
    loss = CHINCHILLA.evaluate(params, tokens, **REFIT) * np.exp(noise * rng.standard_normal(params.size))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss, "run_id": [str(i) for i in range(30)]})


@pytest.fixture(scope="module")
def drawn():
    return draws(fit("chinchilla", simulated()), draws=300)


def test_the_optimum_of_the_refit_is_the_published_one():
    params = CLOSED_FORMS["chinchilla"](5.76e23, **REFIT)
    assert params == pytest.approx(7.22e10, rel=1e-2)
    assert 5.76e23 / 6 / params**2 == pytest.approx(18.4, rel=1e-2)


@pytest.mark.parametrize("member", [CHINCHILLA, KAPLAN, SKALING], ids=lambda member: member.name)
def test_closed_forms_are_the_minimum_over_sizes(member):
    values, spending = dict(member.published[-1].values) if member.published else {**REFIT, "k": 0.6}, Spending(1e21)
    best = CLOSED_FORMS[member.name](1e21, **values)
    found = minimize_scalar(
        lambda x: float(loss_of(Trade(member, values, spending), np.exp(x))), bracket=(15, 22, 28), tol=1e-12
    )
    assert np.exp(found.x) == pytest.approx(best, rel=1e-6)


def test_the_search_finds_the_closed_form_for_every_draw():
    rng = np.random.default_rng(0)
    values = {name: value * np.exp(0.05 * rng.standard_normal(700)) for name, value in REFIT.items()}
    served_a_little = Spending(1e21, inference_tokens=1e-3)  # takes the search, not the closed form
    found = best_params(trade(CHINCHILLA, values, served_a_little))
    assert found == pytest.approx(CLOSED_FORMS["chinchilla"](1e21, **values), rel=1e-6)


@pytest.mark.parametrize(
    ("params", "served", "best", "tokens", "saved"),
    [
        (13e9, 2e12, 6.9685951e9, 1.2478399e12, 0.17446704),
        (30e9, 1e13, 1.361283e10, 4.4262372e12, 0.2798483),
        (70e9, 1e13, 4.1551335e10, 7.9225039e12, 0.11949231),
    ],
)
def test_serving_moves_the_optimum_to_smaller_models_as_in_sardana_2023(params, served, best, tokens, saved):
    ratio = SARDANA["alpha"] + SARDANA["beta"]
    flops = 6 * (params / CLOSED_FORMS["chinchilla"](6.0, **SARDANA)) ** (ratio / SARDANA["beta"])
    assert CLOSED_FORMS["chinchilla"](flops, **SARDANA) == pytest.approx(params)
    loss = CHINCHILLA.evaluate(params, flops / 6 / params, **SARDANA)
    whole = 6 * best * tokens + 2 * best * served
    assert 1 - whole / (flops + 2 * params * served) == pytest.approx(saved, abs=1e-6)
    one = trade(CHINCHILLA, SARDANA, Spending(whole, inference_tokens=served))
    assert float(best_params(one)) == pytest.approx(best, rel=1e-5)
    assert float(one.spending.tokens(best)) == pytest.approx(tokens, rel=1e-6)
    assert float(loss_of(one, best)) == pytest.approx(loss, rel=1e-7)


def test_repeated_data_are_worth_what_muennighoff_2023_says():
    for epochs, effective in ((4, 9.3141828e10), (40, 3.7918662e11)):
        assert worth(1e9, epochs * 25e9, 25e9, 1e12)["D"] == pytest.approx(effective, rel=1e-7)
    one = trade(CHINCHILLA, DATABLATIONS, Spending(1e22, unique_tokens=25e9))
    for params, tokens, loss in ((6.34e9, 242e9, 2.2256441), (8.67e9, 178e9, 2.2269634)):
        at = worth(params, tokens, 25e9, one.limit)
        assert CHINCHILLA.evaluate(at["N"], at["D"], **DATABLATIONS) == pytest.approx(loss, abs=2e-6)


def test_a_data_limit_plans_the_epochs_of_muennighoff_2023():
    one = trade(CHINCHILLA, DATABLATIONS, Spending(1e22, unique_tokens=25e9))
    params = float(best_params(one))
    assert params == pytest.approx(7.02e9, rel=1e-2)
    assert float(one.spending.tokens(params)) / 25e9 == pytest.approx(9.49, rel=1e-2)


def test_with_enough_data_a_limit_changes_nothing(drawn):
    free, limited = plan(drawn, 1e20), plan(drawn, 1e20, unique_tokens=1e14)
    assert limited.params.value == pytest.approx(free.params.value, rel=1e-6)
    assert limited.epochs < 1


def test_a_law_of_different_tokens_never_plans_repeats():
    """Kaplan's D is the number of different tokens: what a budget cannot spend on new ones goes into the size."""
    values = dict(KAPLAN.published[0].values)
    free = CLOSED_FORMS["kaplan-nd"](1e20, **values)
    short = 0.5 * 1e20 / 6 / free
    one = trade(KAPLAN, values, Spending(1e20, unique_tokens=short))
    assert float(best_params(one)) == pytest.approx(2 * free, rel=1e-6)
    assert float(loss_of(one, free)) == pytest.approx(KAPLAN.evaluate(free, short, **values))


def test_a_plan_spends_its_budget_and_covers_the_truth(drawn):
    found = plan(drawn, 1e21, batch_tokens=2**20)
    best = CLOSED_FORMS["chinchilla"](1e21, **REFIT)
    assert 6 * found.params.value * found.tokens.value == pytest.approx(1e21, rel=1e-9)
    assert found.steps.value * 2**20 == pytest.approx(found.tokens.value)
    assert found.params.low < best < found.params.high
    truth = CHINCHILLA.evaluate(found.params.value, found.tokens.value, **REFIT)
    assert found.loss_nats.low < truth < found.loss_nats.high
    assert found.reach == pytest.approx(1e21 / (6 * 3e9 * 2.4e11), rel=1e-6)


@pytest.mark.slow
def test_the_interval_of_the_best_size_covers_it_at_its_level():
    best = CLOSED_FORMS["chinchilla"](1e21, **REFIT)
    held = 0
    for seed in range(40):
        found = plan(draws(fit("chinchilla", simulated(seed=seed)), draws=200), 1e21)
        held += found.params.low <= best <= found.params.high
    assert held >= 34  # 95% nominal: fewer than 34 of 40 has probability 0.003 even at a true coverage of 93%


def test_sizes_within_a_share_of_the_budget_lie_around_the_best_and_nest(drawn):
    one, five = plan(drawn, 1e21).sizes
    assert five.low < one.low < plan(drawn, 1e21).params.value < one.high < five.high
    values = drawn.fit.values
    less = CLOSED_FORMS["chinchilla"](0.99e21, **values)
    limit = CHINCHILLA.evaluate(less, 0.99e21 / 6 / less, **values)
    assert CHINCHILLA.evaluate(one.high, 1e21 / 6 / one.high, **values) == pytest.approx(limit, rel=1e-12)


def test_alternatives_say_what_they_waste(drawn):
    found = plan(drawn, 1e21)
    best = min(found.alternatives, key=lambda a: a.loss_penalty)
    assert best.params == pytest.approx(found.params.value) and best.wasted == 0
    for other in found.alternatives:
        kept = (1 - other.wasted) * 1e21
        params = CLOSED_FORMS["chinchilla"](kept, **drawn.fit.values)
        loss = CHINCHILLA.evaluate(params, kept / 6 / params, **drawn.fit.values)
        assert loss == pytest.approx(other.loss_nats, rel=3e-5)
        assert other.loss_penalty <= 0.01


def test_holding_size_or_tokens_leaves_the_other_to_the_budget(drawn):
    assert plan(drawn, 6e20, fixed_params=1e9).tokens.value == pytest.approx(1e11)
    assert plan(drawn, 6e20, fixed_tokens=1e11).params.value == pytest.approx(1e9)
    served = plan(drawn, 6e20, fixed_tokens=1e11, inference_tokens=3e11)
    assert served.params.value * (6e11 + 6e11) == pytest.approx(6e20)


def test_several_laws_widen_the_plan_and_their_disagreement_is_told(drawn):
    other = draws(fit("kaplan-nd", simulated(), columns={"N": "params_total", "D": "tokens"}), draws=200)
    both, alone = plan([drawn, other], 1e23), plan(drawn, 1e23)
    assert set(both.by_law) == {"chinchilla", "kaplan-nd"}
    assert both.params.value == alone.params.value
    assert both.params.high / both.params.low > alone.params.high / alone.params.low
    assert both.loss_nats.low <= alone.loss_nats.low and both.loss_nats.high >= alone.loss_nats.high


def test_shapes_can_be_built_and_are_counted_exactly(drawn):
    found = plan(drawn, 1e21, building=Building(50257, 1024, 64), flops_per_second=1e15, devices=8)
    assert len(found.shapes) >= 5
    for row in found.shapes:
        assert row.shape.d_model % 64 == 0 and row.shape.n_heads * 64 == row.shape.d_model
        assert row.params_total == row.shape.params("total")
        assert 6 * row.params_total * row.tokens == pytest.approx(1e21)
        assert row.hours == pytest.approx(row.flops_exact / 8e15 / 3600)
        assert 0.4 < row.params_total / found.params.value < 2.5
    assert min(row.loss_penalty for row in found.shapes) < 1e-4


def test_cost_is_compute_over_speed():
    paid = Machine("h100-sxm", devices=4, price_per_hour=2.5).cost(0.4 * 989e12 * 3600 * 100)
    assert (paid.device_hours, paid.hours, paid.money) == pytest.approx((100, 25, 250))
    assert Machine().cost(1e20) is None
    with pytest.raises(MisuseError, match="h100-sxm"):
        Machine("h100-sxmm")


@pytest.mark.parametrize(
    ("name", "params", "tokens", "value"),
    [
        ("deepseek-lr", 1e9, 8.46e22 / 6e9, 4.2457539e-4),
        ("deepseek-batch", 1e9, 8.46e22 / 6e9, 9224136),
        ("step-lr", 1e9, 1e11, 1.6324994e-3),
        ("step-batch", 1e9, 1e11, 1107714.9),
        ("porian-lr", 1e8, 2e9, 4.8775499e-3),
        ("porian-batch", 1e8, 2e9, 155.66885 * 2048),
        ("zhang-critical", 151e6, 3e9, 985.22422 * 512),
        ("minicpm-batch", 1e8, 1e9, 1275113.2),
    ],
)
def test_settings_are_the_published_check_values(name, params, tokens, value):
    named = {one.law: one for one in settings(params, tokens, 3.0)}
    assert (named[name].lr or named[name].batch_tokens) == pytest.approx(value, rel=1e-7)
    assert named[name].definition and named[name].counts


def test_settings_of_kaplan():
    for params, lr in ((393216, 1.442e-3), (84934656, 6.921e-4), (1474560000, 2.939e-4)):
        named = {one.law: one for one in settings(params, 1e9, 3.0)}
        assert named["kaplan-lr"].lr == pytest.approx(lr, rel=1e-3)
    assert named["kaplan-bcrit"].batch_tokens == pytest.approx(1069114, rel=1e-3)


def test_a_learning_rate_that_comes_out_negative_is_left_out():
    named = {one.law: one for one in settings(1.75e11, 3e11, 1.9)}
    assert named["kaplan-lr"].lr is None and "undefined" in named["kaplan-lr"].undefined
    assert named["kaplan-bcrit"].batch_tokens > 0


def test_a_law_without_constants_sets_nothing():
    # the prefactors of Power Lines and of Bjorck et al. could not be checked
    assert not {"power-lines-batch", "bjorck-lr"} & {one.law for one in settings(1e9, 2e10, 2.5)}


def test_a_single_law_of_the_batch_has_no_range_and_a_given_batch_no_interval(drawn):
    asked = settings(1.7e11, 9.8e11, 2.0)
    assert [one.law for one in asked if one.batch_tokens and not one.far] == ["kaplan-bcrit"]
    found = band(asked, "batch_tokens")
    assert (found.low, found.high) == (None, None) and found.value > 1e6
    two = band(tuple(replace(one, far=False) for one in asked), "batch_tokens")
    assert two.low < two.value < two.high
    given = str(plan(drawn, 2e20, batch_tokens=2**19))
    assert re.search(r"batch, tokens .* as given", given) and re.search(r"steps .* 95%", given)


def test_kaplan_ns_spends_by_a_batch_policy():
    member = law("kaplan-ns")
    values = dict(member.published[0].values)
    params, steps = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e6, 1e9, 6), np.geomspace(3e3, 2e5, 6)))
    rng = np.random.default_rng(1)
    loss = member.evaluate(params, steps, **values) * np.exp(0.002 * rng.standard_normal(36))
    points = Points({"params_nonembedding": params, "steps_min": steps, "loss_nats": loss})
    spread = draws(fit("kaplan-ns", points), draws=200)
    found = plan(spread, 2 * 8.64e19, batch_policy="critical")
    assert found.params.low < 6.04e8 < found.params.high
    assert found.steps.low < 2 * 1.3205e4 < found.steps.high
    fixed = plan(spread, 8.64e19, batch_tokens=2**19)
    assert fixed.steps.value * 2**19 == pytest.approx(fixed.tokens.value)
    with pytest.raises(MisuseError, match="must be one of"):
        plan(spread, 1e20, batch_policy="biggest")


def test_far_plans_and_plans_outside_the_sizes_say_so(drawn):
    said = " ".join(plan(drawn, 1e26).warnings)
    assert "times the largest 6ND fitted" in said and "outside the sizes" in said
    assert plan(drawn, 2e20).warnings == ()


def test_a_plan_is_plain_json(drawn):
    found = plan(drawn, 1e21, building=Building(256, 256, 32), hardware="rtx-4090")
    assert json.loads(json.dumps(to_plain(found), allow_nan=False))["params"]["value"] == found.params.value
    shown = found.recommendation("ten times the largest run")
    assert shown.seconds == pytest.approx(found.cost.hours * 3600)
    assert len(shown.alternatives) == len(found.alternatives)


def test_the_exponent_of_a_law_is_its_closed_form(drawn):
    values = drawn.fit.values
    found = exponent(drawn, 1e20)
    assert found.value == pytest.approx(values["beta"] / (values["alpha"] + values["beta"]), rel=1e-9)
    assert found.low < REFIT["beta"] / (REFIT["alpha"] + REFIT["beta"]) < found.high


def test_a_planned_shape_becomes_a_configuration_of_each_trainer(drawn):
    found = plan(drawn, 1e20, batch_tokens=500_000, building=Building(50304, 1024, 64))
    row = found.shapes[3]
    sequences = 480  # 488 are 500,000 tokens: rounded to micro-batches of 4 on 8 processes
    gpt = {}
    for line in ast.parse(configuration(found, row, "nanogpt")).body:
        gpt[line.targets[0].id] = ast.literal_eval(line.value)
    assert gpt["batch_size"] * gpt["gradient_accumulation_steps"] == sequences
    assert (gpt["n_layer"], gpt["n_embd"], gpt["n_head"]) == (row.shape.n_layer, row.shape.d_model, row.shape.n_heads)
    assert 0 <= gpt["max_iters"] * sequences * 1024 - row.tokens < sequences * 1024
    titan = tomllib.loads(configuration(found, row, "torchtitan", lr=1e-3))
    assert titan["training"]["global_batch_size"] == sequences and titan["optimizer"]["lr"] == 1e-3
    assert titan["training"]["steps"] == gpt["max_iters"] and titan["lr_scheduler"]["warmup_steps"] <= 2000
    olmo = configuration(found, row, "olmo-core")
    ast.parse(olmo)
    assert f"Duration.tokens({gpt['max_iters'] * sequences * 1024})" in olmo
    with pytest.raises(MisuseError, match="Did you mean 'nanogpt'"):
        configuration(found, row, "nanoGPT")
    with pytest.raises(MisuseError, match="Give one above 0"):
        configuration(found, row, "nanogpt", lr=-1.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flops": 0}, "flops = 0"),
        ({"flops": float("nan")}, "finite"),
        ({"fixed_params": 1e9, "fixed_tokens": 1e9}, "nothing to plan"),
        ({"fixed_params": 1e22}, "leaves no tokens"),
        ({"unique_tokens": -1}, "unique_tokens = -1"),
        ({"inference_tokens": -1}, "inference_tokens = -1"),
        ({"batch_policy": "critical"}, "kaplan-ns"),
        ({"hardware": "abacus"}, "no hardware is called"),
        ({"flops_per_second": -5}, "flops_per_second = -5"),
        ({"level": 95}, "level = 95"),
    ],
)
def test_a_plan_that_cannot_be_is_one_clear_error(drawn, options, words):
    with pytest.raises(MisuseError, match=words):
        plan(drawn, **{"flops": 1e21, **options})


def test_a_law_of_compute_alone_cannot_split_a_budget():
    flops = np.geomspace(1e17, 1e20, 8)
    points = Points({"flops_6nd": flops, "loss_nats": (1e26 / flops) ** 0.05})
    with pytest.raises(MisuseError, match="cannot split a budget"):
        plan(draws(fit("kaplan-c", points), draws=20), 1e21)


def test_a_shape_of_no_size_is_refused():
    with pytest.raises(MisuseError, match="d_head"):
        Building(50257, 1024, 0)
    assert Shape(12, 768, 12, 1024, 50257).params("non_embedding") == 84934656


def test_losses_of_a_plan_have_the_unit_of_the_fitted_column():
    """Bits per byte stay so, and laws of the batch that take nats per token are not asked about them."""
    nats = simulated()
    shared = {name: nats[name] for name in ("params_total", "tokens", "run_id")}
    bits = Points({**shared, "loss_bits_per_byte": nats["loss_nats"]})
    made = [plan(draws(fit("chinchilla", points), draws=60), 1e21) for points in (nats, bits)]
    assert [one.loss_unit for one in made] == ["nats/token", "bits/byte"]
    assert "loss, nats/token" in made[0].printed() and "loss, bits/byte" in made[1].printed()
    left_out = {one.law for one in made[0].settings} - {one.law for one in made[1].settings}
    assert left_out == {member.name for member in LAWS.values() if member.predicts == "batch" and "L" in member.inputs}
