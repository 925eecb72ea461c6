"""The measured tables as the claims use them: the rows of each family, and the fits that several claims share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import FitError
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..frontiers.budgets import Frontier
from ..frontiers.c_min import adjusted
from ..frontiers.critical_batch import CriticalBatch, critical_batch
from ..frontiers.frontier import frontier
from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from ..uncertainty.draws import draws
from .joining import joined
from .repeats import SeedNoise, averaged, same_settings, seed_noise, without

LEAST = {"F-N": 3, "F-SEED": 3, "F-B": 8, "F-ND": 6, "F-SHAPE": 3, "F-LSTM": 1, "F-UT": 1, "F-LR": 2, "F-CTX8": 1}
MOST_EPOCHS = 4.0  # beyond, text is no longer as good as new
LEAST_UPDATES = 50  # of an epoch: below, the paper's joint law does not fit (section 4.2)
LADDER = ("F-N", "F-C", "F-SEED", "F-OOD")  # families of plain Transformers of several sizes and horizons
NEAR = 0.02  # of the tokens: horizons closer than this are one
EQUAL = 1e-9  # sd of ln L below which seeds do not differ
NEEDED = ("params_nonembedding", "tokens", "steps", "batch_tokens", "flops_6nd", "loss_nats")
COLUMNS = {"params": "params_nonembedding", "tokens": "tokens", "flops": "flops_6nd", "loss": "loss_nats"}


def _usable(table: Points) -> np.ndarray:
    """Mark the rows whose loss is above zero, and in which no number that every test needs is missing."""
    rows = np.ones(len(table), dtype=bool)
    for name in NEEDED:
        if name in table:
            rows &= np.isfinite(table[name])
    return rows & (table["loss_nats"] > 0) if "loss_nats" in table else rows


@dataclass(frozen=True)
class FamilyTables:
    """The three tables of a set of families (`scalinglaws study`): of runs, of evaluations, of places in the context.

    Attributes:
        level, draws, seed: of every interval.
        made: the results that `once` keeps.
    """

    runs: Points = field(repr=False)
    curves: Points = field(repr=False)
    positions: Points = field(repr=False)
    level: float = 0.95
    draws: int = 1000
    seed: int = 0
    made: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        for name in ("runs", "curves", "positions"):  # a claim chooses its rows itself
            table = getattr(self, name)
            table = table.across(*table.columns)
            object.__setattr__(self, name, table.take(_usable(table)) if name == "curves" else table)

    def of(self, *families: str) -> np.ndarray:
        """Mark the finished runs of any of these families."""
        if not len(self.runs) or "family" not in self.runs:
            return np.zeros(len(self.runs), dtype=bool)
        named = np.array([bool({*str(text).split()} & {*families}) for text in self.runs["family"]])
        return named & (self.runs["outcome"] == "finished") & _usable(self.runs)

    def family(self, name: str, least: int | None = None, also: tuple[str, ...] = ()) -> Points:
        """Take the finished runs of a family, those left out of fits too; `also` names families of the same runs.

        Raises:
            Lacking: fewer runs than its claims can be made of.
        """
        least = LEAST[name] if least is None else least
        rows = self.of(name, *also)
        if rows.sum() < least:
            raise Lacking(f"family {name} ({int(rows.sum())} of at least {least} runs present)")
        return self.runs.take(rows)

    @cached_property
    def sigma(self) -> SeedNoise:
        """Pool the seed-to-seed variance over the horizons of F-SEED.

        Raises:
            Lacking: no setting has three seeds.
        """
        return self._noise_of(self.family("F-SEED"))

    def sigma_at(self, tokens: float) -> SeedNoise:
        """Give the seed-to-seed noise of F-SEED at one horizon, where it has that horizon; else over all of them.

        It changes along training: in studies/kaplan-cpu from 0.0066 to 0.0147 nats.
        """
        points = self.family("F-SEED")
        try:
            return self._noise_of(points.take(np.abs(points["tokens"] / tokens - 1) < NEAR))
        except Lacking:
            return self.sigma

    def _noise_of(self, points: Points) -> SeedNoise:
        groups = [
            points["loss_nats"][same]
            for same in same_settings(points, ("params_nonembedding", "n_layer", "tokens", "tokenizer"))
            if len(same) >= LEAST["F-SEED"]
        ]
        if not groups:
            raise Lacking(f"family F-SEED (no setting with {LEAST['F-SEED']} seeds)")
        found = seed_noise(groups, self.level)
        if not found.log > EQUAL:
            raise Lacking("family F-SEED with seeds that differ (all losses of a setting are equal)")
        return found

    @cached_property
    def infinite(self) -> np.ndarray:
        """Mark the runs whose text may count as unlimited.

        At most one epoch, in which no text is seen twice; or at most four, and a gap between test and training loss
        below two standard deviations: of the seed, and of the sampling of the test text, which affects the gap and not
        the differences between runs.
        """
        runs = self.runs
        few, fresh = runs["epochs"] <= MOST_EPOCHS, runs["epochs"] <= 1
        if not self.of("F-SEED").any() or "test_gap_nats" not in runs:
            return few
        try:
            sigma = self.sigma.nats.value
        except Lacking:
            return few
        sem = np.nan_to_num(runs["loss_nats_sem"]) if "loss_nats_sem" in runs else 0.0
        return few & (fresh | ~(runs["test_gap_nats"] > 2 * np.hypot(sigma, sem)))

    @cached_property
    def kept(self) -> np.ndarray:
        """Mark the runs that are not excluded from fits."""
        runs = self.runs
        return runs["excluded_because"] == "" if "excluded_because" in runs else np.ones(len(runs), dtype=bool)

    @cached_property
    def sizes(self) -> Points:
        """Take the Transformers of F-N, F-C and F-SEED that fits may see, on unlimited text, every horizon.

        Raises:
            Lacking: fewer than three sizes.
        """
        rows = self.of(*LADDER) & self.kept
        rows = rows & self.infinite & (self.runs["arch"] == "transformer") if rows.any() else rows
        count = len(np.unique(self.runs["params_nonembedding"][rows])) if rows.any() else 0
        if count < LEAST["F-N"]:
            raise Lacking(f"family F-N ({count} of at least {LEAST['F-N']} sizes present)")
        return self.runs.take(rows)

    @cached_property
    def longest(self) -> Points:
        """Take of `sizes` the longest horizon that every size has, with one row per size: the mean over its seeds."""
        points = self.sizes
        by_size = [
            set(points["tokens"][points["params_nonembedding"] == n]) for n in np.unique(points["params_nonembedding"])
        ]
        shared = set.intersection(*by_size)
        if not shared:
            raise Lacking("family F-N (no horizon that every size has)")
        return averaged(points.take(points["tokens"] == max(shared)))

    @cached_property
    def joined_curves(self) -> Points:
        """The table of evaluations with the columns of their runs (`joining.joined`)."""
        return joined(self.curves, self.runs, self.kept & self.infinite) if len(self.curves) else self.curves

    def curves_of(self, *families: str) -> Points:
        """Take the evaluations of Transformers of these families after their warm-up, up to where the rate decays.

        A run whose rate never is constant (cosine) counts whole, as in the paper.
        """
        curves = self.joined_curves
        if not len(curves) or "family" not in curves:
            return curves.take(np.zeros(len(curves), dtype=bool))
        named = np.array([bool({*str(text).split()} & {*families}) for text in curves["family"]])
        own = curves["run_id"] == curves["lineage"]
        plain = np.array([str(text).split(":")[0] != "wsd" for text in curves["lr_schedule"]])
        phase = (curves["phase"] == "constant") | (plain & (curves["phase"] == "decay"))
        alike = (curves["arch"] == "transformer") & np.isfinite(curves["loss_nats"])
        return curves.take(named & own & phase & alike)

    @cached_property
    def along(self) -> Points:
        """Take the evaluations along the trunks of `sizes`.

        Raises:
            Lacking: fewer than three sizes have them.
        """
        curves = self.curves_of(*LADDER)
        if len(curves):
            curves = curves.take(curves["run_kept"] == 1).replace(
                excluded_because=[""] * int((curves["run_kept"] == 1).sum())
            )
        sizes = len(np.unique(curves["params_nonembedding"])) if len(curves) else 0
        if sizes < LEAST["F-N"]:
            raise Lacking(f"family F-N (curves of {sizes} of at least {LEAST['F-N']} sizes present)")
        return without(curves, "loss_train_nats")

    @cached_property
    def critical(self) -> CriticalBatch:
        """Measure B_crit(L) from the scan of F-B, on the test loss: no text is repeated."""
        self.family("F-B")
        curves = self.curves_of("F-B")
        return critical_batch(
            without(curves, "loss_train_nats"), columns=COLUMNS, draws=self.draws, level=self.level, seed=self.seed
        )

    @cached_property
    def critical_constants(self) -> Mapping[str, float]:
        """B_star and alpha_B as measured.

        Raises:
            Lacking: no law B_crit(L) came out of the scan.
        """
        found = self.critical
        if not found.constants:
            raise Lacking(f"family F-B with a law B_crit(L): {' '.join(found.warnings) or 'none was found'}")
        return found.constants

    @property
    def alpha_B(self) -> Estimate:
        """alpha_B as measured, with its interval; raises what `critical_constants` raises."""
        return self._of_critical(self.critical.alpha_B)

    @property
    def B_star(self) -> Estimate:
        """B_star as measured, with its interval; raises what `critical_constants` raises."""
        return self._of_critical(self.critical.B_star)

    def _of_critical(self, found: Estimate | None) -> Estimate:
        if not self.critical_constants or found is None:
            raise Lacking("family F-B with a law B_crit(L)")
        return found

    @cached_property
    def critical_range(self) -> tuple[float, float]:
        """Lowest and highest loss at which a critical batch was measured."""
        seen = [iso.loss_nats for iso in self.critical.isoquants if not iso.reason]
        return min(seen), max(seen)

    @cached_property
    def least(self) -> Points:
        """Add steps_min, tokens_min and flops_min to `along`, each at the loss of its own row.

        `beyond` marks the losses at which no critical batch was measured.
        """
        points = adjusted(self.along, COLUMNS, self.critical_constants)
        low, high = self.critical_range
        return points.replace(beyond=(points["loss_nats"] < low) | (points["loss_nats"] > high))

    @cached_property
    def envelope(self) -> Frontier:
        """Find the frontier at the batch that was trained, C = 6 N D."""
        return self.frontier("envelope", self.along, COLUMNS)

    @cached_property
    def c_min(self) -> Frontier:
        """Find the frontier over C_min with the measured B_crit(L)."""
        return self.frontier("c-min", self.along, COLUMNS, self.critical_constants)

    def frontier(
        self, method: str, points: Points, columns: Mapping[str, str], critical: Mapping[str, float] | None = None
    ) -> Frontier:
        """Find the best model at each compute, by a method that draws lines through them."""
        how: dict[str, Any] = {"draws": self.draws, "level": self.level, "seed": self.seed}
        found = frontier(method, points, columns=columns, critical=critical, **how)
        assert isinstance(found, Frontier)  # critical-batch alone gives another record
        return found

    @cached_property
    def steps_law(self) -> Draws:
        """Fit L(N, S_min) to all evaluations after the warm-up, whole lineages as clusters."""
        found = self.fitted("kaplan-ns", self.least, columns={"S": "steps_min"}, cluster="lineage", seed=self.seed)
        return self.drawn(found)

    @cached_property
    def subsets(self) -> Points:
        """Take the runs of F-ND with `dataset_tokens`, the text that they could draw on, and the updates per epoch.

        Raises:
            Lacking: the family is not there.
        """
        points = self.family("F-ND", also=("F-D",))
        held = np.rint(points["tokens"] / points["epochs"])
        full = points["subset_tokens"] == 0
        return points.replace(
            dataset_tokens=held,
            whole=full,
            epoch_updates=held / points["batch_tokens"],
            stopped=points["last_step"] < points["planned_steps"],
        )

    @cached_property
    def limited(self) -> Points:
        """Take of `subsets` the rows that the joint law is fitted to: epochs of at least fifty updates."""
        points = self.subsets
        points = points.take((points["epoch_updates"] >= LEAST_UPDATES) & (points["excluded_because"] == ""))
        count = len(points)
        if count < LEAST["F-ND"]:
            raise Lacking(
                f"family F-ND ({count} of at least {LEAST['F-ND']} runs with {LEAST_UPDATES} updates per epoch present)"
            )
        return points

    @cached_property
    def data_law(self) -> Draws:
        """Fit L(N, D), early stopped, to `limited`."""
        found = self.fitted("kaplan-nd", self.limited, columns={"D": "dataset_tokens"}, seed=self.seed)
        return self.drawn(found)

    @staticmethod
    def fitted(law: str, points: Points, **how) -> Fit:
        """Fit a law as `fit` does; what its points do not identify is not a measurement.

        Raises:
            FitError: the fit did not end at an optimum: it is at a bound, leaves an exponent undetermined, or did not
                converge.
        """
        found = fit(law, points, **how)
        if found.outcome != "converged":
            raise FitError(f"law {law!r} is not identified: {found.sentence}")
        return found

    def drawn(self, found: Fit) -> Draws:
        """Draw from a fit by the cluster sandwich with t quantiles: the choice for few runs."""
        return draws(found, method="sandwich", draws=self.draws, seed=self.seed)

    def estimate(self, value: float, drawn: np.ndarray) -> Estimate:
        """Put the quantiles of draws around a value."""
        drawn = np.asarray(drawn)[np.isfinite(drawn)]
        if not len(drawn):
            return Estimate(float(value), level=self.level)
        low, high = np.quantile(drawn, [(1 - self.level) / 2, (1 + self.level) / 2])
        return Estimate(float(value), float(low), float(high), self.level)

    def parameter(self, drawn: Draws, name: str) -> Estimate:
        """Return one constant of a fitted law with its interval."""
        low, high = drawn.interval(self.level)[name]
        return Estimate(float(drawn.fit.values[name]), float(low), float(high), self.level)
