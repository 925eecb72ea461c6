"""Published check values of the laws after 2022: routing, sparsity, schedules, batches, vocabulary, distillation."""

import numpy as np
import pytest
from fit_tables import SCHEDULE, SOME

from scalinglaws.errors import LawError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.laws.caballero2022 import broken, broken_power
from scalinglaws.laws.kumar2024 import effective_share
from scalinglaws.laws.luo2025 import MULTI_POWER, along, loss_at
from scalinglaws.points.points import Points

STUDENT = {"N": 1e9, "D": 2e10}
SUPERVISED = {"supervised_loss": float(LAWS["busbridge"].at(LAWS["busbridge"].constants, **STUDENT))}
SEQUENCES_512 = 512

# law, variant, inputs, value: plain evaluation of the printed constants to eight digits
VECTORS = [
    ("clark", 0, {"N": 1e9, "experts": [1, 8, 64, 512]}, [2.2845749, 2.1915318, 2.0858146, 2.0145245]),
    ("krajewski-moe", 0, {"N": 1.6e9, "D": 1.6e10, "granularity": [1, 16]}, [3.2095089, 3.062721]),
    ("krajewski-dense", 0, {"N": 1e9, "D": 2e10}, 2.9803051),
    ("abnar", 0, {"N": 1e10, "D": 1e11, "sparsity": [0, 0.9, 0.98]}, [2.1005362, 2.1498378, 2.2628633]),
    ("step-lr", 0, {"N": 1e9, "D": 1e11}, 0.0016324994),
    ("step-batch", 0, {"D": 1e11}, 1107714.9),
    ("zhang-critical", 0, {"N": [151e6, 1200e6]}, SEQUENCES_512 * np.array([985.22422, 2609.9435])),
    ("zhang-critical-fixed", 0, {"N": 151e6}, SEQUENCES_512 * 961.39311),
    ("busbridge", 0, STUDENT, 2.3746922),
    (
        "busbridge-distilled",
        0,
        {**STUDENT, **SUPERVISED, "teacher_loss": [2.0, 2.2, 2.4]},
        [2.2768106, 2.3169534, 2.4207247],
    ),
    ("tao-tokens", 0, {"vocabulary": 32768}, 0.25180284),
]


@pytest.mark.parametrize("name, variant, inputs, value", VECTORS)
def test_modern_laws_give_their_published_values(name, variant, inputs, value):
    found = LAWS[name].at(LAWS[name].published[variant].values, **inputs)
    assert found == pytest.approx(np.array(value), rel=1e-7)


# constants that were seen in no source that counts, so that the law carries none: the form gives their values
UNVERIFIED = [
    (
        "ludziejewski-moe",  # the signs inside the exponents are reconstructed
        {"a": 35.91, "delta": -0.2285, "alpha": -0.1889, "gamma": 0.0098}
        | {"b": 35.98, "omega": 0.5529, "beta": -0.1775, "zeta": -0.0259, "c": 1.3637},
        {"N": 1e9, "D": 1e11, "experts_effective": [1, 8, 32]},
        [2.4814188, 2.3670901, 2.3004264],
    ),
    ("power-lines-tau", {"c": 1.084, "m": -0.527}, {"N": 1e9, "D": 2e10}, 0.22355607),
    ("power-lines-batch", {"k": 0.0306, "p": 0.383}, {"D": 2.2e9}, 2048 * 115.84287),
    ("power-lines-critical", {"k": 0.0471, "p": 0.462}, {"D": 2.2e9}, 2048 * 975.48408),
]


@pytest.mark.parametrize("name, constants, inputs, value", UNVERIFIED)
def test_forms_give_the_values_of_constants_that_they_do_not_carry(name, constants, inputs, value):
    assert LAWS[name].published == ()
    assert LAWS[name].at(constants, **inputs) == pytest.approx(np.array(value), rel=1e-7)
    with pytest.raises(LawError, match="no published constants"):
        _ = LAWS[name].constants


def test_the_leverage_of_a_mixture_gives_the_two_statements_of_its_abstract():
    # over 300 models: best granularity 8 to 12; 3.4% active experts save "over 7 times" the compute at 1e22
    found = LAWS["moe-leverage"].at(SOME["moe-leverage"], activation=0.034, granularity=np.arange(1.0, 40), C=1e22)
    assert 8 <= 1 + np.argmax(found) <= 12
    assert found.max() == pytest.approx(7, rel=0.02)
    denser = LAWS["moe-leverage"].at(SOME["moe-leverage"], activation=0.3, granularity=10.0, C=1e22)
    assert denser < found[9]


def test_one_attempt_is_an_accuracy_and_more_attempts_never_lower_it():
    member, at = LAWS["krajewski-pass"], SOME["krajewski-pass"]
    found = member.at(at, C=1e21, samples=np.array([1, 4, 64]))
    assert found[0] == pytest.approx(np.exp(-np.exp(at["a"]))) and (np.diff(found) > 0).all()
    one_step = LAWS["krajewski-accuracy"].at(SOME["krajewski-accuracy"], N=[1e5, 1e30], D=1e30)
    assert one_step == pytest.approx([0.25, 1.0], abs=1e-3)  # chance, and all


def test_eight_bits_of_weight_are_worth_95_per_cent_of_the_parameters():
    assert effective_share(8, 2.6745) == pytest.approx(0.94977354, rel=1e-7)  # Kumar's gamma_w, unverified
    assert effective_share(np.array([1, 4, 16]), 2.6745) == pytest.approx(1 - np.exp(-np.array([1, 4, 16]) / 2.6745))
    both = LAWS["kumar"].at(SOME["kumar"], N=1e9, D=2e10, bits_weights=[4, 64], bits_activations=64, bits_kv=64)
    chinchilla = {name: SOME["kumar"][name] for name in ("E", "A", "B", "alpha", "beta")}
    whole = LAWS["chinchilla"].at(chinchilla, N=1e9, D=2e10)
    assert both[0] > both[1] == pytest.approx(whole, rel=1e-9)


def test_no_teacher_beats_a_weak_one_and_a_good_one_beats_none():
    alone = SUPERVISED["supervised_loss"]
    good, weak = LAWS["busbridge-distilled"].at(
        LAWS["busbridge-distilled"].constants, **STUDENT, **SUPERVISED, teacher_loss=[2.0, 2.4]
    )
    assert good < alone < weak


def test_the_broken_law_gives_the_example_of_its_repository():
    found = broken_power(1e6, 1e-3, 4.66e3, 0.05, (0.49, -0.811, 2.1), (3e6, 1e14, 2e20), (1.1, 1.425, 0.05))
    assert found == pytest.approx(1972.3234, rel=1e-7)
    assert np.isfinite(broken_power(1e300, 1e-3, 4.66e3, 0.05, (2.1,), (2e2,), (0.05,)))  # (x/d)^(1/f) overflows


def test_a_broken_law_is_a_power_law_far_from_its_break():
    at = {"a": 0.0, "b": 60.0, "c0": 0.2, "c1": 0.15, "d1": 1e9, "f1": 0.3}
    slope = [
        np.log(np.divide(*LAWS["bnsl-d"].evaluate(np.array([2 * x, x]), **at))) / np.log(2) for x in (1e3, 1e9, 1e15)
    ]
    assert slope[0] == pytest.approx(-0.2, rel=1e-6) and slope[2] == pytest.approx(-0.35, rel=1e-6)
    assert slope[2] < slope[1] < slope[0]
    assert LAWS["bnsl-d"].evaluate(1e9, **at) == pytest.approx(60 * 1e9**-0.2 * 2 ** (-0.15 * 0.3), rel=1e-12)


def test_two_breaks_are_found_again():
    twice = broken("D", 2)
    assert twice.inputs == ("D",) and len(twice.parameters) == 9
    at = {"a": 1.5, "b": 60.0, "c0": 0.2, "c1": 0.3, "c2": -0.35, "d1": 3e6, "d2": 1e10, "f1": 0.2, "f2": 0.2}
    data = np.geomspace(1e4, 1e13, 80)
    found = fit(twice, Points({"tokens_unique": data, "loss_nats": twice.evaluate(data, **at)}), starts=[at])
    assert found.values == pytest.approx(at, rel=1e-5)


def test_m4_saturates_at_both_ends_and_solves_its_own_equation():
    at, data = SOME["m4"], np.geomspace(1e-3, 1e25, 29)
    loss = LAWS["m4"].evaluate(data, **at)
    left = np.log(loss - at["E_inf"]) - at["alpha"] * np.log(at["E_0"] - loss)
    amid = (loss > at["E_inf"] + 1e-3) & (loss < at["E_0"] - 1e-3)
    assert left[amid] == pytest.approx((np.log(at["beta"]) + at["c"] * np.log(data))[amid], abs=1e-9)
    assert amid.sum() > 8
    assert (loss[0], loss[-1]) == (pytest.approx(at["E_0"], rel=1e-2), pytest.approx(at["E_inf"], rel=1e-2))
    power = LAWS["m4"].evaluate(1e9, **(at | {"alpha": 1e-9}))
    assert power == pytest.approx(at["E_inf"] + at["beta"] * 1e9 ** at["c"], rel=1e-8)


@pytest.mark.parametrize("router, printed, from_rounded", [(0, 937e9, 1e12), (1, 85e9, 31.6e9), (2, 83e9, 215e9)])
def test_the_cut_off_of_experts_cannot_be_worked_out_of_rounded_constants(router, printed, from_rounded):
    at = LAWS["clark"].published[router].values
    ours = 10 ** (-at["b"] / at["c"])
    assert ours == pytest.approx(from_rounded, rel=5e-3) and abs(ours / printed - 1) > 0.06
    few, many = LAWS["clark"].evaluate(ours, np.array([1.0, 512.0]), **at)
    assert few == pytest.approx(many, rel=1e-12)


def test_granularity_acts_inside_the_term_of_size():
    member, at = LAWS["krajewski-moe"], LAWS["krajewski-moe"].constants
    gain = [np.subtract(*member.evaluate(size, 1e11, np.array([1, 16]), **at)) for size in (1e8, 1e10)]
    assert gain[1] / gain[0] == pytest.approx(100 ** -at["alpha"], rel=1e-12)


VOCABULARIES = [  # parameters outside the vocabulary, width, and the best vocabulary by the paper's three routes
    (3e9, 3200, 39368, 42539, 36648),
    (7e9, 4096, 62281, 67450, 59548),
    (70e9, 8192, 211860, 230861, 217961),
]


@pytest.mark.parametrize("size, width, isoflop, derivative, parametric", VOCABULARIES)
def test_the_best_vocabulary_by_three_routes(size, width, isoflop, derivative, parametric):
    params, vocabulary = LAWS["tao-params"], LAWS["tao-vocabulary-params"]
    compute = (size / params.constants["k"]) ** (1 / params.constants["a"])
    assert params.at(params.constants, C=compute) == pytest.approx(size, rel=1e-12)
    last_digit = 5e-6 * np.log(compute)  # the exponent is printed as .41636
    assert vocabulary.at(vocabulary.constants, C=compute) / width == pytest.approx(isoflop, rel=last_digit)
    by_size = LAWS["tao-vocabulary"]
    last_digit = 5e-5 * np.log(size / 33e6)  # .8354
    assert by_size.at(by_size.constants, N=size) / width == pytest.approx(derivative, rel=last_digit)
    words = np.arange(2000, 600_000)
    tokens = compute / (6 * (size + words * width))
    gain = LAWS["tao-loss"].at(LAWS["tao-loss"].constants, N=size, params_vocabulary=words * width, D=tokens)
    assert words[np.argmax(gain)] == parametric


def test_a_model_on_too_few_tokens_is_worse_than_a_unigram():
    with pytest.raises(LawError, match="undefined"):
        LAWS["tao-loss"].at(LAWS["tao-loss"].constants, N=1e8, params_vocabulary=1e7, D=1e7)


# ---- laws of a whole schedule


PEAK, END, WARM_UP = 3e-4, 3e-5, 2160


def cosine(steps: int) -> np.ndarray:
    step = np.arange(float(steps))
    after = END + (PEAK - END) * (1 + np.cos(np.pi * (step - WARM_UP) / (steps - WARM_UP))) / 2
    return np.where(step < WARM_UP, PEAK * step / (WARM_UP - 1), after)


def wsd(steps: int, decay_at: int) -> np.ndarray:
    step = np.arange(float(steps))
    after = PEAK * (END / PEAK) ** (np.maximum(step - decay_at, 0) / (steps - decay_at))
    return np.where(step < WARM_UP, PEAK * step / (WARM_UP - 1), after)


@pytest.mark.parametrize(
    "variant, rates, step, loss",
    [
        (0, cosine(72000), 71920, 3.2018),
        (1, cosine(72000), 71920, 2.8618),
        (2, cosine(72000), 71936, 2.6185),
        (2, wsd(24000, 20000), 23936, 2.7005),
    ],
)
def test_the_multi_power_law_gives_its_published_losses(variant, rates, step, loss):
    found = loss_at(rates, [step], **MULTI_POWER.published[variant].values)
    assert found == pytest.approx([loss], abs=5.1e-5)  # four decimals are printed


def test_the_warm_up_enters_the_multi_power_law_with_its_sign():
    at, rates = MULTI_POWER.constants, cosine(24000)
    dropped = np.where(np.arange(len(rates)) < WARM_UP, PEAK, rates)
    same_travel = at | {"A": 0.0}  # the sum over changes alone
    shift = np.subtract(*(loss_at(r, [23920], **same_travel) for r in (dropped, rates)))
    assert -0.16 < shift[0] < -0.10


def test_the_multi_power_law_is_its_double_sum_whatever_the_blocks(monkeypatch):
    at, rates = MULTI_POWER.constants, SCHEDULE
    total, sums = np.cumsum(rates), np.zeros(len(rates))
    for t in range(len(rates)):
        for k in range(1, t + 1):
            reach = at["C"] * rates[k] ** -at["gamma"] * (total[t] - total[k - 1])
            sums[t] += (rates[k - 1] - rates[k]) * (1 - (1 + reach) ** -at["beta"])
    plain = at["L0"] + at["A"] * total ** -at["alpha"] - at["B"] * sums
    assert MULTI_POWER.evaluate(rates, **at) == pytest.approx(plain, rel=1e-13)
    chosen = np.array([200, 3, 77, 77])
    assert loss_at(rates, chosen, **at) == pytest.approx(plain[chosen], rel=1e-13)
    monkeypatch.setattr("scalinglaws.laws.luo2025.CELLS", 100)
    assert MULTI_POWER.evaluate(rates, **at) == pytest.approx(plain, rel=1e-13)


def test_a_rate_that_falls_to_zero_leaves_the_loss_where_it_was():
    rates = np.concatenate([SCHEDULE, np.zeros(10)])
    loss = MULTI_POWER.evaluate(rates, **MULTI_POWER.constants)
    assert np.isfinite(loss).all() and np.ptp(loss[len(SCHEDULE) - 1 :]) < 1e-12


def test_several_schedules_are_fitted_row_by_row():
    schedules = [SCHEDULE, np.where(np.arange(200) < 20, 1.5e-5 * (np.arange(200) + 1), 3e-4), SCHEDULE[:120]]
    law, at = along(schedules), MULTI_POWER.constants
    rows = [(i, step) for i, rates in enumerate(schedules) for step in range(10, len(rates), 4)]
    run, step = np.array(rows, dtype=float)[np.random.default_rng(0).permutation(len(rows))].T
    loss = law.evaluate(run, step, **at)
    assert loss[run == 1] == pytest.approx(MULTI_POWER.evaluate(schedules[1], **at)[step[run == 1].astype(int)])
    found = fit(law, Points({"schedule_number": run, "steps": step, "loss_nats": loss}))
    assert found.outcome == "converged" and found.values == pytest.approx(at, rel=1e-5)


def test_the_annealing_law_is_its_double_sum():
    at, rates = SOME["tissue"], SCHEDULE
    falls, place = -np.diff(rates, prepend=rates[0]), np.arange(len(rates))
    area = [sum(falls[: i + 1] @ at["decay"] ** (i - place[: i + 1]) for i in range(t + 1)) for t in (0, 50, 200)]
    plain = at["L_0"] + at["A"] * np.cumsum(rates)[[0, 50, 200]] ** -at["alpha"] - at["C"] * np.array(area)
    assert LAWS["tissue"].evaluate(rates, **at)[[0, 50, 200]] == pytest.approx(plain, rel=1e-12)


# ---- learning rates and batches


def test_adams_learning_rate_peaks_at_the_noise_batch():
    at = {"lr_max": 2e-3, "B_noise": 4e5}
    below, peak, above = LAWS["surge-lr"].at(at, B=[1e5, 4e5, 1.6e6])
    assert peak == pytest.approx(2e-3) and below == pytest.approx(above) == pytest.approx(1.6e-3)


def test_step_and_bjorck_turn_opposite_ways_with_tokens():
    step = LAWS["step-lr"].at(LAWS["step-lr"].constants, N=1e9, D=[1e10, 1e11])
    bjorck = LAWS["bjorck-lr"].at({"k": 1.0, "alpha": 0.23, "beta": 0.32}, N=1e9, D=[1e10, 1e11])
    assert step[1] / step[0] == pytest.approx(10**0.307) and bjorck[1] / bjorck[0] == pytest.approx(10**-0.32)


def test_the_step_laws_second_check_point():
    assert LAWS["step-lr"].at(LAWS["step-lr"].constants, N=4e8, D=4e10) == pytest.approx(2.368e-3, rel=2e-4)
    assert LAWS["step-batch"].at(LAWS["step-batch"].constants, D=4e10) == pytest.approx(6.565e5, rel=1e-4)


def test_critical_batches_follow_data_not_size():
    for_data, for_size = (LAWS[f"zhang-critical{kind}"] for kind in ("", "-fixed"))
    sizes = np.array([8.5e7, 1.2e9])
    grown = [np.divide(*law.at(law.constants, N=sizes[::-1])) for law in (for_data, for_size)]
    assert grown[0] == pytest.approx((1.2e9 / 8.5e7) ** 0.47) and grown[1] < 1.3
