"""scalinglaws: measure, fit and use neural scaling laws. The public names, each imported when it is first used.

    import scalinglaws as sl

    points = sl.read("runs.csv")
    fit = sl.fit("chinchilla", points)
    fit.predict(N=70e9, D=1.4e12)

The verbs that train need PyTorch: `pip install 'scalinglaws[train]'`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .records.pictures import draw_with as _draw_with

if TYPE_CHECKING:
    from .arms.arms_fit import ArmsFit
    from .arms.differences import differences
    from .arms.factors import factors
    from .arms.mixtures import Mixtures
    from .arms.multiplier import multiplier
    from .auditing.audit import audit
    from .comparing.backtest import backtest
    from .comparing.compare import compare
    from .comparing.ensemble import Ensemble, ensemble, predict_mixture
    from .comparing.influence import influence
    from .counting.local_exponent import LocalExponents, local_exponents
    from .errors import ScalingLawsError
    from .fitting.fit_record import Fit
    from .frontiers.budgets import Frontier
    from .frontiers.sweeps import Sweeps
    from .laws import LAWS, Law, Parameter, Published, law
    from .planning.buildable import Building
    from .planning.optima import optima
    from .planning.plan import plan
    from .planning.planned import Plan
    from .planning.published import Optima
    from .planning.train_to_test import TrainToTest, train_to_test
    from .points.convert import convert
    from .points.points import Points
    from .points.reading import read_points
    from .points.which_rows import points_of_checkpoints
    from .points.writing import write_points
    from .predicting.curve import CurveForecast
    from .predicting.forecast import Forecast
    from .predicting.ledger import Ledger, ledger
    from .predicting.predict import Prediction, predict
    from .predicting.through_loss import through_loss
    from .run.shape import Shape
    from .studying.best_sizes import conventions, frontier
    from .studying.designed_for import DesignFor
    from .studying.designed_here import design
    from .studying.drawn_fit import DrawnFit, fit
    from .studying.exports import export
    from .studying.figures import figure
    from .studying.findings import findings
    from .studying.forecasts import forecast
    from .studying.jobs import report, study
    from .studying.merge import Merged, merge
    from .studying.next_runs import NextRuns, next_runs
    from .studying.read import read
    from .studying.settings_and_arms import curve, fit_arms, mixtures, sweeps
    from .studying.side_by_side import side_by_side
    from .uncertainty.drawn import Draws
    from .uncertainty.draws import draws
    from .uncertainty.number import Number

    __version__: str

# public name -> the module that defines it
_DEFINED_IN = {
    name: module
    for module, names in {
        ".arms.arms_fit": "ArmsFit",
        ".arms.differences": "differences",
        ".arms.factors": "factors",
        ".arms.mixtures": "Mixtures",
        ".arms.multiplier": "multiplier",
        ".auditing.audit": "audit",
        ".comparing.backtest": "backtest",
        ".comparing.compare": "compare",
        ".comparing.ensemble": "Ensemble ensemble predict_mixture",
        ".comparing.influence": "influence",
        ".points.convert": "convert",
        ".counting.local_exponent": "LocalExponents local_exponents",
        ".errors": "ScalingLawsError",
        ".fitting.fit_record": "Fit",
        ".frontiers.budgets": "Frontier",
        ".frontiers.sweeps": "Sweeps",
        ".laws": "LAWS Law Parameter Published law",
        ".planning.buildable": "Building",
        ".planning.optima": "optima",
        ".planning.plan": "plan",
        ".planning.planned": "Plan",
        ".planning.published": "Optima",
        ".planning.train_to_test": "TrainToTest train_to_test",
        ".points.points": "Points",
        ".points.reading": "read_points",
        ".points.which_rows": "points_of_checkpoints",
        ".points.writing": "write_points",
        ".predicting.curve": "CurveForecast",
        ".predicting.forecast": "Forecast",
        ".predicting.ledger": "Ledger ledger",
        ".predicting.predict": "Prediction predict",
        ".predicting.through_loss": "through_loss",
        ".run.shape": "Shape",
        ".studying.best_sizes": "conventions frontier",
        ".studying.designed_for": "DesignFor",
        ".studying.designed_here": "design",
        ".studying.drawn_fit": "DrawnFit fit",
        ".studying.exports": "export",
        ".studying.figures": "figure",
        ".studying.findings": "findings",
        ".studying.forecasts": "forecast",
        ".studying.jobs": "report study",
        ".studying.merge": "Merged merge",
        ".studying.next_runs": "NextRuns next_runs",
        ".studying.read": "read",
        ".studying.settings_and_arms": "curve fit_arms mixtures sweeps",
        ".studying.side_by_side": "side_by_side",
        ".uncertainty.drawn": "Draws",
        ".uncertainty.draws": "draws",
        ".uncertainty.number": "Number",
    }.items()
    for name in names.split()
}

__all__ = [
    "LAWS",
    "ArmsFit",
    "Building",
    "CurveForecast",
    "DesignFor",
    "DrawnFit",
    "Draws",
    "Ensemble",
    "Fit",
    "Forecast",
    "Frontier",
    "Law",
    "Ledger",
    "LocalExponents",
    "Merged",
    "Mixtures",
    "NextRuns",
    "Number",
    "Optima",
    "Parameter",
    "Plan",
    "Points",
    "Prediction",
    "Published",
    "ScalingLawsError",
    "Shape",
    "Sweeps",
    "TrainToTest",
    "__version__",
    "audit",
    "backtest",
    "compare",
    "conventions",
    "convert",
    "curve",
    "design",
    "differences",
    "draws",
    "ensemble",
    "export",
    "factors",
    "figure",
    "findings",
    "fit",
    "fit_arms",
    "forecast",
    "frontier",
    "influence",
    "law",
    "ledger",
    "local_exponents",
    "merge",
    "mixtures",
    "multiplier",
    "next_runs",
    "optima",
    "plan",
    "points_of_checkpoints",
    "predict",
    "predict_mixture",
    "read",
    "read_points",
    "report",
    "side_by_side",
    "study",
    "sweeps",
    "through_loss",
    "train_to_test",
    "write_points",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("scalinglaws")
    elif name in _DEFINED_IN:
        found = getattr(import_module(_DEFINED_IN[name], __name__), name)
        _draw_with(_picture)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def _picture(record: object) -> str:
    """Draw a record for a notebook, which alone imports what draws."""
    from .studying.notebook_pictures import picture

    return picture(record)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
