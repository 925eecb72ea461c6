"""Eight floats at once, as a type of numba's, and addresses as pointers.

Written for any processor: LLVM turns vectors of eight into the widest that it has (two of four on Arm or old x86), and
a multiply-add into one instruction where there is one.
"""

import operator

from llvmlite import ir
from numba import njit, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from .translating import Translator

LANES = 8
WIDE = 2 * LANES  # columns of the wide tile
F32, I32, I64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
V8, I8X32 = ir.VectorType(F32, LANES), ir.VectorType(I32, LANES)
SHIFT = 1.5 * 2**23  # added to a float, it leaves no bits behind the point
FLOATS = types.CPointer(types.float32)
INTS = types.CPointer(types.int64)


# called by nothing but one another: no wrappers for Python and C; the type of njit lacks these two options
compiled = njit(  # type: ignore[call-overload]
    error_model="numpy",
    fastmath={"contract"},
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    pipeline_class=Translator,
)


class Lanes(types.Type):
    """The numba type of eight float32."""

    def __init__(self):
        super().__init__(name="Lanes")


lanes = Lanes()


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """How it is held: an LLVM vector."""

    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, V8)


def _arithmetic(symbol, instruction: str):
    cases = [signature(lanes, lanes, lanes)]
    infer_global(symbol)(type(f"Lanes_{instruction}", (ConcreteTemplate,), {"cases": cases}))

    @lower_builtin(symbol, lanes, lanes)
    def lower(context, builder, sig, args):
        return getattr(builder, instruction)(*args, flags=("contract",))


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _arithmetic(_symbol, _instruction)


def vector_at(builder, pointer, index, lanes: int = LANES):
    """Emit the address of some lanes from an index on."""
    return builder.bitcast(builder.gep(pointer, [index]), ir.VectorType(F32, lanes).as_pointer())


def constant(value: float, lanes: int = LANES):
    """Emit lanes of one value."""
    return ir.Constant(ir.VectorType(F32, lanes), [value] * lanes)


def function(builder, name: str, result, arguments):
    """Emit the declaration of a function of LLVM's, once a module."""
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def spread_over(builder, value, lanes: int = LANES):
    """Emit lanes of one number."""
    undefined = ir.Constant(ir.VectorType(F32, lanes), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, lanes), [0] * lanes))


@intrinsic
def floats(typing, address):
    """The float32 at an address."""

    def generate(context, builder, sig, args):
        return builder.inttoptr(args[0], F32.as_pointer())

    return FLOATS(types.int64), generate


@intrinsic
def ints(typing, address):
    """The int64 at an address."""

    def generate(context, builder, sig, args):
        return builder.inttoptr(args[0], I64.as_pointer())

    return INTS(types.int64), generate


@intrinsic
def doubles(typing, address):
    """The float64 at an address."""

    def generate(context, builder, sig, args):
        return builder.inttoptr(args[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(types.int64), generate


@intrinsic
def on_its_own(typing):
    """Keep LLVM from copying the function that calls this into its callers: a third of the time to compile."""

    def generate(context, builder, sig, args):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def past(typing, pointer, count):
    """The pointer `count` elements further on."""

    def generate(context, builder, sig, args):
        return builder.gep(args[0], [args[1]])

    return pointer(pointer, types.int64), generate


@intrinsic
def load(typing, pointer, index):
    """Eight floats from an index on."""

    def generate(context, builder, sig, args):
        value = builder.load(vector_at(builder, *args))
        value.align = 4
        return value

    return lanes(FLOATS, types.int64), generate


@intrinsic
def store(typing, pointer, index, value):
    """Write eight floats from an index on."""

    def generate(context, builder, sig, args):
        builder.store(args[2], vector_at(builder, *args[:2])).align = 4
        return context.get_dummy_value()

    return types.void(FLOATS, types.int64, lanes), generate


@intrinsic
def spread(typing, value):
    """Eight times one number."""

    def generate(context, builder, sig, args):
        return spread_over(builder, args[0])

    return lanes(types.float32), generate


@intrinsic
def total(typing, value):
    """The sum of eight floats."""

    def generate(context, builder, sig, args):
        add = function(builder, "llvm.vector.reduce.fadd.v8f32", F32, [F32, V8])
        return builder.call(add, [ir.Constant(F32, -0.0), args[0]], fastmath=("reassoc",))

    return types.float32(lanes), generate


@intrinsic
def highest(typing, value):
    """The largest of eight floats; where one is no number, any."""

    def generate(context, builder, sig, args):
        found = args[0]
        for apart in (4, 2, 1):
            order = [(i + apart) % LANES for i in range(LANES)]
            other = builder.shuffle_vector(found, found, ir.Constant(I8X32, order))
            found = builder.select(builder.fcmp_ordered("<", found, other), other, found)
        return builder.extract_element(found, ir.Constant(I32, 0))

    return types.float32(lanes), generate


@intrinsic
def larger(typing, one, other):
    """The larger of each pair; where `one` is no number, `one`."""

    def generate(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered("<", *args), args[1], args[0])

    return lanes(lanes, lanes), generate


@intrinsic
def where_above(typing, value, limit, one, other):
    """Take `one` where `value` is above `limit`, else `other`."""

    def generate(context, builder, sig, args):
        return builder.select(builder.fcmp_ordered(">", *args[:2]), *args[2:])

    return lanes(lanes, lanes, lanes, lanes), generate


@intrinsic
def magnitude(typing, value):
    """The absolute value of each."""

    def generate(context, builder, sig, args):
        return builder.call(function(builder, "llvm.fabs.v8f32", V8, [V8]), [args[0]])

    return lanes(lanes), generate


@intrinsic
def root(typing, value):
    """The square root of each."""

    def generate(context, builder, sig, args):
        return builder.call(function(builder, "llvm.sqrt.v8f32", V8, [V8]), [args[0]])

    return lanes(lanes), generate


@intrinsic
def nearest(typing, value):
    """Each rounded to a whole number, below 2^22 in magnitude, plus 1.5 2^23: its lowest bits are that number."""

    def generate(context, builder, sig, args):
        return builder.fadd(args[0], constant(SHIFT))

    return lanes(lanes), generate


@intrinsic
def times_power_of_two(typing, value, shifted):
    """Each times 2 to the power of a whole number that `nearest` gave; no result may leave the normal numbers."""

    def generate(context, builder, sig, args):
        value, whole = (builder.bitcast(one, I8X32) for one in args)
        return builder.bitcast(builder.add(value, builder.shl(whole, ir.Constant(I8X32, [23] * LANES))), V8)

    return lanes(lanes, lanes), generate
