"""A forecast as draws of a law at a compute: for questions that a loss at one target does not answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import FitError, PointsError, counted
from ..fitting.fit import fit
from ..laws import law
from ..points.points import Points
from ..uncertainty.drawn import Draws
from .drawn_surfaces import NOWHERE, DrawnSurfaces, drawn_surfaces, padded, parameters
from .forecast_points import FORM
from .mixture import Posterior

SENTENCE = "averaged over amplitudes of the discrepancy by their evidence."


@dataclass(frozen=True)
class DrawnForecast:
    """Whole surfaces of a forecast, each as a law `skaling` that has its best size at a compute.

    Attributes:
        law: draws of the constants alone, in which the discrepancy is integrated out.
        surfaces: of law and discrepancy, one of each draw.
    """

    law: Draws
    surfaces: DrawnSurfaces
    _moves: dict[float, tuple[float, np.ndarray]] = field(default_factory=dict, repr=False)

    def moves(self, flops: float) -> tuple[float, np.ndarray]:
        """Give by how much the discrepancy moves ln N* at C = 6 N D: of the mean surface, and of every draw."""
        if flops not in self._moves:
            own = float(_best_by_law(self.law.fit.values, flops))
            columns = dict(zip(self.law.names, self.law.values.T, strict=True))
            value, drawn = self.surfaces.best(flops, own)
            self._moves[flops] = value - own, np.clip(drawn - _best_by_law(columns, flops), -NOWHERE, NOWHERE)
        return self._moves[flops]

    def at(self, flops: float) -> Draws:
        """Give the draws with size and data terms tilted against each other, so that N* is that of the surfaces.

        The lowest loss of the law at this compute stays as it is: N is multiplied and D divided by one factor.
        """
        value, drawn = self.moves(flops)
        fit, names = self.law.fit, self.law.names
        columns = tilted(dict(zip(names, self.law.values.T, strict=True)), drawn)
        values = {name: float(one) for name, one in tilted(fit.values, value).items()}
        moved = replace(fit, values=values, z=fit.problem.coordinates.coordinates(values)[0])
        return replace(self.law, fit=moved, values=np.stack([columns[name] for name in names], axis=1))


def tilted(values: Mapping, moves) -> dict:
    """Give the constants of a law whose best size is exp(moves) times as large at every compute."""
    size, data = np.exp(values["alpha"] * moves), np.exp(-values["beta"] * moves)
    return {**values, "A": values["A"] * size, "B": values["B"] * data}


def _best_by_law(values: Mapping, flops: float):
    a, b, alpha, beta = (values[name] for name in ("A", "B", "alpha", "beta"))
    return (np.log(alpha * a / (beta * b)) + beta * np.log(flops / 6)) / (alpha + beta)


def draws_of(
    posterior: Posterior, points: Points, columns: Mapping[str, str], draws: int = 2000, seed: int = 0
) -> DrawnForecast:
    """Draw whole surfaces from a posterior.

    Raises:
        PointsError: there are too few points for a best size, or they cannot support the law by themselves: on one ray
            of D/N, for example.
        FitError: by its most probable constants the loss does not fall with size, or not with tokens, or it falls with
            both in less than half of the surfaces: no size is best.
    """
    distinct, least = len(np.unique(posterior.seen.x, axis=0)), len(law(FORM).parameters) + 1
    if distinct < least:
        raise PointsError(
            f"{counted(distinct, 'different point')}: a best size needs {least} or more. So few allow a forecast of a "
            "loss (scalinglaws predict) and a choice of the runs to add (scalinglaws next)."
        )
    found = fit(FORM, points, loss="student-t", columns=columns)
    surfaces = drawn_surfaces(posterior, draws, seed)
    names = tuple(found.values)
    values = _likeliest(posterior)
    if surfaces.count < draws / 2:
        raise FitError(
            f"these runs determine no best size: the loss falls with both N and D in {surfaces.count} of the {draws} "
            "surfaces drawn from the forecast. Add runs that differ more in both."
        )
    drawn = parameters(surfaces.constants)
    record = replace(
        found,
        values=values,
        z=found.problem.coordinates.coordinates(values)[0],
        outcome="converged",
        sentence=SENTENCE,
        warnings=(),
        unidentified=(),
        noise=posterior.noise,
    )
    constants = np.stack([drawn[name] for name in names], axis=1)
    return DrawnForecast(Draws(record, constants, names, "posterior", seed), surfaces)


def _likeliest(posterior: Posterior) -> dict[str, float]:
    """Give the parameters of the most probable component.

    Raises:
        FitError: its loss does not fall with size, or not with tokens.
    """
    best = posterior.components[int(np.argmax(posterior.shares))]
    values = {name: float(column[0]) for name, column in parameters(padded(best.constants[None])).items()}
    for exponent, letter in (("alpha", "N"), ("beta", "D")):
        if values[exponent] <= 0:
            raise FitError(
                "these runs determine no best size: by the most probable constants of the forecast the loss does not "
                f"fall with {letter} ({exponent} = {values[exponent]:.2g}). Add runs that differ more in {letter}."
            )
    return values
