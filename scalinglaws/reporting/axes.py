"""Axes with units: logarithmic scales with readable ticks, losses in nats, compute in FLOPs and PF-days."""

import math
import re
from collections.abc import Iterable, Sequence
from functools import cache

from ..quantities import PF_DAY, QUANTITIES
from ..records.numbers_in_text import power_of_ten, powers

_LABELS = {
    "params_nonembedding": "non-embedding parameters N (parameters)",
    "params_nonembedding_exact": "non-embedding parameters N, as built (parameters)",
    "params_with_head": "parameters N with output head (parameters)",
    "params_total": "all parameters N (parameters)",
    "tokens": "training tokens D (tokens)",
    "tokens_unique": "unique training tokens U (tokens)",
    "steps": "optimizer steps S (steps)",
    "flops": "training compute C (FLOPs)",
    "flops_6nd": "training compute C = 6ND (FLOPs)",
    "flops_exact": "training compute C, every matrix product (FLOPs)",
    "flops_6nd_total": "training compute C = 6ND, all parameters (FLOPs)",
    "lr": "peak learning rate",
    "loss_nats": "test loss L (nats per token)",
}
_GREEK = ("alpha", "beta", "gamma", "delta", "kappa", "lambda", "sigma")
_KNOWN = {*_GREEK, "log", "exp", "ln", "min", "opt", "inf", "crit"}
EXTREME = 300 * math.log(10)  # no axis goes beyond these powers of ten: a float ends soon after
_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


def label_of(quantity: str) -> str:
    """Return the label of a quantity on an axis, with its unit."""
    if quantity in _LABELS:
        return _LABELS[quantity]
    known = QUANTITIES.get(quantity)
    return f"{quantity.replace('_', ' ')} ({known.unit})" if known and known.unit else quantity.replace("_", " ")


def logarithmic(axes, which: str, values: Iterable[float], *, headroom: float = 0.0) -> None:
    """Make the x or y axis logarithmic, wide enough for the values, with readable ticks.

    `headroom` is the fraction of the axis that is left free above the highest value.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    values = [value for value in values if math.isfinite(value) and value > 0]
    low, high = limits(values, headroom=headroom)
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    axis = getattr(axes, f"{which}axis")
    major, minor = ticks(low, high) if values else ([], [])
    axis.set_major_locator(FixedLocator(major))
    axis.set_minor_locator(FixedLocator(minor))
    powers = low >= 1 and high >= 1e4
    axis.set_major_formatter(FuncFormatter(lambda value, _place: tick_text(value, powers=powers)))
    axis.set_minor_formatter(NullFormatter())


def limits(values: Sequence[float], margin: float = 0.06, *, headroom: float = 0.0) -> tuple[float, float]:
    """Return the minimum and maximum of positive values, widened by a fraction of their distance on a log scale.

    Both limits stay within the range of a float.
    """
    if not values:
        return 1.0, 10.0 ** (1 / (1 - headroom))
    low, high = math.log(min(values)), math.log(max(values))
    pad = max((high - low) * margin, 0.02)
    low, high = low - pad, high + pad
    high += (high - low) * headroom / (1 - headroom)
    return math.exp(max(low, -EXTREME)), math.exp(min(high, EXTREME))


def ticks(low: float, high: float) -> tuple[list[float], list[float]]:
    """Place major and minor ticks between two positive limits of a log axis."""
    decades = math.log10(high) - math.log10(low)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if decades >= 2:
        stride = max(1, math.ceil(decades / 6))
        every = [10.0**k for k in range(first, last + 1)]
        major = [value for k, value in zip(range(first, last + 1), every, strict=True) if k % stride == 0]
        minor = [m * value for value in every for m in range(2, 10)] if stride == 1 else every
    elif decades >= 0.45:
        steps = (
            (1.0, 2.0, 5.0)
            if decades > 1.1 or high > 1e3
            else (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
            if decades > 0.75
            else _NICE
        )
        major = [m * 10.0**k for k in range(first, last + 1) for m in steps]
        minor = [m * 10.0**k for k in range(first, last + 1) for m in range(1, 10)]
    else:
        major, minor = _even_ticks(low, high), []
    inside = [value for value in major if low <= value <= high]
    return inside, [value for value in minor if low <= value <= high and value not in inside]


def _even_ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(m * unit for m in (1, 2, 2.5, 5, 10) if m * unit >= rough)
    return [round(k * step, 12) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def tick_text(value: float, *, powers: bool = False) -> str:
    """Write a tick: plain from 0.01 to 1000, else (or always, with `powers`) as a power of ten."""
    if 0.01 <= value < 1e3 and not powers:
        return f"{value:.6g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = f"{value / 10.0**exponent:.3g}"
    return power_of_ten(exponent) if mantissa == "1" else f"{mantissa}×{power_of_ten(exponent)}"


def add_pf_days(axes) -> None:
    """Add a second compute axis on top, in PF-days (8.64e19 FLOPs)."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    top = axes.secondary_xaxis("top", functions=(lambda flops: flops / PF_DAY, lambda days: days * PF_DAY))
    low, high = (end / PF_DAY for end in axes.get_xlim())
    top.set_xlabel("compute (PF-days)")
    top.xaxis.set_major_locator(FixedLocator(ticks(low, high)[0] if len(axes.get_xticks()) else []))
    top.xaxis.set_minor_locator(NullLocator())
    top.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: tick_text(value)))
    top.spines["top"].set_visible(True)


def plain(text: str) -> str:
    """Escape a user's text so that it is shown unchanged: a dollar sign in it does not begin a formula."""
    return text.replace("$", r"\$")


@cache
def _can_be_set(formula: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(formula)
    except ValueError:
        return False
    return True


def equation(text: str) -> str:
    """Typeset a plain-text formula as mathematics, with its constants as numbers; prose is left unchanged.

    "L(N) = (N_c / N)^alpha_N; N_c = 3.1e6, alpha_N = 0.071" becomes L = (3.1 x 10^6 / N)^0.071, typeset.
    """
    words = [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in _KNOWN]
    if words or not text or "$" in text:
        return plain(powers(text))
    formula, _, constants = text.partition(";")
    values = dict(re.findall(r"(\w+) = ([-+]?[\d.]+(?:e[-+]?\d+)?)", constants))
    formula = re.sub(r"^(\w+)\([^()]*\)(?= =)", r"\1", formula)
    formula = re.sub(r"(?<![\w.])[A-Za-z]\w*", lambda name: _three_digits(values.get(name[0], name[0])), formula)
    typeset = "$" + _typeset(formula) + "$"
    return typeset if _can_be_set(typeset) else plain(text)


def _three_digits(word: str) -> str:
    return f"{float(word):.3g}" if word[-1:].isdigit() and word[0] in "+-.0123456789" else word


def _typeset(formula: str) -> str:
    maths = re.sub(r"(\d)e([+-]?)0*(\d+)", lambda m: rf"{m[1]}\times10^{{{m[2].strip('+')}{m[3]}}}", formula)
    maths = re.sub(r"\^\(([^()]*)\)|\^(-?[\w.]+)", lambda m: f"^{{{m[1] or m[2]}}}", maths)
    maths = re.sub(r"_(\w{2,})", lambda m: rf"_{{\mathrm{{{m[1]}}}}}", maths)
    maths = re.sub(rf"\b({'|'.join(_GREEK)}|log|exp|ln|min)", r"\\\1 ", maths)
    return maths.replace("*", r"\,").replace("%", r"\%")
