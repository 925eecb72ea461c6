"""TensorBoard: a folder of event files for every run, with its settings as hyperparameters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import PointsError
from ..formats.tensorboard_events import read_events

FLUSH_SECONDS = 10


class TensorBoard:
    """Runs in the folder `tensorboard` of the study's folder, each in one that is called by its id."""

    def __init__(self, folder: Path):
        self.folder = folder / "tensorboard"
        self.writer: Any = None
        self.last: dict[str, Any] = {}

    def open(self, run_id: str, config: Mapping[str, str | float]) -> int:
        """Start or continue the folder of a run; what an event file already has is read from it."""
        from torch.utils.tensorboard import SummaryWriter

        place = self.folder / run_id
        self.last = _last_row(place)
        self.writer = SummaryWriter(str(place), flush_secs=FLUSH_SECONDS)
        if not self.last:
            self.writer.file_writer.add_summary(_of_settings(config))
        return int(self.last.get("steps", -1))

    def log(self, step: int, values: Mapping[str, float]):
        """Add the values of one evaluation, with all their digits."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step, new_style=True, double_precision=True)

    def end(self, step: int, numbers: Mapping[str, float], words: Mapping[str, str], finished: bool):
        """Add the result, once; a run that cannot be used in fits is marked as failed."""
        self.log(step, {name: value for name, value in numbers.items() if self.last.get(name) is None})
        for name, text in words.items():
            self.writer.add_text(name, text, step)
        self.writer.file_writer.add_summary(_of_end(finished))
        self.pause()

    def pause(self):
        """Close the event file."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def _of_settings(config: Mapping[str, str | float]):
    """Make the summary that TensorBoard's page of hyperparameters reads, as its own module for TensorFlow does."""
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    start = SessionStartInfo(group_name=str(config["lineage"]))
    for name, value in config.items():
        kind = "bool_value" if isinstance(value, bool) else "string_value" if isinstance(value, str) else "number_value"
        setattr(start.hparams[name], kind, value)
    return _summary(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=start))


def _of_end(finished: bool):
    """Make the summary that says how the run ended."""
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.api_pb2 import Status
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    status = Status.Value("STATUS_SUCCESS" if finished else "STATUS_FAILURE")
    return _summary(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=SessionEndInfo(status=status)))


def _summary(tag: str, data):
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.plugins.hparams import metadata

    data.version = metadata.PLUGIN_DATA_VERSION
    plugin = SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME, content=data.SerializeToString())
    return Summary(value=[Summary.Value(tag=tag, metadata=SummaryMetadata(plugin_data=plugin))])


def _last_row(folder: Path) -> dict[str, Any]:
    files = sorted(folder.glob("*tfevents*"))
    try:
        raw = read_events(files, folder.name)
    except PointsError:  # no values yet
        return {}
    return {name: cells[-1] for name, cells in raw.columns.items()}
