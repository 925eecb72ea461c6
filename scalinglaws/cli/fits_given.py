"""What a verb is given: laws fitted to one table, their draws, and what a person was told on the way."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import FitError, MisuseError, PointsError

if TYPE_CHECKING:
    from ..comparing.ensemble import Ensemble
    from ..fitting.fit_record import Fit
    from ..points.points import Points
    from ..uncertainty.drawn import Draws

HARDLY = 0.05  # weight of a law in a mixture below which its misses do not widen it


@dataclass(frozen=True)
class Fitted:
    """Laws fitted to one table, with what the fits were given, so that a backtest can do the same below a compute.

    Attributes:
        draws: one a law; `options` the keywords of each fit.
        by: scale to hold runs out by.
        told: warnings about how laws were weighed and intervals calibrated.
    """

    draws: "tuple[Draws, ...]"
    points: "Points"
    options: tuple[dict[str, Any], ...]
    level: float
    seed: int
    by: str
    told: list[str] = field(default_factory=list)

    def warnings(self, *own: str) -> list[dict[str, str]]:
        """Give what the fits warn of, each warning once, and then what was made of them and a verb itself does."""
        found = {w.message: w.id for one in self.draws for w in one.warnings}
        told = [*found, *(message for message in dict.fromkeys((*self.told, *own)) if message not in found)]
        return [{"id": found.get(message, "forecast"), "message": message} for message in told]

    @property
    def ceiling(self) -> float | None:
        """ln of the vocabulary, which no loss in nats a token exceeds; None where the table does not tell it."""
        from ..predicting.ceiling import ceiling_of

        return ceiling_of(self.fit, self.points)

    @property
    def fit(self) -> "Fit":
        """The first law's fit."""
        return self.draws[0].fit

    def one(self, verb: str) -> "Draws":
        """Give the draws of the one law.

        Raises:
            MisuseError: several were named.
        """
        if len(self.draws) > 1:
            raise MisuseError(f"{verb} takes one law. To rank several: scalinglaws compare POINTS --laws A,B.")
        return self.draws[0]

    def mixed(self, how: str | None) -> "Ensemble | None":
        """Weigh several laws by how they foretold larger runs; None for one law.

        Where nobody asked for weights and the table cannot give them, the laws count alike, and that is told.

        Raises:
            MisuseError: weights for one law.
        """
        from ..comparing.ensemble import ensemble

        if len(self.draws) == 1:
            if how is not None:
                raise MisuseError(f"--mix {how} weighs several laws: name them with commas, chinchilla,kaplan-nd.")
            return None
        try:
            return ensemble(self.draws, how or "stacking", by=self.by, seed=self.seed)
        except (FitError, PointsError) as failure:
            if how is not None:
                raise
            self.told.append(f"the laws count alike, for no larger runs can be held out: {failure}")
            return ensemble(self.draws, "equal", by=self.by, seed=self.seed)

    def factor(self, mixed: "Ensemble | None" = None) -> float:
        """Give the calibration: the largest factor on a prediction's half-width that a law's own larger runs demand.

        Of a mixture the laws that hardly weigh are not asked.
        """
        from ..comparing.backtest import calibration

        light = {n for n, w in zip(mixed.laws, mixed.weights, strict=True) if w < HARDLY} if mixed else ()
        found = [
            calibration(d.fit.law, self.points, by=self.by, level=self.level, seed=self.seed, options=given)
            for d, given in zip(self.draws, self.options, strict=True)
            if d.fit.law.name not in light
        ]
        for warning in (w for one in found for w in one.warnings):
            self.told.append(warning)
        return max(one.factor for one in found)
