"""What the tests of the command line share: a way to speak to it, and tables of a known law."""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np

from scalinglaws.cli import main
from scalinglaws.errors import argument

TRUTH = {"E": 1.7, "A": 400.0, "B": 410.0, "alpha": 0.34, "beta": 0.28}

LAW = """
import numpy as np
from scalinglaws import Law, Parameter

def mine(N, D, *, E, A, B, a, b):
    {body}

LAW = Law(
    name="mine",
    predicts="loss",
    evaluate=mine,
    formula="L(N, D) = E + A / N^a + B / D^b",
    source="a test",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude="1"),
        Parameter("A", "1", (1.0, 1e6), amplitude="1"),
        Parameter("B", "1", (1.0, 1e6), amplitude="1"),
        Parameter("{name}", "1", (0.05, 1.5)),
        Parameter("b", "1", (0.05, 1.5)),
    ),
    convention={{"N": "params_total", "D": "tokens"}},
)
"""
FORMULA = "return E + A / N**a + B / D**b"


def law_text(body: str = FORMULA, name: str = "a") -> str:
    """A file that declares one law."""
    return LAW.format(body=body, name=name)


def spoken(*words, stdin: str = "") -> tuple[int, str, str]:
    """Run a command in this process: exit code, standard output, standard error."""
    out, err, before = io.StringIO(), io.StringIO(), (sys.argv, sys.stdin)
    sys.argv, sys.stdin = ["scalinglaws", *map(str, words)], io.StringIO(stdin)
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv, sys.stdin = before
    return code, out.getvalue(), err.getvalue()


def spoken_and_seen(*words) -> tuple[int, str, set[str]]:
    """Speak to the command line: the exit code, what was said, and the places that named arguments."""
    seen = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code is argument.__code__:
            caller = frame.f_back
            while caller.f_code.co_name.startswith("<"):
                caller = caller.f_back
            path = caller.f_code.co_filename
            seen.add(f"{path.rpartition('/scalinglaws/')[2]} {caller.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        code, out, err = spoken(*words)
    finally:
        sys.setprofile(before)
    return code, f"{out}\n{err}", seen


def loss(n, d):
    """Loss of the known law."""
    return TRUTH["E"] + TRUTH["A"] / n ** TRUTH["alpha"] + TRUTH["B"] / d ** TRUTH["beta"]


def grid(sizes=None, tokens=None, noise: float = 0.002) -> list[dict]:
    """Runs of every size on every number of tokens, with seeded noise."""
    sizes = np.geomspace(1e7, 1e10, 8) if sizes is None else sizes
    tokens = np.geomspace(1e9, 1e12, 6) if tokens is None else tokens
    rng = np.random.default_rng(0)
    return [
        {
            "run_id": f"r{i}-{j}",
            "params_total": n,
            "tokens": d,
            "loss": loss(n, d) * np.exp(noise * rng.standard_normal()),
        }
        for i, n in enumerate(sizes)
        for j, d in enumerate(tokens)
    ]


def isoflop(around: float = 1.0) -> list[dict]:
    """Seven sizes at each of five budgets, spread about the optimum times `around`."""
    a, b = TRUTH["alpha"], TRUTH["beta"]
    scale = (a * TRUTH["A"] / (b * TRUTH["B"])) ** (1 / (a + b))
    rows = []
    for c in np.geomspace(1e18, 1e21, 5):
        best = scale * (c / 6) ** (b / (a + b))
        rows += [
            {"run_id": f"{c:.3g}-{k}", "params_total": n, "tokens": c / (6 * n), "loss": loss(n, c / (6 * n))}
            for k, n in enumerate(best * around * np.geomspace(0.2, 5, 7))
        ]
    return rows


def written(path: Path, rows: list[dict], columns: list[str] | None = None) -> Path:
    """Write rows as CSV, numbers in full."""
    columns = columns or list(rows[0])
    lines = [",".join(v if isinstance(v := row[c], str) else repr(float(v)) for c in columns) for row in rows]
    path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    return path
