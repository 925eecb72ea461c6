"""What the logs of trainers share: lines that state a fact of the run, lines of training, lines of held-out loss.

A trainer's log is declared in a file of its own as a `Log`: patterns whose named groups are quantities
(`quantities.py`). The evaluations become rows. A row takes the rate and the tokens from the last line of training
before it. Where a log has no held-out loss, its lines of training are the rows, with the loss of training text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .powers import POWERS
from .raw import Raw, columns_of

NUMBER = r"[+-]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[KMBT]?|nan|inf|-inf"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SPLIT = "loss_split"
Said = dict[str, Any]  # what a line says: quantity -> number; a test set by its name
LOSSES = ("loss_nats", "loss_train_nats", "loss_bits_per_byte")


def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern in which `{name}` stands for a number called name, and a blank for any blanks."""
    text = re.sub(r"\{(\w+)\}", rf"(?P<\1>{NUMBER.replace(chr(92), chr(92) * 2)})", text)
    text = re.sub(r" (?![*+?])", r"\\s+", text)
    return re.compile(re.sub(r" (?=[*+?])", r"\\s", text))


@dataclass(frozen=True)
class Log:
    """How the log of a trainer is read.

    Attributes:
        name: what `form=` takes.
        title: the trainer's log, for a person.
        held_out: patterns of a line that holds a held-out loss.
        training: patterns of a line of training.
        facts: patterns of what holds for the whole run.
        block: pattern of the line that begins a block of indented "key=value" or "key: value" lines.
        keys: key of a block -> quantity; a "*" stands for any text, which for a held-out loss names the test set.
        defines: quantity -> what the trainer counts under it, where that needs a word.
    """

    name: str
    title: str
    held_out: tuple[re.Pattern[str], ...] = ()
    training: tuple[re.Pattern[str], ...] = ()
    facts: tuple[re.Pattern[str], ...] = ()
    block: re.Pattern[str] | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)

    def looks(self, head: str) -> bool:
        """Say whether a text begins as this log does: a line of it matches."""
        found = list(_events(self, without_colours(head).splitlines()))
        return any(kind != "fact" and any(loss in values for loss in LOSSES) for _, kind, values in found)

    def read(self, text: str, name: str) -> Raw:
        """Read the log of one run; the run is called as the file is."""
        rows, facts, training = _gathered(_events(self, without_colours(text).splitlines()))
        held_out = [row for row in rows if _has_held_out(row[1])]
        kept = held_out or rows
        records = [_counted({"run_id": Path(name).stem, **facts, **values}) for _, values in kept]
        notes = [f"of the whole log: {', '.join(_said(self, n, v) for n, v in facts.items())}"] if facts else []
        if held_out and training:
            notes.append(f"{training} lines of training loss are not points: the held-out losses are")
        return Raw(columns_of(records), [line for line, _ in kept], form=self.title, notes=notes)


def without_colours(text: str) -> str:
    """Take the codes of colours out of a text of a terminal."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def number(text: str) -> float:
    """Read a number as logs write it: 524,288 or 14.10M or 1.03E+01."""
    text = text.replace(",", "").replace("_", "")
    power = POWERS.get(text[-1:].lower())
    value = float(text) if power is None else round(float(text[:-1]) * power, 3)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _said(log: Log, name: str, value: float) -> str:
    meaning = f" ({log.defines[name]})" if name in log.defines else ""
    return f"{name} {value:,}{meaning}" if isinstance(value, int) else f"{name} {value:g}{meaning}"


def _counted(record: dict) -> dict:
    """Count the tokens of a step where a log counts sequences, and drop what no quantity is."""
    if {"sequences", "n_ctx"} <= set(record):
        record.setdefault("batch_tokens", record["sequences"] * record["n_ctx"])
    return {name: value for name, value in record.items() if name not in ("sequences", "iteration", "tokens_planned")}


def _has_held_out(values: Mapping[str, float]) -> bool:
    return "loss_nats" in values or "loss_bits_per_byte" in values


def _gathered(events: Iterable) -> tuple[list[tuple[int, dict]], Said, int]:
    """Put the lines of a log together: rows with their line numbers, facts of the run, lines of training."""
    rows: list[tuple[int, dict]] = []
    facts: Said = {}
    latest: Said = {}
    training = 0
    for line, kind, values in events:
        if kind == "fact":
            facts.update({name: value for name, value in values.items() if name not in facts})
            continue
        lacks = {name: value for name, value in latest.items() if name not in values}
        if "steps" in values and rows and not _has_held_out(values) and rows[-1][1].get("steps") == values["steps"]:
            rows[-1][1].update({name: value for name, value in values.items() if name not in rows[-1][1]})
        else:
            rows.append((line, values if kind == "training" else {**lacks, **values}))
        latest.update({name: value for name, value in values.items() if name not in (SPLIT, *LOSSES)})
        training += kind == "training"
    return rows, facts, training


def _events(log: Log, lines: list[str]) -> Iterator[tuple[int, str, Said]]:
    """Give what the lines of a log say, in their order: line number, kind, values by quantity."""
    kinds = (("held-out", log.held_out), ("training", log.training))
    block: tuple[int, Said] | None = None
    for i, line in enumerate(lines, 1):
        if log.block is not None:
            mark = log.block.search(line)
            if mark or (block and not line[:1].isspace() and line.strip()):
                yield from _closed(block)
                block = (i, _values(mark)) if mark else None
            if block and not mark:
                _add(block[1], _of_key(log, line))
                continue
        for kind, patterns in kinds:
            found = next((match for one in patterns if (match := one.search(line))), None)
            if found:
                yield i, kind, _values(found)
                break
        else:
            for found in filter(None, (one.search(line) for one in log.facts)):
                yield i, "fact", _values(found)
    yield from _closed(block)


def _add(block: dict, said: dict) -> None:
    """Add what a line says to its block; the losses of test sets stand together."""
    if "of" in said:
        said = {"of": {**block.get("of", {}), **said["of"]}}
    block.update(said)


def _values(match: re.Match[str]) -> Said:
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    return {name: value if name == SPLIT else number(value) for name, value in found.items()}


def _closed(block: tuple[int, Said] | None) -> Iterator[tuple[int, str, Said]]:
    """Give a block of keys as one event, where a loss stood in it; as one for each test set, where it has several."""
    if not block:
        return
    line, values = block
    sets = values.pop("of", {})
    for split, loss in sets.items():
        yield line, "held-out", {**values, "loss_nats": loss, **({SPLIT: split} if len(sets) > 1 else {})}
    if not sets and any(loss in values for loss in LOSSES):
        yield line, "training", values


_KEY = re.compile(rf"^\s+(.+?)\s*[=:]\s*({NUMBER})\s*$")


def _of_key(log: Log, line: str) -> Said:
    found = _KEY.match(line)
    if not found:
        return {}
    for key, name in log.keys.items():
        alike = re.fullmatch(re.escape(key).replace(r"\*", "(.*)"), found[1])
        if alike and name == "loss_nats":
            return {"of": {(alike.groups() or ("",))[0]: number(found[2])}}
        if alike:
            return {name: number(found[2])}
    return {}
