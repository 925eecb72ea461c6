"""How a format of text stands on the shelf."""

from collections.abc import Callable
from dataclasses import dataclass

from .raw import Raw


@dataclass(frozen=True)
class TextFormat:
    """A format of text.

    Attributes:
        name: what `form=` takes.
        looks: says whether the beginning of a text is of this format.
        read: reads a text; its second argument names the file, for messages and for the run.
    """

    name: str
    looks: Callable[[str], bool]
    read: Callable[[str, str], Raw]
