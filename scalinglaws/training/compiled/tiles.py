"""The register tiles of which every matrix product is made: a small block of the result that stays in registers."""

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .building import processor
from .lanes import F32, FLOATS, I64, LANES, WIDE, constant, function, spread_over, vector_at

BROAD = 2 * WIDE  # columns of the broad tile, of two panels
HAS_BROAD = "+avx512f" in processor(llvm)[1]  # 32 registers of 16 floats: elsewhere the broad tile would not fit


def make_tile(rows: int, vectors: int, lanes: int):
    """Make the product of a tile: c[i, j] = s[i, j] + sum_k a[i ar + k ak] b[k bk + j].

    Its columns are `vectors` vectors of `lanes` floats, which lie `bv` apart in b and side by side in s and c. Strides
    count elements; the depth is at least 1; s may be c. A result of a multiply-add takes four cycles, and a core starts
    two in each: at least eight sums keep it busy, and sixteen keep it so while b comes from afar. What is in
    s is added last: a long sum of small terms is more exact when it starts at 0.
    """

    @intrinsic
    def tile(typing, a, ar, ak, depth, b, bk, bv, s, ls, c, lc):
        def generate(context, builder, sig, args):
            _tile(builder, rows, vectors, lanes, *args)
            return context.get_dummy_value()

        number = types.int64
        asked = (FLOATS, number, number, number, FLOATS, number, number, FLOATS, number, FLOATS, number)
        return types.void(*asked), generate

    return tile


def _tile(builder, rows: int, vectors: int, lanes: int, a, ar, ak, depth, b, bk, bv, s, ls, c, lc):
    places = [(r, j) for r in range(rows) for j in range(vectors)]
    held = ir.VectorType(F32, lanes)

    def number(value: int):
        return ir.Constant(I64, value)

    def at(stride, r, j):
        return builder.add(builder.mul(stride, number(r)), number(lanes * j))

    def loaded(pointer, index):
        value = builder.load(vector_at(builder, pointer, index, lanes))
        value.align = 4
        return value

    row_starts = [builder.mul(ar, number(r)) for r in range(rows)]
    before, loop, done = builder.block, builder.append_basic_block("depth"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(I64)
    k.add_incoming(number(0), before)
    sums = {place: builder.phi(held) for place in places}
    columns = [loaded(b, builder.add(builder.mul(k, bk), builder.mul(bv, number(j)))) for j in range(vectors)]
    along = builder.mul(k, ak)
    multiply_add = function(builder, f"llvm.fmuladd.v{lanes}f32", held, [held] * 3)
    added = {}
    for r in range(rows):
        value = spread_over(builder, builder.load(builder.gep(a, [builder.add(row_starts[r], along)])), lanes)
        for j in range(vectors):
            added[r, j] = builder.call(multiply_add, [value, columns[j], sums[r, j]])
    following = builder.add(k, number(1))
    k.add_incoming(following, loop)
    for place in places:
        sums[place].add_incoming(constant(0.0, lanes), before)
        sums[place].add_incoming(added[place], loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, done)
    builder.position_at_end(done)
    for place in places:
        whole = builder.fadd(loaded(s, at(ls, *place)), added[place])
        builder.store(whole, vector_at(builder, c, at(lc, *place), lanes)).align = 4


narrow_tile = make_tile(8, 1, LANES)
wide_tile = make_tile(8, 1, WIDE) if HAS_BROAD else make_tile(4, 2, LANES)
TALL = 8 if HAS_BROAD else 4  # rows of the wide tile
broad_tile = make_tile(8, 2, WIDE)
