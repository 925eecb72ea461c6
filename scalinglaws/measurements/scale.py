"""Measured tables of scale: sizes, trends, curves, the frontier, overfitting."""

from collections.abc import Callable

import numpy as np

from ..results.attempt import Lacking, attempt
from .constants import crossing
from .family_tables import LADDER, LEAST_UPDATES, FamilyTables
from .overfit import collapse, stops, unlimited
from .powers import Power, of_size, settled, trends
from .repeats import averaged
from .sheet import Sheet, cells_of, rows_of, value_of
from .size_curves import predicted_ends, refits


def sizes(evidence: FamilyTables) -> Sheet:
    """Every run of F-N, F-C and F-SEED, seeds averaged, with its distance from L(N)."""
    line = of_size(evidence)
    rows = evidence.of(*LADDER)
    marked = evidence.runs.replace(infinite=evidence.infinite).take(rows)
    points = averaged(marked)
    at = float(evidence.longest["tokens"][0])
    off = np.log(points["loss_nats"]) - line.exponent.value * np.log(line.scale / points["params_nonembedding"])
    table = [
        (
            p["n_layer"], p["d_model"], p["params_nonembedding"], p["params_total"], p["tokens"], p["seeds"],
            p["loss_nats"], off[i] if p["tokens"] == at else None, p["epochs"], p["test_gap_nats"],
            p["excluded_because"] or ("" if p["infinite"] else "its text does not count as unlimited"),
        )
        for i, p in enumerate(rows_of(points))
    ]  # fmt: skip
    columns = ("n_layer", "d_model", "N", "all parameters", "tokens", "seeds", "loss", "ln L off L(N)", "epochs",
               "test - train", "left out")  # fmt: skip
    about = f"Runs of F-N, F-C and F-SEED, means over seeds, losses in nats. L(N): {line.equation}, at {at:.4g} tokens."
    return Sheet("sizes", "Loss by size and horizon", about, columns, tuple(sorted(table, key=lambda r: (r[2], r[4]))))


def straight_lines(evidence: FamilyTables) -> Sheet:
    """The four trends with the alternatives."""
    found = [_measured(name, line) for name, line in trends(evidence).items()]
    if all(row[1] is None for row in found):
        raise Lacking(str(found[0][-1]).removeprefix("not measured: needs "))
    columns = ("trend", "exponent", "low", "high", "points", "decades", "R2", "AIC over the logarithm", "curvature",
               "low", "high", "L_inf", "exponent with floor", "rms ln L", "equation")  # fmt: skip
    about = "Least squares of ln L on ln x; the logarithm is L = b ln(x_0/x), the floor L = L_inf + (x_0/x)^a."
    return Sheet("trends", "Power laws of one variable", about, columns, tuple(found))


def _measured(name: str, line: Callable[[], Power]) -> tuple:
    return attempt(lambda: (name, *_trend(line())), lambda why: (name, *[None] * 13, f"not measured: {why}"))


def _trend(line: Power) -> tuple:
    bend = line.curvature
    return (
        line.exponent.value, line.exponent.low, line.exponent.high, line.points, line.decades,
        line.r2, line.better_by,
        bend and bend.value, bend and bend.low, bend and bend.high, value_of(line.floor),
        value_of(line.floor_exponent), line.rms_log, line.equation,
    )  # fmt: skip


def step_terms(evidence: FamilyTables) -> Sheet:
    """alpha_S and S_c by size, and the losses predicted from the first quarter."""
    ahead = predicted_ends(evidence)
    rows = []
    for one in refits(evidence):
        pairs = [(said, seen) for n, said, seen in ahead if n == one.params]
        said, seen = np.mean(pairs, axis=0) if pairs else (None, None)
        rows.append(
            (
                one.params,
                *cells_of(one.alpha_S),
                one.S_c,
                one.rms_log,
                said,
                seen,
                said and said / seen - 1,
            )
        )
    columns = ("N", "alpha_S", "low", "high", "S_c", "rms ln L", "predicted", "measured", "error")
    about = "The step term refitted to each size with the pooled floor; the last loss predicted from the first quarter "
    about += "of the steps."
    return Sheet("step-terms", "Learning curves by size", about, columns, tuple(rows))


def frontiers(evidence: FamilyTables) -> Sheet:
    """The optima over C and over C_min."""
    rows = []
    for found in (evidence.envelope, evidence.c_min):
        for b in found.budgets:
            batch = found.batch.at(b.flops).value if found.batch else None
            steps = found.steps.at(b.flops).value if found.steps else None
            rows.append((found.method, b.flops, b.params, b.tokens, b.loss_nats, batch, steps, b.sizes, b.reason))
    columns = ("frontier", "FLOPs", "N", "tokens", "loss", "B_crit", "S_min", "sizes", "censored")
    about = "Budgets on a log grid; a censored one is not used for any exponent, and its N is a bound. The tokens of "
    about += "c-min are those of a small batch."
    return Sheet("frontier", "Compute-efficient frontier", about, columns, tuple(rows))


def overfitted(evidence: FamilyTables) -> Sheet:
    """Every run of F-ND, with its place on the common curve."""
    found, points = collapse(evidence), evidence.subsets
    reference = unlimited(points)
    p = found.ratio.value
    rows = []
    for r in rows_of(points):
        least = reference.get(r["params_nonembedding"])
        x = r["params_nonembedding"] ** p / r["dataset_tokens"]
        few = "" if r["epoch_updates"] >= LEAST_UPDATES else f"{r['epoch_updates']:.0f} updates per epoch"
        rows.append(
            (
                r["params_nonembedding"], r["dataset_tokens"], r["loss_nats"], least and r["loss_nats"] / least - 1, x,
                float(found.at(np.array(x))), r["steps"], r["epochs"], "yes" if r["stopped"] else "no",
                r["test_gap_nats"], r["excluded_because"] or few,
            )
        )  # fmt: skip
    columns = ("N", "D", "loss", "excess", "N^p / D", "curve", "steps", "epochs", "stopped early",
               "test - train", "left out")  # fmt: skip
    about = (
        f"Early-stopped losses; excess over the same size on all text; p = {p:.3f}; one curve "
        f"(1 + {found.curve[0]:.3g} x)^{found.curve[1]:.3g} - 1, residual sd {found.sd:.4f} of {len(found.x)} runs."
    )
    return Sheet("overfitting", "Overfitting on one variable", about, columns, tuple(sorted(rows)))


def early_stops(evidence: FamilyTables) -> Sheet:
    """Steps of the lowest test loss beside the bound of eq 5.7."""
    rows = [(s.params, s.data, s.step, s.step_min, s.bound, s.step_min / s.bound) for s in stops(evidence)]
    held = sum(row[-1] >= 1 for row in rows)
    about = "In units of S_min, with the measured B_crit. The bound S_c / [L(N, D) - L(N, inf)]^(1/alpha_S) holds for "
    about += f"{held} of {len(rows)} runs."
    columns = ("N", "D", "step", "S_min", "bound", "S_min / bound")
    return Sheet("early-stopping", "Early stopping against its lower bound", about, columns, tuple(rows))


def contradiction_point(evidence: FamilyTables) -> Sheet:
    """Where the measured laws would contradict each other."""
    rows = [(name, one.value, one.low, one.high) for name, one in crossing(evidence).items()]
    about = "Where L(D(C_min)) would fall below L(C_min): the laws must fail before. Far outside the runs."
    return Sheet(
        "contradiction",
        "Where the laws contradict each other",
        about,
        ("quantity", "value", "low", "high"),
        tuple(rows),
    )


def censoring(evidence: FamilyTables) -> Sheet:
    """The range of the frontiers, and how many of their budgets are censored."""
    rows = []
    for found in (evidence.envelope, evidence.c_min):
        flops = [b.flops for b in settled(found).optima]
        censored = sum(b.censored for b in found.budgets)
        rows.append((found.method, len(found.budgets), censored, min(flops), max(flops)))
    columns = ("frontier", "budgets", "censored", "from FLOPs", "to FLOPs")
    return Sheet(
        "censoring",
        "Budgets behind the exponents",
        "The exponents are from the range given here.",
        columns,
        tuple(rows),
    )


SHEETS = (
    sizes, straight_lines, step_terms, frontiers, censoring, overfitted, early_stops, contradiction_point,
)  # fmt: skip
