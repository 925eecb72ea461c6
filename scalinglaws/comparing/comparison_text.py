"""A comparison as text: the laws ranked, their errors by reach, and those that these runs do not distinguish."""

from typing import TYPE_CHECKING

from ..errors import counted
from ..records.numbers_in_text import interval, share
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .comparison import Compared, Comparison


def comparison_blocks(found: "Comparison") -> list[Block]:
    """Rank the laws that could be tried, split their errors by reach, and name the others and those undecided."""
    ranked = [one for one in found.laws if not one.failed]
    cuts = f"{found.cuts[0]:.3g}" if len(found.cuts) == 1 else f"{found.cuts[0]:.3g} to {found.cuts[-1]:.3g}"
    by = "compute" if found.by == "flops" else found.by
    best = min(one.aicc for one in ranked)
    rows = [
        (
            one.law,
            one.parameters,
            share(one.score),
            "" if one.behind is None else interval(one.behind, "+.2%"),
            share(one.best_probability),
            share(one.rms_log),
            share(one.coverage),
            f"{one.aicc - best:+.1f}",
            share(one.cross_validated),
        )
        for one in ranked
    ]
    head = ("law", "constants", "error", "behind the best", "P(best)", "rms error", "held", "AICc", "CV")
    text: list[Block] = [
        f"fitted below {len(found.cuts)} {by}{'s' if by == 'compute' and len(found.cuts) > 1 else ''} "
        f"({cuts}), tested on {counted(found.held_runs, 'larger run')}; best first, by mean error",
        rows_of(head, rows, "laws by their mean error on larger runs"),
        f"  held: larger runs inside the {found.level:.0%} interval, which includes the error of a law's form",
        "  AICc: above the least; CV: error on runs left out at random, which is interpolation",
        "by reach, compute over the largest fitted:",
        rows_of(("law", "reach", "points", "rms error", "held"), _reaches(ranked), "errors by reach"),
    ]
    text += [f"  {one.law} takes no part: {one.failed}" for one in found.laws if one.failed]
    if found.undecided:
        text.append(f"not distinguishable from {ranked[0].law}: {', '.join(found.undecided)}")
    return text


def _reaches(ranked: "list[Compared]") -> list[tuple[object, ...]]:
    return [
        (one.law, f"{r.low:.0f}-{r.high:,.0f}x", r.points, share(r.rms_log), share(r.coverage))
        for one in ranked
        for r in one.reaches
    ]
