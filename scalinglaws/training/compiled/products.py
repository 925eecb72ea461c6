"""Matrix products of any size from register tiles, linear layers, and the packed copies of weights that they read."""

from . import places as at
from .lanes import (
    LANES,
    WIDE,
    compiled,
    floats,
    ints,
    load,
    on_its_own,
    past,
    spread,
    store,
    total,
)
from .tiles import BROAD, HAS_BROAD, TALL, broad_tile, narrow_tile, wide_tile

DEEPEST = 256  # terms of a sum that are added at once: a panel of b this deep fits in the first-level cache


@compiled
def product(a, ar, ak, depth, b, bk, bp, s, ls, c, lc, rows, columns):
    """c[i, j] = s[i, j] + sum_k a[i ar + k ak] b[k, j], for j in panels of 16 columns that are bp apart.

    Rows are rounded up to 4, or to 8 where the last panel has 8 columns; columns are rounded up to 8.
    """
    on_its_own()
    for first in range(0, depth, DEEPEST):
        deep = min(DEEPEST, depth - first)
        if first > 0:
            s = c
            ls = lc
        j = 0
        while j < columns:
            panel, into, from_ = past(b, first * bk + (j // WIDE) * bp), past(c, j), past(s, j)
            if HAS_BROAD and columns - j > BROAD - LANES:
                for i in range(0, rows, 8):
                    row = past(a, i * ar + first * ak)
                    broad_tile(row, ar, ak, deep, panel, bk, bp, past(from_, i * ls), ls, past(into, i * lc), lc)
                j += BROAD
            elif columns - j > LANES:
                for i in range(0, rows, TALL):
                    row = past(a, i * ar + first * ak)
                    wide_tile(row, ar, ak, deep, panel, bk, LANES, past(from_, i * ls), ls, past(into, i * lc), lc)
                j += WIDE
            else:
                for i in range(0, rows, 8):
                    row = past(a, i * ar + first * ak)
                    narrow_tile(row, ar, ak, deep, panel, bk, 0, past(from_, i * ls), ls, past(into, i * lc), lc)
                j += WIDE


@compiled
def copy(x, lx, rows, width, y, ly, factor):
    """y = factor x on the first `width` columns."""
    on_its_own()
    even = width // LANES * LANES
    scale = spread(factor)
    for i in range(rows):
        for j in range(0, even, LANES):
            store(y, i * ly + j, load(x, i * lx + j) * scale)
        for j in range(even, width):
            y[i * ly + j] = x[i * lx + j] * factor


@compiled
def in_panels(x, lx, rows, width, y):
    """Pack the transpose of x for a product: y[panel][column][16 rows]."""
    on_its_own()
    for first in range(0, rows, WIDE):
        high = min(WIDE, rows - first)
        base = past(y, first * width)
        for i in range(high):
            for j in range(width):
                base[j * WIDE + i] = x[(first + i) * lx + j]


@compiled
def linear(row, x, lx, s, ls, y, ly, rows):
    """y = s + x W^T + b; x has a one after its last column, which the bias multiplies."""
    on_its_own()
    deep = row[at.INS] + (1 if row[at.BIAS] else 0)
    product(x, lx, 1, deep, floats(row[at.FORWARD]), WIDE, WIDE * deep, s, ls, y, ly, rows, row[at.OUTS])


@compiled
def linear_back(zeros, row, x, lx, dy, ly, rows, dx, ld):
    """Add the gradients of W and b, and write that of x into dx."""
    on_its_own()
    outs, ins = row[at.OUTS], row[at.INS]
    summed, lg = floats(row[at.SUM]), row[at.LG]
    product(dy, 1, ly, rows, x, lx, WIDE, summed, lg, summed, lg, outs, ins)
    if row[at.BIAS]:
        biases = floats(row[at.BIAS_OUT_SUM])
        for j in range(0, outs, LANES):
            v = spread(0.0)
            for i in range(rows):
                v = v + load(dy, i * ly + j)
            store(biases, j, load(biases, j) + v)
    product(dy, ly, 1, outs, floats(row[at.BACK]), WIDE, WIDE * outs, zeros, 0, dx, ld, rows, ins)


@compiled
def pack_linear(row):
    """Copy a weight into the panels of its product, with the bias as a last row, and those of its way back."""
    on_its_own()
    weight, outs, ins = floats(row[at.WEIGHT]), row[at.OUTS], row[at.INS]
    deep = ins + (1 if row[at.BIAS] else 0)
    for first in range(0, outs, WIDE):
        panel, high = past(floats(row[at.FORWARD]), first * deep), min(WIDE, outs - first)
        for i in range(high):
            for j in range(ins):
                panel[j * WIDE + i] = weight[(first + i) * ins + j]
        if row[at.BIAS]:
            copy(past(floats(row[at.BIAS]), first), 0, 1, high, past(panel, ins * WIDE), 0, 1.0)
    for first in range(0, ins, WIDE):
        panel = past(floats(row[at.BACK]), first * outs)
        copy(past(weight, first), ins, outs, min(WIDE, ins - first), panel, WIDE, 1.0)


@compiled
def pack(dims):
    """Copy the weights into the panels that products read, and gains and biases into padded rows."""
    on_its_own()
    row = ints(dims[at.LINEARS])
    for _ in range(dims[at.ALL_LINEARS]):
        pack_linear(row)
        row = past(row, at.LINEAR)
    row = ints(dims[at.NORMS])
    for _ in range(2 * dims[at.BLOCKS] + 1):
        copy(floats(row[at.GAIN]), 0, 1, dims[at.D], floats(row[at.GAIN_PADDED]), 0, 1.0)
        if row[at.NORM_BIAS]:
            copy(floats(row[at.NORM_BIAS]), 0, 1, dims[at.D], floats(row[at.BIAS_PADDED]), 0, 1.0)
        row = past(row, at.NORM)


@compiled
def unpack(dims):
    """Copy the sums of gradients to where the optimizer keeps them, without padding."""
    on_its_own()
    row = ints(dims[at.SUMS])
    for _ in range(dims[at.ALL_SUMS]):
        copy(floats(row[0]), row[1], row[3], row[4], floats(row[2]), row[4], 1.0)
        row = past(row, at.SUM_ROW)


@compiled
def clear(x, count):
    """x = 0."""
    on_its_own()
    for i in range(count):
        x[i] = 0.0


@compiled
def squared(x, count):
    """Sum of squares in float64, of eights in float32."""
    on_its_own()
    found, even = 0.0, count // LANES * LANES
    for first in range(0, even, 512):
        part = spread(0.0)
        for j in range(first, min(even, first + 512), LANES):
            part = part + load(x, j) * load(x, j)
        found += total(part)
    for j in range(even, count):
        found += x[j] * x[j]
    return found
