"""The range of every number that an option takes, by the option's name."""

from ..records.ranges import Range, require, shown

_POSITIVE = Range(0, 1e40, above=True)
_SHARE = Range(0, 1, above=True, below=True)

RANGES = {
    "above": _POSITIVE,
    "answer_tokens": _POSITIVE,
    "aspect": Range(0, 1e6, above=True),
    "at_loss": Range(0, 1e3, above=True),
    "batch_tokens": _POSITIVE,
    "budget": _POSITIVE,
    "burn_in": Range(0, 1, below=True),
    "d_head": Range(1, 1e6),
    "devices": Range(1, 1e9),
    "draws": Range(10, 1e5, why="More draws move an interval by less than its last printed digit."),
    "epochs": Range(0, 1e6, above=True),
    "flops": _POSITIVE,
    "flops_per_second": _POSITIVE,
    "gpus": Range(0, 1e5),
    "inference_tokens": Range(0, 1e40),
    "level": _SHARE,
    "loss": Range(0, 1e3, above=True),
    "lr": Range(0, 1e4, above=True),
    "max_cost": Range(0, 1e12, meaning="0 for no limit"),
    "max_gpu_hours": Range(0, 1e9, meaning="0 for no limit"),
    "max_hours": Range(0, 1e7, meaning="0 for no limit"),
    "max_run": _POSITIVE,
    "minutes": Range(0, 1e5, above=True),
    "n_ctx": Range(1, 1e9),
    "n_vocab": Range(1, 1e9),
    "overhead": Range(0, 1e40),
    "params": _POSITIVE,
    "price_per_hour": Range(0, 1e9),
    "processes": Range(0, 4096, meaning="0 for one per core"),
    "questions": _POSITIVE,
    "reach": Range(1, 1e4),
    "retrain": Range(0, 1e4),
    "seed": Range(0, 2**63 - 1),
    "shape_row": Range(1, 1e6),
    "target_accuracy": _SHARE,
    "target_loss": Range(0, 1e3, above=True),
    "tau": _SHARE,
    "tokens": _POSITIVE,
    "until": _SHARE,
    "watts": Range(0, 1e6),
    "unique_tokens": _POSITIVE,
}


def require_numbers(given: dict[str, object]) -> None:
    """Refuse an option's number outside its range.

    Raises:
        MisuseError: naming the option, the value and what is allowed.
    """
    for name, value in given.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            require(value, RANGES[name], f"--{name.replace('_', '-')} {shown(value)}")
