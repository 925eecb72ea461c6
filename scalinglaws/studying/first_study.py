"""A folder or file of text and some minutes -> a study of it: its text in documents, its sizes, horizons and rates."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from pathlib import Path

from ..corpora.corpus import split_of
from ..corpora.duplicates import drop_near_duplicates
from ..corpora.pieces import pieces
from ..corpora.text import find_files
from ..corpora.text_files import documents_in
from ..designing.costs import Step
from ..designing.design import make_shape, peak_rate
from ..designing.rate_scan import first_scan
from ..designing.study_file import Study
from ..errors import CorpusError, StudyError, counted
from ..records.json_values import write_whole
from ..training.step_times import calibrate
from .design_for_text import toml_of
from .machine import cores

TEXT, TOML = "text.jsonl", "study.toml"  # in the study's folder
PIECES, PIECE = 800, (256, 1 << 14)  # documents to aim at, and the bytes of one
LEAST_BYTES, MOST_BYTES = 300_000, 200_000_000
EPOCHS = 4.0  # of a text: up to here repeated tokens are worth nearly as much as fresh ones (Muennighoff et al. 2023)
WIDTHS = (12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160)
SIZES = tuple((2, width) for width in WIDTHS)  # one depth: a change of it within the ladder is a break
FITTED = range(4, len(SIZES) - 1)  # possible numbers of sizes that are fitted; the next two are held out
SHORTEST, LAST, DOUBLINGS = 2.5e5, 5.6e5, 5  # tokens: of every size; of the largest one fitted; of the longest run
APART = 1.3  # ratio of tokens, from which one more horizon at the largest compute fitted is worth a branch
HELD = (3.0, 10.3)  # compute of the held-out runs over the largest fitted
LEAST_SHARE = 0.4  # of these horizons: below, fewer sizes are taken instead
START_SECONDS, ANALYSIS_SECONDS = 4.0, 40.0  # of a chain of runs; of the fits, the audit and the page
USED = 0.8  # of the processors: chains do not end at the same moment
TIMED = ((2, 16), (2, 48))  # sizes whose step is timed


@dataclass(frozen=True)
class FirstStudy:
    """A study of someone's text, as it was written to its folder.

    Attributes:
        seconds: expected until its page is there. said: what was read, chosen and left out.
    """

    study: Study
    path: Path
    seconds: float
    said: tuple[str, ...]


def first_study(text: Path, folder: Path, minutes: float, say: Callable[[str], None] = lambda text: None) -> FirstStudy:
    """Lay out a study of a text that ends with its page after some minutes on this machine, and write it to `folder`.

    Files that are no text are left out and named. Documents are cut at line ends, so that some hundreds of them can be
    split into training, validation and test text. Sizes follow a ladder; the runs of the fitted ones reach a tenth of
    the compute of the larger of two that are held out. The step is timed, and horizons are stretched or shortened to
    the time, within four passes over the text.

    Raises:
        CorpusError: there is too little text. StudyError: the time is too short for four sizes.
    """
    documents, said = read_documents(text)
    training = sum(len(one) + 1 for one in documents if split_of(_digest(one)) == "train")
    recipe = Study(
        _name(text),
        SIZES[:1],
        (SHORTEST,),
        corpus=f"text:{TEXT}",
        batch=8,
        lr_scale=0.256,
        lr_max=0.008,
        warmup_share=0.1,
        max_epochs=EPOCHS,
    )
    say("timing two kinds of step ...")
    pace = _pace(recipe)
    study, seconds, told = fit_to_time(recipe, training * EPOCHS, minutes * 60, pace)
    about = f"{text.name}: {counted(len(study.shapes) - 2, 'size')} and two held out, for {minutes:g} minutes"
    study = replace(study, about=about)
    comment = [f"written for {minutes:g} minutes; change it, and train it again with: scalinglaws study {TOML}"]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / TEXT, b"".join(json.dumps({"text": one.decode()}).encode() + b"\n" for one in documents))
    write_whole(folder / TOML, toml_of(study, comment).encode())
    return FirstStudy(study, folder / TOML, seconds, (*said, *told))


def _name(text: Path) -> str:
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in text.resolve().stem).strip("-")
    return kept[:60] or "text"


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def read_documents(text: Path) -> tuple[list[bytes], list[str]]:
    """Read every file that is text, cut into documents of a size of which there are some hundreds; and what was read.

    Raises:
        CorpusError: no file is text, or there are less than 300 KB of distinct text.
    """
    found, odd = [], []
    files = find_files(f"text:{text}", str(text))
    for path in files:
        try:
            found += documents_in(path)
        except CorpusError:
            odd.append(path.name)
    length = sum(map(len, found))
    size = min(max(length // PIECES, PIECE[0]), PIECE[1])
    documents = drop_near_duplicates(piece for one in found for piece in pieces(one, size))
    kept = sum(map(len, documents))
    left = f"; left out, for they are no UTF-8 text: {', '.join(odd[:3])}{' ...' * (len(odd) > 3)}" if odd else ""
    told = f"{kept / 1e6:.3g} MB of text in {len(documents):,} documents of {len(files) - len(odd)} files{left}"
    if not LEAST_BYTES <= kept <= MOST_BYTES:
        few = kept < LEAST_BYTES
        raise CorpusError(
            f"{text} has {told}; a first study needs {LEAST_BYTES / 1e6:g} to {MOST_BYTES / 1e6:g} MB of it, all "
            "different. " + ("Give more text, or take scalinglaws study quickstart." if few else "Name a part of it.")
        )
    return documents, [told]


def _pace(recipe: Study) -> Callable[[tuple[int, ...]], float]:
    """Time two sizes; give seconds per token of any size, by a power law of its FLOPs through them."""
    steps = [Step(make_shape(recipe, size, 257), recipe.batch, 1, recipe.optimizer, False, "float32") for size in TIMED]
    paces = calibrate(steps)
    tokens = recipe.batch * recipe.n_ctx
    (x, y), (x2, y2) = ((log(step.flops), log(paces[step].step_seconds / tokens)) for step in steps)
    slope = min(max((y2 - y) / (x2 - x), 0.3), 1.0)

    def seconds(size: tuple[int, ...]) -> float:
        shape = make_shape(recipe, size, 257)
        off = log(shape.flops_per_token("exact") * tokens) - x2
        return exp(y2 + off * (slope if off < 0 else 1.0))

    return seconds


def fit_to_time(
    recipe: Study, most_tokens: float, seconds: float, pace: Callable[[tuple[int, ...]], float]
) -> tuple[Study, float, list[str]]:
    """Choose how many sizes, and stretch or shorten their horizons, so that all is done in a time.

    Args:
        most_tokens: of one run. pace: size -> seconds per token.

    Raises:
        StudyError: the time is too short.
    """
    slots = recipe.processes or cores()
    for many in reversed(FITTED):
        chosen = _stretched(many, most_tokens, seconds, pace, slots)
        if chosen is not None:
            horizons, expected = chosen
            study = replace(
                recipe,
                shapes=SIZES[: many + 2],
                tokens=(),
                own_tokens=horizons,
                hold_out=2,
                seeds=2,
                seed_shape=SIZES[1],
            )
            return _with_rates(study, expected, seconds, pace, slots)
    raise StudyError(
        f"{seconds / 60:.3g} minutes on {counted(slots, 'core')}, or {most_tokens:.3g} tokens, are too few for "
        f"{FITTED[0]} sizes and two held out. Give more minutes or more text."
    )


def _stretched(many: int, most_tokens: float, seconds: float, pace, slots: int):
    """Give the horizons of `many` fitted sizes and two more, and their seconds; None if they do not fit."""
    share = 2.0
    while share >= LEAST_SHARE:
        horizons = _horizons(many, share, most_tokens)
        if min(map(len, horizons)) and len(horizons[0]) > 1 and max(map(max, horizons)) <= most_tokens:
            expected = _seconds(horizons, pace, slots)
            if expected <= seconds:
                return horizons, expected
        share *= 0.9
    return None


def _params(size: tuple[int, ...]) -> int:
    return 12 * size[0] * size[1] ** 2


def _horizons(many: int, share: float, most_tokens: float) -> tuple[tuple[float, ...], ...]:
    cap = 6 * _params(SIZES[many - 1]) * LAST * share
    found = []
    for size in SIZES[:many]:
        ends = [SHORTEST * share * 2**k for k in range(DOUBLINGS + 1)]
        most = min(cap * 1.01 / 6 / _params(size), most_tokens)
        own = [d for d in ends if d <= most]
        last = [most] if own and APART * own[-1] < most < 2 * own[-1] else []
        found.append(tuple(map(_round, (*own, *last))))
    found += [(_round(times * cap / 6 / _params(size)),) for times, size in zip(HELD, SIZES[many:], strict=False)]
    return tuple(found)


def _round(tokens: float) -> float:
    return float(f"{tokens:.3g}")


def _seconds(horizons: Sequence[tuple[float, ...]], pace, slots: int) -> float:
    """Wall seconds: of the fitted sizes side by side, then of the two held out, then of the analysis."""
    each = [START_SECONDS + pace(size) * _paid(own) for size, own in zip(SIZES, horizons, strict=False)]
    fitted, held = [*each[:-2], each[1]], each[-2:]  # the second size is trained twice
    side_by_side = max(sum(fitted) / slots / USED, *fitted)
    return side_by_side + max(sum(held) / slots, *held) + ANALYSIS_SECONDS


def _paid(own: Sequence[float]) -> float:
    """Tokens trained for the horizons of one size: the trunk, and a fifth of each as its decay."""
    return 0.8 * max(own) + 0.2 * sum(own)


def _with_rates(study: Study, expected: float, seconds: float, pace, slots: int):
    """Add a scan of rates where the time allows it."""
    auto = replace(study, lr="auto")
    scan = sum(len(one.powers) * (START_SECONDS + pace(one.size) * _paid(one.tokens)) for one in first_scan(auto, 257))
    check = 3 * (START_SECONDS + pace(study.shapes[-3]) * _paid(study.own_tokens[-3]))
    more = 1.3 * (scan + check) / slots / USED
    if expected + more <= seconds:
        return auto, expected + more, ["learning rates: scanned at the smallest sizes first (lr = 'auto')"]
    rate = peak_rate(study, make_shape(study, study.shapes[0], 257))
    said = (
        f"learning rates: the rule that was tuned on source code (from {rate:.2g} at the smallest size); with a scan "
        f"of this text it takes {(expected + more) / 60:.1f} minutes"
    )
    return study, expected, [said]
