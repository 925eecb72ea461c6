"""What every record of a public verb can do: show itself, compare by value, travel as JSON, become a data frame."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..errors import MisuseError
from .by_value import content
from .json_values import write_whole
from .latex import as_latex, columns_as_latex
from .numbers_in_text import interval, short_powers
from .pictures import picture_of
from .round_trip import read, written
from .table_files import write_table
from .text_blocks import Block, Table, as_html, as_text, shown_text

if TYPE_CHECKING:
    import pandas
    import polars

LONGEST_REPR = 1200  # characters
LONGEST_VALUE = 80  # characters of one value in it
LEAD = "NOT TO BE USED"  # before numbers on which no claim can rest


class PublicRecord:
    """A frozen dataclass that a public verb gives; declare it with `eq=False, repr=False`, for these are here.

    A record says what it looks like (`blocks`), which of its values stand in its repr (`brief`) and, where it has rows,
    what they are (`rows`). One whose numbers no claim can rest on says why in `barred`, which leads its text. The rest
    follows.
    """

    __slots__ = ()

    def blocks(self) -> list[Block]:
        """Give the lines and tables that a command prints of this record."""
        raise NotImplementedError

    def brief(self) -> Mapping[str, object]:
        """Give the few values that tell this record from others of its class."""
        raise NotImplementedError

    def rows(self) -> Mapping[str, Sequence[object] | np.ndarray]:
        """Give the columns of this record as a table: name -> values.

        Raises:
            MisuseError: it has no rows.
        """
        raise MisuseError(f"a {type(self).__name__} has no rows. See its fields: {', '.join(_names(self))}.")

    def printed(self) -> str:
        """Give the text without the warnings, which a command sends to standard error."""
        return as_text([*self.lead(), *self.blocks()])

    def lead(self) -> list[str]:
        """Give what stands before its numbers: why no claim can rest on them, a line each; mostly nothing."""
        return [f"{LEAD}: {reason}" for reason in getattr(self, "barred", ())]

    def minded(self) -> list[str]:
        """Give the sentences that a reader must mind, each once."""
        found = [getattr(one, "message", one) for one in getattr(self, "warnings", ())]
        return list(dict.fromkeys(found))

    def __str__(self) -> str:
        return shown_text([*self.lead(), *self.blocks(), *self._warned()])

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={_shown(value)}" for name, value in self.brief().items())
        text = short_powers(f"{type(self).__name__}({values})")
        return text if len(text) <= LONGEST_REPR else f"{text[: LONGEST_REPR - 4]}...)"

    def _repr_html_(self) -> str:
        return as_html([*self.lead(), *self.blocks(), *self._warned()], picture_of(self))

    def _warned(self) -> list[str]:
        return [f"warning: {sentence}" for sentence in self.minded()]

    def __eq__(self, other: object) -> bool:
        return content(self) == content(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(content(self))

    def to_json(self) -> str:
        """Write this record as JSON, every digit kept: `from_json` gives an equal one.

        Laws are written by their names: a formula is code.
        """
        return written(self)

    @classmethod
    def from_json(cls, text: str, laws: Sequence[object] = ()) -> Self:
        """Make a record from what `to_json` wrote.

        Args:
            laws: laws of your own that it speaks of.

        Raises:
            MisuseError: it is no JSON of such a record. LawError: a law of your own is not among `laws`.
        """
        made: Self = read(cls, text, laws)
        return made

    def write(self, path: str | Path) -> None:
        """Write the rows of this record as CSV, TSV, JSON lines or Parquet, or the whole as JSON (`to_json`) or LaTeX.

        The file's ending names the format. It is written completely or not at all. The notes of points stand in a file
        beside a table, PATH.notes.json.

        Raises:
            MisuseError: the ending is unknown, the record has no rows, or polars is missing for Parquet.
            StoreError: the folder cannot be written to.
        """
        path = Path(path)
        if path.suffix.lower() == ".json":
            write_whole(path, self.to_json().encode())
        elif path.suffix.lower() == ".tex":
            write_whole(path, self.to_latex().encode())
        else:
            write_table(self.rows(), path, notes=getattr(self, "notes", ()))

    def to_latex(self) -> str:
        """Write the tables of this record in LaTeX, with the rules of booktabs and every text escaped.

        Raises:
            MisuseError: it has neither tables nor rows.
        """
        title = f"{type(self).__name__} of scalinglaws"
        blocks = self.blocks()
        if any(isinstance(block, Table) for block in blocks):
            return as_latex(blocks, title)
        return columns_as_latex(self.rows(), title)

    def to_pandas(self) -> "pandas.DataFrame":
        """Give the rows of this record as a pandas data frame.

        Raises:
            MisuseError: it has no rows, or pandas is not installed.
        """
        columns = self.rows()
        try:
            import pandas
        except ImportError:
            raise _missing("pandas") from None
        return pandas.DataFrame(dict(columns))

    def to_polars(self) -> "polars.DataFrame":
        """Give the rows of this record as a polars data frame.

        Raises:
            MisuseError: it has no rows, or polars is not installed.
        """
        columns = self.rows()
        try:
            import polars
        except ImportError:
            raise _missing("polars") from None
        return polars.DataFrame({name: list(values) for name, values in columns.items()}, strict=False)


def _missing(package: str) -> MisuseError:
    return MisuseError(f"to_{package}() needs {package}, which is not installed: pip install {package}")


def _names(record: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(record)]


def _shown(value: Any) -> str:
    """Write one value of a repr: an estimate with its interval, a number in few digits, a long text cut."""
    if hasattr(value, "identified"):  # a number that writes its own interval
        return repr(value)
    if hasattr(value, "low") and hasattr(value, "value"):
        return interval(value, ".5g")
    if isinstance(value, float):
        return f"{float(value):.6g}"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{name!r}: {_shown(one)}" for name, one in value.items()) + "}"
    elif isinstance(value, tuple):
        text = f"({', '.join(map(_shown, value))}{',' if len(value) == 1 else ''})"
    elif isinstance(value, np.ndarray):
        text = f"<{'x'.join(map(str, value.shape))} array>"
    else:
        text = repr(value)
    return text if len(text) <= LONGEST_VALUE or isinstance(value, Mapping) else f"{text[: LONGEST_VALUE - 2]}.."
