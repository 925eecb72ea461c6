"""fit(law, points) for notebooks: one object with the constants, their intervals, predictions and a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from ..auditing.bearing import bearing_on
from ..auditing.claim_gate import barred
from ..errors import FitError, MisuseError, nearest
from ..fitting.fit import fit as fitted
from ..fitting.fit_record import AUDIT, BARRED, LEFT_OUT, Fit, FitWarning
from ..fitting.fit_text import fit_blocks, left_out_of
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

    It is a `Fit`, and can be used wherever a `Fit` or its `Draws` are expected. The draws are made once, when they are
    first needed; they are ignored when two fits are compared for equality.

    Attributes:
        points: the table that was fitted, including rows that were not used in the fit.
        method, draws_asked, draws_seed, level: how intervals are made; see `draws` and `Draws.interval`.
    """

    points: Points = field(default_factory=lambda: Points({}), repr=False, compare=False)
    method: str = field(default="pairs", compare=False)
    draws_asked: int = field(default=2000, compare=False)
    draws_seed: int = field(default=0, compare=False)
    level: float = field(default=0.95, compare=False)

    @cached_property
    def of_rows(self) -> tuple[FitWarning, ...]:
        """What was left out of the table, and the failed rules of the audit that bear on every number of this fit."""
        left_out = [FitWarning(LEFT_OUT, text) for text in left_out_of(self)]
        return (*left_out, *(FitWarning(AUDIT, line) for line in bearing_on(self, self.points)))

    @property
    def doubts(self) -> tuple[FitWarning, ...]:
        """Warnings for anything computed from this fit: its outcome, its own warnings, and those about its rows."""
        return (*super().doubts, *self.of_rows)

    @cached_property
    def record(self) -> Fit:
        """The fit without the draws, for verbs that take a `Fit`; its warnings hold those on its rows, and its bars."""
        own = {one.name: getattr(self, one.name) for one in fields(Fit)}
        bars = (FitWarning(BARRED, reason) for reason in self.barred)
        return Fit(**own | {"warnings": (*self.warnings, *self.of_rows, *bars)})

    @cached_property
    def draws(self) -> Draws:
        """The draws of this fit, made on first use.

        Raises:
            FitError: there are fewer runs than parameters, or the fits to the resamples have no optimum.
        """
        return draws(self.record, method=self.method, draws=self.draws_asked, seed=self.draws_seed)

    @cached_property
    def constants(self) -> dict[str, Number]:
        """Every parameter of the law by name, each with its interval.

        Raises:
            FitError: no interval can be computed from these points.
        """
        ends = self.draws.interval(self.level)
        held = {name: "fixed" for name in self.fixed} | {name: f"tied to {to}" for name, to in self.tied.items()}
        return {
            name: Number(value, *ends[name], self.level, held.get(name, ""), identified=name not in self.unidentified)
            for name, value in self.values.items()
        }

    def __getattr__(self, name: str) -> Number:
        """Return a constant of the law by its name."""
        values = self.__dict__.get("values", {})
        if name in values:
            return self.constants[name]
        known = f" It has the constants {', '.join(values)}." if values else ""
        raise AttributeError(f"a fit has no {name!r}.{nearest(name, [*values, *dir(type(self))])}{known}")

    def __dir__(self) -> list[str]:
        """List the constants too, so that a notebook can complete their names."""
        return sorted({*super().__dir__(), *self.values})

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a copy or a pickle: the record without the draws, which the seed reproduces."""
        return {one.name: self.__dict__[one.name] for one in fields(self)}

    def mind(self, *own: str) -> tuple[str, ...]:
        """List what the user must know, each once: the outcome of the fit, its warnings, those of its draws, `own`."""
        known = [warning.message for warning in self.draws.warnings if warning.id != BARRED]
        return tuple(dict.fromkeys((*known, *own)))

    @cached_property
    def barred(self) -> tuple[str, ...]:
        """What bars every number of this fit from being claimed, each with what to do; empty if nothing does."""
        return barred([self], self.points, self.columns)

    def predict(
        self,
        *,
        level: float | None = None,
        kind: str = "run",
        anyway: bool = False,
        **inputs: Any,
    ) -> Prediction:
        """Predict at inputs given by letter, numbers or arrays: `fit.predict(N=70e9, D=1.4e12)`.

        Args:
            level: confidence level of the interval; by default that of the fit.
            kind: "run" for one new run, including its noise; "mean" for the law alone.
            anyway: predict although the fit is `barred`.

        Returns:
            value, low and high, reach (compute divided by the largest fitted compute), and the warnings of the fit and
            of the prediction.

        Raises:
            LawError: an input is missing or is not an input of the law, or the law has no finite value there.
            FitError: no claim can rest on this fit (`barred`).
        """
        options: dict[str, Any] = {"kind": kind, "ceiling": ceiling_of(self, self.points), "anyway": anyway}
        made = predicted(self.draws, inputs, level=self.level if level is None else level, **options)
        return replace(made, warnings=self.mind(*made.warnings))

    def plan(
        self, flops: float | None = None, *, level: float | None = None, anyway: bool = False, **options: Any
    ) -> Plan:
        """Turn a budget of FLOPs, or a goal, into sizes, tokens, batch, steps and loss, each with its interval.

        Args:
            options: further options of `scalinglaws.plan`: target_loss, unique_tokens, fixed_params, hardware ...

        Raises:
            MisuseError: the budget is not positive, or the law cannot split a budget.
            FitError: the points do not determine a best size, or no claim can rest on this fit (`barred`).
        """
        given = {
            "anyway": anyway,
            "ceiling": ceiling_of(self, self.points),
            "level": self.level if level is None else level,
            **options,
        }
        made = planned(self.draws, flops, **given)
        return replace(made, warnings=self.mind(*made.warnings))

    def plot(self, ax: Any = None) -> Any:
        """Draw the law and its interval over the points, as the report's figure does; what bars the fit is its title.

        Args:
            ax: matplotlib axes to draw on; by default those of a new pyplot figure.

        Raises:
            MisuseError: there is a figure only for laws of N, of D, of C, and of N and D.
        """
        return draw_fit(results_of(self.draws, self.points, self.level), ax, self.lead())

    def blocks(self) -> list[Block]:
        """Return the text that a command prints, and the notes on the table."""
        try:
            shown = draws_blocks(self.draws, self.level)
        except FitError:
            shown = fit_blocks(self)
        return [*shown, *(f"note: {text}" for text in self.points.notes)]

    def minded(self) -> list[str]:
        """Return the warnings, except those that are part of the text."""
        try:
            minded = self.mind()
        except FitError as failure:
            minded = (f"there are no intervals: {failure}", *(w.message for w in self.doubts))
        in_text = (*self.first_said, *(one for one in self.of_rows if one.id == LEFT_OUT))
        said = (f"{self.law.name}: {self.sentence}", *(one.message for one in in_text))
        return [text for text in minded if text not in said]

    def brief(self) -> dict[str, object]:
        """Return the values of the repr: each constant with its interval."""
        try:
            return super().brief() | self.constants
        except FitError:
            return super().brief()

    def rows(self) -> dict[str, Any]:
        """Return one row per parameter, with its interval."""
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
    every_row: bool = False,
    method: str | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
    starts: Sequence[Mapping[str, float]] = (),
) -> DrawnFit:
    """Fit a law to points; the intervals of its constants are computed when they are first needed.

    Args:
        columns: letter of the law -> column, where it is not the column that the paper uses.
        loss, delta, tau, weights, fix, tie, bounds, priors, cluster, every_row, starts: see
            `scalinglaws.fitting.fit.fit`: the objective, the constraints on the parameters, which rows are resampled
            together, and whether a law of one variable is fitted to all rows.
        method: how intervals are computed: pairs (default; sandwich for laws of whole curves), wild, sandwich, profile
            or posterior; see `scalinglaws.draws`.
        draws: number of draws of the parameters.
        level: confidence level of the intervals.
        seed: seed of the fit's starting points and of the draws.

    Raises:
        PointsError: a column is missing, its values are not valid for the law, or the rows mix definitions.
        MisuseError: an unknown loss, method or parameter name. FitError: no start gives a finite objective.
    """
    law = shelf(law) if isinstance(law, str) else law
    if method is not None and method not in METHODS:
        raise MisuseError(f"no method is called {method!r}.{nearest(method, METHODS)} Known: {', '.join(METHODS)}.")
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must be between 0 and 1, for example 0.95.")
    how: dict[str, Any] = {"columns": columns, "loss": loss, "delta": delta, "tau": tau, "weights": weights}
    how |= {"fix": fix, "tie": tie, "bounds": bounds, "priors": priors, "cluster": cluster, "every_row": every_row}
    found = fitted(law, points, seed=seed, starts=starts, **how)
    usual = "pairs" if law.along is None else "sandwich"  # resampling whole curves takes minutes
    record = {one.name: getattr(found, one.name) for one in fields(found)}
    return DrawnFit(**record, points=points, method=method or usual, draws_asked=draws, draws_seed=seed, level=level)
