"""A joint fit of several arms as text, with the tests between arms and what an arm is worth in compute."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import counted
from ..records.numbers_in_text import between, ends, short
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .arms_fit import ArmsFit, Difference, Multiplier


def arms_blocks(found: "ArmsFit", level: float = 0.95) -> list[Block]:
    """Say what was fitted, which parameters are shared, and every arm's values with their intervals."""
    joint = found.joint
    columns = ", ".join(f"{k} = {v}" for k, v in joint.columns.items() if k in (*found.law.inputs, "L"))
    return [
        f"{found.law.name}: {found.law.formula}    ({found.law.source})",
        f"{counted(joint.n, 'point')} of {counted(joint.n_clusters, 'run')} in {len(found.arms)} arms; {columns}",
        "; ".join(f"{word}: {_of(found, word)}" for word in ("shared", "pooled", "free") if _of(found, word)),
        rows_of(("arm", "runs", *_parameters(found)), [_row(found, name, level) for name in found.arms], "arms"),
        f"{level:.0%} intervals: runs resampled within each arm, {len(found.draws)} draws. "
        f"{joint.outcome}: {joint.sentence}",
    ]


def tests_blocks(found: "ArmsFit", tests: "Sequence[Difference]") -> list[Block]:
    """Say which parameters differ from the reference's."""
    title = (
        f"does it differ from {found.reference}? ln of the ratio, its standard error, and p (Holm's for all together)"
    )
    head = ("", *_others(found), "F", "p", "p, all")
    return [f"{title}:", rows_of(head, [_test_row(found, one) for one in tests], title)]


def _of(found: "ArmsFit", word: str) -> str:
    names = [name for name, treated in found.treatment.items() if treated == word]
    return ", ".join(f"{n} (sd {found.pooled_sd[n]:.3g})" if n in found.pooled_sd else n for n in names)


def _parameters(found: "ArmsFit") -> list[str]:
    return [p.name for p in found.law.parameters]


def _others(found: "ArmsFit") -> list[str]:
    return [name for name in found.arms if name != found.reference]


def _row(found: "ArmsFit", name: str, level: float) -> tuple[object, ...]:
    one = found.arm(name)
    ends = one.interval(level)
    runs = len(set(one.fit.clusters.tolist()))
    return name, runs, *(f"{short(one.fit.values[p])} {between(*ends[p], '.4g')}" for p in _parameters(found))


def _test_row(found: "ArmsFit", one: "Difference") -> tuple[object, ...]:
    apart = [f"{one.departures[arm]:+.4f} ({one.standard_errors[arm]:.4f})" for arm in _others(found)]
    return one.parameter, *apart, f"{one.statistic:.3g}", f"{one.p:.2g}", f"{one.p_holm:.2g}"


def multiplier_text(one: "Multiplier") -> str:
    """Say how many times the compute an arm needs, and where the comparison was made."""
    where = {
        "frontier": "each arm at its own best size",
        "size": "the same size, trained longer",
        "ray": "size and tokens in proportion",
    }[one.along]
    more = "".join(f"\n  {sentence}" for sentence in one.beyond)
    return (
        f"{one.arm} needs {one.value:.3g} times the compute of {one.reference} {ends(one, '.3g')} for the "
        f"loss {one.loss:.4g}\n  ({one.level:.0%}; {where}; {one.reference} spends {one.flops:.3g} FLOPs, "
        f"{one.convention}){more}"
    )
