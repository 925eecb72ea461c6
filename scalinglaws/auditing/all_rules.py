"""The table of rules, in the order in which they are judged."""

from . import accounting, fits, forecast, form, grid, protocol, tuning, uses
from .rule import Rule

GROUPS = {
    "A": "Definitions and accounting",
    "B": "Training protocol of the runs",
    "C": "Design of the grid",
    "D": "Fitting",
    "E": "Forecasts and claims",
}

RULES: dict[str, Rule] = {
    rule.id: rule
    for rules in (
        accounting.RULES,
        protocol.RULES,
        tuning.RULES,
        protocol.LATER_RULES,
        grid.RULES,
        fits.RULES,
        form.RULES,
        forecast.RULES,
        uses.RULES,
        forecast.LATER_RULES,
    )
    for rule in rules
}
