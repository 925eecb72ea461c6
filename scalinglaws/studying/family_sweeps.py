"""The families of a set as they were designed in a folder: each family's study and its runs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..designing.design import Sweep, renamed
from ..designing.study_file import Study
from ..errors import StoreError
from ..records.json_values import from_plain, read_json
from ..run.run import together
from ..store.store import Store
from .run_tables import FAMILIES


@dataclass(frozen=True)
class Family:
    """A family's study and its runs."""

    study: Study
    sweep: Sweep


def read_families(store: Store) -> dict[str, Family]:
    """Read the families that were designed in a folder, by name; empty if there are none yet."""
    path = store.path / FAMILIES
    if not path.exists():
        return {}
    found = {name: from_plain(Family, one, str(path), StoreError) for name, one in read_json(path, dict).items()}
    return {name: replace(family, sweep=renamed(family.sweep)) for name, family in found.items()}


def joined(name: str, families: Iterable[Family]) -> Sweep:
    """Combine the sweeps of several families, with each run once."""
    sweeps = [family.sweep for family in families]
    runs = together(run for sweep in sweeps for run in sweep.runs)
    return Sweep(name, runs, left_out={key: why for sweep in sweeps for key, why in sweep.left_out.items()})
