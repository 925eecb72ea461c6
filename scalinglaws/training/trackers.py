"""The trackers to which runs are sent while they train, by name; and what is kept of those that failed."""

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..errors import MisuseError, argument, unknown_name
from ..records.json_values import read_hint, write_hint
from ..store.store import Store
from .to_mlflow import MLflow
from .to_tensorboard import TensorBoard
from .to_wandb import WandB
from .tracking import Tracker, Tracking

# name, which is also that of its package and of the extra that installs it -> (folder of the study) -> tracker
TRACKERS: dict[str, Callable[[Path], Tracker]] = {"wandb": WandB, "mlflow": MLflow, "tensorboard": TensorBoard}
LONGEST = 300  # characters of a failure's reason


def check_trackers(names: Iterable[str]) -> tuple[str, ...]:
    """Give each name once, after checking that its package is installed.

    Raises:
        NameUnknownError: no tracker has this name.
        MisuseError: its package is not installed.
    """
    names = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))
    for name in names:
        if name not in TRACKERS:
            raise unknown_name("tracker", name, TRACKERS)
        if not _installed(name):
            raise MisuseError(
                f"{argument(track=name)} needs the package {name}, which is not installed: "
                f"pip install 'scalinglaws[{name}]'. Nothing was trained."
            )
    return names


def _installed(package: str) -> bool:
    """Whether a package is installed: a folder of this name, such as one of W&B's own records, is no package."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def start_tracking(names: Sequence[str], store: Store, say: Callable[[str], None] = lambda text: None) -> Tracking:
    """Make ready to send runs of a store; nothing is sent before a run begins.

    A tracker that another process of the same launch gave up is left out: each would wait for it again.

    Args:
        say: called once for each tracker that fails.
    """

    def complain(name: str, why: str):
        said = f"{name} is given up, and training goes on without it: {why[:LONGEST]}"
        write_hint(_complaint(store, name), [said])
        say(said)

    wanted = [name for name in check_trackers(names) if not _complaint(store, name).exists()]
    return Tracking({name: TRACKERS[name](store.path) for name in wanted}, complain)


def complaints(store: Store) -> list[str]:
    """Give what the processes of a launch said of trackers that failed, once for each tracker."""
    said = []
    for name in TRACKERS:
        match read_hint(_complaint(store, name)):
            case [str(text)]:
                said.append(text)
                write_hint(_complaint(store, name), [text, "said"])
    return said


def forget_complaints(store: Store):
    """Try every tracker again; for the beginning of a command."""
    for name in TRACKERS:
        _complaint(store, name).unlink(missing_ok=True)


def _complaint(store: Store, name: str) -> Path:
    return store.path / f"{name}-failed.json"
