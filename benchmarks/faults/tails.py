"""Random small studies whose runs are made up: whatever they measured, all that follows training ends in a page."""

import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
from counts import Counts

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import Sweep, lay_out
from scalinglaws.designing.study_file import Study
from scalinglaws.run.run import Evaluation, Run, RunSpec
from scalinglaws.store.store import Store, open_store
from scalinglaws.studying.study import study

WORDS = "the power law of loss falls as model data and compute grow until it bends".split()
SIZES = ((1, 4), (1, 6), (1, 8), (1, 12), (1, 16), (1, 24), (2, 16), (2, 24))
HORIZONS = (1e4, 2e4, 4e4, 8e4)
DRAWS = 40  # of every interval: these say nothing anyhow
FLOOR = 1.7


def measured(kind: str, n: float, d: float, rng: np.random.Generator) -> float:
    """Loss of one run in a world of this kind: nats."""
    law = FLOOR + 9.0 / n**0.3 + 130.0 / d**0.4
    noise = np.exp(0.01 * rng.standard_normal())
    worlds = {
        "a law": lambda: law * noise,
        "a law without noise": lambda: law,
        "no term in N": lambda: (FLOOR + 130.0 / d**0.4) * noise,
        "no term in D": lambda: (FLOOR + 9.0 / n**0.3) * noise,
        "nothing but noise": lambda: FLOOR * noise,
        "anything": lambda: float(np.exp(rng.uniform(-2, 3))),
        "all equal": lambda: 2.5,
        "rising": lambda: (1.0 + 0.1 * np.log(n) + 0.1 * np.log(d)) * noise,
        "one huge": lambda: law * noise if rng.random() < 0.9 else 10.0 ** rng.uniform(1, 300),
        "one tiny": lambda: law * noise if rng.random() < 0.9 else 10.0 ** rng.uniform(-300, -1),
        "some diverged": lambda: law * noise if rng.random() < 0.8 else float("nan"),
    }
    return float(worlds[kind]())


KINDS = (
    *("a law", "a law without noise", "no term in N", "no term in D", "nothing but noise", "anything", "all equal"),
    *("rising", "one huge", "one tiny", "some diverged"),
)


def settings_of(seed: int, text: Path) -> tuple[Study, str]:
    """Draw a small study and the kind of world that its runs are measured in."""
    rng = np.random.default_rng(seed)
    shapes = tuple(SIZES[i] for i in sorted(rng.choice(len(SIZES), rng.integers(2, len(SIZES) + 1), replace=False)))
    tokens = tuple(HORIZONS[: rng.integers(1, len(HORIZONS) + 1)])
    held = int(rng.integers(0, 2))
    asked = Study(
        f"tail {seed}",
        shapes,
        tokens,
        corpus=f"text:{text}",
        n_ctx=16,
        seeds=int(rng.integers(1, 4)),
        hold_out=held if len(shapes) > 2 else 0,
        hold_out_seeds=int(rng.integers(1, 3)),
        schedule=str(rng.choice(["wsd", "cosine"])),
        each_lr_factor=(1.0, 4.0) if rng.random() < 0.1 else (),
        evaluations=4,
        eval_tokens=1024,
        draws=DRAWS,
        warmup_steps=5,
        max_epochs=4.0,
    )
    return asked, str(KINDS[seed % len(KINDS)])


def made(seed: int, text: Path, to: Path) -> Study:
    """Lay out a random study in a folder and write down, in place of training, a run for everything it asks."""
    asked, kind = settings_of(seed, text)
    store = open_store(to, create=True)
    sweep = lay_out(asked, tokenise(asked.corpus, asked.tokenizer, store.data), store.data)
    write(sweep, store, kind, np.random.default_rng([seed, 1]))
    return asked


def write(sweep: Sweep, store: Store, kind: str, rng: np.random.Generator) -> None:
    """Write a run of every specification of a sweep."""
    for spec in sweep.runs:
        store.ask(spec)
        store.keep(run_of(spec, kind, rng))


def run_of(spec: RunSpec, kind: str, rng: np.random.Generator) -> Run:
    """Make up what a run measured; one without a number is a diverged one."""
    steps = np.unique(np.linspace(max(spec.first_step, 1), spec.steps, 4).astype(int))
    losses = [measured(kind, spec.shape.params(), step * spec.batch_tokens, rng) for step in steps]
    curve = tuple(
        Evaluation(int(s), int(s) * spec.batch_tokens, spec.lr, loss, 0.01 * loss, loss, 0.1 * k)
        for k, (s, loss) in enumerate(zip(steps, losses, strict=True))
        if np.isfinite(loss)
    )
    if np.isfinite(losses[-1]):
        return Run(spec, "finished", "trained to its horizon", curve, 1.0, 10**5, {"tokens_per_second": 1e6})
    return Run(spec, "diverged", "its loss was no number", curve, 1.0, 10**5)


def texts(folder: Path) -> Path:
    """Write the text that all these studies name."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(60):
        (folder / f"{i}.txt").write_text(f"document {i}: " + " ".join(rng.choice(WORDS, 300)))
    return folder


def tail(seed: int, text: Path, to: Path, *, figures: bool = True) -> str:
    """Run everything that a study does after training; give what went wrong, empty where it ended in a whole page."""
    try:
        asked = made(seed, text, to)
        study(asked, to, command=f"scalinglaws study tail-{seed}", figures=figures)
    except Exception:
        return traceback.format_exc()
    page = to / "report" / "index.html"
    if not page.exists() or not (to / "results.json").exists():
        return "no page, or no results"
    return next((line.strip()[:300] for line in page.read_text().splitlines() if "internal error" in line), "")


def measure(seed: int, size: int) -> Counts:
    """Try `size` random studies; the figures of one in twenty are drawn."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as folder:
        text = texts(Path(folder) / "text")
        for k in range(size):
            counts.tries += 1
            wrong = tail(1000 * seed + k, text, Path(folder) / str(k), figures=k % 20 == 19)
            if wrong:
                counts.tracebacks += 1
                counts.found.append(f"tails {1000 * seed + k}: {wrong.strip().splitlines()[-1]}")
    return counts


if __name__ == "__main__":
    print(measure(0, int(sys.argv[1])))
