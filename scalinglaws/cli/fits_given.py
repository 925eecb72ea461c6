"""What a verb is given: laws fitted to one table, their draws, and the warnings on the way."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import FitError, MisuseError, PointsError, argument, unknown_name
from .app import say

if TYPE_CHECKING:
    from ..auditing.judged_table import JudgedTable
    from ..comparing.ensemble import Ensemble
    from ..fitting.fit_record import Fit
    from ..points.points import Points
    from ..uncertainty.drawn import Draws


@dataclass(frozen=True)
class Fitted:
    """Laws fitted to one table, with the arguments of the fits, so that a backtest can repeat them below a compute.

    Attributes:
        draws: one per law; `options`: the arguments of each fit.
        by: the scale by which runs are held out.
        noted: warnings about the weights of the laws.
    """

    draws: "tuple[Draws, ...]"
    points: "Points"
    options: tuple[dict[str, Any], ...]
    level: float
    seed: int
    by: str
    noted: list[str] = field(default_factory=list)

    def warnings(self, *own: str) -> list[dict[str, str]]:
        """Give the warnings of the fits, each once, then those of weights and the verb itself."""
        found = {w.message: w.id for one in self.draws for w in one.warnings}
        told = [*found, *(message for message in dict.fromkeys((*self.noted, *own)) if message not in found)]
        return [{"id": found.get(message, "forecast"), "message": message} for message in told]

    def judged(self) -> "JudgedTable":
        """Judge the table by these fits."""
        from ..auditing.judged_table import of_fits

        return of_fits([one.fit for one in self.draws], self.points)

    def tell_first(self) -> list[str]:
        """Print the warnings that stand before any number of these fits; give them, so that they are printed once."""
        found = list(dict.fromkeys(w.message for one in self.draws for w in one.fit.first_said))
        for message in found:
            say(f"warning: {message}")
        return found

    @property
    def ceiling(self) -> float | None:
        """Give ln of the vocabulary size, the largest possible loss in nats per token; None if it is unknown."""
        from ..predicting.ceiling import ceiling_of

        return ceiling_of(self.fit, self.points)

    @property
    def fit(self) -> "Fit":
        """Give the first law's fit."""
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
        """Weight several laws by how well they predicted larger runs; None for one law.

        If no weights were asked for and the table does not allow them, the laws get equal weights, with a warning.

        Raises:
            MisuseError: weights for one law.
        """
        from ..comparing.ensemble import ensemble

        if len(self.draws) == 1:
            if how is not None:
                raise MisuseError(
                    f"--mix {how} is for several laws: name them separated by commas, chinchilla,kaplan-nd."
                )
            return None
        try:
            return ensemble(self.draws, how or "stacking", by=self.by, seed=self.seed)
        except (FitError, PointsError) as failure:
            if how is not None:
                raise
            self.noted.append(f"the laws have equal weights, because no larger runs can be held out: {failure}")
            return ensemble(self.draws, "equal", by=self.by, seed=self.seed)


# What a table may hold -> the law from the loss to it that is fitted unasked.
_CHAINED = {"error_top1": "gadre-error", "accuracy": "bhagia-accuracy"}


def accuracy_of(a: Fitted, name: str | None) -> "Draws":
    """Fit a law from the loss of a fit to the accuracy or error in its table, on the same draws and seed."""
    return second_step(a.points, a.fit.columns[a.fit.law.target], name, len(a.draws[0]), a.seed)


def second_step(points: "Points", loss: str, name: str | None, count: int, seed: int) -> "Draws":
    """Fit a law from a column of losses to the accuracy or error in a table, and draw from it.

    Raises:
        MisuseError: the table holds no accuracy.
        NameUnknownError: no such law.
    """
    from ..fitting.fit import fit
    from ..laws import LAWS
    from ..uncertainty.draws import draws

    filled = [column for column in _CHAINED if column in points]
    if not filled:
        raise MisuseError(
            f"an accuracy needs a column of it beside the loss, such as {argument(map={'accuracy': 'COLUMN'})} "
            f"or {argument(map={'error_top1': 'COLUMN'})}; the table has {', '.join(sorted(points.columns))}."
        )
    name = name or _CHAINED[filled[0]]
    if name not in LAWS:
        raise unknown_name("law", name, LAWS, "scalinglaws laws")
    law = LAWS[name]
    return draws(fit(law, points, columns={law.inputs[0]: loss}, seed=seed), draws=count, seed=seed)
