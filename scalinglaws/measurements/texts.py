"""Measured tables of text: other texts, places in the context, short contexts."""

from functools import partial

import numpy as np

from ..points.points import Points
from ..records.numbers_in_text import UNIDENTIFIED
from ..results.attempt import UNFIT, Lacking, attempt
from .family_tables import FamilyTables
from .other_texts import FOREIGN, PLACE, exponents, texts, transfer
from .places import losses_by_place
from .repeats import MODEL, averaged, same_settings
from .shape_panels import at_one_size, of_standard_ff, shaped
from .sheet import Sheet, rows_of

LEAST_PLACES = 5
LEAST_DEPTHS = 3
PLACES = ("arch", "N", "n_layer", "context", "tokens", "a", "low", "high", "b", "low", "high", "p", "low", "high",
          "rms nats", "at T = 1", "last")  # fmt: skip


def other_texts(evidence: FamilyTables) -> Sheet:
    """Offset, slope and exponent on each other text."""
    rows = []
    for text in texts(evidence):
        t = transfer(evidence, text)
        alpha = attempt(partial(_alpha, evidence, text), lambda why: (None,) * 4)
        rows.append(
            (
                text,
                t.evaluations,
                t.r,
                t.slope.value,
                t.slope.low,
                t.slope.high,
                t.offset,
                t.drift,
                *alpha,
            )
        )
    correlated = ("text", "evaluations", "r", "slope", "low", "high", "offset", "offset per factor e of N")
    columns = (*correlated, "alpha_N", "low", "high", "over its own")
    about = "Every evaluation after the warm-up; offsets in nats at the longest horizon."
    return Sheet("transfer", "Loss on other texts", about, columns, tuple(rows))


def _alpha(evidence: FamilyTables, text: str) -> tuple[float | None, ...]:
    other, own = exponents(evidence, text)
    return other.value, other.low, other.high, other.value / own.value


def texts_by_depth(evidence: FamilyTables) -> Sheet:
    """Loss on other texts of models of one N and several depths (figure 24)."""
    points = shaped(evidence)
    points = points.take((points["n_layer"] > 0) & of_standard_ff(points))
    points = at_one_size(points) if len(points) else points
    named = [text for text in texts(evidence) if np.isfinite(points[FOREIGN + text]).all()]
    depths, count = np.log(points["n_layer"]), len(np.unique(points["n_layer"]))
    if not named or count < LEAST_DEPTHS:
        raise Lacking(f"family F-SHAPE on other texts ({count} of at least {LEAST_DEPTHS} depths at one N present)")
    gaps = {text: points[FOREIGN + text] - points["loss_nats"] for text in named}
    rows = [
        (
            r["n_layer"],
            r["d_model"],
            r["n_heads"],
            r["params_nonembedding"],
            r["loss_nats"],
            *(g[i] for g in gaps.values()),
        )
        for i, r in enumerate(rows_of(points))
    ]
    drifts = "; ".join(f"{text} {np.polyfit(depths, gap, 1)[0]:+.3f}" for text, gap in gaps.items())
    about = "Models of nearly one N; offsets are the loss on a text minus that on the training text, nats. "
    about += f"Change of the offset per factor e of depth: {drifts}."
    columns = ("n_layer", "d_model", "n_heads", "N", "loss", *(f"offset, {text}" for text in named))
    return Sheet("transfer-depth", "Loss on other texts by depth", about, columns, tuple(sorted(rows)))


def by_place(evidence: FamilyTables) -> Sheet:
    """a + b T^-p of each model at its longest horizon."""
    if not len(evidence.positions) or "position" not in evidence.positions:
        raise Lacking("any family with losses by place (0 of at least 1 run present)")
    runs = evidence.runs.take(
        np.isfinite(evidence.runs["loss_nats"]) & np.isin(evidence.runs["run_id"], evidence.positions["run_id"])
    )
    rows = []
    for same in same_settings(runs, MODEL):
        best = same[runs["tokens"][same].argmax()]
        found = _front(evidence, str(runs["run_id"][best]))
        if found:
            r = {name: runs[name][best] for name in ("arch", "params_nonembedding", "n_layer", "n_ctx", "tokens")}
            rows.append((*(str(v) if name == "arch" else float(v) for name, v in r.items()), *found))
    about = "L(T) = a + b T^-p by least squares of L over all places, from T = 1; the longest run of each model. "
    about += "Intervals treat the places as independent."
    rows.sort(key=lambda row: row[:5])
    return Sheet("positions", "Loss by place in the context", about, PLACES, tuple(rows))


def _front(evidence: FamilyTables, run_id: str) -> tuple | None:
    found_by_place = losses_by_place(evidence, run_id)
    if found_by_place is None or len(found_by_place[0]) < LEAST_PLACES:
        return None
    place, loss = found_by_place
    ends = float(loss[place.argmin()]), float(loss[place.argmax()])
    try:
        found = evidence.fitted("kaplan-position", Points({"position": place, "loss_nats": loss}), loss="ls")
        drawn = evidence.drawn(found)
    except UNFIT:
        return (*(UNIDENTIFIED, None, None) * 3, None, *ends)
    numbers = []
    for name in ("a", "b", "p"):
        one = evidence.parameter(drawn, name)
        numbers += [one.value, one.low, one.high]
    return (*numbers, float(np.sqrt(np.mean(found.residuals**2))), *ends)


def places_along(evidence: FamilyTables) -> Sheet:
    """Loss at each place of the context along the training of the largest Transformer (figure 20, right)."""
    curves = evidence.curves_of("F-N")
    places = sorted(int(name.removeprefix(PLACE)) for name in curves.columns if name.startswith(PLACE))
    if len(curves):
        curves = curves.take(curves["params_nonembedding"] == curves["params_nonembedding"].max())
        places = [place for place in places if np.isfinite(curves[f"{PLACE}{place}"]).any()]
    if not len(curves) or len(places) < LEAST_PLACES:
        raise Lacking(f"family F-N with losses by place along training (0 of at least {LEAST_PLACES} places present)")
    runs, counts = np.unique(curves["run_id"], return_counts=True)
    curves = curves.take(curves["run_id"] == runs[counts.argmax()])
    curves = curves.take(np.argsort(curves["steps"]))
    rows = [(r["steps"], r["loss_nats"], *(r[f"{PLACE}{place}"] for place in places)) for r in rows_of(curves)]
    about = f"N = {curves['params_nonembedding'][0]:,.0f}, at a constant rate, measured on an eighth of the test text."
    columns = ("steps", "loss", *(f"T = {place}" for place in places))
    return Sheet("positions-along", "Loss by place along training", about, columns, tuple(rows))


def short_contexts(evidence: FamilyTables) -> Sheet:
    """Models of a short context beside those of the full one, on the places that both have."""
    short = averaged(evidence.family("F-CTX8"))
    long = evidence.sizes
    rows = []
    for r in rows_of(short):
        near = np.abs(np.log(long["params_nonembedding"] / r["params_nonembedding"])) < 0.02
        near &= np.abs(long["tokens"] / r["tokens"] - 1) < 0.05
        if not near.any():
            continue
        a, b = losses_by_place(evidence, r["run_id"]), losses_by_place(evidence, str(long["run_id"][near][0]))
        if a is None or b is None:
            continue
        other = dict(zip(b[0].tolist(), b[1].tolist(), strict=True))
        rows += [
            (r["params_nonembedding"], r["n_ctx"], t, x, other[t], x - other[t])
            for t, x in zip(*map(np.ndarray.tolist, a), strict=True)
            if t in other
        ]
    if not rows:
        raise Lacking("families F-CTX8 and F-N with losses by place at one horizon")
    about = "Loss at the same place, in nats; a model of short context uses its whole capacity for the first places."
    return Sheet(
        "short-context",
        "Short context against long",
        about,
        ("N", "context", "T", "short", "long", "short - long"),
        tuple(rows),
    )


SHEETS = (other_texts, texts_by_depth, by_place, places_along, short_contexts)
