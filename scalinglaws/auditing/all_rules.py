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

GROUP_FILES = (accounting, protocol, tuning, grid, fits, form, forecast, uses)
RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in sorted(
        (rule for file in GROUP_FILES for rule in file.RULES), key=lambda rule: (rule.id[0], int(rule.id[1:]))
    )
}
