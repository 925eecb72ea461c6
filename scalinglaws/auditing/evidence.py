"""What the rules of the audit use: a table, the claims made from it, and the fits that several rules share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import FitError, PointsError
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..points.convert import convert
from ..points.points import Points
from ..points.which_rows import detected_runs
from ..quantities import QUANTITIES, playing
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from ..results.study_results import Recommendation
from ..results.tested import HeldOutTest
from ..uncertainty.drawn import Draws
from ..uncertainty.draws import draws

ALIKE = 1e-3  # of ln N and ln D: closer settings are repeats of one another
SAME = 0.02  # sizes and horizons closer than this, in logs, are one
FEW_DRAWS = 400
MOST_VALUES = 500_000  # of draws times rows at once: bounds the memory
FAINT = 1e-4  # share of the loss; a term that exceeds it at no point is absent
SURFACE = "chinchilla"  # the law that the rules fit: additive, with a constant term


@dataclass(frozen=True)
class Evidence:
    """A table of runs and what is claimed from it.

    Attributes:
        columns: letter -> column: which count of N, and of C, the study uses.
        held_out: a prediction made before its runs; plans: budgets turned into advice.
        printed: constants of law `printed_law` as a source prints them.
        borrowed: name of a published law whose constants are used as they are.
        target: letter -> value: where a forecast is wanted, as C or as N and D.
        withheld: constants of the additive law that are reported as not identified, without a value.
    """

    points: Points
    columns: Mapping[str, str] = field(default_factory=dict)
    held_out: HeldOutTest | None = None
    plans: tuple[Recommendation, ...] = ()
    printed: Mapping[str, float] = field(default_factory=dict)
    printed_law: str = SURFACE
    borrowed: str = ""
    target: Mapping[str, float] = field(default_factory=dict)
    level: float = 0.95
    seed: int = 0
    withheld: tuple[str, ...] = ()
    memo: dict = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, make: Callable[["Evidence"], Any]) -> Any:
        """Make once what several rules use."""
        if name not in self.memo:
            self.memo[name] = make(self)
        return self.memo[name]

    @cached_property
    def kept(self) -> Points:
        """The rows that take part: no rule applies to one whose size, tokens or loss is 0 (without layers N = 0)."""
        rows = self.points.kept
        size = self.columns.get("N") or next((n for n in ("params_total", *playing("params")) if n in rows), "")
        spoken = [rows[n] for n in (size, "tokens", self.columns.get("L") or "loss_nats") if n in rows]
        return rows.take(~np.logical_or.reduce([column <= 0 for column in spoken])) if spoken else rows

    @property
    def nothings(self) -> int:
        """How many rows have a size, tokens or loss of 0."""
        return len(self.points.kept) - len(self.kept)

    def has(self, name: str) -> bool:
        """Whether a column is present and filled in every row that takes part."""
        if name not in self.kept or not len(self.kept):
            return False
        column = self.kept[name]
        return bool((column != "").all() if column.dtype.kind == "U" else np.isfinite(column).all())

    def need(self, *names: str) -> tuple[np.ndarray, ...]:
        """Take columns of the rows that take part, computed from other columns where they are missing.

        Raises:
            Lacking: columns are missing; the message names them.
        """
        columns = {name: self._own_or_derived(name) for name in names}
        found = {name: column for name, column in columns.items() if column is not None}
        missing = [name for name in columns if name not in found]
        if missing:
            raise Lacking(f"the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
        return tuple(found.values())

    def one_of(self, *names: str) -> str:
        """Give the first of several columns that is present.

        Raises:
            Lacking: none is present.
        """
        for name in names:
            if self.has(name):
                return name
        raise Lacking(f"a column {' or '.join(dict.fromkeys(names))}, filled in every row")

    def _own_or_derived(self, name: str) -> np.ndarray | None:
        if self.has(name):
            return self.kept[name]
        try:
            return np.asarray(convert(self.known, name))
        except PointsError:
            return None

    @cached_property
    def known(self) -> Points:
        """The rows that take part, in the columns whose meaning is known."""
        return Points({name: column for name, column in self.kept.columns.items() if name in QUANTITIES})

    @cached_property
    def size_name(self) -> str:
        """The column of N: which count of parameters the study uses."""
        if "N" in self.columns:
            return self.columns["N"]
        return self.one_of("params_total", *playing("params"))

    @cached_property
    def loss_name(self) -> str:
        """The column of the loss."""
        return self.columns.get("L") or self.one_of(*playing("loss"))

    @property
    def size(self) -> np.ndarray:
        """N of every row that takes part."""
        return self.need(self.size_name)[0]

    @property
    def tokens(self) -> np.ndarray:
        """D of every row that takes part."""
        return self.need("tokens")[0]

    @cached_property
    def flops(self) -> np.ndarray:
        """C of every row that takes part: as the table counts it, else 6 N D."""
        name = self.flops_name
        return self.kept[name] if name else 6 * self.size * self.tokens

    @cached_property
    def flops_name(self) -> str:
        """The column of C: which count of compute the study uses; empty for 6 N D."""
        return next((n for n in (self.columns.get("C", ""), "flops", *playing("flops")) if n and self.has(n)), "")

    @property
    def loss(self) -> np.ndarray:
        """Loss of every row that takes part."""
        return self.need(self.loss_name)[0]

    @cached_property
    def runs(self) -> np.ndarray:
        """The run that every row belongs to, detected where the table does not name it."""
        if self.has("run_id"):
            return self.kept["run_id"]
        return detected_runs(self.kept)

    @cached_property
    def cells(self) -> np.ndarray:
        """For every row the number of its cell: rows of one cell have equal size and tokens, to 2%."""
        pairs = np.stack([np.round(np.log(self.size) / SAME), np.round(np.log(self.tokens) / SAME)], axis=1)
        return np.unique(pairs, axis=0, return_inverse=True)[1].ravel()

    @cached_property
    def cluster(self) -> str:
        """The column of rows that depend on one another: lineages where they are known, else runs."""
        return "lineage" if self.has("lineage") else "run_id"

    def fitted(self, points: Points | None = None, law: str = SURFACE, **options) -> Fit:
        """Fit a law of N and D to some of the rows, in the counts that this study uses."""
        columns = {"N": self.size_name, "D": "tokens", "L": self.loss_name} | dict(options.pop("columns", {}))
        points = self.base if points is None else points
        points = points.across(*points.columns)  # rule A5 judges what is mixed
        how: dict[str, Any] = {"cluster": self.cluster, "seed": self.seed} | options
        return fit(law, points, columns=columns, **how)

    @cached_property
    def base(self) -> Points:
        """The rows that take part, with size and tokens computed where they are missing."""
        return self.kept.replace(**{self.size_name: self.size, "tokens": self.tokens})

    @cached_property
    def _fit(self) -> Fit | Exception:
        try:
            return self.fitted()
        except (FitError, PointsError) as failure:
            return failure

    @property
    def fit(self) -> Fit:
        """The additive law fitted to all rows that take part.

        Raises:
            FitError, PointsError: it cannot be fitted.
        """
        if isinstance(self._fit, Exception):
            raise self._fit
        return self._fit

    @cached_property
    def draws(self) -> Draws:
        """The uncertainty of this fit, by the sandwich."""
        return draws(self.fit, method="sandwich", draws=FEW_DRAWS, seed=self.seed)

    def refit(self, rows: np.ndarray, **options) -> Fit:
        """Fit to some of the rows that take part."""
        return self.fitted(self.base.take(rows), **options)

    @cached_property
    def exponent(self) -> Estimate:
        """The exponent a of N_opt ~ C^a by the additive law, with its interval."""
        return exponent_of(self.draws, self.level)


def split_exponent(values: Mapping[str, float]) -> float:
    """Give a = beta/(alpha + beta) of the additive law (Hoffmann et al. 2022, eq 4)."""
    return float(values["beta"] / (values["alpha"] + values["beta"]))


def optimal_scale(found: Fit) -> float:
    """Give G of N_opt = G (C/6)^a of the additive law (Hoffmann et al. 2022, eq 4).

    Raises:
        Lacking: a term vanishes, so that no size between the extremes is best.
    """
    v = {name: np.asarray(value, dtype=float) for name, value in found.values.items()}
    terms = [v["A"] * found.inputs["N"] ** -v["alpha"], v["B"] * found.inputs["D"] ** -v["beta"]]
    if not all((term / found.target).max() > FAINT for term in terms):
        raise Lacking("a fitted law with a term in N and one in D: one of them vanishes, and no N is optimal")
    return float(optimal_size(v, 6.0))


def optimal_size(v: Mapping[str, np.ndarray], flops: float) -> np.ndarray:
    """Give N_opt = G (C/6)^a of the additive law for each set of its constants (Hoffmann et al. 2022, eq 4)."""
    together = v["alpha"] + v["beta"]
    return (v["alpha"] * v["A"] / (v["beta"] * v["B"])) ** (1 / together) * (flops / 6) ** (v["beta"] / together)


def exponent_of(drawn: Draws, level: float) -> Estimate:
    """Give a = beta/(alpha + beta) with its interval from draws."""
    alpha, beta = (drawn.values[:, drawn.names.index(name)] for name in ("alpha", "beta"))
    low, high = np.quantile(beta / (alpha + beta), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(split_exponent(drawn.fit.values), float(low), float(high), level)


def over_draws(e: Evidence, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """Give a function of the fitted constants with its interval over the draws.

    Draws at which it has no value count as far below and far above all others.

    Args:
        statistic: coordinates of constants, (rows, free) -> (rows,).
    """
    coordinates = e.fit.problem.coordinates
    z = coordinates.coordinates({name: e.draws.values[:, i] for i, name in enumerate(e.draws.names)})
    blocks = np.array_split(z, max(1, len(z) * e.fit.n // MOST_VALUES))
    at_fit, *drawn = (statistic(rows) for rows in (e.fit.z[None], *blocks))
    value, column = float(at_fit[0]), np.concatenate(drawn)
    tails = {(1 - e.level) / 2: -np.inf, (1 + e.level) / 2: np.inf}
    low, high = (np.quantile(np.nan_to_num(column, nan=no), p, method="inverted_cdf") for p, no in tails.items())
    return Estimate(value, min(float(low), value), max(float(high), value), e.level)


def levels(values: np.ndarray, apart: float = SAME) -> int:
    """Count the different levels of a positive column: those more than `apart` from the next, in logs."""
    ordered = np.sort(np.log(values))
    return int((np.diff(ordered) > apart).sum()) + 1 if len(ordered) else 0


def decades(values: np.ndarray) -> float:
    """Give the number of decades that a positive column spans."""
    return float(np.log10(values.max() / values.min()))


def replicates(e: Evidence) -> np.ndarray:
    """Give every row the number of its setting; rows that differ in nothing but the seed share one."""
    knobs = [n for n in ("lr", "batch_tokens", "weight_decay", "beta2", "tokens_unique", "warmup_steps") if e.has(n)]
    text = [n for n in ("train_set", "arm", "lr_schedule", "loss_split", "tuned") if e.has(n)]
    place = [np.round(np.log(column) / ALIKE).astype(int).astype(str) for column in (e.size, e.tokens)]
    keys = [*place, *(e.kept[n].astype(str) for n in (*knobs, *text))]
    return np.unique(np.array(["|".join(k) for k in zip(*keys, strict=True)]), return_inverse=True)[1].ravel()
