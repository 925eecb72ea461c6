"""Learning rate and batch by every published law of them, side by side: they disagree, and that is part of the answer.

Each law was fitted to its own schedule, optimizer and definition of N; read them as a band (about 3 to 7 times wide in
the learning rate, 8 to 30 times in the batch), each with the definition that stands beside it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import LawError
from ..laws import LAWS
from ..laws.declaration import Law, Published
from ..results.fitted import Estimate

ROLES = ("lr", "batch")
FAR = 0.5  # share of a law's range, in logarithms, beyond which it is shown and does not count


@dataclass(frozen=True)
class Setting:
    """What one published law would set.

    Attributes:
        inside: whether the point lies in the range the constants were fitted on, None where the source states none;
            `outside` says where it does not; `far`: farther out than half of the range's width, in logarithms.
        counts: letter -> quantity that the law counts; N, D and C were given to it as they are.
        definition: what the number means, and the trap.
        undefined: why the law gives nothing there; empty where it does.
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
    params: float, tokens: float, loss_nats: float, laws: Mapping[str, Law] = LAWS, variants: bool = False
) -> tuple[Setting, ...]:
    """Ask every law of learning rate or batch at one point, with C = 6 N D.

    Args:
        loss_nats: for laws of the loss, nats a token.
        variants: ask each law with all of its published constants, not with its paper's alone.
    """
    point = {"N": params, "D": tokens, "C": 6 * params * tokens, "L": loss_nats}
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
    """Give the middle and the range of what the laws would set; a range of laws, not a confidence interval.

    Laws that are asked far outside their range do not count; None where no other is left. One law alone has no range.

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
