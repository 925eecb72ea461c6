"""Why an attempt at a run of ours failed, noted in the run's folder as for a trainer of one's own."""

import traceback

from ..errors import ScalingLawsError, UnwritableError
from ..records.json_values import PASSING
from ..run.run import RunSpec
from ..store.store import FailedRun, Store
from .own_trainer.ends import BUG, MEMORY, quoted
from .plain import ran_out_of_memory

REFUSED = "cannot go on"  # the class of a failure that itself says what to do
MOST_SAID = 300  # characters of an error
CHAIN_LOG = "log.txt"  # in the folder of a chain's first run: what its process says


def note(failure: Exception, spec: RunSpec, store: Store) -> None:
    """Write why an attempt failed; not where it could not write, which passes and is tried again."""
    if isinstance(failure, UnwritableError) or (isinstance(failure, OSError) and failure.errno in PASSING):
        return
    kind, sentence = _classified(failure)
    lines = "" if kind == REFUSED else quoted("".join(traceback.format_exception(failure)))
    log = store.folder(spec.lineage) / CHAIN_LOG
    store.note_failure(FailedRun(spec.id, kind, f"{kind}: {sentence.rstrip('.')}.", str(log), lines))


def _classified(failure: Exception) -> tuple[str, str]:
    """The class of a failure, and a sentence."""
    what = " ".join(f"{type(failure).__name__}: {failure}".split())[:MOST_SAID]
    if isinstance(failure, ScalingLawsError):
        return REFUSED, str(failure)
    if isinstance(failure, MemoryError) or (isinstance(failure, RuntimeError) and ran_out_of_memory(failure)):
        return (
            MEMORY,
            f"{what.rstrip('.')}. Use fewer processes at a time, a machine with more memory, or a smaller batch",
        )
    return BUG, what
