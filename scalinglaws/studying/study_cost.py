"""The cost of a study, or of a set of families, as records and as tables of text."""

from dataclasses import dataclass

from ..designing.costs import RunCost
from ..designing.design import Sweep
from ..designing.rate_scan import SCAN
from ..designing.spending import START_SECONDS, PartsOfCost, spending
from ..quantities import PF_DAY
from ..records.json_values import to_plain
from ..records.numbers_in_text import about
from ..records.text_blocks import Block, Table, rows_of
from .expected_width import in_words


@dataclass(frozen=True)
class StudyCost:
    """The cost of a study: one row per run, and the total.

    Attributes:
        seconds: until all runs are done, without the shared runs.
        shared: runs that an earlier family of the set already includes, and that cost nothing here.
        how: one sentence that says how the times were obtained.
        half_width: of the interval of the held-out loss, as a fraction; None where nothing is held out.
    """

    sweep: Sweep
    table: tuple[RunCost, ...]
    processes: int
    seconds: float
    shared: frozenset[str] = frozenset()
    how: str = ""
    half_width: float | None = None

    @property
    def own(self) -> list[RunCost]:
        """The runs that are not shared."""
        return [cost for cost in self.table if cost.run_id not in self.shared]

    @property
    def spending(self) -> PartsOfCost:
        """CPU seconds of each part; every process starts once for the fitted runs, and once for the held-out ones."""
        held_out = set(self.sweep.held_out)
        chains = [len(self.sweep.only(held_out=held).chains) for held in (False, True)]
        return spending(self.own, held_out, sum(min(self.processes, count) for count in chains))

    def plain(self) -> dict:
        """As JSON values."""
        return {
            "name": self.sweep.name,
            "runs": [to_plain(cost) for cost in self.table],
            "held_out": list(self.sweep.held_out),
            "shared": sorted(self.shared),
            "processes": self.processes,
            "seconds": self.seconds,
            "flops_paid": sum(cost.flops_paid for cost in self.own),
            "flops_paid_6nd": sum(cost.flops_paid_6nd for cost in self.own),
            "spending": self.spending.seconds,
            "how": self.how,
            "held_out_half_width": self.half_width,
        }

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        lines = [self.summary(), *self.spending.lines(), in_words(self.half_width)]
        return [self.runs(), *filter(None, lines), f"{LEGEND} {self.how}"]

    def runs(self) -> Table:
        """Give a row per run."""
        kinds = {spec.id: _kind(spec, self) for spec in self.sweep.runs}
        rows = [
            (
                c.run_id,
                kinds[c.run_id],
                f"{c.params:,}",
                *(f"{one:.3g}" for one in (c.tokens, c.flops_6nd, c.flops_exact, c.flops_paid)),
                "-" if c.seconds is None else about(c.seconds),
            )
            for c in self.table
        ]
        return rows_of(("run", "what", "N", "tokens", "6ND FLOPs", "exact", "to pay", "time"), rows, "runs to train")

    def summary(self) -> str:
        """One sentence on the total cost."""
        paid = sum(c.flops_paid for c in self.own)
        last = sorted((c.seconds for c in self.own if c.seconds is not None), reverse=True)
        said = f"{len(self.own)} runs, {paid:.3g} FLOPs = {paid / PF_DAY:.2g} PF-days to pay; about "
        said += f"{about(self.seconds)} with {self.processes} processes"
        return said + (f"; the 3 longest runs take {sum(last[:3]) / sum(last):.0%} of the time." if sum(last) else ".")


LEGEND = (
    "6ND counts only the matrices of the blocks (Kaplan); exact adds attention over the context and the output head. "
    "The cost of a branch is that of its decay; its trunk has the cost of the steps before. A run that stops early "
    "costs less. Times of parts are CPU seconds of one thread each."
)


@dataclass(frozen=True)
class SetCost:
    """The cost of a set of families: of each, and the total, in which every run is counted once."""

    name: str
    families: tuple[StudyCost, ...]

    def total(self) -> dict:
        """Runs, FLOPs to pay by both counts, and seconds, with the families one after the other."""
        own = [cost for family in self.families for cost in family.own]
        return {
            "runs": len(own),
            "flops_paid_6nd": sum(cost.flops_paid_6nd for cost in own),
            "flops_paid": sum(cost.flops_paid for cost in own),
            "seconds": sum(family.seconds for family in self.families),
            "processes": max(family.processes for family in self.families),
            "spending": self.spending.seconds,
        }

    @property
    def spending(self) -> PartsOfCost:
        """CPU seconds of each part; every process starts once for the whole set."""
        parts = [family.spending.seconds | {"start-up": 0.0} for family in self.families]
        seconds = {part: sum(one[part] for one in parts) for part in parts[0]}
        return PartsOfCost(seconds | {"start-up": START_SECONDS * max(family.processes for family in self.families)})

    def plain(self) -> dict:
        """As JSON values."""
        return {"name": self.name, "families": [one.plain() for one in self.families], "total": self.total()}

    def blocks(self) -> list[Block]:
        """Give what a command prints of it: one table per family, and one of the total."""
        parts = [block for one in self.families for block in (f"{one.sweep.name}: {one.summary()}", one.runs(), "")]
        rows = [_row(one.sweep.name, one.plain() | {"runs": len(one.own)}, len(one.shared)) for one in self.families]
        rows.append(_row("all", self.total(), sum(len(one.shared) for one in self.families)))
        head = ("family", "runs", "shared", "6ND to pay", "exact", "PF-days", "time", "processes")
        whole = rows_of(head, rows, "cost of the families")
        return [*parts, whole, *self.spending.lines(), f"{LEGEND} {self.families[0].how}"]


def _row(name: str, whole: dict, shared: int) -> tuple[object, ...]:
    paid = whole["flops_paid"]
    flops = f"{whole['flops_paid_6nd']:.3g}", f"{paid:.3g}", f"{paid / PF_DAY:.2g}"
    return name, whole["runs"], shared, *flops, about(whole["seconds"]), whole["processes"]


def _kind(spec, found: StudyCost) -> str:
    if spec.id in found.shared:
        return "shared"
    if spec.id in found.sweep.held_out:
        return "held out"
    if found.sweep.left_out.get(spec.id) == SCAN:
        return "scan"
    return "trunk" if spec.is_trunk else "branch" if spec.parent else "run"
