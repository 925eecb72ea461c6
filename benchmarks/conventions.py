"""How far the choice of count moves public results: the tables of docs/conventions.md.

    python benchmarks/conventions.py [--write docs/conventions.md]

The tables lie in the folder that SCALINGLAWS_DATA names, else beside the repository in ../shared/data. Prints the page,
or writes it; a table that is missing is an error: the page is whole or is not written. About half a minute.
"""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

from public_tables import DATA

from scalinglaws import read_points
from scalinglaws.counting.compared import Conventions, Moved
from scalinglaws.counting.conventions import conventions
from scalinglaws.points.conversion_rules import RULES
from scalinglaws.records.numbers_in_text import ends

# name -> (rows, facts of all rows that the table leaves out)
TABLES: dict[str, tuple[str, dict[str, float]]] = {
    "kempner_loss_to_loss": ("loss_split == c4_val and train_set == slimpajama-chunk1 and part == sweep", {}),
    "misfitting": ("fraction > 0.1", {}),
    "xlstm_isoflop_runs": ("iso_set == llama_ctx2048", {}),
    "gemstones": ("schedule_set == 'hot_100b+'", {"tied": 0}),
    "gadre_testbed": ("loss_split == c4_val and train_set == c4_original", {}),
    "datablations": ("params_total > 1", {}),
    "chinchilla_epoch": ("note != 'excluded in published fit (5 highest losses)'", {}),
    "steplaw_dense": ("params_nonembedding > 1", {}),
}
EXAMPLE = "kempner_loss_to_loss"
BUDGET = "1e21"

HEAD = """# One set of runs, several exponents

The way in which parameters, FLOPs, tokens and loss are counted is part of a result. Kaplan et al. (2020) left
embeddings out and found N* ~ C^0.73; Hoffmann et al. (2022) counted them and found 0.5; much of the difference is due
to the count (Pearce & Song 2024; Porian et al. 2024). `conventions` measures that part for any table: it derives every
count that can be computed from the columns, fits the law and finds the frontiers once for each count, and compares the
resulting differences with the statistical interval.

```
scalinglaws conventions points.csv --budget 1e21 --given n_vocab=50257,n_ctx=1024
```

- The exponent a of N\\* ~ C^a uses the N and the C of its row, as a paper would print it, over the range of compute of
  the table. `=` marks the rows in which C is 6 N D with the same count of N.
- N\\* and D\\* are given for one budget and in one count (`--count`, by default the first that the table allows): in
  every row a budget of 1e21 means 6 x that count x tokens = 1e21 FLOPs, so that the rows can be compared. Between the
  counts of a table's models the relation N_total = N + omega N^k of Pearce & Song is fitted; if a count deviates from
  it, a warning says so.
- Facts that hold for all rows and that a table leaves out are stated with `--given`: `n_vocab`, `n_ctx`, `tied` (1 or
  0), `bytes_per_token`, `d_ff`. `--map N=params_total` uses only one count for a letter.
- A count that cannot be derived is listed with the columns that it needs. Two counts that are equal in every row are
  treated as one. Bits per byte that are a fixed multiple of nats per token change no exponent, and are not fitted
  again.
- The isoFLOP approach needs runs grouped by budget in the C of the row; the envelope needs learning curves or several
  horizons of each size. A frontier whose optima span less than a factor 3 of compute is left out.

This page is written by `python benchmarks/conventions.py --write docs/conventions.md`.
"""


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page there instead of printing it")
    target = parser.parse_args().write
    lacking = [name for name in TABLES if not (DATA / f"{name}.csv").exists()]
    if lacking:
        raise SystemExit(f"{lacking[0]}.csv is not on this machine (SCALINGLAWS_DATA). The page needs every table.")
    page = whole_page({name: compared(name) for name in TABLES})
    if target is None:
        print(page, end="")
    else:
        target.write_text(page, encoding="utf-8")


def compared(name: str) -> Conventions:
    """Refit one table under all its conventions."""
    rows, given = TABLES[name]
    points = read_points(DATA / f"{name}.csv", where=rows).points
    return conventions(points, given=given, flops=float(BUDGET) if name == EXAMPLE else None)


def whole_page(found: dict[str, Conventions]) -> str:
    """Lay out the tables."""
    return "\n".join([HEAD, *public_tables(found), *example(found[EXAMPLE]), *rules()]) + "\n"


def public_tables(found: dict[str, Conventions]) -> list[str]:
    """One row a table and route: exponents with C = 6 N D, and what moves."""
    lines = [
        "## Public tables",
        "",
        "The exponents a with C = 6 N D in the same count of N; the range of a over these; its range over all pairs of",
        "a count of N and one of C; and the width of the 95% bootstrap interval (median over the conventions).",
        "",
        "| table | points | route | a, by the count of N | range of a | range over all pairs | width of the interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        for moved in one.moved:
            own = {
                r.convention.params.removeprefix("params_"): f"{r.exponent.value:.3f}"
                for r in one.refits
                if r.route == moved.route and r.convention.own_compute and r.convention.tokens == "tokens"
            }
            if len({r.convention for r in one.refits}) > 1 or moved.route == "law":
                told = ", ".join(f"{count} {a}" for count, a in own.items())
                lines.append(f"| {name} | {one.points} | {moved.route} | {told} | {_moves(moved)} |")
    lines += ["", "The rows that are kept, and the facts that are given:", ""]
    lines += [
        f'- {name}: `--where "{rows}"`'
        + (f" `--given {','.join(f'{k}={v}' for k, v in given.items())}`" if given else "")
        for name, (rows, given) in TABLES.items()
    ]
    return [*lines, ""]


def _moves(moved: Moved) -> str:
    own = "-" if moved.own_by is None else f"{moved.own_by:.3f}"
    return f"{own} | {moved.by:.3f} | {'-' if moved.width is None else f'{moved.width:.3f}'}"


def example(one: Conventions) -> list[str]:
    """One table in full."""
    rows = TABLES[EXAMPLE][0]
    lines = [
        "## One table in full",
        "",
        "```",
        f'scalinglaws conventions {EXAMPLE}.csv --where "{rows}" --budget {BUDGET}',
        "```",
        "",
        f"{one.points} runs; N\\* as {one.common}.",
        "",
        "| route | N | C | | a | 95% interval | N\\* | 95% interval | D\\* |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in one.refits:
        c, a, n = r.convention, r.exponent, r.params
        lines.append(
            f"| {r.route} | {c.params} | {c.flops} | {'=' if c.own_compute else ''} | {a.value:.3f} | "
            f"{ends(a, '.3f')} | {n.value:.3g} | {ends(n, '.3g')} | {r.tokens.value:.3g} |"
        )
    lines += ["", *(f"- {moved.route}: {moved.sentence}" for moved in one.moved), ""]
    lines += [
        f"Missing for {u.what}: {', or '.join(' and '.join(way) for way in u.lacks[:2])}.  " for u in one.unavailable
    ]
    return [*lines, ""]


def rules() -> list[str]:
    """Every conversion."""
    lines = [
        "## The conversions",
        "",
        "`scalinglaws.convert(points, to=...)` chains these; a route that assumes nothing is taken before",
        "one that does, and a shape that contradicts the counts beside it is not used.",
        "",
        "| gives | by | source | assuming |",
        "|---|---|---|---|",
    ]
    return [*lines, *(f"| `{r.gives}` | {r.formula} | {r.source} | {r.assumes} |" for r in RULES)]


if __name__ == "__main__":
    main()
