"""Rows of one definition: test sets, tokenizers, texts, architectures and recipes that a table's rows mix."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import PointsError, argument
from ..quantities import playing
from .convert import reachable
from .points import Points

# What rows of one law must share, and the columns that commonly say so: ours, and those of others' tables.
# Compared in lower case, without what stands before the last dot or slash (a tracker's "config.tokenizer").
_KINDS = {
    "test sets": "loss_split eval_set eval_split eval_dataset eval_data eval_name test_set test_data test_split "
    "validation_set val_set val_data val_dataset loss_kind loss_name loss_unit metric eval_metric eval_loss_name",
    "tokenizers": "tokenizer tokenizer_name",
    "vocabularies": "n_vocab vocab_size vocabulary",
    "training texts": "train_set training_set train_data training_data train_dataset corpus dataset data_mix datamix",
    "subsets of the text": "subset_tokens subset data_subset",
    "architectures": "arch architecture model_type model_class sharing",
    "families": "family model_family",
    "context lengths": "n_ctx context_length seq_len sequence_length max_seq_len block_size",
    "recipes": "experiment recipe hparams optimizer optimiser optimizer_name lr_schedule schedule schedule_set "
    "scheduler lr_scheduler lr_scheduler_type warmup decay precision dtype condition",
    "counts of parameters": "param_count params_count params_kind count_params",
    "arms": "arm",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
# Columns that a law takes, by role or name, and the definitions that it then distinguishes itself.
_TOLD_APART = {
    "params_vocabulary": ("tokenizers", "vocabularies"),
    "tokens_per_character": ("tokenizers", "vocabularies"),
    "n_vocab": ("tokenizers", "vocabularies"),
    "loss_bits_per_byte": ("tokenizers", "vocabularies"),
    "tokens_unique": ("subsets of the text",),
    "n_ctx": ("context lengths",),
}
_SCHEDULES = {"lr_schedule", "schedule", "schedule_set", "scheduler", "lr_scheduler", "lr_scheduler_type", "decay"}
_NOT_ABOUT_LOSS = set(
    "run_id lineage family role outcome excluded_because source note notes comment name run_name url path user".split()
)
_SHOWN = 4  # values that a sentence lists
_BARE = re.compile(r"[^\s()<>=!,'\"`]+")
_WORDS = {"and", "or", "not", "in"}
MOST_LABELS = 60  # values of a text column beyond which it names runs, not groups of runs
LEAST_CELLS = 3  # pairs of N and D at which groups must meet before their losses are compared
APART = 0.005  # relative difference of losses at one N and D below which groups count as equal
CERTAIN = 1e-4  # p of the comparison, below which groups differ
EXPLAINS = 0.5  # fraction of the scatter about a smooth surface that a column may explain without a note


@dataclass(frozen=True)
class Mixture:
    """Rows of several definitions: the column that says so, the number of rows of each value, and their kind."""

    column: str
    counts: Mapping[str | float, int]
    kind: str

    def __str__(self) -> str:
        most = sorted(self.counts.items(), key=lambda pair: -pair[1])
        listed = ", ".join(f"{written(value)} {count}" for value, count in most[:_SHOWN])
        return f"{len(most)} {self.kind} ({self.column}: {listed}{', ...' * (len(most) > _SHOWN)})"


def written(value: str | float) -> str:
    """Write a cell's value as a person would: 1024, not 1024.0."""
    return value if isinstance(value, str) else f"{value:.0f}" if float(value).is_integer() else f"{value:.17g}"


@np.errstate(all="ignore")  # cells of zero, or infinite, give ratios that no comparison holds for
def mixtures(points: Points, columns: Iterable[str] = ()) -> tuple[Mixture, ...]:
    """Find the columns by which the rows in the fits mix several definitions.

    A column is recognised by its name, or by its effect: rows of one N and D whose losses differ between its values.
    Columns across which one law was asked for (`Points.across`) are left out, and those that `columns`, which the law
    takes, distinguish.
    """
    kept, taken = points.kept, set(columns)
    free = {kind for name in taken for kind in _TOLD_APART.get(name, ())}
    found = []
    for name in kept.columns:
        ours = name == "family" and "lineage" in kept  # says why a run of a set was made, not how
        kind = None if ours else _KIND_OF.get(_plain(name))
        if name in points.pooled or name in taken or (kind in free):
            continue
        if "schedule_number" in taken and _plain(name) in _SCHEDULES:
            continue
        counts = _counts(kept, name, numbers=kind is not None)
        if len(counts) > 1 and (kind or _differ(kept, name)):
            found.append(Mixture(name, counts, kind or "groups whose losses differ at one N and D"))
    return tuple(found)


def unmixed(points: Points, columns: Iterable[str] = ()) -> Points:
    """Return rows of one definition, so that parts of them can be fitted; refuse rows of several.

    Raises:
        PointsError: naming the columns and their values, the rows to choose, and how to fit across them nevertheless.
    """
    found = mixtures(points, columns)
    if found:
        columns = [mixture.column for mixture in found]
        raise PointsError(
            f"the rows mix {' and '.join(map(str, found))}: one law cannot describe all of them. "
            f"{ways_out(points, found)}, or fit across them deliberately: {argument(across=columns)}."
        )
    return points.across(*points.columns)


def ways_out(points: Points, found: Iterable[Mixture]) -> str:
    """Say what to type: the rows of one definition, or the quantity that is comparable between them."""
    found = tuple(found)
    said = f"Choose one, such as {argument(where=choice(points, found))}"
    per_token = all(mixture.kind in _TOLD_APART["loss_bits_per_byte"] for mixture in found)
    if per_token and "loss_bits_per_byte" in reachable(points, "loss"):
        said += f", or compare losses per byte of text: {argument(columns={'L': 'loss_bits_per_byte'})}"
    return said


def choice(points: Points, found: Iterable[Mixture]) -> str:
    """Write the row choice that leaves one definition: of all combinations the one with the most different N and D."""
    kept = points.kept
    names = [mixture.column for mixture in found]
    cells = np.stack([kept.distinct(name)[1] for name in names], axis=1)
    group = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    unknown = np.logical_or.reduce([kept[name] != kept[name] for name in names])
    group = group if unknown.all() else np.where(unknown, -1, group)
    place = kept.settings
    best = max(sorted(set(group.tolist()) - {-1}), key=lambda g: (len(set(place[group == g])), int((group == g).sum())))
    one = int(np.flatnonzero(group == best)[0])
    terms, left = [], np.ones(len(kept), dtype=bool)
    for name in sorted(names, key=lambda name: -len(set(kept[name].tolist()))):
        if len(_counts(kept.take(left), name, numbers=True)) > 1:
            terms.append(f"{_word(name)} == {_word(written(kept[name].tolist()[one]))}")
            left &= kept[name] == kept[name][one]
    return " and ".join([f"({points.where})"] * bool(points.where) + terms)


@np.errstate(all="ignore")
def carrying(points: Points) -> tuple[str, ...]:
    """List, in sentences, text columns that explain much of the scatter about a smooth surface of N and D."""
    kept = points.kept
    surface = _surface(kept)
    if surface is None:
        return ()
    found = []
    for name in kept.columns:
        if not _may_group(kept, name) or _KIND_OF.get(_plain(name)) or _nested(kept, name):
            continue
        labels, label = kept.distinct(name)
        share, one = _share(surface, label), next((_word(v) for v in labels.tolist() if _filled(v)), "''")
        if share > EXPLAINS:
            found.append(
                f"{name} explains {share:.0%} of the scatter about a smooth surface of N and D: if its values are "
                f"different definitions, choose one, such as {argument(where=f'{_word(name)} == {one}')}"
            )
    return tuple(found)


def tells(kind: str, name: str) -> bool:
    """Say whether a column's name says that it holds labels of this kind, "test sets" for one."""
    return _KIND_OF.get(_plain(name)) == kind


@np.errstate(all="ignore")
def units_agree(points: Points, params: str) -> bool:
    """Say whether other columns bear out that `params` counts single parameters: 12 n_layer d_model^2, or C = 6 N D."""
    size = points[params]
    if {"n_layer", "d_model"} <= set(points.columns) and points["n_layer"].dtype.kind == "f":
        shape = 12 * points["n_layer"] * points["d_model"] ** 2
        if _near(shape, size, 0.05, 100.0):
            return True
    compute = next((name for name in playing("flops") if name in points), None)
    return bool(compute and "tokens" in points and _near(points[compute], 6 * size * points["tokens"], 0.2, 50.0))


def _near(a: np.ndarray, b: np.ndarray, low: float, high: float) -> bool:
    good = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    return bool(good.any()) and low < float(np.median(a[good] / b[good])) < high


def _plain(name: str) -> str:
    return re.split(r"[./]", name)[-1].strip().lower().replace("-", "_").replace(" ", "_")


def _filled(value: str | float) -> bool:
    return value != "" and value == value and value != "nan"


def _counts(points: Points, name: str, numbers: bool) -> dict[str | float, int]:
    """Count the rows of each value that is there; of a column of numbers only where numbers may be labels."""
    if points[name].dtype.kind != "U" and not numbers:
        return {}
    values, place = points.distinct(name)
    counts = np.bincount(place, minlength=len(values))
    return {v: int(n) for v, n in zip(values.tolist(), counts, strict=True) if _filled(v)}


def _has(points: Points, *roles: str) -> bool:
    return all(any(name in points for name in playing(role)) for role in roles)


def _may_group(points: Points, name: str) -> bool:
    """Say whether a text column can be a label of groups of runs: few values, each on several rows."""
    if points[name].dtype.kind != "U" or _plain(name) in _NOT_ABOUT_LOSS:
        return False
    counts = _counts(points, name, numbers=False)
    return 2 <= len(counts) <= min(MOST_LABELS, len(points) // 3) and sum(n > 1 for n in counts.values()) > 1


def _loss(points: Points) -> np.ndarray | None:
    name = next((n for n in playing("loss") if n in points), None)
    column = None if name is None else points[name]
    return None if column is None or not (np.isfinite(column) & (column > 0)).all() else np.log(column)


def _differ(points: Points, name: str) -> bool:
    """Say whether rows of one N and D have other losses by the values of a column: an F test within the settings."""
    if not _may_group(points, name) or not _has(points, "params", "tokens", "loss"):
        return False
    loss = _loss(points)
    if loss is None:
        return False
    label, place = points.distinct(name)[1], points.settings
    pairs = np.unique(place * (label.max() + 1) + label) // (label.max() + 1)
    meeting = np.isin(place, np.flatnonzero(np.bincount(pairs) > 1))
    if len(np.unique(place[meeting])) < LEAST_CELLS:
        return False
    effects, p = _effects(loss[meeting], label[meeting], place[meeting])
    return p < CERTAIN and float(np.ptp(effects)) > APART


def _effects(loss: np.ndarray, label: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit ln L = setting + label; give the labels' effects and the p of their F test."""
    from scipy.special import fdtrc

    label, place = (np.unique(x, return_inverse=True)[1].reshape(-1) for x in (label, place))
    size = np.bincount(place)
    shown = np.eye(label.max() + 1)[label]
    within = shown - (np.stack([np.bincount(place, column) for column in shown.T], axis=1) / size[:, None])[place]
    apart = loss - (np.bincount(place, loss) / size)[place]
    effects, _, rank, _ = np.linalg.lstsq(within, apart, rcond=1e-9)
    left = apart - within @ effects
    free = len(loss) - len(size) - rank
    explained, rest = float(apart @ apart - left @ left), float(left @ left)
    if rank < 1 or free < 1:
        return effects, 1.0
    noise = max(rest, 1e-24 * len(loss))
    return effects, float(fdtrc(rank, free, max(explained, 0.0) / rank / (noise / free)))


def _surface(points: Points) -> np.ndarray | None:
    """Give the residuals of ln L from a quadratic surface of ln N and ln D; None if there are too few rows for one."""
    loss = _loss(points) if _has(points, "params", "tokens", "loss") else None
    if loss is None:
        return None
    n, d = (points[next(name for name in playing(r) if name in points)] for r in ("params", "tokens"))
    if len(loss) < 20 or not ((n > 0) & (d > 0) & np.isfinite(n) & np.isfinite(d)).all():
        return None
    n, d = np.log(n / np.median(n)), np.log(d / np.median(d))
    basis = np.stack([np.ones(len(n)), n, d, n * n, n * d, d * d], axis=1)
    return loss - basis @ np.linalg.lstsq(basis, loss, rcond=1e-9)[0]


def _share(left: np.ndarray, label: np.ndarray) -> float:
    """Give the fraction of the variance that the labels' means explain, adjusted for the number of labels."""
    n, k = len(left), label.max() + 1
    mean = (np.bincount(label, left) / np.bincount(label))[label]
    total = float(left @ left)
    rest = float((left - mean) @ (left - mean))
    return 1 - (rest / max(n - 6 - k, 1)) / (total / max(n - 7, 1)) if total > 1e-12 * n else 0.0


def _nested(points: Points, name: str) -> bool:
    """Say whether the size alone, or the tokens alone, determines a column, as with names of sizes."""
    label = points.distinct(name)[1]
    for role in ("params", "tokens"):
        level = points.distinct(next(n for n in playing(role) if n in points))[1]
        pairs = len(np.unique(label * (level.max() + 1) + level))
        if pairs in (label.max() + 1, level.max() + 1):
            return True
    return False


def _word(text: str) -> str:
    """Write a name or a value as the row choice reads it: in quotes unless it is one plain word."""
    if _BARE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    mark = next((mark for mark in "'\"`" if mark not in text), "'")
    return f"{mark}{text}{mark}"
