"""Which law, which loss, which interval: the tables of docs/which.md, measured on public run tables.

    python benchmarks/which.py [--write docs/which.md] [--only loss,law,interval]

The tables lie in the folder that SCALINGLAWS_DATA names, else beside the repository in ../shared/data; one that is
missing is an error. Each part stands between two marks of the page; the prose around them is written by hand. The rows
on intervals are quoted from docs/coverage.md, which has a command of its own. Two and a half CPU minutes.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))

import numpy as np  # noqa: E402
from marked_part import give  # noqa: E402
from public_tables import DATA  # noqa: E402

from scalinglaws import Points, compare, draws, fit, plan, read_points  # noqa: E402
from scalinglaws.comparing.comparison import Comparison  # noqa: E402
from scalinglaws.records.numbers_in_text import between, interval  # noqa: E402

END = "<!-- end of what it wrote -->"

CHINCHILLA = "note != 'excluded in published fit (5 highest losses)'"
GOPHER = 5.76e23  # FLOPs: the budget that Hoffmann et al. 2022 spent on Chinchilla
CUT = 1e20  # FLOPs: above it lie 104 of the 240 runs and none of the five wild ones
LOSSES: dict[str, dict] = {
    "huber": {},
    "huber --delta 0.001": {"delta": 1e-3},
    "huber --delta 0.01": {"delta": 1e-2},
    "student-t": {"loss": "student-t"},
    "tukey": {"loss": "tukey"},
    "ls-log": {"loss": "ls-log"},
    "ls": {"loss": "ls"},
}
ROBUST = ("huber", "student-t", "tukey")
FORMS = ("chinchilla", "gadre", "kaplan-nd", "brandfonbrener-nd", "skaling")  # of size and tokens alone

# table -> rows kept: every table of sizes and tokens in which one recipe was followed
TABLES = {
    "chinchilla_epoch": CHINCHILLA,
    "gadre_testbed": "loss_split == c4_val and train_set == c4_original",
    "kempner_loss_to_loss": "loss_split == c4_val and train_set == slimpajama-chunk1 and part == sweep",
    "xlstm_isoflop_runs": "iso_set == llama_ctx2048",
    "datablations": "epochs < 1.01",
    "misfitting": "fraction == 1 and lr == 0.002",
    "gemstones": "schedule_set == 'hot_100b+'",
}


def main() -> None:
    """Measure what is asked for, and print it or put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into the page instead")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas: loss, law, interval")
    asked = parser.parse_args()
    lacking = [name for name in TABLES if not (DATA / f"{name}.csv").exists()]
    if lacking:
        raise SystemExit(f"{lacking[0]}.csv is not on this machine (SCALINGLAWS_DATA). The page needs every table.")
    for part in asked.only.split(","):
        text = PARTS[part]()
        give(asked.write, f"<!-- {part}: written by benchmarks/which.py -->", END, text)


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Lay out a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def said(what: str, began: float) -> None:
    """Tell on standard error how long something took."""
    print(f"{what}: {time.process_time() - began:.1f} CPU s", file=sys.stderr, flush=True)


# ---- which loss


def losses() -> str:
    """Every loss on the 240 and on the 245 points."""
    table = read_points(DATA / "chinchilla_epoch.csv").points
    kept = table.take(table["note"] != "excluded in published fit (5 highest losses)")
    rows = [_loss_row(name, options, kept, table) for name, options in LOSSES.items()]
    head = ["`--loss`", "alpha", "beta", "a", "N* at 5.76e23, 240 points", "245 points", "alpha, beta, E moved by"]
    head += ["larger runs, 240 points", "245 points"]
    told = (
        f"The law `chinchilla` on larger runs, fitted with {', '.join(ROBUST)} and least squares, at up to seven cuts:"
    )
    return "\n\n".join([markdown(head, rows), told, _on_every_table()])


def _on_every_table() -> str:
    """The mean error on larger runs by loss, on every table."""
    tried, rows = (*ROBUST, "ls-log"), []
    for name in TABLES:
        began = time.process_time()
        points = _points(name)
        asked = [{"loss": loss, "columns": {"N": "params_total"}} for loss in tried]
        found = [compare(points, ["chinchilla"], options={"chinchilla": one}).laws[0] for one in asked]
        rows.append([name, *(f"{one.score:.2%}, {one.coverage:.2f}" for one in found)])
        said(f"{name} by loss", began)
    return markdown(["error, coverage", *(f"`{loss}`" for loss in tried)], rows)


def _points(name: str) -> Points:
    return read_points(DATA / f"{name}.csv", where=TABLES[name]).points


def _loss_row(name: str, options: dict, kept: Points, table: Points) -> list[str]:
    began = time.process_time()
    few, all_of_them = (fit("chinchilla", points, **options) for points in (kept, table))
    drawn, wild = (draws(one, draws=2000) for one in (few, all_of_them))
    v, se = few.values, draws(few, method="sandwich").interval(0.6826895)  # half of it is one standard error
    moved = [abs(all_of_them.values[p] - v[p]) / (np.ptp(se[p]) / 2) for p in ("alpha", "beta", "E")]
    said(name, began)
    a = drawn.values[:, [drawn.names.index(p) for p in ("alpha", "beta")]]
    low, high = np.quantile(a[:, 1] / a.sum(axis=1), [0.025, 0.975])
    return [
        f"`{name}`",
        f"{v['alpha']:.3f}",
        f"{v['beta']:.3f}",
        f"{v['beta'] / (v['alpha'] + v['beta']):.3f} {between(low, high, '.3f')}",
        _billions(plan(drawn, GOPHER).params),
        _billions(plan(wild, GOPHER).params),
        ", ".join(f"{one:.1f}" for one in moved),
        *(_foretold(points, options) for points in (kept, table)),
    ]


def _foretold(points: Points, options: dict) -> str:
    """Fit below CUT, ask above it: mean error, and how many the 95% interval held."""
    (one,) = compare(points, ["chinchilla"], above=CUT, options={"chinchilla": options}).laws
    return f"{one.score:.2%}, coverage {one.coverage:.2f}"


def _billions(n) -> str:
    return f"{n.value / 1e9:.0f} B {between(n.low / 1e9, n.high / 1e9, '.0f')}"


# ---- which law


def laws() -> str:
    """The joint laws on every table: a summary, then each table with the command that gives it."""
    found = {name: _compared(name) for name in TABLES}
    parts = [_summary({name: one for name, (_, one) in found.items()})]
    for name, (points, one) in found.items():
        parts += [_command(name), _told(points, one), _table_of(one)]
    return "\n\n".join(parts)


def _compared(name: str) -> tuple[Points, Comparison]:
    began = time.process_time()
    points = _points(name)
    found = compare(points, FORMS, options={law: {"columns": {"N": "params_total"}} for law in FORMS})
    said(name, began)
    return points, found


def _command(name: str) -> str:
    laws = ",".join(FORMS)
    return f'    scalinglaws compare {name}.csv --laws {laws} --map N=params_total --where "{TABLES[name]}"'


def _told(points: Points, one: Comparison) -> str:
    runs = len(np.unique(points.kept["run_id"]))
    cuts = f"{one.cuts[0]:.2g} to {one.cuts[-1]:.2g} FLOPs"
    undecided = f"; not distinguishable from the best: {', '.join(one.undecided)}" if one.undecided else ""
    held = f"{one.held_runs} runs held out{undecided}"
    return f"{len(points.kept)} points of {runs} runs; {len(one.cuts)} cuts, {cuts}; {held}."


def _table_of(one: Comparison) -> str:
    ranked = [law for law in one.laws if not law.failed]
    least = min(law.aicc for law in ranked)
    rows = [
        [
            f"`{law.law}`",
            f"{law.score:.2%}",
            "" if law is ranked[0] else interval(law.behind, "+.2%"),
            f"{law.best_probability:.2f}",
            f"{law.coverage:.2f}",
            *_far(law),
            f"{law.aicc - least:+.0f}",
            f"{law.cross_validated:.2%}",
        ]
        for law in ranked
    ]
    rows += [[f"`{law.law}`", "takes no part", *[""] * 7] for law in one.laws if law.failed]
    head = [
        "law",
        "error",
        "error minus the best's",
        "P(best)",
        "coverage",
        "far error",
        "far coverage",
        "AICc",
        "CV",
    ]
    return markdown(head, rows)


def _far(law) -> list[str]:
    far = [reach for reach in law.reaches if reach.low >= 4]
    points = sum(reach.points for reach in far)
    if not points:
        return ["", ""]
    squares = sum(reach.points * reach.rms_log**2 for reach in far)
    held = sum(reach.points * reach.coverage for reach in far)
    return [f"{(squares / points) ** 0.5:.2%}", f"{held / points:.2f}"]


def _summary(found: dict[str, Comparison]) -> str:
    rows = []
    for name in FORMS:
        trials = [(one, law) for one in found.values() for law in one.laws if law.law == name and not law.failed]
        if not trials:
            continue
        ranked = [one.laws[0] for one, _ in trials]
        behind = [law.score / best.score for best, (_, law) in zip(ranked, trials, strict=True)]
        rows.append(
            [
                f"`{name}`",
                str(len(trials)),
                str(sum(one.laws[0] is law for one, law in trials)),
                str(sum(one.laws[0] is law or name in one.undecided for one, law in trials)),
                f"{np.median(behind):.2f} ({max(behind):.2f})",
                f"{np.mean([law.coverage for _, law in trials]):.2f} ({min(law.coverage for _, law in trials):.2f})",
                str(sum(law.aicc == min(o.aicc for o in one.laws if not o.failed) for one, law in trials)),
            ]
        )
    head = [
        "law",
        "tables",
        "best",
        "best or not distinguishable",
        "error / best error",
        "coverage",
        "lowest AICc",
    ]
    return markdown(head, sorted(rows, key=lambda row: -int(row[3]))) + "\n\n" + _counted([*found.values()])


def _counted(found: list[Comparison]) -> str:
    least = [min((law for law in one.laws if not law.failed), key=lambda law: law.aicc) for one in found]
    right = sum(law is one.laws[0] for law, one in zip(least, found, strict=True))
    undecided = sum(bool(one.undecided) for one in found)
    return (
        f"The law with the lowest AICc predicts best on {right} of {len(found)} tables. On {undecided} of {len(found)} "
        "the best law cannot be distinguished from another."
    )


# ---- which interval


def intervals() -> str:
    """Quote docs/coverage.md."""
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    parts = []
    for head, words in {
        "### Which interval": "Simulated studies of 20, 60 and 240 runs, five kinds of noise, five targets",
        "## Few runs": "Six to twelve runs, the coverage of the default interval",
        "### Checkpoints of one run": "Several checkpoints per run; `over points` treats them as separate runs",
        "### Real runs held out": "Larger real runs (of the 240 points), predicted by a fit below a cut",
    }.items():
        table = re.search(re.escape(head) + r"\n(?s:.*?)((?:^\|.*\n)+)", page, re.M)
        if not table:
            raise SystemExit(f"docs/coverage.md has no table under {head!r}.")
        parts += [f"{words}:", table.group(1).rstrip("\n")]
    return "\n\n".join(parts)


PARTS: dict[str, Callable[[], str]] = {"loss": losses, "law": laws, "interval": intervals}


if __name__ == "__main__":
    main()
