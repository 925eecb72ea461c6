"""Causal attention of one sequence and its way back, in blocks of 16 rows that skip what lies above the diagonal."""

from . import places as at
from .lanes import LANES, WIDE, compiled, doubles, floats, load, on_its_own, past, spread, store, total
from .layers import head_norm, head_norm_back, soften, tops
from .products import copy, in_panels, product

MASKED = -1e30


@compiled
def turned(x, lx, rows, width, cosines, sines, sign):
    """Rotate the pairs (i, i + width/2) of each row by its angles, or back."""
    on_its_own()
    half = width // 2
    for i in range(rows):
        for j in range(half):
            one, other = x[i * lx + j], x[i * lx + half + j]
            c, s = cosines[i * half + j], sines[i * half + j] * sign
            x[i * lx + j] = one * c - other * s
            x[i * lx + half + j] = other * c + one * s


@compiled
def normed(dims, norms, hats, tall, q, k):
    """Normalise the queries, which are scaled too, and the keys of one head; `hats` keeps both, and their factors."""
    on_its_own()
    t, width, lk, numbers = dims[at.T], dims[at.DH], dims[at.LK], doubles(dims[at.NUMBERS])
    inverses, eps = past(hats, 2 * tall * lk), numbers[at.QK_EPS]
    head_norm(q, lk, t, width, floats(norms[at.Q_GAIN]), numbers[at.SCALE], eps, hats, inverses)
    hats, inverses = past(hats, tall * lk), past(inverses, tall)
    head_norm(k, lk, t, width, floats(norms[at.K_GAIN]), 1.0, eps, hats, inverses)


@compiled
def normed_back(dims, norms, hats, tall, d_q, d_k):
    """Take the gradients of queries and keys back through their norms, adding those of the gains."""
    on_its_own()
    t, width, lk, scale = dims[at.T], dims[at.DH], dims[at.LK], doubles(dims[at.NUMBERS])[at.SCALE]
    inverses = past(hats, 2 * tall * lk)
    head_norm_back(d_q, lk, t, width, floats(norms[at.Q_GAIN]), scale, floats(norms[at.Q_SUM]), hats, inverses)
    hats, inverses = past(hats, tall * lk), past(inverses, tall)
    head_norm_back(d_k, lk, t, width, floats(norms[at.K_GAIN]), 1.0, floats(norms[at.K_SUM]), hats, inverses)


@compiled
def attend(dims, norms, kept, qkv, mixed):
    """Attention of one sequence: the patterns and the packed queries, keys and values stay in `kept`.

    With norms of queries and keys, `norms` is their row; what they leave for the way back stays behind the patterns.
    """
    on_its_own()
    t, width, lk, lt = dims[at.T], dims[at.DH], dims[at.LK], dims[at.LT]
    all_heads, lq, lm = dims[at.DA], dims[at.LQ], dims[at.LM]
    zeros, keys, out = floats(dims[at.ZEROS]), floats(dims[at.PANELS]), floats(dims[at.OUT])
    cosines, sines = floats(dims[at.COSINES]), floats(dims[at.SINES])
    scale, sums = doubles(dims[at.NUMBERS])[at.SCALE], floats(dims[at.ROW_SUMS])
    tall = (t + WIDE - 1) // WIDE * WIDE
    for h in range(dims[at.HEADS]):
        q = past(kept, h * dims[at.HEAD_SIZE])
        k, v, p = past(q, tall * lk), past(q, 2 * tall * lk), past(q, 3 * tall * lk)
        copy(past(qkv, h * width), lq, t, width, q, lk, 1.0 if dims[at.QK_NORM] else scale)
        copy(past(qkv, all_heads + h * width), lq, t, width, k, lk, 1.0)
        copy(past(qkv, 2 * all_heads + h * width), lq, t, width, v, lk, 1.0)
        if dims[at.QK_NORM]:
            normed(dims, norms, past(p, tall * lt), tall, q, k)
        if dims[at.ROTARY]:
            turned(q, lk, t, width, cosines, sines, 1.0)
            turned(k, lk, t, width, cosines, sines, 1.0)
        in_panels(k, lk, t, width, keys)
        for first in range(0, t, WIDE):
            end = first + WIDE
            block = past(p, first * lt)
            product(past(q, first * lk), lk, 1, width, keys, WIDE, WIDE * width, zeros, 0, block, lt, WIDE, end)
            many = min(WIDE, t - first)
            for i in range(many):
                for j in range(first + i + 1, end):
                    block[i * lt + j] = MASKED
            tops(block, lt, many, end, sums)
            soften(block, lt, many, end, sums)
            for i in range(many):
                row, factor = past(block, i * lt), spread(1.0 / sums[i])
                for j in range(0, end, LANES):
                    store(row, j, load(row, j) * factor)
            into = past(out, first * lk)
            product(block, lt, 1, min(end, t), v, lk, WIDE, zeros, 0, into, lk, WIDE, width)
        copy(out, lk, t, width, past(mixed, h * width), lm, 1.0)


@compiled
def attend_back(dims, norms, kept, d_mixed, d_qkv):
    """The gradient of one sequence's queries, keys and values from that of its mixed values."""
    on_its_own()
    t, width, lk, lt = dims[at.T], dims[at.DH], dims[at.LK], dims[at.LT]
    all_heads, lq, lm = dims[at.DA], dims[at.LQ], dims[at.LM]
    zeros, values, out = floats(dims[at.ZEROS]), floats(dims[at.PANELS]), floats(dims[at.OUT])
    above, d_p = floats(dims[at.ABOVE]), floats(dims[at.PATTERNS])
    cosines, sines = floats(dims[at.COSINES]), floats(dims[at.SINES])
    scale = doubles(dims[at.NUMBERS])[at.SCALE]
    tall = (t + WIDE - 1) // WIDE * WIDE
    d_q, d_k, d_v = out, past(out, tall * lk), past(out, 2 * tall * lk)
    for h in range(dims[at.HEADS]):
        q = past(kept, h * dims[at.HEAD_SIZE])
        k, v, p = past(q, tall * lk), past(q, 2 * tall * lk), past(q, 3 * tall * lk)
        copy(past(d_mixed, h * width), lm, t, width, above, lk, 1.0)
        in_panels(v, lk, t, width, values)
        for first in range(0, t, WIDE):
            end = first + WIDE
            block = past(d_p, first * lt)
            product(past(above, first * lk), lk, 1, width, values, WIDE, WIDE * width, zeros, 0, block, lt, WIDE, end)
            for i in range(min(WIDE, t - first)):
                row, pattern = past(block, i * lt), past(p, (first + i) * lt)
                along = spread(0.0)
                for j in range(0, end, LANES):
                    along = along + load(row, j) * load(pattern, j)
                mean = spread(total(along))
                for j in range(0, end, LANES):
                    store(row, j, (load(row, j) - mean) * load(pattern, j))
            into = past(d_q, first * lk)
            product(block, lt, 1, min(end, t), k, lk, WIDE, zeros, 0, into, lk, WIDE, width)
        for first in range(0, t, WIDE):
            corner, start = first * lt + first, first * lk
            deep = t - first
            product(
                past(d_p, corner), 1, lt, deep, past(q, start), lk, WIDE, zeros, 0, past(d_k, start), lk, WIDE, width
            )
            product(
                past(p, corner), 1, lt, deep, past(above, start), lk, WIDE, zeros, 0, past(d_v, start), lk, WIDE, width
            )
        if dims[at.ROTARY]:
            turned(d_q, lk, t, width, cosines, sines, -1.0)
            turned(d_k, lk, t, width, cosines, sines, -1.0)
        if dims[at.QK_NORM]:
            normed_back(dims, norms, past(p, tall * lt), tall, d_q, d_k)
        copy(d_q, lk, t, width, past(d_qkv, h * width), lq, 1.0 if dims[at.QK_NORM] else scale)
        copy(d_k, lk, t, width, past(d_qkv, all_heads + h * width), lq, 1.0)
        copy(d_v, lk, t, width, past(d_qkv, 2 * all_heads + h * width), lq, 1.0)
