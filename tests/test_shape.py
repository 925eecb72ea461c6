"""Parameter and FLOP counts: the integers of Kaplan et al. 2020 and Brown et al. 2020, and how the counts relate."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.errors import MisuseError, NameUnknownError, ShapeError
from scalinglaws.quantities import PF_DAY
from scalinglaws.run.shape import Shape

GPT2_VOCABULARY, CONTEXT = 50257, 1024
FULL_RUN_TOKENS = 250_000 * 2**19  # Kaplan et al. 2020, section 2.2: steps x batch


def paper_shape(n_layer: int, d_model: int) -> Shape:
    """A shape of Kaplan et al. 2020: their vocabulary and context; heads do not change a count."""
    return Shape(n_layer, d_model, n_heads=1, n_ctx=CONTEXT, n_vocab=GPT2_VOCABULARY)


# (n_layer, d_model) -> N; V d_model; n_ctx d_model: the sizes named in the figures of Kaplan et al. 2020
PAPER_SHAPES = {
    (1, 8): (768, 402_056, 8_192),
    (2, 128): (393_216, 6_432_896, 131_072),
    (4, 256): (3_145_728, 12_865_792, 262_144),
    (8, 512): (25_165_824, 25_731_584, 524_288),
    (12, 768): (84_934_656, 38_597_376, 786_432),
    (24, 1024): (301_989_888, 51_463_168, 1_048_576),
    (36, 1280): (707_788_800, 64_328_960, 1_310_720),
    (48, 1600): (1_474_560_000, 80_411_200, 1_638_400),
    (6, 4288): (1_323_859_968, 215_502_016, 4_390_912),
    (207, 768): (1_465_122_816, 38_597_376, 786_432),
}


@pytest.mark.parametrize(("size", "counts"), PAPER_SHAPES.items(), ids=str)
def test_the_paper_s_shapes_have_the_paper_s_parameters(size, counts):
    shape = paper_shape(*size)
    assert tuple(shape.params(count) for count in ("non_embedding", "embedding", "position")) == counts


@pytest.mark.parametrize(
    ("size", "flops"),
    [((12, 768), 188_743_680), ((48, 1600), 3_106_406_400), ((2, 128), 1_310_720), ((1, 8), 17_920)],
)
def test_the_forward_pass_costs_two_n_and_the_context_term(size, flops):
    assert paper_shape(*size).flops_per_token("causal", train=False) == flops


@pytest.mark.parametrize(("d_model", "ratio"), [(128, 0.6667), (768, 0.1111), (1600, 0.0533)])
def test_attention_over_the_context_shrinks_with_the_width(d_model, ratio):
    shape = paper_shape(1, d_model)
    attention = shape.flops_per_token("causal") - shape.flops_per_token("6n")
    assert attention / shape.flops_per_token("6n") == pytest.approx(ratio, rel=1e-3)


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1, 8), 523), ((2, 128), 16.4), ((12, 768), 0.454), ((48, 1600), 0.055), ((207, 768), 0.026)],
)
def test_the_output_head_dwarfs_small_models(size, ratio):
    shape = paper_shape(*size)
    head = shape.flops_per_token("exact") - shape.flops_per_token("causal")
    assert head / shape.flops_per_token("6n") == pytest.approx(ratio, rel=0.015)


@pytest.mark.parametrize(("size", "exact"), [((1, 8), 888), ((2, 128), 396_800), ((12, 768), 85_056_000)])
def test_biases_and_norms_add_a_share_that_falls_with_size(size, exact):
    assert paper_shape(*size).params("non_embedding_exact") == exact


def test_gpt3_has_its_published_size():
    shape = Shape(n_layer=96, d_model=12288, n_heads=96, n_ctx=2048, n_vocab=GPT2_VOCABULARY)
    assert shape.params() == 173_946_175_488
    assert shape.params("with_head") + shape.params("position") == 174_588_899_328
    assert shape.params("with_head") + shape.params("position") == pytest.approx(174_600e6, rel=1e-4)


def test_one_figure_of_the_paper_counts_embeddings():
    shape = paper_shape(36, 1280)  # titled "774M" in its Figure 20, "708M" in its Figure 4
    assert shape.params("with_head") + shape.params("position") == 773_428_480


@pytest.mark.parametrize(("size", "pf_days"), [((48, 1600), 13.42), ((2, 128), 3.579e-3)])
def test_a_full_run_costs_what_the_paper_s_schedule_makes_it(size, pf_days):
    cost = paper_shape(*size).flops_per_token("6n") * FULL_RUN_TOKENS
    assert cost / PF_DAY == pytest.approx(pf_days, rel=1e-3)


shapes = st.builds(
    lambda n_layer, heads, width, n_ctx, n_vocab, d_ff, tied: Shape(
        n_layer, heads * width, heads, n_ctx, n_vocab, d_ff, tied
    ),
    st.integers(0, 12),
    st.integers(1, 8),
    st.integers(1, 64),
    st.integers(1, 4096),
    st.integers(1, 60_000),
    st.integers(0, 999),
    st.booleans(),
)


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_the_parts_sum_to_the_whole(shape):
    embeddings = shape.params("embedding") * (1 if shape.tied else 2)
    assert shape.params("total") == shape.params("non_embedding_exact") + shape.params("position") + embeddings
    assert shape.params("with_head") == shape.params("non_embedding") + shape.n_vocab * shape.d_model
    assert shape.params("non_embedding") < shape.params("non_embedding_exact")


@settings(max_examples=100, deadline=None)
@given(shapes, st.sampled_from(["6n", "causal", "exact", "dense", "table1"]))
def test_training_costs_three_forward_passes(shape, count):
    assert shape.flops_per_token(count) == 3 * shape.flops_per_token(count, train=False)


@settings(max_examples=100, deadline=None)
@given(shapes)
def test_the_conventions_differ_by_the_rows_of_table_1(shape):
    forward = {c: shape.flops_per_token(c, train=False) for c in ("6n", "causal", "exact", "dense", "table1")}
    assert forward["6n"] == 2 * shape.params("non_embedding")
    assert forward["exact"] - forward["causal"] == 2 * shape.d_model * shape.n_vocab
    assert forward["table1"] - forward["exact"] == 4 * shape.d_model
    assert forward["dense"] - forward["exact"] == forward["causal"] - forward["6n"]  # a mask saves half of attention


@given(st.integers(1, 50), st.integers(1, 512))
def test_a_standard_shape_has_12_n_layer_d_model_squared(n_layer, d_model):
    assert paper_shape(n_layer, d_model).params() == 12 * n_layer * d_model**2


def test_heads_and_the_head_s_tying_change_no_matrix_of_a_block():
    tied, untied = Shape(2, 64, 4, 32, 256), Shape(2, 64, 8, 32, 256, tied=False)
    assert tied.params() == untied.params()
    assert untied.params("total") - tied.params("total") == 256 * 64


def test_a_feed_forward_width_of_zero_stands_for_four_times_the_model_s():
    implied, named = Shape(2, 64, 4, 32, 256), Shape(2, 64, 4, 32, 256, d_ff=256)
    assert implied.params("total") == named.params("total")
    assert Shape(2, 64, 4, 32, 256, d_ff=64).params() < implied.params()


def test_lstms_of_known_sizes_have_their_parameters():
    """One bias a gate: 4 h (in + h) + 4 h a layer."""
    sizes = {(2, 128): 263_168, (2, 256): 1_050_624, (4, 256): 2_101_248}
    found = {size: Shape(*size, 1, 1024, GPT2_VOCABULARY, family="lstm") for size in sizes}
    assert {size: shape.params() for size, shape in found.items()} == sizes
    assert all(shape.flops_per_token("6n") == 6 * shape.params() for shape in found.values())
    assert all(shape.flops_per_token("causal") == shape.flops_per_token("6n") for shape in found.values())


@pytest.mark.parametrize("reuse", [1, 2, 4, 8])
@pytest.mark.parametrize("sharing", ["cyclic", "stacked"])
def test_reuse_multiplies_what_a_token_costs_and_not_what_is_kept(reuse, sharing):
    plain, shape = Shape(2, 64, 4, 32, 256), Shape(2, 64, 4, 32, 256, family="universal", reuse=reuse, sharing=sharing)
    assert shape.params() == plain.params() == 12 * 2 * 64**2
    assert shape.params("total") == plain.params("total")
    assert shape.params("with_reuse") == reuse * plain.params()
    assert shape.flops_per_token("6n") == 6 * reuse * shape.params()
    blocks, head = plain.flops_per_token("dense"), 6 * 64 * 256
    assert shape.flops_per_token("dense") - head == reuse * (blocks - head)


def test_swiglu_keeps_the_number_of_parameters_to_rounding():
    for width in (48, 64, 768):
        n, swiglu = (Shape(2, width, 1, 32, 256, activation=a).params() for a in ("gelu", "swiglu"))
        assert abs(swiglu - n) <= 2 * 3 * width * 0.5
    assert Shape(2, 768, 12, 32, 256, activation="swiglu").width_ff == 2048


def test_rotary_positions_and_a_model_without_biases_have_fewer_parameters_and_the_same_n():
    plain, bare = Shape(2, 64, 4, 32, 256), Shape(2, 64, 4, 32, 256, positions="rotary", biases=False, norm="rmsnorm")
    assert bare.params() == plain.params()
    assert bare.params("position") == 0
    assert bare.params("non_embedding_exact") == bare.params() + 2 * 2 * 64 + 64  # two gains a layer, and the last


def test_attention_may_have_a_width_of_its_own():
    shape = Shape(3, 64, 4, 32, 256, d_attn=32, d_ff=100)
    assert shape.params() == 2 * 64 * 3 * (2 * 32 + 100)  # Kaplan et al. 2020, eq 2.1
    assert shape.flops_per_token("causal", train=False) == 2 * shape.params() + 2 * 3 * 32 * 32


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"norm": "batchnorm"}, "norm = 'batchnorm'; it must be one of layernorm, rmsnorm"),
        ({"family": "rnn"}, "family = 'rnn'; it must be one of transformer, universal, lstm"),
        ({"reuse": 2}, "reused blocks are family 'universal'"),
        ({"family": "universal", "reuse": 0}, "reuse = 0; it must be at least 1"),
        ({"positions": "rotary", "n_heads": 8}, "the width of a head is 1; rotary positions need an even width"),
        ({"d_attn": 12, "n_heads": 8}, "n_heads = 8 does not divide d_attn = 12"),
        ({"family": "lstm", "n_heads": 2}, "n_heads = 2 .*this does not apply to an LSTM"),
        ({"family": "lstm", "d_ff": 32, "qk_norm": True}, "d_ff, qk_norm: this does not apply to an LSTM"),
    ],
)
def test_a_part_that_a_family_does_not_have_is_refused(wrong, message):
    with pytest.raises(ShapeError, match=message):
        Shape(**{"n_layer": 1, "d_model": 8, "n_heads": 1, "n_ctx": 32, "n_vocab": 256, **wrong})


def test_heads_must_divide_the_width_and_the_error_names_those_that_do():
    with pytest.raises(ShapeError, match=r"n_heads = 3 does not divide d_model = 8.*\[1, 2, 4, 8\]"):
        Shape(1, 8, 3, 32, 256)


@pytest.mark.parametrize("wrong", [{"d_model": 0}, {"n_heads": 0}, {"n_ctx": 0}, {"n_vocab": -1}, {"n_layer": -1}])
def test_a_size_below_its_least_is_refused_by_name(wrong):
    sizes = {"n_layer": 1, "d_model": 8, "n_heads": 1, "n_ctx": 32, "n_vocab": 256, **wrong}
    with pytest.raises(ShapeError, match=rf"{next(iter(wrong))} = {next(iter(wrong.values()))}"):
        Shape(**sizes)
    assert issubclass(ShapeError, MisuseError)


def test_an_unknown_count_offers_the_nearest():
    shape = paper_shape(1, 8)
    with pytest.raises(NameUnknownError, match="Did you mean 'non_embedding'"):
        shape.params("non_embeding")
    with pytest.raises(NameUnknownError, match="Did you mean 'exact'"):
        shape.flops_per_token("exakt")
