"""The corrections between Kaplan's exponent and Hoffmann's, applied one after another as far as the table allows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..results.attempt import attempt
from ..results.audited import WaterfallStep
from ..results.fitted import Estimate
from .evidence import SAME, Evidence, Lacking
from .exponent_readings import Read, RowsRead, by_plain_surface, by_surface, reading_of
from .protocol import LONG_WARMUP, MATCHED, warmup_shares
from .tuning import beaten, scans

PAIRED = 0.5  # share of the cells trained badly that were trained well too, from which the two kinds are compared
WINDOW = 1 / 3  # of the range of ln C, dropped at the low end


@dataclass(frozen=True)
class Protocol:
    """One way in which runs can be trained badly.

    Attributes:
        offends: marks the rows that were trained so; `paired` where the same cells were also trained well.
        needs: which columns are missing; empty where they are present.
    """

    name: str
    told: str
    offends: np.ndarray
    paired: bool = False
    needs: str = ""


def waterfall(e: Evidence) -> tuple[WaterfallStep, ...]:
    """Give the exponent a of N_opt ~ C^a after every correction, and by how much each moves it.

    The corrections lead from Kaplan's protocol to Hoffmann's: N counts the head, C counts the head, the warm-up is
    short, the learning rate decays with the run, rates are tuned at each size, small computes are left out, a surface
    is fitted, and it has a constant term. A step whose columns are missing names them and changes nothing. Where the
    same sizes and horizons were trained both badly and well, the two kinds are compared; else the bad rows are left
    out.
    """
    return attempt(lambda: _steps(e), lambda why: (WaterfallStep("as Kaplan counted", None, None, 0, why),))


def _steps(e: Evidence) -> tuple[WaterfallStep, ...]:
    first, second = _counts(e)
    stages = list(_stages(e, first, second))
    read = reading_of([reading for _, reading, _ in stages if isinstance(reading, RowsRead)])
    steps: list[WaterfallStep] = []
    before: Estimate | None = None
    last: RowsRead | None = None
    for name, reading, told in stages:
        step = _step(name, reading, told, read, before)
        steps.append(step)
        if step.exponent is not None and isinstance(reading, RowsRead):
            before, last = step.exponent, reading
    return (*steps, *(_forms(last, before, read) if last is not None and before is not None else ()))


def _step(name: str, reading: RowsRead | str, told: str, read: Read, before: Estimate | None) -> WaterfallStep:
    if isinstance(reading, str):
        return WaterfallStep(name, None, None, 0, f"needs {reading}")
    rows = len(reading.size)

    def read_off() -> WaterfallStep:
        found, how = read(reading)
        moved = None if before is None else found.value - before.value
        return WaterfallStep(name, found, moved, rows, f"{told}; {how}")

    return attempt(read_off, lambda why: WaterfallStep(name, None, None, rows, why))


def _counts(e: Evidence) -> tuple[tuple[str, np.ndarray], tuple[str, np.ndarray] | None]:
    """Give Kaplan's count of N and the count with the head, each with its name; a row may have only one of them."""
    without = _column(e, "params_nonembedding")
    whole = _column(e, "params_with_head")
    label = "params_with_head"
    if whole is None:
        whole, label = _column(e, "params_total"), "params_total"
    if without is None:
        return (e.size_name, e.size), None
    return ("params_nonembedding", without), (None if whole is None else (label, whole))


def _column(e: Evidence, name: str) -> np.ndarray | None:
    if name in e.kept and np.isfinite(e.kept[name]).any():
        return e.kept[name]
    try:
        return e.need(name)[0]
    except Lacking:
        return None


def _stages(e: Evidence, first, second) -> Iterator[tuple[str, RowsRead | str, str]]:
    """Give the stages in order: a name, the rows with their counts (or what is missing), and what was done."""
    tokens, loss = e.tokens, e.loss
    name, size = first
    if second is None:
        start = "as the table counts N" if name != "params_nonembedding" else "as Kaplan counted N"
    else:
        start = "as Kaplan counted N and C"
    protocols = [_warmup(e), _decay(e), _tuning(e)]
    judged = second[1] if second else size
    protocols = [replace(p, paired=_is_paired(p, judged, tokens)) for p in protocols]

    def at(n, c, corrected: int) -> RowsRead:
        rows = np.isfinite(n) & np.isfinite(c)
        for i, p in enumerate(protocols):
            if i < corrected:
                rows &= ~p.offends
            elif p.paired:
                rows &= p.offends
        return RowsRead(n[rows], tokens[rows], c[rows], loss[rows], e.runs[rows])

    yield start, at(size, 6 * size * tokens, 0), f"N = {name}, C = 6 N D"
    needs = "n_layer, d_model and n_vocab, or params_with_head beside params_nonembedding"
    if second is not None:
        both = np.isfinite(second[1]) & np.isfinite(size)
        told = f"N = {second[0]}, C as before"
        needed = "the same runs under both counts of N"
        yield "head counted in N", at(second[1], 6 * size * tokens, 0) if both.any() else needed, told
        size = second[1]
        yield "head counted in C", at(size, 6 * size * tokens, 0), f"N = {second[0]}, C = 6 N D"
    else:
        yield "head counted in N", needs, ""
        yield "head counted in C", needs, ""
    for i, p in enumerate(protocols):
        yield p.name, p.needs or at(size, 6 * size * tokens, i + 1), p.told
    yield (
        "small computes dropped",
        _windowed(at(size, 6 * size * tokens, 3)),
        f"the lowest {WINDOW:.0%} of ln C dropped",
    )


def _windowed(reading: RowsRead) -> RowsRead:
    logs = np.log(reading.flops)
    return reading.take(logs >= logs.min() + WINDOW * np.ptp(logs)) if len(logs) else reading


def _is_paired(p: Protocol, size: np.ndarray, tokens: np.ndarray) -> bool:
    """Whether half or more of the cells that were trained badly were also trained well."""
    if p.needs or not p.paired:
        return False
    known = np.isfinite(size)
    keys = np.array([f"{n:.0f} {d:.0f}" for n, d in zip(np.log(size) / SAME, np.log(tokens) / SAME, strict=True)])
    bad, good = set(keys[known & p.offends]), set(keys[known & ~p.offends])
    return bool(bad) and len(bad & good) >= PAIRED * len(bad)


def _warmup(e: Evidence) -> Protocol:
    told = f"runs whose warm-up takes over {LONG_WARMUP:.0%} left out"
    try:
        return Protocol("warm-up is short", told, warmup_shares(e) > LONG_WARMUP, paired=True)
    except Lacking as lack:
        return Protocol("warm-up is short", told, np.zeros(len(e.kept), dtype=bool), needs=str(lack))


def _decay(e: Evidence) -> Protocol:
    name, told = "decay matches the run", f"runs planned over {MATCHED:g} times their length left out"
    try:
        planned, steps = e.need("planned_steps", "steps")
        return Protocol(name, told, planned / steps > MATCHED, paired=True)
    except Lacking as lack:
        return Protocol(name, told, np.zeros(len(e.kept), dtype=bool), needs=str(lack))


def _tuning(e: Evidence) -> Protocol:
    """Mark the runs that are recorded as not tuned, or else all but the best of every cell that was scanned."""
    name = "rates tuned at every size"
    if e.has("tuned"):
        return Protocol(name, "runs of untuned rates left out", e.kept["tuned"] == 0, paired=True)
    nothing = np.zeros(len(e.kept), dtype=bool)
    try:
        if not scans(e, "lr") and not scans(e, "batch_tokens"):
            return Protocol(name, "", nothing, needs="the column tuned, or runs at several lr of one size and horizon")
        return Protocol(name, "the best run of every size and horizon kept", beaten(e))
    except Lacking as lack:
        return Protocol(name, "", nothing, needs=str(lack))


def _by_sandwich(reading: RowsRead, constant: bool) -> tuple[Estimate, str]:
    return by_surface(reading, constant), "by the sandwich"


def _forms(reading: RowsRead, before: Estimate, read: Read) -> tuple[WaterfallStep, ...]:
    """Give the last steps: the fitted surface in place of the optima of slices, and its constant term."""
    plain = read is by_plain_surface
    told = "additive law with E"
    chosen = [("a constant term" if plain else "method: the fitted surface", told, True)]
    chosen += (
        [] if plain else [("without its constant term", "additive law without E: what Kaplan's form lacks", False)]
    )
    steps = []
    for name, how, constant in chosen:
        step = _step(name, reading, how, partial(_by_sandwich, constant=constant), before)
        steps.append(step)
        if step.exponent is None:
            break
        before = step.exponent
    return tuple(steps)
