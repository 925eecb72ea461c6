"""Points x targets -> Forecast: the default prediction, which takes no law on trust."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import LawError, MisuseError, nearest
from ..points.letters_said import letters_said
from ..points.points import Points
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .above_floor import above_floor
from .band import ends
from .ceiling import PER_TOKEN
from .far_off import far_off
from .forecast_draws import DrawnForecast, draws_of
from .forecast_points import Seen, seen_of
from .forecast_text import cautions, forecast_lines
from .mixture import Posterior
from .prediction_text import targets
from .prior import Prior, read_prior, vague_prior

KINDS = ("run", "mean")
WIDER = 3.0  # factor on the prior's standard deviations by which a forecast is asked how much it rests on them
UNDETERMINED, LEANING = 1.75, 1.3  # ratios of the standard deviation with the wider prior to the usual one
TARGET_LIMIT = 1e100


@dataclass(frozen=True, eq=False, repr=False)
class Forecast(PublicRecord):
    """A forecast at targets: one entry per target, plain numbers for a single target.

    Attributes:
        value: nan where the runs do not determine it; `low` and `high`: the interval at `level`, which the field prior
            closes there.
        determined: whether these runs determine the forecast: its standard deviation grows by less than 75% where the
            prior's are three times as wide.
        field_share: the share of the variance that the prior answers for, from 0 (the runs alone) to 1.
        reach: the target's compute over the largest fitted compute; `tested`: the reach on which the band was measured.
        inside_domain: whether the target lies within the range of the points, in every input.
        informative: whether the interval is narrower than the range of the fitted losses.
        kind: "run": one new run, including its noise. "mean": without it.
        noise: standard deviation of ln(loss) from run to run, at the largest compute.
        discrepancy: standard deviation of ln(loss) by which the truth differs from the law.
        prior: its name, "field", "none" or a file; `n`: how many points were used.
        columns: letter -> column.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    determined: np.ndarray | bool
    field_share: np.ndarray | float
    reach: np.ndarray
    inside_domain: np.ndarray | bool
    informative: np.ndarray | bool
    kind: str
    noise: float
    discrepancy: float
    prior: str
    tested: float
    n: int
    columns: Mapping[str, str] = field(repr=False)
    at: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()
    predicts: str = "loss"
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give one line per target with what the forecast rests on, and what its letters count."""
        return [*forecast_lines(self), letters_said(self.columns)]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        one = np.size(self.low) == 1
        shown = {name: float(getattr(self, name)) if one else getattr(self, name) for name in ("value", "low", "high")}
        return {
            "at": targets(self)[0] if one else f"{np.size(self.low)} targets",
            **shown,
            "determined": bool(np.all(self.determined)),
            "level": self.level,
            "prior": self.prior,
            "warnings": len(self.warnings),
        }

    def rows(self) -> dict[str, Any]:
        """Give one row per target: its inputs by letter, and the forecast."""
        names = ("value", "low", "high", "determined", "field_share", "reach", "inside_domain", "informative")
        columns = {**self.at, **{name: getattr(self, name) for name in names}}
        return {name: np.broadcast_to(column, np.shape(self.low)).ravel() for name, column in columns.items()}


@dataclass(frozen=True)
class Forecaster:
    """A posterior made once, for any number of targets; `forecast` makes one and asks it.

    Attributes:
        ceiling: the largest possible loss, ln of the vocabulary; floor: the smallest, the entropy of the text. None
            where they are not known.
    """

    posterior: Posterior
    prior: Prior
    seen: Seen
    ceiling: float | None = None
    floor: float | None = None
    points: Points = field(default_factory=lambda: Points({}), repr=False)

    @property
    def name(self) -> str:
        """What a plan or a page calls it, in the place of a law."""
        return f"forecast (prior: {self.prior.name})"

    @property
    def fingerprint(self) -> str:
        """The hash of the sizes, tokens and losses that take part, for whoever asks what a forecast was made from."""
        kept = self.points.kept
        return Points({name: kept[name] for name in self.seen.columns.values() if name in kept}).fingerprint

    def draws(self, draws: int = 2000, seed: int = 0) -> DrawnForecast:
        """Draw whole surfaces, for plans; see `draws_of`.

        Raises:
            PointsError: the points cannot support the law by themselves.
        """
        made = self.__dict__.setdefault("_draws", {})  # drawing fits the law: the plans of many budgets share the draws
        if (draws, seed) not in made:
            made[draws, seed] = draws_of(self.posterior, self.points, self.seen.columns, draws, seed)
        drawn: DrawnForecast = made[draws, seed]
        return drawn

    def ask(self, at: Mapping[str, float | np.ndarray], *, level: float = 0.95, kind: str = "run") -> Forecast:
        """Forecast at inputs by letter, numbers or arrays.

        Raises:
            LawError: an input is missing or unknown, or not a positive number. MisuseError: kind or level.
        """
        _check(level, kind)
        inputs = _checked_inputs(self.seen.letters, at)
        shape = np.broadcast_shapes(*(column.shape for column in inputs.values()))
        x = np.column_stack([np.broadcast_to(np.log(column), shape).ravel() for column in inputs.values()])
        mean, sd, low, high = self.band(x, level, kind)
        wide = self.posterior.at(x, wider=WIDER)[1]
        ratio = wide / np.maximum(sd, 1e-300)
        determined = (ratio < UNDETERMINED) | (wide < 2 * self.posterior.noise)
        observed = self.posterior.seen
        reach = np.exp(self.seen.compute(x) - observed.compute.max())
        within = ((x >= observed.x.min(axis=0)) & (x <= observed.x.max(axis=0))).all(axis=1)
        spread = np.ptp(observed.y) + 4 * self.posterior.noise
        value = np.where(determined, np.exp(mean), np.nan)
        share = (1 - 1 / ratio**2) / (1 - 1 / WIDER**2)
        parts = [value, low, high, determined, np.clip(share, 0, 1), reach, within, np.log(high / low) <= spread]
        value, low, high, determined, share, reach, within, told = (part.reshape(shape)[()] for part in parts)
        made = Forecast(
            value,
            low,
            high,
            level,
            determined,
            share,
            reach,
            within,
            told,
            kind,
            self.posterior.noise,
            self.posterior.amplitude,
            self.prior.name,
            self.prior.tested,
            len(observed.y),
            self.seen.columns,
            inputs,
        )
        said = cautions(made, float(np.exp(observed.y[np.argmax(observed.compute)])))
        object.__setattr__(made, "warnings", (*self.seen.warnings, *said))
        return made

    def band(self, x: np.ndarray, level: float, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Give mean and standard deviation of ln(loss), and the ends of the interval of the loss, at logarithms x."""
        mean, sd = self.posterior.at(x)
        noise = self.posterior.noise if kind == "run" else 0.0
        low, high = ends(self.posterior, x, self.prior.band, level, noise)
        low, high = np.exp(np.minimum(low, mean)), np.exp(np.clip(high, mean, np.log(TARGET_LIMIT)))
        if self.ceiling is not None:  # no model need be worse than a uniform guess
            down = np.maximum(mean - np.log(self.ceiling), 0.0)
            mean, low, high = mean - down, low * np.exp(-down), np.minimum(high, self.ceiling)
        if self.floor is not None:
            mean, *limits = above_floor(mean, np.log(low), np.log(high), np.log(self.floor), level)
            low, high = np.exp(limits)
        return mean, sd, low, high


def forecaster(points: Points, *, prior: str | Prior = "field", columns: Mapping[str, str] | None = None) -> Forecaster:
    """Make the posterior of `forecast`, to ask it many times."""
    known = prior if isinstance(prior, Prior) else vague_prior() if prior == "none" else read_prior(prior)
    seen = seen_of(points, columns)
    made = seen.posterior(known)
    far = far_off(made, seen.runs)
    seen = replace(seen, warnings=(*seen.warnings, *far), odd=(*seen.odd, *far))
    return Forecaster(made, known, seen, _ceiling(points, seen.columns["L"]), points=points)


def _ceiling(points: Points, column: str) -> float | None:
    if column not in PER_TOKEN or "n_vocab" not in points:
        return None
    sizes = points.kept["n_vocab"]
    return float(np.log(sizes.max())) if sizes.dtype.kind == "f" and sizes.max() > 1 else None


def _check(level: float, kind: str) -> None:
    if kind not in KINDS:
        raise MisuseError(f"kind is {kind!r}; it must be 'run' (one new run) or 'mean' (without its noise).")
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1, for example 0.95.")


def _checked_inputs(letters: tuple[str, ...], at: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Give the targets in the order of the letters, as arrays of positive numbers."""
    wrong = sorted(set(at) ^ set(letters))
    if wrong:
        raise LawError(
            f"a forecast takes {' and '.join(letters)}; {wrong[0]!r} is {'unknown' if wrong[0] in at else 'missing'}."
            f"{nearest(wrong[0], letters)}"
        )
    found = {letter: np.asarray(at[letter], dtype=np.float64) for letter in letters}
    for letter, column in found.items():
        if not (np.isfinite(column) & (column > 0) & (column <= TARGET_LIMIT)).all():
            raise LawError(f"{letter} is {at[letter]}; it must be a positive number, at most {TARGET_LIMIT:g}.")
    return found
