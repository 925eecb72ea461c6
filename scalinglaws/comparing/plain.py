"""A comparison as JSON values: everything except the individual held-out points."""

from ..records.json_values import finite


def plain(comparison) -> dict:
    """Give the JSON values of a `Comparison`; a number that is not finite becomes null."""

    def one(law) -> dict:
        numbers = ("score", "rms_log", "coverage", "aicc", "cross_validated", "best_probability")
        behind = law.behind and {"value": law.behind.value, "low": law.behind.low, "high": law.behind.high}
        cuts = [
            {"at": c.at, "fitted": c.fitted, "held": c.held, "failed": c.failed, "ended": c.ended}
            | {name: finite(getattr(c, name)) for name in ("reach", "rms_log", "bias_log", "coverage")}
            for c in law.cuts
        ]
        reaches = [{name: getattr(r, name) for name in r.__dataclass_fields__} for r in law.reaches]
        return {
            "law": law.law,
            "parameters": law.parameters,
            "failed": law.failed,
            "ended": law.ended,
            "behind": behind,
            "cuts": cuts,
            "reaches": reaches,
        } | {name: finite(getattr(law, name)) for name in numbers}

    return {
        "laws": [one(law) for law in comparison.laws],
        "by": comparison.by,
        "cuts": list(comparison.cuts),
        "held_runs": comparison.held_runs,
        "level": comparison.level,
        "undecided": list(comparison.undecided),
        "warnings": list(comparison.warnings),
    }
