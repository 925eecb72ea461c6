"""Measured tables of models: shapes, depths, other architectures, schedules, vocabularies, seeds, speed."""

import numpy as np

from ..results.attempt import UNFIT, Lacking
from .depths import fan, one_layer
from .family_tables import FamilyTables
from .places import losses_by_place
from .powers import power
from .rate_schedules import schedules
from .repeats import MODEL, averaged, same_settings
from .shape_panels import beside, by_horizon, panels
from .sheet import Sheet, rows_of


def shape_panels(evidence: FamilyTables) -> Sheet:
    """Each dimension of the shape at every horizon: how the differences change during training."""
    rows = [
        (tokens, panel.knob, value, shape, n, above)
        for tokens in by_horizon(evidence)
        for panel in panels(evidence, tokens)
        for value, shape, n, above in zip(panel.values, panel.shapes, panel.params, panel.increase, strict=True)
    ]
    about = (
        "Loss above the best of the panel, after a correction for N by L(N); shapes are (layers, width, heads, d_ff)."
    )
    columns = ("tokens", "knob", "value", "shape", "N", "above the best")
    return Sheet("shapes", "Shape at one N", about, columns, tuple(rows))


def depths(evidence: FamilyTables) -> Sheet:
    """Spread with and without embeddings, and the models of one layer."""
    found = fan(evidence)
    rows: list[tuple[str, float | None]] = [
        ("all parameters, two layers and more", found.left),
        ("N, two layers and more", found.right),
        ("all parameters, all depths", found.left_all),
        ("N, one layer and more", found.right_all),
    ]
    try:
        points, line = one_layer(evidence)
        rows += [
            (f"one layer, N = {r['params_nonembedding']:g}: nats off {line.equation}", r["off"])
            for r in rows_of(points)
        ]
    except UNFIT as failure:
        rows.append((f"one layer: needs {failure}", None))
    models = f"{found.models} models of {len(found.depths)} depths from two layers up"
    about = f"Scatter of ln L about one smooth curve, {models}."
    return Sheet("depths", "Depth with and without embeddings", about, ("over", "spread"), tuple(rows))


def lstms(evidence: FamilyTables) -> Sheet:
    """LSTMs beside the Transformers' L(N) at the same horizon."""
    points = averaged(evidence.family("F-LSTM"))
    rows = []
    for r in sorted(rows_of(points), key=lambda r: r["params_nonembedding"]):
        line = power(evidence, beside(evidence, r["tokens"]), "params_nonembedding")
        n = r["params_nonembedding"]
        plain = (line.scale / n) ** line.exponent.value
        early, late, slope = _against(evidence, r)
        rows.append(
            (n, r["n_layer"], r["tokens"], r["loss_nats"], plain, r["loss_nats"] / plain - 1, early, late, slope)
        )
    columns = ("N", "n_layer", "tokens", "loss", "Transformer at N", "above", "ratio to T = 8", "ratio, last quarter",
               "dL / dlnT, last three quarters")  # fmt: skip
    about = "The Transformer's loss is L(N) of F-N at the horizon; ratios by place to the Transformer nearest in N."
    return Sheet("lstm", "LSTM against Transformer", about, columns, tuple(rows))


def _against(evidence: FamilyTables, row: dict) -> tuple[float | None, float | None, float | None]:
    """Ratio of the losses on the first eight places and on the last quarter, and the LSTM's slope in ln T."""
    own = losses_by_place(evidence, row["run_id"])
    sizes = evidence.sizes.take(np.abs(evidence.sizes["tokens"] / row["tokens"] - 1) < 0.01)
    if own is None or not len(sizes):
        return None, None, None
    nearest = sizes["run_id"][np.abs(np.log(sizes["params_nonembedding"] / row["params_nonembedding"])).argmin()]
    other = losses_by_place(evidence, nearest)
    place, loss = own
    if other is None or len(other[0]) != len(place):
        return None, None, None
    ratio, end = loss / other[1], place.max()
    tail = place >= end / 4
    slope = np.polyfit(np.log(place[tail]), loss[tail], 1)[0] if tail.sum() > 2 else None
    return float(ratio[place <= 8].mean()), float(ratio[place > 0.75 * end].mean()), slope


def recurrent(evidence: FamilyTables) -> Sheet:
    """Recurrent Transformers beside plain ones of their N and of their compute."""
    points = averaged(evidence.family("F-UT"))
    rows = []
    for r in rows_of(points):
        line = power(evidence, beside(evidence, r["tokens"]), "params_nonembedding")
        n, e = r["params_nonembedding"], line.exponent.value
        plain, costly = (line.scale / n) ** e, (line.scale / (n * r["reuse"])) ** e
        rows.append(
            (
                n,
                r["reuse"],
                r["sharing"],
                r["loss_nats"],
                plain,
                r["loss_nats"] / plain - 1,
                costly,
                r["loss_nats"] / costly - 1,
            )
        )
    columns = ("N", "reuse", "sharing", "loss", "plain at N", "above", "plain at reuse x N", "above per FLOP")
    about = (
        "Plain losses are L(N) of F-N at the same horizon. In the paper recurrent models are below at equal N, above "
        "at equal compute."
    )
    return Sheet("recurrent", "Recurrent against plain Transformer", about, columns, tuple(sorted(rows)))


def rates(evidence: FamilyTables) -> Sheet:
    """F-LR by schedule."""
    points = schedules(evidence)
    rows = [
        (
            r["lr_schedule"],
            r["lr_sum"],
            r["final_share"],
            "yes" if r["adequate"] else "no",
            r["seeds"],
            r["loss_nats"],
            r["loss_nats"] - points["loss_nats"].min(),
        )
        for r in sorted(rows_of(points), key=lambda r: r["loss_nats"])
    ]
    columns = ("schedule", "summed rate", "last rate / peak", "adequate", "seeds", "loss", "above the best")
    about = "One size, means over seeds, nats."
    return Sheet("schedules", "Schedules of the learning rate", about, columns, tuple(rows))


def spread_of_seeds(evidence: FamilyTables) -> Sheet:
    """Every setting that was trained with several seeds."""
    runs = evidence.runs.take(np.isfinite(evidence.runs["loss_nats"]))
    names = (
        *MODEL,
        "d_model",
        "n_heads",
        "d_ff",
        "tokens",
        "lr_schedule",
        "batch_tokens",
        "lr",
        "dropout",
        "early_stop",
    )
    groups = [runs.take(same) for same in same_settings(runs, names) if len(set(runs["seed"][same].tolist())) > 1]
    if not groups:
        raise Lacking("family F-SEED (no setting with several seeds)")
    rows = [
        (
            str(g["family"][0]),
            g["params_nonembedding"][0],
            g["tokens"][0],
            str(g["lr_schedule"][0]),
            len(g),
            g["loss_nats"].mean(),
            g["loss_nats"].std(ddof=1),
        )
        for g in groups
    ]
    degrees = sum(row[4] - 1 for row in rows)
    pooled = np.sqrt(sum((row[4] - 1) * row[6] ** 2 for row in rows) / degrees)
    about = (
        f"All families; pooled over {len(rows)} settings with {degrees} degrees of freedom the sd is {pooled:.4f} nats."
    )
    columns = ("family", "N", "tokens", "schedule", "seeds", "mean loss", "sd")
    return Sheet("seeds", "Spread from seed to seed", about, columns, tuple(sorted(rows)))


def speed(evidence: FamilyTables) -> Sheet:
    """Spikes, throughput, utilisation and memory by family."""
    runs = evidence.runs
    if not len(runs):
        raise Lacking("any family (0 of at least 1 run present)")
    rows = []
    for name in dict.fromkeys(" ".join(map(str, runs["family"])).split()):
        some = runs.take(np.array([name in str(text).split() for text in runs["family"]]))
        diverged = int((some["outcome"] != "finished").sum())
        medians = [
            float(np.nanmedian(some[c])) if c in some and np.isfinite(some[c]).any() else None
            for c in ("tokens_per_second", "mfu", "peak_memory_bytes")
        ]
        rows.append((name, len(some), diverged, float(np.nansum(some["loss_spikes"])), *medians))
    columns = (
        "family",
        "runs",
        "diverged",
        "loss spikes",
        "tokens / s",
        "model FLOP utilisation",
        "peak memory, bytes",
    )
    return Sheet("speed", "Runs, spikes and speed", "Medians over the runs of a family.", columns, tuple(rows))


def vocabularies(evidence: FamilyTables) -> Sheet:
    """L(N) of F-V beside that of F-N at the same sizes and horizons."""
    other = evidence.runs.take(evidence.of("F-V") & evidence.kept)
    if not len(other):
        raise Lacking("family F-V (0 of at least 3 runs present)")
    at = other["tokens"].max()
    second = averaged(other.take(other["tokens"] == at))
    first = beside(evidence, at)
    first = first.take(np.isin(first["params_nonembedding"], second["params_nonembedding"]))
    rows = []
    for name, points in (("F-N", first), ("F-V", second)):
        line = power(evidence, points, "params_nonembedding")
        e = line.exponent
        rows.append((name, points["n_vocab"][0], len(points), at, e.value, e.low, e.high, line.r2))
    about = (
        "alpha_N at the sizes and the horizon of both; exponents of two vocabularies are comparable, losses are not."
    )
    columns = ("family", "vocabulary", "sizes", "tokens", "alpha_N", "low", "high", "R2")
    return Sheet("vocabularies", "A second vocabulary", about, columns, tuple(rows))


SHEETS = (shape_panels, depths, lstms, recurrent, rates, vocabularies, spread_of_seeds, speed)
