"""What the attempts at the runs of a folder used, by run."""

from collections.abc import Iterable

from ..launching.limits import Limits
from ..results.used import UseOfRun
from ..run.run import RunSpec
from ..store.attempts import HOUR, attempts_in, used
from ..store.store import Store


def use_of(run_id: str, store: Store, limits: Limits) -> UseOfRun:
    """Add the attempts at a run up, with energy and money by the terms of its study."""
    whole = used(attempts_in(store.folder(run_id)))
    spent = limits.amounts(0.0, whole)
    hours = spent.process_hours, whole.cpu_seconds / HOUR, spent.gpu_hours
    if not whole.attempts:
        return UseOfRun(run_id, 0, *hours)
    return UseOfRun(run_id, whole.attempts, *hours, spent.kwh, spent.kwh_by, spent.money)


def uses_of(specs: Iterable[RunSpec], store: Store, limits: Limits) -> tuple[UseOfRun, ...]:
    """The same of several runs; those that nobody began are left out."""
    found = (use_of(spec.id, store, limits) for spec in specs)
    return tuple(one for one in found if one.attempts)
