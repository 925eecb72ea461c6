"""`tune_batch`: scan the batch with the rate at small sizes, choose one for all runs, and check it at a larger size."""

from dataclasses import dataclass, replace

import numpy as np

from ..designing.rate_scan import Scanned, as_sweep, at_batch, batch_checks, first_batches, first_scan, wider_batches
from .scanned_runs import BestRate, Scanning, bracketed, cells, losses_of, published, specified

SAME = 1e-3  # relative losses closer than this count as equal: of equal batches the largest takes the fewest steps


@dataclass(frozen=True, eq=False)
class TunedBatch:
    """The batch that a scan found.

    Attributes:
        chosen: sequences per step; the largest whose mean loss lies within `SAME` of the lowest.
        above: batch -> mean over sizes and horizons of its loss at its best rate, relative to the lowest such mean.
        cells: the best rate of each size, horizon and batch. scans: what was trained.
        checked: batch -> loss at the largest fitted size and its longest horizon.
        n_ctx: tokens of a sequence.
    """

    chosen: int
    above: dict[int, float]
    cells: tuple[BestRate, ...]
    scans: tuple[Scanned, ...]
    n_ctx: int
    checked: tuple[BestRate, dict[int, float]] | None = None

    @property
    def own(self) -> tuple[Scanned, ...]:
        """The scans at the batch that was chosen."""
        return tuple(one for one in self.scans if one.batch == self.chosen)

    def told(self) -> tuple[str, ...]:
        """Say the batch, its losses, its check and what published rules give, in sentences."""
        alike = [batch for batch, above in self.above.items() if above <= SAME]
        losses = ", ".join(f"{batch}: +{above:.2%}" for batch, above in self.above.items())
        lines = [
            f"batch, by a scan: {self.chosen} sequences, {self.chosen * self.n_ctx:,} tokens, for all runs: the "
            f"largest of those within {SAME:.1%} of the lowest mean loss ({', '.join(map(str, alike))})",
            f"  above the lowest mean loss, each batch at its best rates: {losses}",
        ]
        for size, tokens in dict.fromkeys((one.size, one.tokens) for one in self.cells):
            here = [one for one in self.cells if (one.size, one.tokens) == (size, tokens)]
            each = ", ".join(f"{one.batch}: {one.loss:.4f} at {one.rate:.3g}" for one in here)
            lines.append(f"  scan of {list(size)} at {tokens:.3g} tokens, batch: loss at rate: {each}")
        return (*lines, *self._of_check())

    def _of_check(self) -> list[str]:
        if self.checked is None:
            return []
        cell, losses = self.checked
        best = min(losses, key=lambda batch: losses[batch] if np.isfinite(losses[batch]) else np.inf)
        lower = 1 - losses[best] / losses[self.chosen]
        held = f"{best} is {lower:.2%} lower" if lower > SAME else f"none is lower by more than {SAME:.1%}"
        each = ", ".join(f"{batch}: {loss:.4f}" for batch, loss in losses.items())
        return [
            f"  check of {list(cell.size)} at {cell.tokens:.3g} tokens, batch: loss: {each}; {held}",
            f"  published rules there, in tokens per step: {published(cell, 'batch_tokens', ',.0f')}",
        ]


def tuned_batch(by: Scanning) -> TunedBatch:
    """Scan the rate at batches a factor of 2 apart, until the batch that is chosen has others on both sides.

    The batches are compared at the same sizes and tokens, each at its own best rates. Runs of one number of tokens cost
    the same at every batch, so that the lowest loss is what counts; of equal losses the largest batch, whose runs have
    the fewest steps.

    Raises:
        StudyError: the best batch or rate is still at the edge of its scan. RunsFailedError: a process failed.
    """
    found: dict[int, tuple[tuple[Scanned, ...], tuple[BestRate, ...]]] = {}
    missing = first_batches(by.study)
    while missing:
        for batch in missing:
            here = replace(by, study=at_batch(by.study, batch))
            scans = bracketed(here, first_scan(here.study, by.n_vocab))
            found[batch] = scans, cells(here, scans)
        means = {batch: float(np.mean([np.log(one.loss) for one in found[batch][1]])) for batch in sorted(found)}
        above = {batch: float(np.expm1(mean - min(means.values()))) for batch, mean in means.items()}
        chosen = max(batch for batch, loss in above.items() if loss <= SAME)
        missing = wider_batches(tuple(means), chosen)
    every = tuple(one for batch in means for one in found[batch][1])
    scans = tuple(one for batch in means for one in found[batch][0])
    return TunedBatch(chosen, above, every, scans, by.study.n_ctx)


def checked_batch(by: Scanning, batches: TunedBatch, cell: BestRate) -> tuple[TunedBatch, tuple[Scanned, ...]]:
    """Train half and twice the batch at the largest fitted size, the rate in proportion to the batch's square root.

    Args:
        by: of the study at the batch chosen. cell: the best rate there at the longest horizon.

    Returns:
        (the batch with its check, the scans of one rate each that were added).
    """
    scans = batch_checks(by.study, by.n_vocab, cell.rate)
    runs = specified(by, scans)
    by.train(as_sweep(by.study.name, runs))
    losses = {one.batch: float(losses_of(i, one, runs, by.run_of)[0, 0]) for i, one in enumerate(scans)}
    return replace(batches, checked=(cell, dict(sorted({**losses, batches.chosen: cell.loss}.items())))), scans
