"""A law as text and as JSON: its row in the list, and in full."""

from collections.abc import Iterable, Sequence

from ..laws import Law
from ..quantities import QUANTITIES


def law_row(law: Law) -> dict:
    """Give a law's row: what it predicts from what, formula, source, and how many sets of constants."""
    return {
        "law": law.name,
        "predicts": law.predicts,
        "from": list(law.inputs),
        "formula": law.formula,
        "source": law.source,
        "constants": len(law.published),
    }


def law_table(laws: Sequence[Law]) -> str:
    """List laws by what they predict: name, inputs and formula, and the source on the next line."""
    roles: dict[str, list[Law]] = {}
    for law in laws:
        roles.setdefault(law.predicts, []).append(law)
    lines = []
    for role, members in roles.items():
        lines.append(f"{role}, {members[0].unit}" if len({law.unit for law in members}) == 1 else role)
        lines += [line for law in members for line in _rows(law)]
    return "\n".join([*lines, "one law in full: scalinglaws laws LAW; * marks a form without constants, to be fitted"])


def _rows(law: Law) -> Iterable[str]:
    name = f"{law.name}{'' if law.published else ' *'}"
    yield f"  {name:<25} from {', '.join(law.inputs):<16} {law.formula}"
    yield f"  {'':<25}      {'':<16} {law.source}"


def meaning(quantity: str) -> str:
    """Say what a quantity is."""
    if quantity not in QUANTITIES:
        return quantity
    known = QUANTITIES[quantity]
    return f"{quantity}: {known.meaning}"


def law_in_full(law: Law) -> str:
    """Write everything about a law."""
    lines = [f"{law.name}: {law.formula}", *_told("source", law.source)]
    lines += _told("gives", f"{law.predicts}, {law.unit}" + _counted(law, [law.target]))
    lines += [line for letter in law.inputs for line in _told("from", f"{letter} = {meaning(law.convention[letter])}")]
    lines += _told("fitted on", box(law))
    lines += _told("data", law.data or "not stated")
    lines += [line for p in law.parameters for line in _told("parameter", f"{p.name}, {p.unit}")]
    for number, published in enumerate(law.published):
        values = ", ".join(f"{name} = {x:.8g}{error(published, name)}" for name, x in published.values.items())
        lines += _told(f"constants {number}", f"{published.source}: {values}")
    if not law.published:
        lines += _told("constants", f"none: a form to fit, scalinglaws fit {law.name} POINTS")
    return "\n".join([*lines, *_told("mind", law.about)])


def _counted(law: Law, letters: Iterable[str]) -> str:
    return "".join(f"; {letter} = {meaning(law.convention[letter])}" for letter in letters if letter in law.convention)


def _told(word: str, text: str) -> list[str]:
    return [f"  {word:<12} {text}"] if text else []


def box(law: Law) -> str:
    """Write the domain in a line."""
    said = "; ".join(f"{place} {low:.4g} to {high:.4g}" for place, (low, high) in law.domain.items())
    return said or "no range stated"


def error(published, name: str) -> str:
    """Write a standard error in brackets; empty if the source prints none."""
    return f" (se {published.standard_errors[name]:.3g})" if name in published.standard_errors else ""


def law_plain(law: Law) -> dict:
    """Give everything about a law as JSON values."""
    return {
        **law_row(law),
        "unit": law.unit,
        "convention": dict(law.convention),
        "meaning": {letter: meaning(quantity) for letter, quantity in law.convention.items()},
        "domain": {place: list(ends) for place, ends in law.domain.items()},
        "data": law.data,
        "about": law.about,
        "parameters": [{"name": p.name, "unit": p.unit} for p in law.parameters],
        "published": [
            {"source": p.source, "values": dict(p.values), "standard_errors": dict(p.standard_errors)}
            for p in law.published
        ],
    }
