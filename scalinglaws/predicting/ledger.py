"""The ledger: every forecast that was written down, chained by digest, and scored when its run comes in."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MisuseError, StoreError, counted
from ..points.points import Points
from ..records.arguments import checked
from ..records.json_values import digest_of, parse_json, utc_now, write_whole
from ..records.numbers_in_text import between
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block, rows_of
from .forecast import Forecast
from .predict import Prediction

NAME = "ledger.jsonl"  # of a study, in its folder
SAME = 5e-3  # of ln N and ln D: a run this close to a target is the run that was forecast
COUNTS = {"N": "params_total", "D": "tokens", "L": "loss_nats"}


@dataclass(frozen=True)
class Foretold:
    """One forecast of one run, as it was written down, and how it came out.

    Attributes:
        made: when, in UTC. by: the forecast or the law. points: the hash of the points that it was made from.
        at: letter -> the target; columns: letter -> the column that it counts.
        why_not: why the interval says nothing, so that it cannot be hit or missed; empty if it says something.
        digest: of this entry and, through `before`, of all entries before it.
        measured: mean loss of the runs that came in; None before. scored: when; source: the hash of their points.
    """

    made: str
    by: str
    points: str
    at: Mapping[str, float]
    columns: Mapping[str, str]
    value: float | None
    low: float
    high: float
    level: float
    reach: float
    why_not: str = ""
    before: str = ""
    digest: str = ""
    measured: float | None = None
    scored: str = ""
    source: str = ""

    @property
    def hit(self) -> bool | None:
        """Whether the interval holds the loss; None without a loss, or where the interval says nothing."""
        return None if self.measured is None or self.why_not else self.low <= self.measured <= self.high

    @property
    def score(self) -> float:
        """The interval score in percent of the loss (Gneiting & Raftery 2007, eq 43): the width, and 2 / (1 - level)
        times what lies outside; lower is better. nan before the run comes in.
        """
        if self.measured is None:
            return float("nan")
        low, high, loss = np.log([self.low, self.high, self.measured])
        return float(100 * (high - low + 2 / (1 - self.level) * (max(low - loss, 0) + max(loss - high, 0))))


@dataclass(frozen=True, eq=False, repr=False)
class Ledger(PublicRecord):
    """The forecasts that were written down, in their order."""

    entries: tuple[Foretold, ...]
    path: str = ""

    @property
    def judged(self) -> tuple[Foretold, ...]:
        """Those whose run came in and whose interval could fail."""
        return tuple(one for one in self.entries if one.hit is not None)

    def blocks(self) -> list[Block]:
        """Give a row per forecast, and how many were hit so far."""
        told, hits = [], 0
        scores: list[float] = []
        for one in self.entries:
            if one.hit is not None:
                hits, scores = hits + one.hit, [*scores, one.score]
            told.append((*_cells(one), f"{hits} of {len(scores)}" if scores else ""))
        head = ("made", "by", "at", "forecast", "reach", "measured", "outcome", "score %", "held so far")
        return [rows_of(head, told, "forecasts and their outcomes"), self.sentence]

    @property
    def sentence(self) -> str:
        """Say how many intervals held, beside their level, and the mean score."""
        judged, waiting = self.judged, sum(one.measured is None for one in self.entries)
        silent = len(self.entries) - len(judged) - waiting
        parts = [f"{counted(len(self.entries), 'forecast')}: {waiting} without their run yet"]
        if silent:
            parts.append(f"{silent} whose interval says nothing, and cannot hold")
        if judged:
            levels = sum(one.level for one in judged)
            parts.append(
                f"of {len(judged)} with a loss {sum(bool(one.hit) for one in judged)} held, where {levels:.3g} are "
                f"expected; mean interval score {np.mean([one.score for one in judged]):.3g}% of the loss"
            )
        return "; ".join(parts) + "."

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"forecasts": len(self.entries), "judged": len(self.judged), "path": self.path}

    def rows(self) -> dict[str, Any]:
        """Give one row per forecast."""
        names = ("made", "by", "points", "value", "low", "high", "level", "reach", "measured", "scored", "digest")
        columns = {name: [getattr(one, name) for one in self.entries] for name in names}
        letters = dict.fromkeys(letter for one in self.entries for letter in one.at)
        at = {letter: [one.at.get(letter) for one in self.entries] for letter in letters}
        return {**at, **columns, "hit": [one.hit for one in self.entries], "score": [one.score for one in self.entries]}


def _cells(one: Foretold) -> tuple[str, ...]:
    at = ",".join(f"{letter}={value:.4g}" for letter, value in one.at.items())
    value = f"{one.value:.4g} " if one.value is not None else ""
    outcome = "says nothing" if one.why_not else {True: "hit", False: "MISS", None: ""}[one.hit]
    known = one.measured is not None
    told = f"{value}{between(one.low, one.high, '.4g')}"
    measured, score = f"{one.measured:.4g}" if known else "", f"{one.score:.2f}" if one.hit is not None else ""
    return one.made, one.by, at, told, f"{one.reach:.3g}", measured, outcome, score


@checked
def ledger(path: str | Path, points: Points | None = None) -> Ledger:
    """Read the forecasts that were written down, check their chain, and score those whose runs a table now has.

    Args:
        path: the file, or the folder of a study.
        points: a table with new runs: a run within 0.5% of the size and tokens of a forecast is its run; of several
            (other seeds) their mean is taken. What is found is written into the file.

    Raises:
        MisuseError: there is no such file. StoreError: it was changed after it was written.
    """
    file = file_of(path)
    if not file.exists():
        raise MisuseError(
            f"there is no ledger {file}: predict writes one where it is asked to record, and so do studies."
        )
    entries = read_entries(file)
    if points is not None:
        found = [_outcome(one, points) for one in entries]
        new = [made for made in found if made]
        if new:
            _append(file, new)
            entries = read_entries(file)
    return Ledger(tuple(entries), str(file))


def file_of(path: str | Path) -> Path:
    """Give the file of a ledger, which in a folder has its usual name."""
    path = Path(path)
    return path / NAME if path.is_dir() else path


def foretold(
    said: Forecast | Prediction, by: str, points: str, columns: Mapping[str, str], made: str = ""
) -> list[Foretold]:
    """Write down a forecast: an entry per target.

    Args:
        by: what made it. points: the hash of what it was made from. columns: letter -> column.
    """
    determined = np.broadcast_to(getattr(said, "determined", True), np.shape(said.low))
    names = {"value": said.value, "low": said.low, "high": said.high, "reach": said.reach, "told": said.informative}
    flat = {name: np.broadcast_to(value, np.shape(said.low)).ravel() for name, value in names.items()}
    at = {letter: np.broadcast_to(value, np.shape(said.low)).ravel() for letter, value in said.at.items()}
    entries = []
    for i, known in enumerate(determined.ravel()):
        why = "" if known else "these runs do not determine it"
        why = why or ("" if flat["told"][i] else "its interval is wider than the range of the fitted losses")
        value = float(flat["value"][i])
        entries.append(
            Foretold(
                made or utc_now(),
                by,
                points,
                {letter: float(column[i]) for letter, column in at.items()},
                dict(columns),
                value if np.isfinite(value) else None,
                float(flat["low"][i]),
                float(flat["high"][i]),
                said.level,
                float(flat["reach"][i]),
                why,
            )
        )
    return entries


def keep(path: str | Path, entries: Iterable[Foretold]) -> int:
    """Append forecasts to a ledger, but for those that stand there already; give how many were new.

    Raises:
        StoreError: the file was changed after it was written, or cannot be written to.
    """
    file = file_of(path)
    before = {_subject(one) for one in (read_entries(file) if file.exists() else ())}
    new = [one for one in entries if _subject(one) not in before]
    if new:
        kept = [{name: value for name, value in asdict(one).items() if name not in _OF_OUTCOME} for one in new]
        _append(file, [{"kind": "forecast", **one} for one in kept])
    return len(new)


def settle(path: str | Path, at: Mapping[str, float], measured: float, source: str) -> None:
    """Write down the loss of a run that was forecast, for every forecast of it that has none yet."""
    file = file_of(path)
    entries = read_entries(file) if file.exists() else []
    _append(file, [_outcome_of(one, measured, source) for one in entries if one.measured is None and one.at == at])


_OF_OUTCOME = ("before", "digest", "measured", "scored", "source")


def _subject(one: Foretold) -> tuple:
    return one.by, one.points, tuple(sorted(one.at.items())), one.level


def _outcome(one: Foretold, points: Points) -> dict | None:
    """Give the outcome of a forecast that has none, if the table has its run."""
    kept, columns = points.kept, {**COUNTS, **one.columns}
    names = [columns.get(letter, "") for letter in (*one.at, "L")]
    if one.measured is not None or not all(name in kept for name in names):
        return None
    near = np.ones(len(kept), dtype=bool)
    for letter, value in one.at.items():
        with np.errstate(all="ignore"):
            near &= np.abs(np.log(kept[columns[letter]] / value)) < SAME
    losses = kept[columns["L"]][near]
    losses = losses[np.isfinite(losses) & (losses > 0)]
    return _outcome_of(one, float(losses.mean()), kept.take(near).fingerprint) if len(losses) else None


def _outcome_of(one: Foretold, measured: float, source: str) -> dict:
    return {"kind": "outcome", "of": one.digest, "measured": measured, "scored": utc_now(), "source": source}


def _append(file: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append lines, each with the digest of the one before it and its own."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    last = parse_json(text.splitlines()[-1])["digest"] if text.strip() else ""
    written = []
    for line in lines:
        chained = {**line, "before": last}
        last = digest_of(chained)
        written.append(json.dumps({**chained, "digest": last}, allow_nan=False) + "\n")
    if written:
        write_whole(file, (text + "".join(written)).encode())


def read_entries(file: Path) -> list[Foretold]:
    """Read the forecasts of a file, with the outcomes that came after them.

    Raises:
        StoreError: a line is no entry, or was changed, moved or taken out after it was written.
    """
    found: dict[str, Foretold] = {}
    last = ""
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = dict(parse_json(text))
            digest = line.pop("digest")
            if line["before"] != last or digest_of(line) != digest:
                raise ValueError("its digest does not match what was written")
            last = digest
            if line.pop("kind") == "forecast":
                found[digest] = Foretold(**line, digest=digest)
            else:
                outcome = {name: line[name] for name in ("measured", "scored", "source")}
                found[line["of"]] = Foretold(**{**asdict(found[line["of"]]), **outcome})
        except (ValueError, KeyError, TypeError) as failure:
            raise StoreError(f"{file}, line {number}: {failure}. Restore the file, or begin a new one.") from None
    return list(found.values())
