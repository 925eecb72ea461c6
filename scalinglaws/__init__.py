"""scalinglaws: measure, fit and use neural scaling laws. The public names, in the order of the work.

The verbs that train need PyTorch and are imported from their modules: `from scalinglaws.study import study`,
`from scalinglaws.launch import launch`, `from scalinglaws.train import train`.
"""

from .compare import backtest, calibration
from .errors import ScalingLawsError
from .fit import Fit, fit
from .frontier import Frontier, frontier
from .importers.table import read_points
from .importers.writing import write_points
from .laws import LAWS, Law, Parameter, Published, law
from .points import Points
from .predict import Prediction, predict
from .shape import Shape
from .uncertainty import Draws, draws

__all__ = [
    "LAWS",
    "Draws",
    "Fit",
    "Frontier",
    "Law",
    "Parameter",
    "Points",
    "Prediction",
    "Published",
    "ScalingLawsError",
    "Shape",
    "backtest",
    "calibration",
    "draws",
    "fit",
    "frontier",
    "law",
    "predict",
    "read_points",
    "write_points",
]
