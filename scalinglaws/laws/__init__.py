"""The shelf of laws: one file a paper."""

from ..errors import unknown_name
from . import gadre2024, henighan2020, hoffmann2022, kaplan2020
from .law import LINEAR, Law, Parameter, Published

PAPERS = (kaplan2020, henighan2020, hoffmann2022, gadre2024)

LAWS: dict[str, Law] = {member.name: member for paper in PAPERS for member in paper.LAWS}


def law(name: str) -> Law:
    """Take a law from the shelf.

    Raises:
        NameUnknownError: with the nearest known name.
    """
    if name not in LAWS:
        raise unknown_name("law", name, LAWS)
    return LAWS[name]


__all__ = ["LAWS", "LINEAR", "Law", "Parameter", "Published", "law"]
