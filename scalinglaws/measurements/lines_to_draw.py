"""The fitted lines that the paper's figures show, as arrays with their intervals, by name."""

from collections.abc import Callable, Mapping

import numpy as np

from ..laws.kaplan2020.efficient import excess_compute, excess_steps, least_size_ratio
from ..laws.kaplan2020.loss import critical_batch
from ..results.attempt import attempt
from ..results.fitted import Band
from ..uncertainty.drawn import Draws
from ..uncertainty.interval_ends import t_quantile
from .constants import crossing
from .family_tables import FamilyTables
from .overfit import collapse
from .powers import Power, largest_subsets, logarithm_through, of_compute, of_data, of_size, settled

PLACES = 60  # points of a line
BEYOND = 3.0  # lines extend by this factor beyond the points that they were fitted to
FARTHEST = 1e45  # FLOPs; no line is drawn to more

Lines = dict[str, tuple[Band, ...]]


def lines_to_draw(evidence: FamilyTables) -> tuple[Lines, Mapping[str, str]]:
    """Evaluate every line that these tables determine.

    Returns:
        name -> lines, one per size, amount of data or loss where the name has several; name -> why there is none.
    """
    found: Lines = {}
    missing: dict[str, str] = {}
    for name, make in MAKERS.items():
        made = attempt(lambda make=make: make(evidence), lambda why, name=name: missing.update({name: why}))  # type: ignore[misc]
        if made:
            found[name] = made
    return found, missing


def _grid(values: np.ndarray, beyond: float = BEYOND) -> np.ndarray:
    return np.geomspace(values.min() / beyond, values.max() * beyond, PLACES)


def _band(x: np.ndarray, y: np.ndarray, ends: tuple | None, fitted: np.ndarray, names: tuple[str, str], **more) -> Band:
    """Put arrays into a record; `names` are the quantity of x and the law."""
    low, high = ((None,) * len(x),) * 2 if ends is None else (tuple(map(float, end)) for end in ends)
    span = float(np.min(fitted)), float(np.max(fitted))
    more = {"text": "", **more}
    return Band(names[0], tuple(map(float, x)), tuple(map(float, y)), low, high, names[1], fitted_to=span, **more)


def _power(evidence: FamilyTables, line: Power, values: np.ndarray) -> tuple[Band, ...]:
    """Draw a power law: its interval is that of a straight line in logarithms, by the exponent's own interval."""
    x = _grid(values)
    off = np.log(x) - line.middle[0]
    y = line.middle[1] - line.exponent.value * off
    of_level = t_quantile(evidence.level, max(line.separate - 2, 1)) * line.rms_log / np.sqrt(line.separate)
    low, high = line.exponent.ends
    up = np.where(off > 0, line.exponent.value - low, high - line.exponent.value) * np.abs(off)
    down = np.where(off > 0, high - line.exponent.value, line.exponent.value - low) * np.abs(off)
    ends = np.exp(y - np.hypot(of_level, down)), np.exp(y + np.hypot(of_level, up))
    more = {"text": line.equation, "level": evidence.level}
    return (_band(x, np.exp(y), ends, values, (line.column, "power"), **more),)


def _of_optima(evidence: FamilyTables, least: bool) -> tuple[Band, ...]:
    found = settled(evidence.c_min if least else evidence.envelope)
    return _power(evidence, of_compute(evidence, least=least), np.array([b.flops for b in found.optima]))


def _frontier(evidence: FamilyTables, least: bool) -> tuple[Band, ...]:
    found = evidence.c_min if least else evidence.envelope
    settled(found)
    return found.found().bands


def _logarithm(evidence: FamilyTables) -> tuple[Band, ...]:
    """L = b ln(x_0 / N), the rival of the power law (figure 23)."""
    n, loss = evidence.longest["params_nonembedding"], evidence.longest["loss_nats"]
    level, slope, _ = logarithm_through(np.log(n), np.log(loss))
    x = _grid(n)
    y = level + slope * (np.log(x) - np.log(n).mean())
    scale = np.exp(np.log(n).mean() - level / slope)
    keep = y > 0
    text = f"L = {-slope:.3g} ln({scale:.3g} / N)"
    return (_band(x[keep], y[keep], None, n, ("params_nonembedding", "logarithm"), text=text),)


def _drawn(evidence: FamilyTables, law: Draws, x: np.ndarray, fitted: np.ndarray, names: tuple, inputs: dict, **more):
    """Evaluate a fitted law and its draws along one input."""
    drawn = law.evaluate(**inputs)
    tails = (1 - evidence.level) / 2, (1 + evidence.level) / 2
    with np.errstate(all="ignore"):
        ends = tuple(np.nanquantile(drawn, tails, axis=0))
    return _band(x, law.fit.evaluate(**inputs), ends, fitted, names, level=evidence.level, **more)


def _by_data(evidence: FamilyTables) -> tuple[Band, ...]:
    """L(N, D) against D, a line per size (eq 1.5; figure 4 left)."""
    points, law = evidence.limited, evidence.data_law
    x = _grid(points["dataset_tokens"])
    return tuple(
        _drawn(
            evidence, law, x, points["dataset_tokens"], ("tokens_unique", "kaplan-nd"),
            {"N": np.full(PLACES, n), "D": x},
            colour_value=float(n), label=f"N = {n:,.0f}",
        )
        for n in np.unique(points["params_nonembedding"])
    )  # fmt: skip


def _by_size(evidence: FamilyTables) -> tuple[Band, ...]:
    """L(N, D) against N, a line per amount of text (figure 9 left)."""
    points, law = evidence.limited, evidence.data_law
    x = _grid(points["params_nonembedding"])
    return tuple(
        _drawn(
            evidence, law, x, points["params_nonembedding"], ("params_nonembedding", "kaplan-nd"),
            {"N": x, "D": np.full(PLACES, d)}, colour_value=float(d), label=f"D = {d:,.0f}",
        )
        for d in np.unique(points["dataset_tokens"])
    )  # fmt: skip


def _overfitting(evidence: FamilyTables) -> tuple[Band, ...]:
    """The one curve of the excess loss (eq 4.3; figure 9 right)."""
    found = collapse(evidence)
    x = _grid(found.x, 1.5)
    text = f"(1 + {found.curve[0]:.3g} x)^{found.curve[1]:.3g} - 1"
    return (_band(x, found.at(x), None, found.x, ("", "collapse"), text=text),)


def _by_steps(evidence: FamilyTables) -> tuple[Band, ...]:
    """L(N, S_min) against S_min, a line per size (eq 1.6; figure 4 right)."""
    points, law = evidence.least, evidence.steps_law
    bands = []
    for n in np.unique(points["params_nonembedding"]):
        seen = points["steps_min"][points["params_nonembedding"] == n]
        x = _grid(seen, 1.5)
        inputs = {"N": np.full(PLACES, n), "S": x}
        more = {"colour_value": float(n), "label": f"N = {n:,.0f}"}
        bands.append(_drawn(evidence, law, x, seen, ("steps", "kaplan-ns"), inputs, **more))
    return tuple(bands)


def _at_steps(evidence: FamilyTables) -> tuple[Band, ...]:
    """L(N, S_min) against N, a line per number of steps (figure 11 right)."""
    points, law = evidence.least, evidence.steps_law
    x = _grid(points["params_nonembedding"], 2.0)
    return tuple(
        _drawn(
            evidence, law, x, points["params_nonembedding"], ("params_nonembedding", "kaplan-ns"),
            {"N": x, "S": np.full(PLACES, s)}, colour_value=float(s), label=f"S_min = {s:,.0f}",
        )
        for s in slices(points["steps_min"])
    )  # fmt: skip


def slices(values: np.ndarray, count: int = 5) -> np.ndarray:
    """Choose values at which curves are cut: even in logarithm, inside the range of all of them."""
    low, high = np.log(np.quantile(values, [0.15, 0.95]))
    return np.exp(np.linspace(low, high, count))


def _batches(evidence: FamilyTables) -> tuple[Band, ...]:
    """B_crit(L) (eq 5.3; figure 10)."""
    low, high = evidence.critical_range
    x = np.geomspace(low / 1.3, high * 1.3, PLACES)
    k = evidence.critical_constants
    text = f"B_crit = {k['B_star']:.3g} L^-{1 / k['alpha_B']:.3g}"
    y = critical_batch(x, **k)
    return (_band(x, y, None, np.array([low, high]), ("loss_nats", "B_crit"), text=text, y_quantity="batch_tokens"),)


def _excess(evidence: FamilyTables, make: Callable) -> tuple[Band, ...]:
    """Compute or steps off the best size (eq B.16, B.17; figure 12), with the interval of alpha_N and alpha_S."""
    law = evidence.steps_law
    k = {name: law.fit.values[name] for name in ("alpha_N", "alpha_S")}
    x = np.geomspace(max(float(least_size_ratio(k)) * 1.02, 0.05), 30.0, 2 * PLACES)
    names = list(law.names)
    drawn = {name: law.values[:, names.index(name), None] for name in k}
    tails = (1 - evidence.level) / 2, (1 + evidence.level) / 2
    with np.errstate(all="ignore"):
        cloud = make(x, **drawn)
        ends = tuple(np.quantile(np.where(np.isfinite(cloud), cloud, np.inf), tails, axis=0, method="nearest"))
    return (_band(x, make(x, **k), ends, x, ("", "by the law"), level=evidence.level),)


def _until_contradiction(evidence: FamilyTables, of_data_needed: bool) -> tuple[Band, ...]:
    """L(C_min), or L(D) at the D that C_min allows, from the runs to beyond where they cross (figure 15)."""
    found, line = settled(evidence.c_min), of_data(evidence)
    seen = np.array([b.flops for b in found.optima])
    meet = crossing(evidence)["flops"].value
    far = float(np.clip(meet * 1e3, seen.max() * 1e3, FARTHEST))
    x = np.geomspace(seen.min(), far, PLACES)
    if not of_data_needed:
        read = [found.loss.at(float(c)) for c in x]
        y, ends = [one.value for one in read], ([one.ends[0] for one in read], [one.ends[1] for one in read])
        text = f"L(C_min), exponent {-found.loss.exponent.value:.3f}"
        return (_band(x, np.array(y), ends, seen, ("flops", "L(C_min)"), text=text, level=evidence.level),)
    tokens = 2 * np.array([found.tokens.at(float(c)).value for c in x])
    y = np.exp(line.middle[1] - line.exponent.value * (np.log(tokens) - line.middle[0]))
    return (_band(x, y, None, seen, ("flops", "L(D)"), text="L(D) at D = 2 C_min / (6 N)"),)


MAKERS: dict[str, Callable[[FamilyTables], tuple[Band, ...]]] = {
    "L(N)": lambda e: _power(e, of_size(e), e.longest["params_nonembedding"]),
    "L(D)": lambda e: _power(e, of_data(e), largest_subsets(e)["dataset_tokens"]),
    "L(C)": lambda e: _of_optima(e, least=False),
    "L(C_min)": lambda e: _of_optima(e, least=True),
    "logarithm": _logarithm,
    "frontier": lambda e: _frontier(e, least=False),
    "frontier, C_min": lambda e: _frontier(e, least=True),
    "L(N,D) of D": _by_data,
    "L(N,D) of N": _by_size,
    "overfitting": _overfitting,
    "L(N,S) of S": _by_steps,
    "L(N,S) of N": _at_steps,
    "B_crit(L)": _batches,
    "excess compute": lambda e: _excess(e, excess_compute),
    "excess steps": lambda e: _excess(e, excess_steps),
    "L(C_min), far": lambda e: _until_contradiction(e, of_data_needed=False),
    "L(D(C_min)), far": lambda e: _until_contradiction(e, of_data_needed=True),
}
