"""Group B: whether learning rate, batch and optimizer were good at every size."""

from dataclasses import dataclass

import numpy as np

from ..fitting.fit_record import Fit
from ..laws import law
from ..records.numbers_in_text import interval
from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .evidence import SAME, Evidence, Lacking, decades, levels
from .rule import Judgement, by_interval, either, fails, holds, rule

KNOBS = ("lr", "batch_tokens", "weight_decay", "beta2")
LOCAL = np.log(np.sqrt(2))  # an error of ln(rate) that must not matter
SMALL_BATCH, SHORT_MEMORY = 128, 0.95  # sequences; beta2 (Porian et al. 2024)
TIMESCALE_SLOPE = -0.527  # tau_opt ~ (D/N)^m (Bergsma et al. 2025)
TIMESCALE_SPREAD = 4.0
ZHANG_CONTEXT = 512  # tokens of a sequence in Zhang et al. 2024
CERTAIN = 0.99  # share of scanned cells that must be bracketed


@dataclass(frozen=True)
class Scan:
    """Losses over the values of one hyper-parameter, at one size and horizon; the best over the other ones."""

    size: float
    tokens: float
    values: np.ndarray
    losses: np.ndarray

    @property
    def bracketed(self) -> bool:
        """Whether the best value lies between worse ones."""
        return 0 < int(self.losses.argmin()) < len(self.losses) - 1


def scans(e: Evidence, knob: str) -> list[Scan]:
    """Find the cells of one size and horizon that were trained at two values of a hyper-parameter or more."""
    if not e.has(knob):
        return []
    column, found = e.kept[knob], []
    for cell in np.unique(e.cells):
        rows = np.flatnonzero(e.cells == cell)
        values = np.unique(column[rows])
        if len(values) > 1:
            best = np.array([e.loss[rows[column[rows] == v]].min() for v in values])
            found.append(Scan(float(e.size[rows[0]]), float(e.tokens[rows[0]]), values, best))
    return found


def beaten(e: Evidence) -> np.ndarray:
    """Mark the rows that have a higher loss than another row of their size and horizon."""
    least = np.full(e.cells.max() + 1, np.inf)
    np.minimum.at(least, e.cells, e.loss)
    return e.loss > least[e.cells]


@rule(
    "B4",
    "error",
    "Learning rate and batch are the best at every size: runs on both sides of them are worse",
    "Nothing shows that learning rate and batch are the best at every size",
    prevents="a law that describes the tuning and not the models",
    size="tuning moves a from 0.571 to 0.497; 4 configurations show no law where 256 give an accurate one; by "
    "published rules the loss is 0.09% to 0.95% above that of a search",
    source="Porian et al. 2024; Lourie et al. 2026; Li et al. 2025 (Step Law)",
    do="Train each size at learning rates (and batches) a factor 2 below and above the chosen one, until both ends are "
    "worse.",
)
def bracketed(e: Evidence) -> Judgement:
    """Count the cells of one size and horizon, trained at several values, whose best value lies between two worse ones.
    The rule asks for 99% of them, and for a scan at every size. It is a count in this table, without an interval.
    """
    found = {knob: scans(e, knob) for knob in KNOBS}
    if not any(found.values()):
        known = [k for k in KNOBS if e.has(k)]
        here = f"; {', '.join(known)}: one value at each here" if known else ""
        raise Lacking(f"runs at three values of lr, and of batch_tokens, at every size and horizon{here}")
    told = [
        f"{knob} at {len(cells)} of {levels_of_cells(e)} cells, bracketed in {sum(c.bracketed for c in cells)}"
        for knob, cells in found.items()
        if cells
    ]
    shares = [np.mean([c.bracketed for c in cells]) for cells in found.values() if cells]
    sizes = {round(np.log(c.size) / SAME) for cells in found.values() for c in cells}
    return either(bool(min(shares) >= CERTAIN) and len(sizes) >= levels(e.size), f"scanned: {'; '.join(told)}")


def levels_of_cells(e: Evidence) -> int:
    """Count the (size, horizon) cells."""
    return len(np.unique(e.cells))


@rule(
    "B5",
    "warning",
    "A learning rate off by a factor 1.41 costs less than the scatter about the law",
    "A learning rate off by a factor 1.41 costs more than the scatter about the law",
    prevents="a largest model that is tuned worse than the others",
    size="the loss stays within 5% of its range from about half to twice the best batch",
    source="Schaipp et al. 2026",
    do="Scan the learning rate of the largest model in smaller steps.",
)
def flat_optimum(e: Evidence) -> Judgement:
    """Fit a parabola in ln(rate) to the largest scan of three rates or more, and divide the cost of a factor 1.41 off
    its minimum by the scatter of the runs about the fitted law. The interval of this ratio takes the losses of the
    scan to scatter as the runs do.
    """
    usable = [s for s in scans(e, "lr") if len(s.values) >= 3]
    if not usable:
        raise Lacking("three values of lr at one size and horizon")
    largest = max(usable, key=lambda s: (s.size, s.tokens))
    near = np.argsort(largest.losses)[:5]
    best = e.refit(~beaten(e))
    cost = cost_over_scatter(largest.values[near], largest.losses[near], best, e.level)
    told = (
        f"at N = {largest.size:.3g} a rate off by 1.41 costs {cost.value * best.noise:.2%} of the loss; the scatter of "
        f"the best of each cell is {best.noise:.2%}: {interval(cost, '.3g')} times as much"
    )
    if cost.high is not None and cost.high < 0:
        return fails(f"{told}; the losses of this scan have no minimum")
    return by_interval(cost, told, high=1.0)


def cost_over_scatter(values: np.ndarray, losses: np.ndarray, best: Fit, level: float) -> Estimate:
    """Give the cost of a rate off by a factor 1.41, by a parabola in ln(rate), over the scatter of a fit.

    The standard error of the ratio r is (k^2 + r^2 / (2 nu))^0.5, where k is that of the parabola's cost in units of
    the scatter, and nu the degrees of freedom of the fit that gave the scatter.
    """
    along = np.log(values) - np.log(values).mean()
    curvature = np.polyfit(along, np.log(losses), 2)[0]
    design = np.stack([along**2, along, np.ones(len(along))], axis=1)
    k = LOCAL**2 * np.sqrt(np.linalg.inv(design.T @ design)[0, 0])
    ratio, degrees = curvature * LOCAL**2 / max(best.noise, 1e-12), max(best.n_clusters - len(best.free), 1)
    half = t_quantile(level, degrees) * np.sqrt(k**2 + ratio**2 / (2 * degrees))
    return Estimate(float(ratio), float(ratio - half), float(ratio + half), level)


@rule(
    "B6",
    "warning",
    "Every batch lies below the critical batch of two laws",
    "Some batches lie above the critical batch of at least one of two laws",
    prevents="wasted compute that looks like a worse exponent",
    size="definitions of the critical batch differ by a factor 4; training at it takes twice the minimum number of "
    "tokens",
    source="Kaplan et al. 2020; Bergsma et al. 2025; Zhang et al. 2024",
    do="Halve the batch of the rows named, or correct them to C_min (frontier c-min).",
)
def below_critical(e: Evidence) -> Judgement:
    """Compare the batch with B_crit(L) = 2e8 / L^(1/0.21) tokens (Kaplan et al. 2020, eq 5.3: twice the minimum of
    steps and of tokens) and with 93.2 (N/1e6)^0.47 sequences of 512 (Zhang et al. 2024: 20% beyond linear scaling, at D
    = 20 N).
    """
    batch = e.need("batch_tokens")[0]
    by_loss = law("kaplan-bcrit").at(law("kaplan-bcrit").constants, L=e.loss)
    by_size = ZHANG_CONTEXT * 93.20 * (e.size / 1e6) ** 0.47
    over = {"Kaplan": batch / by_loss, "Zhang": batch / by_size}
    told = ", ".join(f"{v.min():.2g} to {v.max():.2g} times B_crit by {n}" for n, v in over.items())
    rows = int(((over["Kaplan"] > 1) | (over["Zhang"] > 1)).sum())
    return either(not rows, f"the batch is {told}" + (f"; above one of them in {rows} rows" if rows else ""))


@rule(
    "B7",
    "warning",
    "beta2 suits the batch, and weight decay suits the horizon",
    "beta2 does not suit the batch, or weight decay does not suit the horizon",
    prevents="instability, or a part of the exponent that comes from the optimizer",
    size="beta2 = 0.95 is too low for batches of 128 sequences or fewer; the best timescale falls as (D/N)^-0.53",
    source="Porian et al. 2024; Bergsma et al. 2025",
    do="Take beta2 = 0.99 at small batches, and a weight decay with which B/(lr weight_decay D) follows (D/N)^-0.53.",
)
def optimizer_memory(e: Evidence) -> Judgement:
    """Look for beta2 of 0.95 or less at 128 sequences or fewer, and for timescales B/(lr weight_decay D) whose
    ratios to (D/N)^-0.527 differ by more than a factor 4 between rows.
    """
    told, wrong = [], []
    if e.has("beta2"):
        sequences = e.need("batch_tokens")[0] / e.need("n_ctx")[0]
        bad = int(((e.kept["beta2"] <= SHORT_MEMORY) & (sequences <= SMALL_BATCH)).sum())
        told.append(f"beta2 from {e.kept['beta2'].min():g} up, batches from {sequences.min():.3g} sequences up")
        wrong += [f"{bad} rows of beta2 <= {SHORT_MEMORY} at {SMALL_BATCH} sequences or fewer"] if bad else []
    if e.has("weight_decay") and e.has("lr") and (e.kept["weight_decay"] > 0).all():
        timescale = e.need("batch_tokens")[0] / (e.kept["lr"] * e.kept["weight_decay"] * e.tokens)
        stray = timescale / (e.tokens / e.size) ** TIMESCALE_SLOPE
        spread = float(stray.max() / stray.min())
        told.append(f"timescales from {timescale.min():.2g} to {timescale.max():.2g} of a run")
        wrong += [f"their ratios to (D/N)^-0.53 differ by a factor {spread:.3g}"] if spread > TIMESCALE_SPREAD else []
    if not told:
        raise Lacking("the columns beta2 with batch_tokens and n_ctx, or weight_decay with lr and batch_tokens")
    return either(not wrong, "; ".join(told + wrong))


@rule(
    "B8",
    "warning",
    "The best learning rate is known at sizes that lie far apart",
    "One learning rate is used at sizes that lie far apart, and nothing shows that it suits them all",
    prevents="a slope that comes from bad tuning",
    size="a rate that was best at 12 layers raised the loss at 20; one recipe diverged at 333 times its compute",
    source="nanochat 2026; Delphi 2026",
    do="Scan the learning rate at the smallest and the largest size, or use a parametrisation that transfers (muP).",
)
def transfer(e: Evidence) -> Judgement:
    """See whether the learning rate was scanned at sizes that differ by a factor 2, and else how it depends on size."""
    if not e.has("lr"):
        raise Lacking("the column lr")
    span = float(e.size.max() / e.size.min())
    scanned = [s for s in scans(e, "lr") if len(s.values) >= 3]
    if scanned and decades(np.array([s.size for s in scanned])) > 0.3:
        best = [float(s.values[s.losses.argmin()]) for s in scanned]
        slope = np.polyfit(np.log([s.size for s in scanned]), np.log(best), 1)[0]
        return holds(f"the rate was scanned at {len(scanned)} cells: the best one goes as N^{slope:.2f}")
    if span > 10 and levels(e.kept["lr"]) == 1:
        return fails(f"one rate, {e.kept['lr'][0]:g}, at all sizes, which span a factor {span:.3g}")
    slope = np.polyfit(np.log(e.size), np.log(e.kept["lr"]), 1)[0] if span > 1.1 else 0.0
    raise Lacking(f"scans of lr at two sizes; the rate goes as N^{slope:.2f} here, and nothing shows that it should")


RULES = (bracketed, flat_optimum, below_critical, optimizer_memory, transfer)
