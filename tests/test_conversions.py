"""Definitions translate: known counts and computes, every rule there and back, and what a refusal says."""

import numpy as np
import pytest

from scalinglaws.errors import LawError, NameUnknownError, PointsError
from scalinglaws.laws import law
from scalinglaws.points.as_counted import as_counted
from scalinglaws.points.conversion_rules import RULES
from scalinglaws.points.convert import convert, mismatch, missing, route
from scalinglaws.points.points import Points
from scalinglaws.points.units import bits_per_byte, from_pf_days, nats_per_token, pf_days

V, CTX = 50257, 1024
SHAPES = {  # (n_layer, d_model) -> parameters (Kaplan et al. 2020, legends of Figs 4 to 7)
    (1, 8): 768,
    (2, 128): 393_216,
    (4, 256): 3_145_728,
    (8, 512): 25_165_824,
    (12, 768): 84_934_656,
    (24, 1024): 301_989_888,
    (36, 1280): 707_788_800,
    (48, 1600): 1_474_560_000,
    (6, 4288): 1_323_859_968,
    (207, 768): 1_465_122_816,
}
KAPLAN = {"N": "params_nonembedding", "D": "tokens"}
TABLE = Points(
    {
        "run_id": ["a", "b"],
        "n_layer": [12, 24],
        "d_model": [768, 1024],
        "n_ctx": [CTX, CTX],
        "n_vocab": [V, V],
        "tied": [1, 1],
        "steps": [1000, 2000],
        "batch_tokens": [2**19, 2**19],
        "loss_nats": [3.1, 2.8],
        "bytes_per_token": [4.3, 4.3],
    }
)


def shaped(n_layer, d_model, **more):
    return {"n_layer": n_layer, "d_model": d_model, "n_ctx": CTX, "n_vocab": V, "tied": 1, **more}


def test_a_pf_day_is_8_64e19_flops():
    assert from_pf_days(1.0) == 8.64e19
    assert pf_days(8.64e19) == 1.0


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_the_parameters_of_the_paper(shape):
    assert convert(shaped(*shape), "params_nonembedding") == SHAPES[shape]


def test_a_shape_of_another_feed_forward_width_has_other_parameters():
    assert convert(shaped(12, 768, d_ff=3072), "params_nonembedding") == SHAPES[12, 768]
    assert convert(shaped(12, 768, d_ff=2048), "params_nonembedding") != SHAPES[12, 768]


def test_a_width_that_no_model_has_counts_no_parameters():
    assert np.isnan(convert(shaped(2, 1e300), "params_nonembedding"))
    assert np.isfinite(convert(shaped(2, 1e6), "params_nonembedding"))


@pytest.mark.parametrize(
    ("shape", "forward"),
    [((12, 768), 188_743_680), ((48, 1600), 3_106_406_400), ((2, 128), 1_310_720), ((1, 8), 17_920)],
)
def test_a_token_costs_the_flops_of_equation_2_2_forward_and_three_times_that_in_training(shape, forward):
    assert convert(shaped(*shape, tokens=1), "flops_exact_no_head") == 3 * forward


def test_attention_over_all_pairs_costs_twice_the_causal_term_and_the_head_two_flops_a_weight():
    one = shaped(12, 768, tokens=1)
    counts = ("flops_6nd", "flops_exact", "flops_exact_no_head", "flops_dense", "flops_dense_no_head")
    found = {name: convert(one, name) for name in counts}
    causal = found["flops_exact_no_head"] - found["flops_6nd"]
    assert found["flops_dense_no_head"] - found["flops_6nd"] == 2 * causal
    assert found["flops_exact"] - found["flops_exact_no_head"] == 6 * V * 768
    assert found["flops_dense"] - found["flops_dense_no_head"] == 6 * V * 768
    assert convert(one, "flops_per_token") == 72 * 12 * 768**2 + 12 * 12 * 768 * CTX  # DeepSeek-AI 2024, eq 2


@pytest.mark.parametrize(("width", "ratio"), [(128, 0.6667), (768, 0.1111), (1600, 0.0533)])
def test_the_context_costs_n_ctx_over_12_d_model_of_the_rest(width, ratio):
    one = shaped(12, width, tokens=1)
    assert convert(one, "flops_exact_no_head") / convert(one, "flops_6nd") - 1 == pytest.approx(ratio, abs=1e-3)


def test_gpt3_has_174_6_billion_parameters_and_took_3640_pf_days():
    width = 12_288
    nonembedding = convert({"n_layer": 96, "d_model": width}, "params_nonembedding")
    assert nonembedding == 173_946_175_488
    model = {"params_nonembedding": nonembedding, "params_embedding": (V + 2048) * width}
    assert convert(model, "params_total") == 174_588_899_328
    flops = convert({"params_total": 174.6e9, "tokens": 300e9}, "flops_6nd_total")
    assert flops == pytest.approx(3.14e23, rel=3e-3)
    assert pf_days(flops) == pytest.approx(3.64e3, rel=3e-3)


@pytest.mark.parametrize(
    ("params", "days"),
    [(125e6, 2.60), (356e6, 7.42), (760e6, 15.8), (1320e6, 27.5), (2650e6, 55.2), (6660e6, 139), (12850e6, 268)],
)
def test_the_gpt3_family_took_the_pf_days_of_its_table(params, days):
    flops = convert({"params_total": params, "tokens": 300e9}, "flops_6nd_total")
    assert pf_days(flops) == pytest.approx(days, rel=1e-2)
    assert pf_days(flops * 2) != pytest.approx(days, rel=1e-2)


def test_exact_counts_hold_biases_and_norms_and_the_paper_s_do_not():
    assert convert(shaped(1, 8), "params_nonembedding_exact") == 888
    assert convert(shaped(2, 128), "params_nonembedding_exact") == 396_800
    assert convert(shaped(12, 768), "params_nonembedding_exact") == 85_056_000


def test_a_uniform_guess_over_256_bytes_is_8_bits_a_byte():
    assert bits_per_byte(np.log(256), 1.0) == pytest.approx(8.0)
    assert nats_per_token(8.0, 1.0) == pytest.approx(np.log(256))
    assert convert({"loss_nats": np.log(256), "bytes_per_token": 2.0}, "loss_bits_per_byte") == pytest.approx(4.0)


def test_a_table_converts_row_by_row_by_a_chain_of_rules():
    assert convert(TABLE, "tokens").tolist() == [1000 * 2**19, 2000 * 2**19]
    assert convert(TABLE, "flops_6nd").tolist() == [6 * SHAPES[12, 768] * 1000 * 2**19, 6 * 301_989_888 * 2000 * 2**19]
    assert [rule.gives for rule in route(TABLE, "flops_6nd")] == ["params_nonembedding", "tokens", "flops_6nd"]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_every_rule_agrees_with_the_columns_it_came_from(rule):
    """Fill a table with every quantity, then let each rule make its own from the others."""
    experts = {"n_experts": [8, 8], "n_experts_active": [2, 2], "params_per_expert": [1e6, 1e6]}
    full = TABLE.replace(**experts, tokens_unique=[1e8, 1e8], d_ff=[3072, 4096], accuracy=[0.3, 0.4])
    names = ("params_nonembedding", "params_with_head", "params_embedding", "params_total", "params_active", "tokens")
    names += ("flops_6nd", "flops_6nd_with_head", "flops_6nd_total", "epochs", "loss_bits_per_byte")
    for name in (*names, *sorted({r.gives for r in RULES} - set(names))):
        if name not in full:
            full = full.replace(**{name: convert(full, name)})
    counted = next((name for name in rule.needs if name.startswith("params")), "params_total")
    full = full.replace(flops=6 * full[counted] * full["tokens"])  # has no count of its own: as the rule assumes
    made = rule.compute({name: full[name] for name in rule.needs})
    assert rule.source
    assert made == pytest.approx(full[rule.gives], rel=1e-2 if rule.assumes else 1e-12)


def test_tokens_follow_from_compute_and_size_where_nothing_else_says_them():
    assert convert({"flops": 6e18, "params_total": 1e8}, "tokens") == 1e10
    assert [r.gives for r in route(TABLE.replace(flops=[1.0, 1.0]), "tokens")] == ["tokens"]
    assert route(TABLE.replace(flops=[1.0, 1.0]), "tokens")[0].needs == ("steps", "batch_tokens")


def test_a_route_that_assumes_nothing_is_taken_before_one_that_does():
    one = shaped(28, 1024, d_ff=5632)
    assert [rule.needs for rule in route(one, "params_nonembedding")] == [("n_layer", "d_model", "d_ff")]
    assert convert(one, "params_nonembedding") == 2 * 1024 * 28 * (2 * 1024 + 5632)


def test_a_shape_that_contradicts_the_counts_beside_it_is_not_used():
    gated = {"n_layer": 28, "d_model": 1024, "n_vocab": 50304, "params_total": 543_482_880}
    with pytest.raises(
        PointsError, match=r"28 standard blocks of width 1024 have 4.038e[+]08 parameters, but params_total"
    ):
        convert(gated, "params_nonembedding")
    assert convert({**gated, "tied": 0}, "params_nonembedding") == 543_482_880 - 2 * 50304 * 1024
    standard = {"n_layer": 12, "d_model": 768, "n_vocab": V, "params_total": SHAPES[12, 768] + V * 768}
    assert convert(standard, "params_nonembedding") == SHAPES[12, 768]


@pytest.mark.parametrize(
    ("have", "want", "lacks"),
    [
        ({"loss_nats": 3.0}, "loss_bits_per_byte", ("bytes_per_token",)),
        ({"params_nonembedding": 1e8, "d_model": 768}, "params_with_head", ("n_vocab",)),
        ({"params_total": 1e9, "tokens": 2e10}, "params_nonembedding", ("d_model", "n_layer")),
        ({"params_nonembedding": 1e9, "tokens": 2e10}, "flops_exact_no_head", ("d_model", "n_ctx", "n_layer")),
        ({"steps": 1e4}, "tokens", ("batch_tokens",)),
    ],
)
def test_where_no_route_leads_the_error_names_what_would_open_one(have, want, lacks):
    assert missing(have, want)[0] == lacks
    with pytest.raises(
        PointsError, match=f"{want} .*cannot be derived.* missing: {' and '.join(lacks)}.*given={{'n_vocab': 50257}}"
    ):
        convert(have, want)
    assert convert({**have, **dict.fromkeys(lacks, 4)}, want) > 0
    assert missing({**have, **dict.fromkeys(lacks, 4)}, want) == ()


def test_compute_at_the_critical_batch_is_no_conversion():
    with pytest.raises(PointsError, match="only a column flops_min itself"):
        convert(shaped(12, 768, tokens=1e9), "flops_min")


def test_a_column_with_gaps_is_not_used_but_for_rows_that_take_no_part():
    gaps = Points({"steps": [10, 20], "batch_tokens": [4, np.nan], "excluded_because": ["", ""]})
    with pytest.raises(PointsError, match="batch_tokens"):
        convert(gaps, "tokens")
    excluded = gaps.replace(excluded_because=["", "diverged"])
    assert convert(excluded, "tokens")[0] == 40


def test_counts_that_cannot_both_be_are_an_error():
    with pytest.raises(PointsError, match="contradict each other"):
        convert({"params_total": 1e6, "params_embedding": 2e6}, "params_nonembedding_exact")


def test_an_unknown_quantity_offers_the_nearest():
    with pytest.raises(NameUnknownError, match="Did you mean 'params_total'"):
        convert(TABLE, "param_total")


def test_a_mismatch_names_the_conversion_or_that_there_is_none():
    assert "converts by loss_nats = loss_bits_per_byte ln 2 bytes_per_token, given bytes_per_token" in mismatch(
        "loss_bits_per_byte", "loss_nats"
    )
    assert "given d_model and n_layer" in mismatch("params_total", "params_nonembedding")
    assert "no conversion" in mismatch("tokens", "loss_nats")


def test_a_law_takes_its_own_count_by_name_and_converts_another_by_the_shape():
    assert as_counted(KAPLAN, {"N": 1e9, "D": 2e10}) == {"N": 1e9, "D": 2e10}
    assert as_counted(KAPLAN, {"params_nonembedding": 1e9, "D": 2e10}) == {"N": 1e9, "D": 2e10}
    total = SHAPES[12, 768] + V * 768
    at = as_counted(KAPLAN, {"params_total": total, "n_layer": 12, "d_model": 768, "n_vocab": V, "tokens": 1e9})
    assert at == {"N": SHAPES[12, 768], "D": 1e9}
    assert as_counted(KAPLAN, {"N": 1e9, "steps": 1e4, "batch_tokens": 1e5})["D"] == 1e9
    assert float(law("kaplan-n").at(law("kaplan-n").constants, N=at["N"])) == pytest.approx(2.865, abs=1e-3)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ({"params_total": 1e9, "D": 2e10}, "N is params_nonembedding .* given d_model and n_layer"),
        ({"N": 1e9, "params_total": 1e9, "D": 1e9}, "both given"),
        ({"N": 1e9, "D": 1e9, "flops": 1e20}, "flops does not determine any input of this law"),
        ({"N": 1e9, "toknes": 1e9}, "Did you mean 'tokens'"),
    ],
)
def test_a_law_refuses_another_count_and_names_what_would_convert_it(at, told):
    with pytest.raises(LawError, match=told):
        as_counted(KAPLAN, at)


def test_where_no_vocabulary_is_told_what_is_left_of_the_totals_must_be_one():
    shape = {"n_layer": np.array([4, 8, 16]), "d_model": np.array([256, 512, 1024])}
    block = 12 * shape["n_layer"] * shape["d_model"] ** 2
    standard = Points({**shape, "params_total": block + 2 * 32_000 * shape["d_model"]})
    assert convert(standard, "params_nonembedding").tolist() == block.tolist()
    gated = Points({**shape, "params_total": 1.25 * block + 2 * 32_000 * shape["d_model"]})
    with pytest.raises(PointsError, match="give d_ff"):
        convert(gated, "params_nonembedding")
