"""Which constants of a published law a command takes: by number, by words of their source, or as given."""

from collections.abc import Mapping

from ..errors import LawError, MisuseError, nearest
from . import options as o


def constants_of(law, asked: str | None) -> tuple[dict[str, float], str]:
    """Choose constants: the paper's own, a variant by its number or words of its source, or those given.

    Returns:
        parameter -> value, and where they come from.

    Raises:
        LawError: the law has none, or a name is missing. MisuseError: not one set matches.
    """
    if asked is not None and "=" in asked:
        example = ",".join(f"{p.name}={law.constants[p.name] if law.published else 1:.4g}" for p in law.parameters)
        named = o.named([part for part in asked.split(",") if part.strip()], "--constants", example)
        return _given(law, o.numbers(named, "--constants")), "constants given"
    if not law.published:
        needed = ",".join(f"{p.name}=.." for p in law.parameters)
        raise LawError(
            f"law {law.name!r} has no published constants. Fit it: scalinglaws fit {law.name} POINTS; or give them: "
            f"--constants {needed}."
        )
    if asked is None:
        return law.constants, law.published[0].source
    sources = [published.source for published in law.published]
    found = [i for i, source in enumerate(sources) if asked.lower() in source.lower()]
    found = [int(asked)] if asked.isdigit() and int(asked) < len(sources) else found
    if len(found) != 1:
        listed = "; ".join(f"{i}: {source}" for i, source in enumerate(sources))
        raise MisuseError(f"--constants {asked}: {len(found)} sets of {law.name} match. Known: {listed}.")
    return dict(law.published[found[0]].values), sources[found[0]]


def _given(law, values: Mapping[str, float]) -> dict[str, float]:
    names = [p.name for p in law.parameters]
    for name in (*values, *names):
        if name not in names or name not in values:
            close = nearest(name, names) if name not in names else ""
            raise LawError(
                f"law {law.name!r} has the parameters {', '.join(names)}: {name!r} is missing or unknown.{close}"
            )
    return dict(values)
