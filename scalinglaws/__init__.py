"""scalinglaws: measure, fit and use neural scaling laws. The public names, in the order of the work.

The verbs that train need PyTorch and are imported from their modules: `from scalinglaws.studying.study import study`,
`from scalinglaws.launching.launch import launch`, `from scalinglaws.training.train import train`.
"""

from .arms.arms_fit import ArmsFit
from .arms.differences import differences
from .arms.fit_arms import fit_arms
from .arms.multiplier import multiplier
from .auditing.audit import audit
from .comparing.backtest import backtest, calibration
from .comparing.compare import compare
from .comparing.ensemble import Ensemble, ensemble, predict_mixture
from .comparing.influence import influence
from .conversions.convert import convert
from .counting.conventions import conventions
from .errors import ScalingLawsError
from .fitting.fit import fit
from .fitting.fit_record import Fit
from .frontiers.budgets import Frontier
from .frontiers.frontier import frontier
from .laws import LAWS, Law, Parameter, Published, law
from .planning.optima import optima
from .planning.plan import plan
from .planning.planned import Plan
from .planning.published import Optima
from .points.points import Points
from .points.reading import read_points
from .points.which_rows import points_of_checkpoints
from .points.writing import write_points
from .predicting.predict import Prediction, predict
from .run.shape import Shape
from .uncertainty.drawn import Draws
from .uncertainty.draws import draws

__all__ = [
    "LAWS",
    "ArmsFit",
    "Draws",
    "Ensemble",
    "Fit",
    "Frontier",
    "Law",
    "Optima",
    "Parameter",
    "Plan",
    "Points",
    "Prediction",
    "Published",
    "ScalingLawsError",
    "Shape",
    "audit",
    "backtest",
    "calibration",
    "compare",
    "conventions",
    "convert",
    "differences",
    "draws",
    "ensemble",
    "fit",
    "fit_arms",
    "frontier",
    "influence",
    "law",
    "multiplier",
    "optima",
    "plan",
    "points_of_checkpoints",
    "predict",
    "predict_mixture",
    "read_points",
    "write_points",
]
