"""Learning rate and batch by every published law, side by side, because these laws disagree.

Each law was fitted to its own schedule, optimizer and definition of N; read them as a range (a factor of about 3 to 7
in the learning rate, and 8 to 30 in the batch), each with its own definition.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import LawError
from ..laws import LAWS
from ..laws.declaration import Law, Published
from ..results.fitted import Estimate

ROLES = ("lr", "batch")
FAR = 0.5  # fraction of a law's range, in logarithms, beyond which it is shown but does not count


@dataclass(frozen=True)
class Setting:
    """The setting by one published law.

    Attributes:
        inside: whether the point lies in the range of the runs behind the constants, None if the source states none;
            `outside` says where it does not; `far`: outside by more than half of the range's width, in logarithms.
        counts: letter -> quantity that the law counts; N, D and C were passed to it unconverted.
        definition: what the number means, and its pitfalls.
        undefined: why the law gives no value there; empty if it gives one.
    """

    law: str
    source: str
    lr: float | None
    batch_tokens: float | None
    inside: bool | None
    definition: str
    counts: dict[str, str]
    outside: tuple[str, ...] = ()
    undefined: str = ""
    far: bool = False


def settings(
    params: float, tokens: float, loss_nats: float | None, laws: Mapping[str, Law] = LAWS, variants: bool = False
) -> tuple[Setting, ...]:
    """Evaluate every law of learning rate or batch at one point, with C = 6 N D.

    Args:
        loss_nats: for laws that take a loss, in nats per token; None where it is not known: such laws are left out.
        variants: use all published constants of each law, not only those of its own paper.
    """
    point = {"N": params, "D": tokens, "C": 6 * params * tokens}
    if loss_nats is not None:
        point["L"] = loss_nats
    asked = [law for law in laws.values() if law.predicts in ROLES and set(law.inputs) <= set(point)]
    return tuple(
        _setting(law, published, {letter: point[letter] for letter in law.inputs})
        for law in asked
        for published in law.published[: None if variants else 1]
    )


def _setting(law: Law, published: Published, at: Mapping[str, float]) -> Setting:
    outside = law.outside(**at)
    try:
        value, undefined = float(law.at(published.values, **at)), ""
    except LawError as failure:
        value, undefined = None, str(failure)
    return Setting(
        law=law.name,
        source=published.source,
        lr=value if law.predicts == "lr" else None,
        batch_tokens=value if law.predicts == "batch" else None,
        inside=not outside if law.domain else None,
        definition=law.about,
        counts=dict(law.convention),
        outside=outside,
        undefined=undefined,
        far=bool(law.outside(FAR, **at)),
    )


def band(asked: tuple[Setting, ...], name: str) -> Estimate | None:
    """Give the middle and the range of the laws' settings; this range is not a confidence interval.

    Laws far outside their range do not count; None if no other is left. One law alone has no range.

    Args:
        name: "lr" or "batch_tokens".
    """
    ordered = sorted(getattr(one, name) for one in asked if getattr(one, name) is not None and not one.far)
    if not ordered:
        return None
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else math.sqrt(ordered[half - 1] * ordered[half])
    low, high = (ordered[0], ordered[-1]) if len(ordered) > 1 else (None, None)
    return Estimate(middle, low, high, level=1.0)
