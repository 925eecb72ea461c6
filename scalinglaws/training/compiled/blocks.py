"""A group of sequences through the model and back: blocks, embeddings, and the output head with its loss."""

import math

from . import places as at
from .attention import attend, attend_back
from .lanes import LANES, compiled, doubles, floats, ints, load, on_its_own, past, spread, store
from .layers import gelu, norm, norm_back, soften, swiglu, times, times_both, tops
from .products import copy, linear, linear_back

MASKED = -1e30


@compiled
def through(dims, linears, norms, use, block, x, rows, sequences):
    """Put the residual stream of a group through one block; `use` is where its activations are kept."""
    on_its_own()
    lx, ly, lm, lq, lf, lh = dims[at.LX], dims[at.LY], dims[at.LM], dims[at.LQ], dims[at.LF], dims[at.LH]
    zeros, qkv = floats(dims[at.ZEROS]), floats(dims[at.QKV])
    maps, norm_1 = past(linears, block * 4 * at.LINEAR), past(norms, block * 2 * at.NORM)
    norm_2, t, head_norms = past(norm_1, at.NORM), dims[at.T], past(ints(dims[at.HEAD_NORMS]), block * at.HEAD_NORM)
    y, mixed, wide, h = (
        past(use, dims[at.Y1]),
        past(use, dims[at.MIXED]),
        past(use, dims[at.SLOPE]),
        past(use, dims[at.H]),
    )
    norm(dims, norm_1, x, rows, past(use, dims[at.HAT1]), past(use, dims[at.INVERSE1]), y, ly)
    linear(maps, y, ly, zeros, 0, qkv, lq, rows)
    for i in range(sequences):
        kept = past(use, dims[at.KEPT] + i * dims[at.HEADS] * dims[at.HEAD_SIZE])
        attend(dims, head_norms, kept, past(qkv, i * t * lq), past(mixed, i * t * lm))
    linear(past(maps, at.LINEAR), mixed, lm, x, lx, x, lx, rows)
    y = past(use, dims[at.Y2])
    norm(dims, norm_2, x, rows, past(use, dims[at.HAT2]), past(use, dims[at.INVERSE2]), y, ly)
    linear(past(maps, 2 * at.LINEAR), y, ly, zeros, 0, wide, lf, rows)
    if dims[at.GATED]:
        swiglu(wide, lf, rows, dims[at.FF], h, lh)
    else:
        gelu(wide, lf, rows, dims[at.FF], h, lh)
    linear(past(maps, 3 * at.LINEAR), h, lh, x, lx, x, lx, rows)


@compiled
def through_back(dims, linears, norms, use, block, dx, rows, sequences):
    """Take the gradient of the residual stream back through one block, adding the gradients of its weights."""
    on_its_own()
    lx, ly, lm, lq, lf, lh = dims[at.LX], dims[at.LY], dims[at.LM], dims[at.LQ], dims[at.LF], dims[at.LH]
    zeros, d_qkv, dy, d_wide = floats(dims[at.ZEROS]), floats(dims[at.QKV]), floats(dims[at.DY]), floats(dims[at.WIDE])
    maps, norm_1 = past(linears, block * 4 * at.LINEAR), past(norms, block * 2 * at.NORM)
    norm_2, t, slope = past(norm_1, at.NORM), dims[at.T], past(use, dims[at.SLOPE])
    head_norms = past(ints(dims[at.HEAD_NORMS]), block * at.HEAD_NORM)
    linear_back(zeros, past(maps, 3 * at.LINEAR), past(use, dims[at.H]), lh, dx, lx, rows, d_wide, lf)
    if dims[at.GATED]:
        times_both(d_wide, lf, rows, dims[at.FF], slope, lf)
    else:
        times(d_wide, lf, rows, dims[at.FF], slope, lf)
    linear_back(zeros, past(maps, 2 * at.LINEAR), past(use, dims[at.Y2]), ly, d_wide, lf, rows, dy, lx)
    norm_back(dims, norm_2, dy, rows, past(use, dims[at.HAT2]), past(use, dims[at.INVERSE2]), dx, True)
    linear_back(zeros, past(maps, at.LINEAR), past(use, dims[at.MIXED]), lm, dx, lx, rows, dy, lm)
    for i in range(sequences):
        kept = past(use, dims[at.KEPT] + i * dims[at.HEADS] * dims[at.HEAD_SIZE])
        attend_back(dims, head_norms, kept, past(dy, i * t * lm), past(d_qkv, i * t * lq))
    linear_back(zeros, maps, past(use, dims[at.Y1]), ly, d_qkv, lq, rows, dy, lx)
    norm_back(dims, norm_1, dy, rows, past(use, dims[at.HAT1]), past(use, dims[at.INVERSE1]), dx, True)


@compiled
def forward(dims, windows, sequences, apart):
    """The hidden states of a group of windows, before the head; blocks keep their activations `apart` floats apart."""
    on_its_own()
    t, d, lx = dims[at.T], dims[at.D], dims[at.LX]
    embed, position, x = floats(dims[at.EMBED]), floats(dims[at.POSITION]), floats(dims[at.X])
    for i in range(sequences * t):
        token, place = windows[i // t * (t + 1) + i % t], i % t
        for j in range(d):
            x[i * lx + j] = embed[token * d + j]
        if not dims[at.ROTARY]:
            for j in range(d):
                x[i * lx + j] += position[place * d + j]
    linears, norms, order = ints(dims[at.LINEARS]), ints(dims[at.NORMS]), ints(dims[at.ORDER])
    for u in range(dims[at.USES]):
        use = past(floats(dims[at.USE]), u * apart)
        through(dims, linears, norms, use, order[u], x, sequences * t, sequences)
    last, hidden = past(norms, 2 * dims[at.BLOCKS] * at.NORM), floats(dims[at.HIDDEN])
    norm(dims, last, x, sequences * t, floats(dims[at.HATS]), floats(dims[at.INVERSES]), hidden, lx)
    factor = doubles(dims[at.NUMBERS])[at.OUT_SCALE]
    if factor != 1.0:
        copy(hidden, lx, sequences * t, d, hidden, lx, factor)


@compiled
def head(dims, windows, first, rows, losses):
    """Write the losses of some rows of a group; the logits become exp(logit - max), whose sums are kept apart."""
    on_its_own()
    t, v, lx, lv = dims[at.T], dims[at.V], dims[at.LX], dims[at.LV]
    logits = floats(dims[at.LOGITS])
    linear(
        ints(dims[at.HEAD]), past(floats(dims[at.HIDDEN]), first * lx), lx, floats(dims[at.ZEROS]), 0, logits, lv, rows
    )
    even, sums = (v + LANES - 1) // LANES * LANES, floats(dims[at.ROW_SUMS])
    for i in range(rows):
        row = past(logits, i * lv)
        for j in range(v, even):
            row[j] = MASKED
    tops(logits, lv, rows, even, sums)
    for i in range(rows):
        n = first + i
        losses[n] = sums[i] - logits[i * lv + windows[n // t * (t + 1) + n % t + 1]]
    soften(logits, lv, rows, even, sums)
    for i in range(rows):
        losses[first + i] += math.log(sums[i])


@compiled
def head_back(dims, windows, first, rows, share):
    """Turn what `head` left into the gradient of the hidden states; `share` is that of one token in the mean loss."""
    on_its_own()
    t, v, lx, lv = dims[at.T], dims[at.V], dims[at.LX], dims[at.LV]
    logits, hidden = floats(dims[at.LOGITS]), past(floats(dims[at.HIDDEN]), first * lx)
    even, sums = (v + LANES - 1) // LANES * LANES, floats(dims[at.ROW_SUMS])
    for i in range(rows):
        row, n = past(logits, i * lv), first + i
        factor = spread(share / sums[i])
        for j in range(0, even, LANES):
            store(row, j, load(row, j) * factor)
        row[windows[n // t * (t + 1) + n % t + 1]] -= share
    dy = past(floats(dims[at.DY]), first * lx)
    linear_back(floats(dims[at.ZEROS]), ints(dims[at.HEAD]), hidden, lx, logits, lv, rows, dy, lx)


@compiled
def group_gradient(dims, windows, sequences, losses, share):
    """Add the gradient of a group's losses, times `share`; the losses of its tokens are written."""
    on_its_own()
    t, d, lx, lg = dims[at.T], dims[at.D], dims[at.LX], dims[at.LG_EMBED]
    rows = sequences * t
    forward(dims, windows, sequences, dims[at.USE_SIZE])
    for first in range(0, rows, dims[at.CHUNK]):
        many = min(dims[at.CHUNK], rows - first)
        head(dims, windows, first, many, losses)
        head_back(dims, windows, first, many, share)
    dy, dx = floats(dims[at.DY]), floats(dims[at.DX])
    factor = doubles(dims[at.NUMBERS])[at.OUT_SCALE]
    if factor != 1.0:
        copy(dy, lx, rows, d, dy, lx, factor)
    linears, norms, order = ints(dims[at.LINEARS]), ints(dims[at.NORMS]), ints(dims[at.ORDER])
    last = past(norms, 2 * dims[at.BLOCKS] * at.NORM)
    norm_back(dims, last, dy, rows, floats(dims[at.HATS]), floats(dims[at.INVERSES]), dx, False)
    for back in range(dims[at.USES]):
        u = dims[at.USES] - 1 - back
        use = past(floats(dims[at.USE]), u * dims[at.USE_SIZE])
        through_back(dims, linears, norms, use, order[u], dx, rows, sequences)
    embed, position = floats(dims[at.EMBED_SUM]), floats(dims[at.POSITION_SUM])
    for i in range(rows):
        token, place = windows[i // t * (t + 1) + i % t], i % t
        for j in range(0, d, LANES):
            v = load(dx, i * lx + j)
            store(embed, token * lg + j, load(embed, token * lg + j) + v)
            if not dims[at.ROTARY]:
                store(position, place * lx + j, load(position, place * lx + j) + v)
