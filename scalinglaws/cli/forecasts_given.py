"""What a verb is given where no law is named: the default forecast of one table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import MisuseError
from .app import say

if TYPE_CHECKING:
    from ..auditing.judged_table import JudgedTable
    from ..points.points import Points
    from ..predicting.forecast import Forecaster

OF_A_LAW = {  # option -> what it is without being given
    "loss": "huber",
    "delta": "auto",
    "tau": 0.5,
    "weights": None,
    "fix": None,
    "tie": None,
    "bounds": None,
    "interval": "pairs",
    "draws": 2000,
    "by": "flops",
    "law_file": None,
    "mix": None,
    "batch_policy": None,
    "critical": None,
    "target_accuracy": None,
}


@dataclass(frozen=True)
class Unasked:
    """The posterior of a table, with no law named."""

    forecaster: "Forecaster"
    points: "Points"
    level: float

    def warnings(self, *own: str) -> list[dict[str, str]]:
        """Give the sentences of a verb, each once, as a JSON document has them."""
        return [{"id": "forecast", "message": message} for message in dict.fromkeys(own)]

    def judged(self) -> "JudgedTable":
        """Judge the table, with no law named."""
        from ..auditing.judged_table import of_table

        return of_table(self.points, self.forecaster.seen.columns)

    def tell_first(self) -> list[str]:
        """Print what is odd about the table before any number; give it, so that it is printed once."""
        for message in self.forecaster.seen.odd:
            say(f"warning: {message}")
        return list(self.forecaster.seen.odd)


def unasked(table: str, asked: dict[str, Any], given: dict[str, Any]) -> Unasked:
    """Read a table and make its forecast.

    Raises:
        MisuseError: an option was given that belongs to a law.
    """
    from ..predicting.forecast import forecaster
    from .fit_options import table_of

    for name, usual in OF_A_LAW.items():
        if name in (*asked, *given) and {**asked, **given}[name] != usual:
            raise MisuseError(
                f"--{name.replace('_', '-')} belongs to a law, and none is named: put one before the table, as in "
                f"chinchilla {table}, or leave the option out."
            )
    points, columns = table_of(asked, table)
    named = asked["prior"] or ["field"]
    if len(named) > 1 or "=" in named[0]:
        raise MisuseError(
            f"--prior {' '.join(named)}: without a law it is field, none or a file that `scalinglaws prior` wrote. "
            "A prior on one constant needs a law before the table."
        )
    letters = {letter: column for letter, column in columns.items() if letter in ("N", "D", "L")}
    return Unasked(forecaster(points, prior=named[0], columns=letters), points, asked["level"])
