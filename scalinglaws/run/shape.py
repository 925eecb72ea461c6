"""Shape: a model's family, sizes and parts, with the counts of its parameters and FLOPs."""

import dataclasses
from dataclasses import dataclass

from ..errors import ShapeError, unknown_name
from .shape_counts import PARTS, Parts

FAMILIES = ("transformer", "universal", "lstm", "moe")
NORMS = ("layernorm", "rmsnorm")
POSITIONS = ("learned", "rotary")
ACTIVATIONS = ("gelu", "swiglu")
PARAMETRISATIONS = ("standard", "mup")
SHARINGS = ("cyclic", "stacked")
NAMED = {
    "family": FAMILIES,
    "norm": NORMS,
    "positions": POSITIONS,
    "activation": ACTIVATIONS,
    "parametrisation": PARAMETRISATIONS,
    "sharing": SHARINGS,
}
OF_AN_LSTM = set("n_layer d_model n_heads n_ctx n_vocab tied family biases".split())  # the fields that apply to it


@dataclass(frozen=True)
class Shape:
    """The full description of a language model without its weights. The defaults are those of Kaplan et al. 2020.

    Never change a default below: defaults are left out of the ids of runs. Add a field instead.

    Attributes:
        n_layer: number of layers; of a recurrent Transformer, the number of distinct layers.
        d_ff: width of the feed-forward layer; 0 means the paper's 4 d_model, or 8/3 d_model with SwiGLU, which has
            three matrices instead of two, so that N remains 12 n_layer d_model^2.
        family: "transformer"; "universal", a Transformer whose blocks are each used `reuse` times; "lstm"; "moe", a
            Transformer each of whose feed-forward layers is a mixture of experts of width `d_ff`.
        positions: "learned" vectors added to the embeddings, or "rotary" (Su et al. 2021).
        activation: "gelu", or "swiglu" (Shazeer 2020).
        qk_norm: whether queries and keys are normalised in each head (RMS norm with a gain).
        biases: whether linear layers, layer norms and gates have biases.
        parametrisation: "standard", or "mup": learning rates and scales that transfer between widths (Yang et al.
            2022). With d_model = `base_width` training is bit for bit the same under both.
        base_d_head: width of a head at `base_width`, under "mup"; 0 means `d_head`: the same head width at all widths.
        d_attn: total width of all attention heads; 0 means d_model.
        reuse, sharing: how often each block of a recurrent Transformer is used, in the order 1 2 1 2 ("cyclic") or
            1 1 2 2 ("stacked").
        n_experts, experts_active: experts of a layer of a mixture, and how many of them a token uses.
        balance: weight in training of the loss that balances the load of the experts; no loss that is reported has it.

    Raises:
        ShapeError: a size is below its minimum, a name is unknown, the heads do not divide the width, or the family
            does not have a part.
    """

    n_layer: int
    d_model: int
    n_heads: int
    n_ctx: int
    n_vocab: int
    d_ff: int = 0
    tied: bool = True
    family: str = "transformer"
    norm: str = "layernorm"
    positions: str = "learned"
    activation: str = "gelu"
    qk_norm: bool = False
    biases: bool = True
    parametrisation: str = "standard"
    base_width: int = 64
    d_attn: int = 0
    reuse: int = 1
    sharing: str = "cyclic"
    base_d_head: int = 0
    n_experts: int = 0
    experts_active: int = 0
    balance: float = 0.01

    def __post_init__(self):
        for name in ("d_model", "n_heads", "n_ctx", "n_vocab", "reuse", "base_width"):
            if getattr(self, name) < 1:
                raise ShapeError(f"{name} = {getattr(self, name)}; it must be at least 1.")
        if min(self.n_layer, self.d_ff, self.d_attn, self.base_d_head) < 0:
            sizes = ", ".join(f"{name} = {getattr(self, name)}" for name in "n_layer d_ff d_attn base_d_head".split())
            raise ShapeError(f"{sizes}; none can be negative.")
        for name, known in NAMED.items():
            if getattr(self, name) not in known:
                raise ShapeError(f"{name} = {getattr(self, name)!r}; it must be one of {', '.join(known)}.")
        _require_heads(self)
        _require_family(self)
        if self.parametrisation == "mup":
            object.__setattr__(self, "base_d_head", self.base_d_head or self.d_head)
            _require_base(self)

    @property
    def width_ff(self) -> int:
        """Width of the feed-forward layer, after its default is applied."""
        return self.d_ff or (round(8 * self.d_model / 3) if self.activation == "swiglu" else 4 * self.d_model)

    @property
    def width_attention(self) -> int:
        """Total width of all attention heads, after its default is applied."""
        return self.d_attn or self.d_model

    @property
    def idle_experts(self) -> int:
        """Number of experts of the whole model that a token does not use."""
        return self.n_layer * (self.n_experts - self.experts_active)

    @property
    def d_head(self) -> int:
        """Width of one head."""
        return self.width_attention // self.n_heads

    @property
    def depth(self) -> int:
        """Number of layers that a token passes through, including repeats."""
        return self.n_layer * self.reuse

    @property
    def parts(self) -> Parts:
        """The counts of what is between the embedding and the head, by family."""
        return PARTS[self.family](self)

    def params(self, count: str = "non_embedding") -> int:
        """Count parameters.

        `count` is one of:
            non_embedding        N: matrices between embedding and head, 2 d_model n_layer (2 d_attn + d_ff) (Kaplan et
                                 al. 2020, eq 2.1); of an LSTM, with one bias per gate; of a mixture of experts, those
                                 that one token uses, its router included
            non_embedding_all    the same with all experts
            with_reuse           N, where a block that is used r times counts r times (Figure 17 of that paper)
            non_embedding_exact  as built, with biases and norms, without embeddings and without an untied head
            embedding            n_vocab d_model
            position             n_ctx d_model for learned positions, else 0
            with_head            with_reuse + n_vocab d_model: what the matrix products of one token use
            total                every parameter of the module as built
            active               of `total`, those that one token uses
        """
        parts, embedding = self.parts, self.n_vocab * self.d_model
        counts = {
            "non_embedding": parts.counted,
            "non_embedding_all": parts.counted + self.idle_experts * parts.expert_matrices,
            "with_reuse": parts.counted * parts.uses,
            "non_embedding_exact": parts.built,
            "embedding": embedding,
            "position": parts.positions,
            "with_head": parts.counted * parts.uses + embedding,
            "total": parts.built + parts.positions + embedding * (1 if self.tied else 2),
        }
        counts["active"] = counts["total"] - self.idle_experts * parts.expert
        if count not in counts:
            raise unknown_name("parameter count", count, counts)
        return counts[count]

    def flops_per_token(self, count: str = "6n", *, train: bool = True) -> int:
        """Count floating-point operations per token, two per multiply-add; training costs three forward passes.

        `count` is one of (forward; Kaplan et al. 2020, Table 1; n_layer includes repeats, and N reuse):
            6n             2 N: blocks without the context term
            causal         2 N + 2 n_layer n_ctx d_attn: attention averaged over causal positions (eq 2.2)
            exact          causal + 2 d_model n_vocab for the output head
            dense          the matrix products of a kernel that does not skip masked positions: attention is
                           4 n_layer n_ctx d_attn, and an LSTM's biases are left out
            table1         exact + 4 d_model for the embedding: all of Table 1
        """
        parts, head = self.parts, 2 * self.d_model * self.n_vocab
        blocks = 2 * parts.counted * parts.uses
        counts = {
            "6n": blocks,
            "causal": blocks + 2 * parts.context,
            "exact": blocks + 2 * parts.context + head,
            "dense": 2 * parts.products + 4 * parts.context + head,
            "table1": blocks + 2 * parts.context + head + 4 * self.d_model,
        }
        if count not in counts:
            raise unknown_name("FLOP count", count, counts)
        return counts[count] * (3 if train else 1)


def _require_heads(shape: Shape):
    width, name = shape.width_attention, "d_attn" if shape.d_attn else "d_model"
    if width % shape.n_heads:
        allowed = [h for h in range(1, width + 1) if width % h == 0]
        raise ShapeError(
            f"n_heads = {shape.n_heads} does not divide {name} = {width}. Take one of {allowed}, or another {name}."
        )
    if shape.positions == "rotary" and shape.d_head % 2:
        raise ShapeError(f"the width of a head is {shape.d_head}; rotary positions need an even width.")


def _require_base(shape: Shape):
    if shape.d_model == shape.base_width and shape.d_head != shape.base_d_head:
        raise ShapeError(
            f"base_d_head = {shape.base_d_head}, but at d_model = base_width = {shape.base_width} the width of a head "
            f"is {shape.d_head}. Set base_d_head = {shape.d_head}, another n_heads or another base_width."
        )


def _require_experts(shape: Shape):
    """Refuse experts of other families, and a mixture without them."""
    n, active = shape.n_experts, shape.experts_active
    if shape.family != "moe":
        if n or active:
            raise ShapeError(
                f"n_experts = {n} and experts_active = {active} with family {shape.family!r}: experts are of family "
                "'moe'."
            )
        return
    if n < 2 or not 1 <= active <= n:
        raise ShapeError(
            f"family 'moe' with n_experts = {n} and experts_active = {active}: give two experts or more, and how many "
            "a token uses, such as n_experts = 8 and experts_active = 2."
        )
    if shape.parametrisation == "mup" or shape.reuse > 1:
        asked = "parametrisation 'mup'" if shape.parametrisation == "mup" else f"reuse = {shape.reuse}"
        raise ShapeError(f"{asked} with family 'moe': this is not defined here for a mixture of experts. Leave it out.")
    if not 0 <= shape.balance <= 1e3:
        raise ShapeError(f"balance = {shape.balance}; it must be from 0 to 1,000.")


def _require_family(shape: Shape):
    """Refuse settings that do not apply to the family, instead of ignoring them."""
    if shape.family == "transformer" and shape.reuse > 1:
        raise ShapeError(f"reuse = {shape.reuse} with family 'transformer': reused blocks are family 'universal'.")
    _require_experts(shape)
    if shape.family != "lstm":
        return
    fields = [f for f in dataclasses.fields(shape) if f.name not in OF_AN_LSTM]
    asked = [f.name for f in fields if getattr(shape, f.name) != f.default]
    if asked or shape.n_heads != 1 or shape.n_layer < 1:
        what = ", ".join(asked) or f"n_heads = {shape.n_heads} and n_layer = {shape.n_layer}"
        raise ShapeError(
            f"{what}: this does not apply to an LSTM, which takes n_layer >= 1, n_heads = 1, d_model, biases, tied."
        )
