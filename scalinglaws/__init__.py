"""scalinglaws: measure, fit and use neural scaling laws. The public names, in the order of the work.

The verbs that train need PyTorch and are imported from their modules: `from scalinglaws.study import study`,
`from scalinglaws.launch import launch`, `from scalinglaws.train import train`.
"""

from .arms import ArmsFit, differences, fit_arms, multiplier
from .audit import audit
from .checkpoints import points_of_checkpoints
from .compare import backtest, calibration, compare, influence
from .conventions import conventions
from .conversions import convert
from .ensemble import Ensemble, ensemble, predict_mixture
from .errors import ScalingLawsError
from .fit import Fit, fit
from .frontier import Frontier, frontier
from .importers.table import read_points
from .importers.writing import write_points
from .laws import LAWS, Law, Parameter, Published, law
from .optima import Optima, optima
from .plan import Plan, plan
from .points import Points
from .predict import Prediction, predict
from .shape import Shape
from .uncertainty import Draws, draws

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
