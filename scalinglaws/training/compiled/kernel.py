"""Training steps and the losses of windows: the one function that is compiled, and what it calls first."""

import math

from . import places as at
from .blocks import forward, group_gradient, head
from .lanes import LANES, compiled, doubles, floats, ints, load, on_its_own, past, root, spread, store
from .products import clear, copy, pack, squared, unpack


@compiled
def adam(w, g, m, v, count, scale, numbers, rate, decay, steps, decoupled):
    """One step of Adam (Kingma & Ba 2015) or AdamW on weights in eights, with the gradient multiplied by `scale`."""
    on_its_own()
    beta1, beta2 = numbers[at.BETA1], numbers[at.BETA2]
    size = spread(-rate / (1.0 - math.pow(beta1, steps)))
    correction = spread(math.sqrt(1.0 - math.pow(beta2, steps)))
    keep = spread(1.0 - rate * decay if decoupled else 1.0)
    new, held, fresh, eps = spread(1.0 - beta1), spread(beta2), spread(1.0 - beta2), spread(numbers[at.ADAM_EPS])
    scaled = spread(scale)
    for i in range(0, count, LANES):
        gradient, mean = load(g, i) * scaled, load(m, i)
        mean = mean + new * (gradient - mean)
        square = held * load(v, i) + fresh * gradient * gradient
        store(m, i, mean)
        store(v, i, square)
        store(w, i, keep * load(w, i) + size * mean / (root(square) / correction + eps))


@compiled
def move(dims, row, scale, rate, decay, steps):
    """Move one flat tensor by a step of Adam; what is left of its last eight goes through a small buffer."""
    on_its_own()
    numbers, decoupled, last = doubles(dims[at.NUMBERS]), dims[at.DECOUPLED], floats(dims[at.LAST])
    w, g, m, v = (
        floats(row[at.OF_WEIGHTS]),
        floats(row[at.OF_GRADIENT]),
        floats(row[at.OF_MEAN]),
        floats(row[at.OF_SQUARE]),
    )
    even = row[at.COUNT] // LANES * LANES
    left = row[at.COUNT] - even
    adam(w, g, m, v, even, scale, numbers, rate, decay, steps, decoupled)
    if left:
        w, g, m, v = past(w, even), past(g, even), past(m, even), past(v, even)
        last_g, last_m, last_v = past(last, LANES), past(last, 2 * LANES), past(last, 3 * LANES)
        copy(w, 0, 1, left, last, 0, 1.0)
        copy(g, 0, 1, left, last_g, 0, 1.0)
        copy(m, 0, 1, left, last_m, 0, 1.0)
        copy(v, 0, 1, left, last_v, 0, 1.0)
        adam(last, last_g, last_m, last_v, LANES, scale, numbers, rate, decay, steps, decoupled)
        copy(last, 0, 1, left, w, 0, 1.0)
        copy(last_m, 0, 1, left, m, 0, 1.0)
        copy(last_v, 0, 1, left, v, 0, 1.0)


@compiled
def part_squared(dims, share):
    """Sum of squares of what the gradient has gained since the last call, divided by `share`: one part of the batch."""
    on_its_own()
    row, found = ints(dims[at.GROUPS]), 0.0
    for _ in range(dims[at.ALL_GROUPS]):
        g, before, count = floats(row[at.OF_GRADIENT]), floats(row[at.OF_BEFORE]), row[at.COUNT]
        for i in range(count):
            before[i] = g[i] - before[i]
        found += squared(before, count)
        copy(g, 0, 1, count, before, 0, 1.0)
        row = past(row, at.GROUP_ROW)
    return found / (share * share)


@compiled
def whole_squared(dims):
    """Sum of squares of the whole gradient."""
    on_its_own()
    row, found = ints(dims[at.GROUPS]), 0.0
    for _ in range(dims[at.ALL_GROUPS]):
        found += squared(floats(row[at.OF_GRADIENT]), row[at.COUNT])
        row = past(row, at.GROUP_ROW)
    return found


@compiled
def batch_gradient(dims, windows, watched, squares):
    """Write the gradient of a batch's mean loss; where it is watched, the squares of its parts' gradients too."""
    on_its_own()
    t, batch = dims[at.T], dims[at.BATCH]
    clear(floats(dims[at.ALL_SUMMED]), dims[at.SUMS_SIZE])
    pack(dims)
    if watched:
        row = ints(dims[at.GROUPS])
        for _ in range(dims[at.ALL_GROUPS]):
            clear(floats(row[at.OF_BEFORE]), row[at.COUNT])
            row = past(row, at.GROUP_ROW)
    losses, loss = floats(dims[at.LOSSES]), 0.0
    first, part = 0, 0
    while first < batch:
        end = batch * (part + 1) // dims[at.PARTS] if watched else batch
        many = min(dims[at.GROUP], end - first)
        group_gradient(dims, past(windows, first * (t + 1)), many, losses, 1.0 / (batch * t))
        for i in range(many * t):
            loss += losses[i]
        first += many
        if watched and first == end:
            unpack(dims)
            squares[part] = part_squared(dims, (end - batch * part // dims[at.PARTS]) / batch)
            part += 1
    if not watched:
        unpack(dims)
    return loss / (batch * t)


@compiled
def steps(table, windows, rates, watched, out, count, done):
    """Do `count` optimizer steps, the first of them number `done` + 1.

    Args:
        table: address of the table that places.py names.
        windows: address of the int64 tokens of every step, (count, batch, T + 1).
        rates, watched: addresses of each step's learning rate, float64, and of whether its noise is measured, int64.
        out: address of float64 rows for each step: loss, norm of the gradient, then the squared norm of each part's.
    """
    dims, every = ints(table), ints(windows)
    numbers, paces, flags = doubles(dims[at.NUMBERS]), doubles(rates), ints(watched)
    for step in range(count):
        found = past(doubles(out), step * (2 + dims[at.PARTS]))
        batch = past(every, step * dims[at.BATCH] * (dims[at.T] + 1))
        found[0] = batch_gradient(dims, batch, flags[step], past(found, 2))
        size = math.sqrt(whole_squared(dims))
        found[1] = size
        scale = 1.0
        if numbers[at.CLIP] > 0.0 and not numbers[at.CLIP] / (size + 1e-6) >= 1.0:
            scale = numbers[at.CLIP] / (size + 1e-6)
        row = ints(dims[at.GROUPS])
        for i in range(dims[at.ALL_GROUPS]):
            decay, factor = numbers[at.DECAYS + 2 * i], numbers[at.DECAYS + 2 * i + 1]
            move(dims, row, scale, paces[step] * factor, decay, done + step + 1.0)
            row = past(row, at.GROUP_ROW)


@compiled
def score(table, windows, count, out):
    """Write the loss of every token of `count` windows, float32, to the address `out`."""
    dims, every, losses = ints(table), ints(windows), floats(out)
    t = dims[at.T]
    pack(dims)
    for first in range(0, count, dims[at.GROUP]):
        many = min(dims[at.GROUP], count - first)
        here, found = past(every, first * (t + 1)), past(losses, first * t)
        forward(dims, here, many, 0)
        for row in range(0, many * t, dims[at.CHUNK]):
            head(dims, here, row, min(dims[at.CHUNK], many * t - row), found)


def run(table, windows, rates, watched, out, count, done):
    """`steps`, or `score` where there are no rates: one function, so that what they share is compiled once."""
    if rates:
        steps(table, windows, rates, watched, out, count, done)
    else:
        score(table, windows, count, out)
