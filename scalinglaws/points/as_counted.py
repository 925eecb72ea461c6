"""The inputs of a law in the law's own counts, from letters or from quantities with other definitions."""

from collections.abc import Mapping

from ..errors import LawError, PointsError, nearest
from ..quantities import QUANTITIES
from .convert import convert, mismatch, route


def as_counted(convention: Mapping[str, str], at: Mapping[str, float]) -> dict[str, float]:
    """Convert N=..., params_total=..., n_layer=... to letters, each in the quantity that the law counts.

    A letter stands for the law's own quantity. Another quantity of the same role is converted with the help of the
    other values given: the shape (n_layer, d_model, n_vocab ...), bytes_per_token.

    Args:
        convention: letter -> quantity, as `Law.convention`; other names that are not quantities are passed on.
        at: letters and quantities -> numbers.

    Raises:
        LawError: a quantity is not the law's own and cannot be converted (the message names what would allow it), a
            name is not a quantity, or a letter is given twice.
    """
    found = {name: value for name, value in at.items() if name in convention or name not in QUANTITIES}
    named = {name: float(value) for name, value in at.items() if name not in found}
    _refuse_unknown(found, convention)
    used: set[str] = set()
    for letter, wanted in convention.items():
        same = [name for name in named if wanted in QUANTITIES and _role(name) == _role(wanted)]
        if letter in found and same:
            raise LawError(f"{letter} and {same[0]} are both given; {letter} is {wanted} here. Give one of them.")
        if letter not in found and (same or _derivable(named, wanted)):
            found[letter] = _converted(named, same[0] if same else wanted, wanted, letter)
            used |= {*same, wanted, *(need for rule in route(named, wanted) for need in rule.needs)}
    idle = sorted(name for name in set(named) - used if _role(name) != "other")
    if idle:
        takes = ", ".join(f"{letter} ({wanted})" for letter, wanted in convention.items())
        raise LawError(f"{idle[0]} does not determine any input of this law, which takes {takes}. Leave it out.")
    return found


def _role(name: str) -> str:
    return QUANTITIES[name].role


def _derivable(named: Mapping[str, float], wanted: str) -> bool:
    if wanted not in QUANTITIES:
        return False
    try:
        route(named, wanted)
    except PointsError:
        return False
    return True


def _converted(named: Mapping[str, float], have: str, wanted: str, letter: str) -> float:
    try:
        return float(convert(named, wanted))
    except PointsError:
        raise LawError(
            f"this law's {letter} is {wanted} ({QUANTITIES[wanted].meaning}). {mismatch(have, wanted)} "
            f"Give {letter} as {wanted}, or give those quantities too."
        ) from None


def _refuse_unknown(found: Mapping[str, float], convention: Mapping[str, str]) -> None:
    for name in found:
        if name not in convention and len(name) > 1:
            known = [*convention, *QUANTITIES]
            raise LawError(f"{name!r} is neither a letter of this law nor a quantity.{nearest(name, known)}")
