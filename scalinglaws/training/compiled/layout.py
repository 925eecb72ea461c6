"""The engine's table: the sizes of a shape, the addresses of its weights, and the buffers of a group of sequences."""

# T time, D width of the residual stream, H heads

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...run.shape import Shape
from . import places as at

LANES, WIDE = 8, 16  # floats in a vector; columns of a panel
GROUP_ROWS = 64  # tokens of a group, at least: whole sequences, as many as make this number
LOGITS = 1 << 15  # logits in memory at a time
CHUNK_ROWS = 128  # maximum tokens whose logits are in memory at a time
CLASHING = 64  # rows this many floats apart, or a multiple, meet in a few sets of the first-level cache


def up(count: int, to: int = LANES) -> int:
    """Round up to a multiple."""
    return -(-count // to) * to


def stride(count: int) -> int:
    """Return the stride of rows of `count` floats."""
    padded = up(count)
    return padded + LANES if padded % CLASHING == 0 else padded


@dataclass
class Arena:
    """Buffers in one block of memory, given out one after the other and placed at the end."""

    places: dict[int | str | tuple, int] = field(default_factory=dict)
    size: int = 0

    def take(self, name: int | str | tuple, floats: int):
        """Reserve a buffer."""
        self.places[name] = self.size
        self.size += up(floats, WIDE)


def sizes(shape: Shape, batch: int) -> dict[int, int]:
    """The sizes and strides of a shape's table for groups of sequences of a batch."""
    t, d, width, ff, v = shape.n_ctx, shape.d_model, shape.width_attention, shape.width_ff, shape.n_vocab
    outs = ff * (2 if shape.activation == "swiglu" else 1)
    lk, lt, tall = stride(shape.d_head), stride(up(t, WIDE)), up(t, WIDE)
    lv = stride(up(v) + 1)
    return {
        at.T: t, at.D: d, at.HEADS: shape.n_heads, at.DH: shape.d_head, at.DA: width, at.FF: ff, at.V: v,
        at.BLOCKS: shape.n_layer, at.USES: shape.depth, at.GATED: shape.activation == "swiglu",
        at.CENTRED: shape.norm == "layernorm", at.ROTARY: shape.positions == "rotary", at.BATCH: batch,
        at.GROUP: max(1, min(batch, GROUP_ROWS // t)), at.CHUNK: up(max(1, min(CHUNK_ROWS, LOGITS // lv))),
        at.LX: stride(d), at.LY: stride(d + 1), at.LM: stride(width + 1), at.LQ: stride(3 * width), at.LF: stride(outs),
        at.LH: stride(ff + 1), at.LK: lk, at.LT: lt, at.LV: lv, at.QK_NORM: shape.qk_norm,
        at.HEAD_SIZE: 3 * tall * lk + tall * lt + (2 * tall * (lk + 1) if shape.qk_norm else 0),
    }  # fmt: skip


def buffers(size: dict[int, int], shape: Shape) -> tuple[Arena, Arena]:
    """The buffers of a group, and those that each use of a block keeps for the way back."""
    t, group, d = size[at.T], size[at.GROUP], size[at.D]
    rows, tall = up(group * t), up(t, WIDE)
    shared, use = Arena(), Arena()
    for name, width in (
        (at.X, at.LX), (at.QKV, at.LQ), (at.WIDE, at.LF), (at.DX, at.LX), (at.HIDDEN, at.LX), (at.HATS, at.LX),
    ):  # fmt: skip
        shared.take(name, rows * size[width])
    shared.take(at.DY, rows * max(size[at.LX], size[at.LM]))
    shared.take(at.INVERSES, rows)
    shared.take(at.LOSSES, rows)
    shared.take(at.LOGITS, size[at.CHUNK] * size[at.LV])
    shared.take(at.ROW_SUMS, max(size[at.CHUNK], WIDE))
    shared.take(at.PANELS, tall * size[at.DH])
    shared.take(at.OUT, 3 * tall * size[at.LK])
    shared.take(at.ABOVE, tall * size[at.LK])
    shared.take(at.PATTERNS, tall * size[at.LT])
    shared.take(at.ZEROS, up(max(shape.n_vocab, 3 * size[at.DA], size[at.LF], t), WIDE))
    shared.take(at.MASK, up(d))
    shared.take(at.LAST, 4 * LANES)
    for name, width in (
        (at.HAT1, at.LX), (at.Y1, at.LY), (at.MIXED, at.LM), (at.HAT2, at.LX), (at.Y2, at.LY), (at.SLOPE, at.LF),
        (at.H, at.LH),
    ):  # fmt: skip
        use.take(name, rows * size[width])
    use.take(at.INVERSE1, rows)
    use.take(at.INVERSE2, rows)
    use.take(at.KEPT, group * size[at.HEADS] * size[at.HEAD_SIZE])
    return shared, use


def linears(shape: Shape) -> list[tuple[int, int, bool]]:
    """Outputs, inputs and whether there is a bias, of each linear layer; the head is the last."""
    d, width, outs = shape.d_model, shape.width_attention, shape.width_ff * (2 if shape.activation == "swiglu" else 1)
    block = [(3 * width, d), (d, width), (outs, d), (d, shape.width_ff)]
    return [(*sides, shape.biases) for _ in range(shape.n_layer) for sides in block] + [(shape.n_vocab, d, False)]


def sums_of(shape: Shape, shared: Arena) -> Arena:
    """Reserve the panels of linear layers and the padded rows of norms; the sums of gradients lie in an arena apart."""
    sums = Arena()
    for i, (outs, ins, bias) in enumerate(linears(shape)):
        shared.take(("forward", i), up(outs, WIDE) * (ins + bias))
        shared.take(("back", i), up(ins, WIDE) * outs)
        sums.take(("sum", i), up(outs) * up(ins))
        sums.take(("bias", i), up(outs))
    for i in range(2 * shape.n_layer + 1):
        for name in ("gain", "norm bias"):
            shared.take((name, i), up(shape.d_model))
            sums.take((f"{name} sum", i), up(shape.d_model))
    for i in range(shape.n_layer if shape.qk_norm else 0):
        for name in ("q gain sum", "k gain sum"):
            sums.take((name, i), up(shape.d_head))
    sums.take("position", shape.n_ctx * stride(shape.d_model))
    if not shape.tied:
        sums.take("embed", shape.n_vocab * up(shape.d_model))
    shared.take(at.ALL_SUMMED, sums.size)
    return sums


def arenas(shape: Shape, batch: int) -> tuple[Arena, Arena, Arena]:
    """All buffers of a shape: shared (in which the others lie), of one use of a block, sums of gradients."""
    shared, use = buffers(sizes(shape, batch), shape)
    sums = sums_of(shape, shared)
    shared.take(at.USE, use.size * shape.depth)
    return shared, use, sums


def memory_bytes(shape: Shape, batch: int) -> int:
    """Memory that the engine needs beside the weights and the optimizer's state."""
    return 4 * arenas(shape, batch)[0].size


class Layout:
    """The table of one Transformer (Any: PyTorch is not imported for it), its optimizer's tensors and its buffers."""

    def __init__(self, model: Any, batch: int):
        self.model, self.size = model, sizes(model.shape, batch)
        self.shared, self.use, self.sums = arenas(model.shape, batch)
        self.table = np.zeros(at.ENTRIES, np.int64)
        self.rows_kept: list[np.ndarray] = []
        blocks: list[Any] = list(model.blocks)
        self.linears: list[tuple[Any, Any]] = [
            (part.weight, part.bias)
            for block in blocks
            for part in (block.attention.qkv, block.attention.project, block.widen, block.narrow)
        ]
        self.linears.append((model.head_VW, None))
        norms: list[Any] = [norm for block in blocks for norm in (block.norm_attention, block.norm_ff)] + [model.norm]
        self.norms: list[tuple[Any, Any]] = [(norm.weight, getattr(norm, "bias", None)) for norm in norms]
        attentions = [block.attention for block in blocks if model.shape.qk_norm]
        self.head_norms: list[tuple[Any, Any]] = [(one.norm_q.weight, one.norm_k.weight) for one in attentions]
        self._place()

    def _place(self):
        """Allocate the block of memory and write everything that does not move into the table."""
        self.memory = np.zeros(self.shared.size + WIDE, np.float32)
        start = -(-self.memory.ctypes.data // 64) * 64
        self.base = start
        table = self.table
        for name, value in self.size.items():
            table[name] = value
        for name, place in self.shared.places.items():
            if isinstance(name, int):
                table[name] = start + 4 * place
        for name, place in self.use.places.items():
            table[name] = place
        table[at.USE_SIZE], table[at.SUMS_SIZE] = self.use.size, self.sums.size
        self._ones()

    def take_batch(self, batch: int):
        """Let steps read `batch` sequences, at most those for which the buffers are."""
        self.table[at.BATCH] = batch

    def _at(self, name) -> int:
        return self.base + 4 * self.shared.places[name]

    def _summed(self, name) -> int:
        return self.base + 4 * (self.shared.places[at.ALL_SUMMED] + self.sums.places[name])

    def _view(self, address: int, count: int) -> np.ndarray:
        first = (address - self.memory.ctypes.data) // 4
        return self.memory[first : first + count]

    def _ones(self):
        """Write what never changes: the column of ones that biases multiply, the mask of the width."""
        size = self.size
        d, rows = size[at.D], up(size[at.GROUP] * size[at.T])
        self._view(self._at(at.MASK), d)[:] = 1.0
        for u in range(size[at.USES]):
            start = self._at(at.USE) + 4 * u * self.use.size
            for name, width, ones in ((at.Y1, at.LY, d), (at.Y2, at.LY, d), (at.MIXED, at.LM, size[at.DA])):
                there = self._view(start + 4 * self.use.places[name], rows * size[width])
                there.reshape(rows, size[width])[:, ones] = 1.0
        if d % LANES:
            for i in range(len(self.norms)):
                self._view(self._at(("norm bias", i)), d + 1)[d] = 1.0

    def fill(self, groups: Sequence[tuple[Any, ...]], numbers: np.ndarray, parts: int, decoupled: bool):
        """Write the addresses of tensors, which may move.

        Args:
            groups: for each flat tensor its weights, which have a gradient, both averages, and room for a gradient.
            numbers: as places.py names them.
            parts: number of parts of a batch whose gradients are compared.
            decoupled: whether weight decay is AdamW's.
        """
        table = self.table
        rows = [
            [weight.data_ptr(), weight.grad.data_ptr(), *(tensor.data_ptr() for tensor in rest), weight.numel()]
            for weight, *rest in groups
        ]
        of_layers = self._rows_of_linears(), self._rows_of_norms(), self._rows_of_sums()
        found = (*of_layers, rows, self.model.order, self._rows_of_head_norms())
        self.rows_kept = [np.array(one, np.int64) for one in found] + [numbers]
        names = (at.LINEARS, at.NORMS, at.SUMS, at.GROUPS, at.ORDER, at.HEAD_NORMS, at.NUMBERS)
        for name, kept in zip(names, self.rows_kept, strict=True):
            table[name] = kept.ctypes.data
        table[at.HEAD] = table[at.LINEARS] + 8 * at.LINEAR * (len(self.linears) - 1)
        table[at.ALL_LINEARS], table[at.ALL_SUMS], table[at.ALL_GROUPS] = len(self.linears), len(found[2]), len(rows)
        table[at.PARTS], table[at.DECOUPLED] = parts, decoupled
        self._embeddings()

    def _embeddings(self):
        table, model = self.table, self.model
        table[at.EMBED] = model.embed.weight.data_ptr()
        table[at.EMBED_SUM] = self._summed(("sum", len(self.linears) - 1) if model.untied is None else "embed")
        table[at.LG_EMBED] = up(model.shape.d_model)
        table[at.POSITION_SUM] = self._summed("position")
        if model.position is not None:
            table[at.POSITION] = model.position.weight.data_ptr()
        else:
            table[at.COSINES], table[at.SINES] = model.cosines_TW.data_ptr(), model.sines_TW.data_ptr()

    def _rows_of_linears(self) -> list[list[int]]:
        return [
            [
                *(weight.data_ptr(), 0 if bias is None else bias.data_ptr()),
                *(self._at(("forward", i)), self._at(("back", i)), self._summed(("sum", i)), self._summed(("bias", i))),
                *(*weight.shape, up(weight.shape[1])),
            ]
            for i, (weight, bias) in enumerate(self.linears)
        ]

    def _rows_of_norms(self) -> list[list[int]]:
        return [
            [
                *(gain.data_ptr(), 0 if bias is None else bias.data_ptr()),
                *(self._at(("gain", i)), self._at(("norm bias", i))),
                *(self._summed(("gain sum", i)), self._summed(("norm bias sum", i))),
            ]
            for i, (gain, bias) in enumerate(self.norms)
        ]

    def _rows_of_head_norms(self) -> list[list[int]]:
        return [
            [q.data_ptr(), k.data_ptr(), self._summed(("q gain sum", i)), self._summed(("k gain sum", i))]
            for i, (q, k) in enumerate(self.head_norms)
        ]

    def _rows_of_sums(self) -> list[list[int]]:
        """Where the sum of each gradient is, and where it goes; the sum of a tied embedding is that of the head."""
        model, d = self.model, up(self.model.shape.d_model)
        found = [(self._summed(("sum", i)), up(weight.shape[1]), weight) for i, (weight, _) in enumerate(self.linears)]
        found += [(self._summed(("bias", i)), 0, bias) for i, (_, bias) in enumerate(self.linears)]
        found += [(self._summed(("gain sum", i)), 0, gain) for i, (gain, _) in enumerate(self.norms)]
        found += [(self._summed(("norm bias sum", i)), 0, bias) for i, (_, bias) in enumerate(self.norms)]
        for i, gains in enumerate(self.head_norms):
            found += [(self._summed((f"{of} gain sum", i)), 0, gain) for of, gain in zip("qk", gains, strict=True)]
        if model.untied is not None:
            found.append((self._summed("embed"), d, model.embed.weight))
        if model.position is not None:
            found.append((self._summed("position"), self.size[at.LX], model.position.weight))
        return [
            [summed, lead, weight.grad.data_ptr(), *(weight.shape if weight.ndim == 2 else (1, len(weight)))]
            for summed, lead, weight in found
            if weight is not None
        ]
