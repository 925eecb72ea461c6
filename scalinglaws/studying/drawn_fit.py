"""fit(law, points) as a notebook wants it: one object with the constants, their intervals, predictions and a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from ..errors import FitError, MisuseError, nearest
from ..fitting.fit import fit as fitted
from ..fitting.fit_record import Fit
from ..fitting.fit_text import fit_blocks
from ..laws import Law
from ..laws import law as shelf
from ..planning.plan import plan as planned
from ..planning.planned import Plan
from ..points.points import Points
from ..predicting.ceiling import ceiling_of
from ..predicting.predict import Prediction
from ..predicting.predict import predict as predicted
from ..records.arguments import checked
from ..records.text_blocks import Block
from ..reporting.figure_of_fit import draw_fit
from ..uncertainty.drawn import Draws
from ..uncertainty.draws import METHODS, draws
from ..uncertainty.draws_text import draws_blocks
from ..uncertainty.number import Number
from .line_of_fit import results_of


@dataclass(frozen=True, repr=False, eq=False)
class DrawnFit(Fit):
    """A fit with its draws: its constants are attributes (`fit.alpha`), each a `Number` with its interval.

    It is a `Fit`, and whatever takes a `Fit` or its `Draws` takes it. The draws are made when they are first needed,
    and once; they take no part in equality.

    Attributes:
        points: the table that was fitted, with the rows that took no part.
        method, draws_asked, draws_seed, level: how intervals are made, as `draws` and `Draws.interval` take them.
    """

    points: Points = field(default_factory=lambda: Points({}), repr=False, compare=False)
    method: str = field(default="pairs", compare=False)
    draws_asked: int = field(default=2000, compare=False)
    draws_seed: int = field(default=0, compare=False)
    level: float = field(default=0.95, compare=False)

    @cached_property
    def record(self) -> Fit:
        """The fit alone, as verbs that take a fit are given it."""
        return Fit(**{one.name: getattr(self, one.name) for one in fields(Fit)})

    @cached_property
    def draws(self) -> Draws:
        """The draws of this fit, made on first use.

        Raises:
            FitError: fewer runs than parameters, or the resamples have no optimum.
        """
        return draws(self.record, method=self.method, draws=self.draws_asked, seed=self.draws_seed)

    @cached_property
    def constants(self) -> dict[str, Number]:
        """Every parameter of the law by name, each with its interval.

        Raises:
            FitError: the points allow no interval.
        """
        ends = self.draws.interval(self.level)
        held = {name: "fixed" for name in self.fixed} | {name: f"tied to {to}" for name, to in self.tied.items()}
        return {
            name: Number(value, *ends[name], self.level, held.get(name, ""), identified=name not in self.unidentified)
            for name, value in self.values.items()
        }

    def __getattr__(self, name: str) -> Number:
        """Give a constant of the law by its name."""
        values = self.__dict__.get("values", {})
        if name in values:
            return self.constants[name]
        known = f" It has the constants {', '.join(values)}." if values else ""
        raise AttributeError(f"a fit has no {name!r}.{nearest(name, [*values, *dir(type(self))])}{known}")

    def __dir__(self) -> list[str]:
        """List the constants too, so that a notebook completes them."""
        return sorted({*super().__dir__(), *self.values})

    def __getstate__(self) -> dict[str, Any]:
        """Give what a copy or a pickle holds: the record, without the draws, which the seed makes again."""
        return {one.name: self.__dict__[one.name] for one in fields(self)}

    def mind(self, *own: str) -> tuple[str, ...]:
        """List once what a reader must know: how the fit ended, its warnings, those of its draws, and `own`."""
        return tuple(dict.fromkeys((*(warning.message for warning in self.draws.warnings), *own)))

    def predict(
        self, *, level: float | None = None, kind: str = "run", calibration: float = 1.0, **inputs: Any
    ) -> Prediction:
        """Predict at inputs given by letter, numbers or arrays: `fit.predict(N=70e9, D=1.4e12)`.

        Args:
            level: of the interval; by default that of the fit.
            kind: "run": one new run, its noise included; "mean": the law alone.
            calibration: factor on the half-width of the interval, as `calibration` measures it on larger runs.

        Returns:
            value, low and high, reach (compute over the largest compute fitted), and the warnings of fit and forecast.

        Raises:
            LawError: an input is missing, is not one of the law's, or the law gives no number there.
        """
        options = {"kind": kind, "calibration": calibration, "ceiling": ceiling_of(self, self.points)}
        made = predicted(self.draws, inputs, level=self.level if level is None else level, **options)
        return replace(made, warnings=self.mind(*made.warnings))

    def plan(self, flops: float, *, level: float | None = None, **options: Any) -> Plan:
        """Turn a budget of FLOPs into sizes, tokens, batch, steps and loss, each with its interval.

        Args:
            options: as `scalinglaws.plan` takes them: unique_tokens, fixed_params, building, hardware ...

        Raises:
            MisuseError: a budget that is not positive, or a law that cannot split one.
            FitError: the points do not determine a best size.
        """
        given = {"ceiling": ceiling_of(self, self.points), "level": self.level if level is None else level, **options}
        made = planned(self.draws, flops, **given)
        return replace(made, warnings=self.mind(*made.warnings))

    def plot(self, ax: Any = None) -> Any:
        """Draw the law and its interval over the points, as the report's figure does.

        Args:
            ax: matplotlib axes to draw on; a new figure of pyplot without them.

        Raises:
            MisuseError: a law of other inputs than N, D or C, or one of N and D, has no such figure.
        """
        return draw_fit(results_of(self.draws, self.points, self.level), ax)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it, and what looked wrong in the table."""
        try:
            shown = draws_blocks(self.draws, self.level)
        except FitError:
            shown = fit_blocks(self)
        return [*shown, *(f"note: {text}" for text in self.points.notes)]

    def minded(self) -> list[str]:
        """Give what a reader must mind, but for how the fit ended, which the text says."""
        try:
            minded = self.mind()
        except FitError as failure:
            minded = (f"there are no intervals: {failure}", *(w.message for w in self.doubts))
        return [text for text in minded if text != f"{self.law.name}: {self.sentence}"]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr: each constant with its interval."""
        try:
            return super().brief() | self.constants
        except FitError:
            return super().brief()

    def rows(self) -> dict[str, Any]:
        """Give a row a parameter, with the interval."""
        shown = self.constants.values()
        return super().rows() | {"low": [one.low for one in shown], "high": [one.high for one in shown]}


@checked
def fit(
    law: Law | str,
    points: Points,
    *,
    columns: Mapping[str, str] | None = None,
    loss: str = "huber",
    delta: float | str = "auto",
    tau: float = 0.5,
    weights: str | None = None,
    fix: Mapping[str, float] | None = None,
    tie: Mapping[str, str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    priors: Mapping[str, tuple[float, float]] | None = None,
    cluster: str | None = None,
    method: str | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    starts: Sequence[Mapping[str, float]] = (),
) -> DrawnFit:
    """Fit a law to points, and keep how its intervals are to be made.

    Args:
        columns: letter of the law -> column, where another than the paper's own column is meant.
        loss, delta, tau, weights, fix, tie, bounds, priors, cluster, starts: as `scalinglaws.fitting.fit.fit` takes
            them: what is minimised, what is held, and what is resampled together.
        method: of the intervals: pairs (default; the sandwich for laws of whole curves), wild, sandwich, profile or
            posterior, as `scalinglaws.draws` takes it.
        draws: how many sets of parameters are drawn.
        level: confidence level of the intervals.
        seed: of the fit's starts and of the draws.

    Raises:
        PointsError: a column is missing, its values cannot say what the law asks, or the rows mix definitions.
        MisuseError: an unknown loss, method or parameter name. FitError: no start gives a finite objective.
    """
    law = shelf(law) if isinstance(law, str) else law
    if method is not None and method not in METHODS:
        raise MisuseError(f"no method is called {method!r}.{nearest(method, METHODS)} Known: {', '.join(METHODS)}.")
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1: 0.95, say.")
    named = {"fix": fix, "tie": tie, "bounds": bounds, "priors": priors, "cluster": cluster, "starts": starts}
    how = {"columns": columns, "loss": loss, "delta": delta, "tau": tau, "weights": weights, "seed": seed}
    found = fitted(law, points, **how, **named)
    usual = "pairs" if law.along is None else "sandwich"  # resampling whole curves takes minutes
    record = {one.name: getattr(found, one.name) for one in fields(found)}
    return DrawnFit(**record, points=points, method=method or usual, draws_asked=draws, draws_seed=seed, level=level)
