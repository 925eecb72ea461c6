"""The shape of a model: its parameters and FLOPs, exactly, under each published way of counting."""

from dataclasses import dataclass

from .errors import ShapeError, unknown_name


@dataclass(frozen=True)
class Shape:
    """A decoder-only Transformer as in Kaplan et al. 2020 (Table 1).

    `d_ff` 0 stands for the paper's 4 d_model. Attention has width d_attn = d_model, split over `n_heads`.

    Raises:
        ShapeError: a size below one, or heads that do not divide the width.
    """

    n_layer: int
    d_model: int
    n_heads: int
    n_ctx: int
    n_vocab: int
    d_ff: int = 0
    tied: bool = True
    family: str = "transformer"

    def __post_init__(self):
        for name in ("d_model", "n_heads", "n_ctx", "n_vocab"):
            if getattr(self, name) < 1:
                raise ShapeError(f"{name} = {getattr(self, name)}; it must be at least 1.")
        if self.n_layer < 0 or self.d_ff < 0:
            raise ShapeError(f"n_layer = {self.n_layer}, d_ff = {self.d_ff}; neither can be negative.")
        if self.d_model % self.n_heads:
            allowed = [h for h in range(1, self.d_model + 1) if self.d_model % h == 0]
            raise ShapeError(
                f"n_heads = {self.n_heads} does not divide d_model = {self.d_model}. "
                f"Take one of {allowed}, or another d_model."
            )

    @property
    def width_ff(self) -> int:
        """Width of the feed-forward layer, with the default of 4 d_model filled in."""
        return self.d_ff or 4 * self.d_model

    def params(self, count: str = "non_embedding") -> int:
        """Count parameters.

        `count` is one of:
            non_embedding        N = 2 d_model n_layer (2 d_attn + d_ff) (Kaplan et al. 2020, eq 2.1)
            non_embedding_exact  as built, with biases and norms, without embeddings and an untied head
            embedding            n_vocab d_model
            position             n_ctx d_model
            with_head            non_embedding + n_vocab d_model: what the matrix products of one token use
            total                every parameter of the module as built
        """
        matrices = 2 * self.d_model * self.n_layer * (2 * self.d_model + self.width_ff)
        # biases: 3d + d of attention, d_ff + d of the feed-forward layer; two norms of 2d; one last norm of 2d
        small = self.n_layer * (9 * self.d_model + self.width_ff) + 2 * self.d_model
        embedding, position = self.n_vocab * self.d_model, self.n_ctx * self.d_model
        counts = {
            "non_embedding": matrices,
            "non_embedding_exact": matrices + small,
            "embedding": embedding,
            "position": position,
            "with_head": matrices + embedding,
            "total": matrices + small + position + embedding * (1 if self.tied else 2),
        }
        if count not in counts:
            raise unknown_name("parameter count", count, counts)
        return counts[count]

    def flops_per_token(self, count: str = "6n", *, train: bool = True) -> int:
        """Count floating-point operations a token, two to a multiply-add; training is three forward passes.

        `count` is one of (forward; Kaplan et al. 2020, Table 1):
            6n             2 N: blocks without the context term
            causal         2 N + 2 n_layer n_ctx d_attn: the causal average of attention (eq 2.2)
            exact          causal + 2 d_model n_vocab for the output head
            dense          2 N + 4 n_layer n_ctx d_attn + head: what a kernel that does not skip the mask performs
            table1         exact + 4 d_model for the embedding, Table 1 in full
        """
        blocks = 2 * self.params("non_embedding")
        attention = 2 * self.n_layer * self.n_ctx * self.d_model
        head = 2 * self.d_model * self.n_vocab
        counts = {
            "6n": blocks,
            "causal": blocks + attention,
            "exact": blocks + attention + head,
            "dense": blocks + 2 * attention + head,
            "table1": blocks + attention + head + 4 * self.d_model,
        }
        if count not in counts:
            raise unknown_name("FLOP count", count, counts)
        return counts[count] * (3 if train else 1)
