"""What is computed element by element or row by row: norms, GELU, SwiGLU, softmax, each with its way back."""

import math

from . import places as at
from .lanes import (
    LANES,
    SHIFT,
    compiled,
    doubles,
    floats,
    highest,
    larger,
    load,
    magnitude,
    nearest,
    on_its_own,
    past,
    root,
    spread,
    store,
    times_power_of_two,
    total,
    where_above,
)

DENSITY = 0.3989422804  # 1 / sqrt(2 pi)


@compiled
def exponential(x):
    """e to the power of each of eight numbers up to 0, to 2e-7: Cephes' polynomial on [-ln 2 / 2, ln 2 / 2].

    Below e^-64, which no sum of float32 notices, it is 0: what a mask leaves, or what a gradient makes of such numbers,
    would be subnormal, whose products are slow on Intel's processors (LOG.md, 2026-11-29).
    """
    least = spread(-64.0)
    within = larger(x, least)
    shifted = nearest(within * spread(1.44269504))
    n = shifted - spread(SHIFT)
    r = within - n * spread(0.693359375) - n * spread(-2.12194440e-4)
    p = spread(1.9875691500e-4) * r + spread(1.3981999507e-3)
    p = p * r + spread(8.3334519073e-3)
    p = p * r + spread(4.1665795894e-2)
    p = p * r + spread(1.6666665459e-1)
    p = p * r + spread(5.0000001201e-1)
    return where_above(x, least, times_power_of_two(p * r * r + r + spread(1.0), shifted), spread(0.0))


@compiled
def tops(x, lx, rows, width, found):
    """Write the maximum of each row; the width is a multiple of eight."""
    on_its_own()
    for i in range(rows):
        row = past(x, i * lx)
        top = load(row, 0)
        for j in range(LANES, width, LANES):
            top = larger(load(row, j), top)
        found[i] = highest(top)


@compiled
def soften(x, lx, rows, width, summed):
    """Replace each row by exp(x - max x) and the maxima, which `tops` wrote, by the sums."""
    on_its_own()
    for i in range(rows):
        row, shift, found = past(x, i * lx), spread(summed[i]), spread(0.0)
        for j in range(0, width, LANES):
            e = exponential(load(row, j) - shift)
            store(row, j, e)
            found = found + e
        summed[i] = total(found)


@compiled
def gelu(x, lx, rows, width, y, ly):
    """y = x Phi(x), then a one; x becomes the derivative.

    Phi(-|x|) is the density times Mills' ratio, a polynomial of degree 9 in 1 / (1 + 0.27 |x|) to 2.4e-8 (ours, by
    least squares).
    """
    on_its_own()
    for i in range(rows):
        for j in range(0, width, LANES):
            v = load(x, i * lx + j)
            t = spread(1.0) / (spread(1.0) + spread(0.27) * magnitude(v))
            m = spread(0.07247902845813159) * t + spread(-0.3164714083862576)
            m = m * t + spread(0.42434389714516235)
            m = m * t + spread(-0.17200040717811785)
            m = m * t + spread(0.2692062565837829)
            m = m * t + spread(0.18108110935402205)
            m = m * t + spread(0.25507206124137427)
            m = m * t + spread(0.2695891798393754)
            m = m * t + spread(0.2700144496520487)
            density = exponential(spread(-0.5) * v * v) * spread(DENSITY)
            beyond = density * m * t
            phi = where_above(v, spread(0.0), spread(1.0) - beyond, beyond)
            store(y, i * ly + j, v * phi)
            store(x, i * lx + j, phi + v * density)
        y[i * ly + width] = 1.0


@compiled
def times(x, lx, rows, width, slope, ls):
    """X *= slope, elementwise."""
    on_its_own()
    for i in range(rows):
        for j in range(0, width, LANES):
            store(x, i * lx + j, load(x, i * lx + j) * load(slope, i * ls + j))


@compiled
def swiglu(x, lx, rows, width, y, ly):
    """y = SiLU(gate) value, then a one; x, which is gate then value, becomes the two derivatives."""
    on_its_own()
    for i in range(rows):
        for j in range(width):
            gate = x[i * lx + j]
            value = x[i * lx + width + j]
            share = 1.0 / (1.0 + math.exp(-gate))
            y[i * ly + j] = gate * share * value
            x[i * lx + j] = value * share * (1.0 + gate * (1.0 - share))
            x[i * lx + width + j] = gate * share
        y[i * ly + width] = 1.0


@compiled
def times_both(x, lx, rows, width, slope, ls):
    """Turn the gradient of SwiGLU's output, in the first columns of x, into that of gate and value."""
    on_its_own()
    for i in range(rows):
        for j in range(width):
            above = x[i * lx + j]
            x[i * lx + j] = above * slope[i * ls + j]
            x[i * lx + width + j] = above * slope[i * ls + width + j]


@compiled
def norm(dims, row, x, rows, hats, inverses, y, ly):
    """y = gain hat + bias, where hat is x less its mean (a layer norm) over its root mean square, both kept."""
    on_its_own()
    lx = dims[at.LX]
    gain, bias, mask = floats(row[at.GAIN_PADDED]), floats(row[at.BIAS_PADDED]), floats(dims[at.MASK])
    width = dims[at.D]
    scale = 1.0 / width
    eps, one = spread(doubles(dims[at.NUMBERS])[at.EPS]), spread(1.0)
    for i in range(rows):
        here = past(x, i * lx)
        summed = spread(0.0)
        if dims[at.CENTRED]:
            for j in range(0, width, LANES):
                summed = summed + load(here, j) * load(mask, j)
        mean = spread(total(summed) * scale)
        squares = spread(0.0)
        for j in range(0, width, LANES):
            v = (load(here, j) - mean) * load(mask, j)
            store(hats, i * lx + j, v)
            squares = squares + v * v
        inverses[i] = total(squares) * scale
    for i in range(0, rows, LANES):  # eight rows at once: roots and quotients take the longest
        store(inverses, i, one / root(load(inverses, i) + eps))
    for i in range(rows):
        factor = spread(inverses[i])
        for j in range(0, width, LANES):
            v = load(hats, i * lx + j) * factor
            store(hats, i * lx + j, v)
            store(y, i * ly + j, v * load(gain, j) + load(bias, j))


@compiled
def norm_back(dims, row, dy, rows, hats, inverses, dx, adds):
    """Add the gradients of gain and bias, and that of x to dx (or write it there)."""
    on_its_own()
    lx = dims[at.LX]
    gain, mask = floats(row[at.GAIN_PADDED]), floats(dims[at.MASK])
    d_gain, d_bias = floats(row[at.GAIN_SUM]), floats(row[at.BIAS_SUM])
    width = dims[at.D]
    scale = 1.0 / width
    centred = 1.0 if dims[at.CENTRED] else 0.0
    for i in range(rows):
        summed, along = spread(0.0), spread(0.0)
        for j in range(0, width, LANES):
            above, hat = load(dy, i * lx + j) * load(mask, j), load(hats, i * lx + j)
            store(d_gain, j, load(d_gain, j) + above * hat)
            store(d_bias, j, load(d_bias, j) + above)
            scaled = above * load(gain, j)
            summed = summed + scaled
            along = along + scaled * hat
        mean, slope = spread(total(summed) * scale * centred), spread(total(along) * scale)
        factor = spread(inverses[i])
        for j in range(0, width, LANES):
            scaled = load(dy, i * lx + j) * load(gain, j)
            v = factor * (scaled - mean - load(hats, i * lx + j) * slope) * load(mask, j)
            if adds:
                v = v + load(dx, i * lx + j)
            store(dx, i * lx + j, v)


@compiled
def head_norm(x, lx, rows, width, gain, factor, eps, hats, inverses):
    """x = factor gain hat, where hat is each row of a head over its root mean square; both are kept."""
    on_its_own()
    for i in range(rows):
        squares = 0.0
        for j in range(width):
            squares += x[i * lx + j] * x[i * lx + j]
        inverse = 1.0 / math.sqrt(squares / width + eps)
        inverses[i] = inverse
        for j in range(width):
            hat = x[i * lx + j] * inverse
            hats[i * lx + j] = hat
            x[i * lx + j] = factor * gain[j] * hat


@compiled
def head_norm_back(dx, lx, rows, width, gain, factor, d_gain, hats, inverses):
    """Add the gradient of the gain, and turn that of the result, in dx, into that of what was normalised."""
    on_its_own()
    for i in range(rows):
        along = 0.0
        for j in range(width):
            above, hat = factor * dx[i * lx + j], hats[i * lx + j]
            d_gain[j] += above * hat
            along += above * gain[j] * hat
        slope, inverse = along / width, inverses[i]
        for j in range(width):
            dx[i * lx + j] = inverse * (factor * dx[i * lx + j] * gain[j] - hats[i * lx + j] * slope)
