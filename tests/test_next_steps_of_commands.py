"""Every text of the command line itself that proposes something is said here, and what it proposes is typed.

The texts are read from the source, so that a new one fails until a case says it. A case names a text by a part of it.
"""

import ast
import re
import shlex
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from cli_made import grid, isoflop, law_text, loss, spoken, written
from store_made import STUDY, small_text, store_with

import scalinglaws as sl

CLI = Path(sl.__file__).parent / "cli"
ERRORS = ("MisuseError", "PointsError", "LawError")
HELP = ("typer.Option", "typer.Argument", "_Commands")
PROPOSES = re.compile(r"--[a-z]|scalinglaws (?!wrote)\{?[a-z]")
QUICK = "--draws 20 --no-backtest --interval sandwich"
PLAN = "plan chinchilla points.csv --draws 20 --interval sandwich --flops 1e21"
ANSWERS = "plan train-to-test answers.csv --draws 20 --interval sandwich --flops 1e22"
SHAPES = "--n-vocab 50257 --n-ctx 2048"
PRINTED = "E=1.69,A=406.4,B=410.7,alpha=0.34,beta=0.28"
COSINE = "cosine:steps=72000,peak=3e-4,end=3e-5,warmup=2000"
CURVE = "curve curves.csv --schedule"
ASPECT = "--n-vocab 50257 --aspect 64"
DESIGN = "design tiny.toml --speed 1e10"
FIT = f"fit chinchilla points.csv {QUICK}"
FORECAST = "predict points.csv --at N=1e9,D=1e11"
MIX = "mixtures mixed.csv --shares 'share_*' --losses 'loss_?' --draws 20"


@dataclass(frozen=True)
class Step:
    """A command that says a text; what is typed then, options or a whole command; what of it stands in the text."""

    command: str
    typed: str
    said: str = ""
    also: dict[str, str] = field(default_factory=dict)  # what stands for a word of it
    slow: bool = False


@cache
def texts() -> dict[str, str]:
    """List the texts of the command line that propose something, and those of its errors: pattern -> place.

    What is not known before it is said stands as {}.
    """
    found = {}
    for path in sorted(CLI.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        in_errors = {id(one) for call in calls if ast.unparse(call.func) in ERRORS for one in ast.walk(call)}
        inside = [node for call in calls if ast.unparse(call.func) in HELP for node in ast.walk(call)]
        inside += [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        inside += [part for one in joined for part in ast.walk(one) if part is not one]
        apart = set(map(id, inside))
        for node in ast.walk(tree):
            text = None if id(node) in apart else _text(node)
            is_of_an_error = id(node) in in_errors and " " in (text or "").strip()
            if text and (is_of_an_error or PROPOSES.search(text)) and not re.fullmatch(r"--[a-z-]+", text):
                found[text] = f"{path.name}:{node.lineno}"
    return found


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def text_with(part: str) -> str:
    """Give the one text that a part names: the text itself, or the only one that holds it."""
    (found,) = [part] if part in texts() else [text for text in texts() if part in text]
    return found


STEPS = {
    # options that several verbs share
    "it must be cpu, cuda": Step(f"{DESIGN} --device gpu", "--device cpu", "cpu"),
    "PyTorch finds": Step(f"{DESIGN} --device cuda:999", "--device cpu"),
    "{}. See scalinglaws": Step("laws --nonsense", "scalinglaws laws --help"),
    "write NAME=VALUE, such as": Step(f"{FIT} --fix E", "--fix E=1.8"),
    "names {} twice": Step(f"{FIT} --fix E=1.7 --fix E=1.8", "--fix E=1.7", "1.7"),
    "is given for all rows and for a run": Step(
        "import steps.csv --given batch_tokens=5e5 --given batch_tokens@r0=5e5", "--given batch_tokens=5e5", "Keep one"
    ),
    "write two numbers with a colon": Step(f"{FIT} --bounds E=2", "--bounds E=0:2"),
    "the first number must be below": Step(f"{FIT} --bounds E=2:0", "--bounds E=0:2", "first number must be below"),
    "the second number is a standard deviation": Step(
        f"{FIT} --prior alpha=0.3:0", "--prior alpha=0.3:0.1", "standard deviation, above 0"
    ),
    "{} is not a number. Write it as 1.5e9": Step(
        "laws chinchilla --at N=big,D=1.5e9", "--at N=1.5e9,D=1.5e9", "1.5e9"
    ),
    "--burn-in needs --checkpoints": Step("import curves.csv --burn-in 0.1", "--checkpoints final"),
    "rejected; the first, line": Step(
        f"fit chinchilla spoilt.csv {QUICK}",
        "scalinglaws import TABLE --rejected FILE",
        also={"TABLE": "spoilt.csv", "FILE": "out.csv"},
    ),
    "reads or writes that file already": Step("import points.csv --to points.csv", "--to other.csv", "Name another"),
    "is a folder. Name a file": Step("import points.csv --to folder", "--to file.csv", "Name a file"),
    "is not as scalinglaws wrote it": Step("import points.csv --to two.py", "--to file.csv", "Name another"),
    # laws
    "--at evaluates one law": Step("laws --at N=70e9,D=1.4e12", "scalinglaws laws chinchilla --at N=70e9,D=1.4e12"),
    "--constants says which constants": Step(
        "laws chinchilla --constants 1",
        "scalinglaws laws LAW --at N=1e9,D=1e10 --constants 1",
        "scalinglaws laws LAW --at N=.. --constants 1",
    ),
    "--loss goes with --optimum": Step("laws --loss 2", "scalinglaws laws --optimum C=1e23 --loss 2"),
    "--about searches all laws": Step("laws chinchilla --about repeats", "scalinglaws laws --about repeats", "--about"),
    "no law mentions": Step("laws --about zebra", "scalinglaws laws"),
    "name one, with --law-file": Step(
        "laws two.py", "scalinglaws laws mine --law-file two.py", "with --law-file FILE.py"
    ),
    "along a whole run, one value per step": Step(
        "laws multi-power --at lr=1e-3", "scalinglaws laws multi-power --at lr=@FILE", "--at lr=@FILE"
    ),
    "must contain one number per line": Step(
        "laws multi-power --at lr=@points.csv", "--at lr=@FILE", "must contain one number per line"
    ),
    "--optimum needs a budget": Step("laws --optimum D=1e9", "--optimum C=1e23", "C=1e23"),
    "has no published constants": Step(
        "laws henighan-c --at C=1e21", "scalinglaws fit henighan-c POINTS", also={"POINTS": f"points.csv {QUICK}"}
    ),
    "sets of {} match. Known": Step("laws chinchilla --at N=1e9,D=1e10 --constants none", "--constants 0", "0: "),
    "has the parameters {}": Step(
        "laws chinchilla --at N=1e9,D=1e10 --constants E=1.7",
        "--constants E=1.7,A=400,B=410,alpha=0.34,beta=0.28",
        "E, A, B, alpha, beta",
    ),
    "one law in full": Step("laws", "scalinglaws laws LAW"),
    "none: a form to fit": Step(
        "laws henighan-c", "scalinglaws fit henighan-c POINTS", also={"POINTS": f"points.csv {QUICK}"}
    ),
    # fits
    "takes one law. To rank several": Step(
        f"fit chinchilla,kaplan-nd points.csv {QUICK}",
        "scalinglaws compare POINTS --laws A,B --draws 20",
        "scalinglaws compare POINTS --laws A,B",
        slow=True,
    ),
    "is for several laws": Step(
        f"{PLAN} --mix equal",
        f"scalinglaws {PLAN} --mix equal".replace("chinchilla", "chinchilla,kaplan-nd"),
        "chinchilla,kaplan-nd",
        slow=True,
    ),
    "an accuracy needs a column": Step(
        "predict chinchilla scores.csv --draws 20 --interval sandwich --at N=1e9,D=1e11 --accuracy bhagia-accuracy",
        "--map accuracy=COLUMN",
        slow=True,
    ),
    "name one or more, each once": Step(
        f"fit chinchilla,chinchilla points.csv {QUICK}", f"scalinglaws {FIT}", "each once"
    ),
    "needs a table of runs after it": Step(
        "plan chinchilla --flops 1e21 --draws 20 --interval sandwich", f"scalinglaws {PLAN}", "chinchilla POINTS"
    ),
    "belongs to a law, and none is named": Step(
        "plan points.csv --flops 1e21 --draws 20 --interval sandwich", f"scalinglaws {PLAN}", "chinchilla points.csv"
    ),
    "without a law it is field, none or a file": Step(
        f"{FORECAST} --prior alpha=0.3:0.1", "--prior field", "it is field", slow=True
    ),
    "it would take over a second": Step(
        "fit mine points.csv --law-file two.py --draws 20 --interval sandwich", "--backtest", slow=True
    ),
    " (at every compute: --backtest)": Step(
        "fit chinchilla points.csv --draws 20 --interval sandwich", "--backtest", slow=True
    ),
    # arms, conventions, exponents, compare, mixtures, sweeps, frontiers
    "arms are compared by one law": Step(
        "arms arms.csv --arm corpus --law chinchilla,kaplan-nd --draws 20", "--law chinchilla"
    ),
    "--along needs --at": Step(
        "arms arms.csv --arm corpus --law chinchilla --draws 20 --along size", "--at N=1e9,D=2e10", "--at N=..,D=.."
    ),
    "--at {}: give a size and its tokens, such as --at N=1e9,D=2e10": Step(
        "arms arms.csv --arm corpus --law chinchilla --draws 20 --at N=1e9", "--at N=1e9,D=2e10"
    ),
    "name one law; scalinglaws compare ranks": Step(
        "conventions points.csv --law chinchilla,kaplan-nd --draws 20", "--law chinchilla", "name one law", slow=True
    ),
    "{}: name one law.": Step(
        f"exponents chinchilla,kaplan-nd {ASPECT}", f"scalinglaws exponents chinchilla {ASPECT}", "name one law"
    ),
    "give a compute above 0": Step(f"exponents chinchilla {ASPECT} --at N=1e9", "--at C=1e21"),
    "is for a law without a table": Step(
        "exponents chinchilla counts.csv --n-vocab 50257 --draws 20",
        "scalinglaws exponents chinchilla counts.csv --draws 20",
        "Leave it out",
    ),
    "no law of the shelf has its columns": Step(
        "compare bare.csv --draws 20",
        "--map params_total=width --map tokens=seen",
        "--map params_total=COLUMN --map tokens=COLUMN",
        slow=True,
    ),
    "no column matches": Step(
        "mixtures mixed.csv --shares 'part_*' --losses 'loss_?' --draws 20",
        "--shares share_a,share_b",
        "share_a, share_b",
    ),
    "--at {}: give a size and its tokens, such as --at N=1e9,D=1e11": Step(
        "sweeps sweep.csv --at N=1e9", "--at N=1e9,D=1e11", slow=True
    ),
    "--at gives the best size at a compute": Step(
        "frontier critical-batch batches.csv --draws 20 --at C=1e21",
        "scalinglaws frontier isoflop iso.csv --draws 20 --at C=1e21",
        "use isoflop",
    ),
    "--against compares exponents": Step(
        "frontier critical-batch batches.csv --draws 20 --against chinchilla",
        "scalinglaws frontier isoflop iso.csv --draws 20 --against chinchilla",
        "exponents of N",
        slow=True,
    ),
    "a frontier has a best size at a compute": Step("frontier isoflop iso.csv --draws 20 --at N=1e9", "--at C=1e22"),
    # plan
    "a list of models needs both": Step(f"{PLAN} --n-vocab 50257", "--n-vocab 50257 --n-ctx 2048"),
    "--shape-row, --lr and --to need": Step(f"{PLAN} {SHAPES} --lr 1e-3", "--export nanogpt"),
    "no model of usual proportions": Step(
        f"{PLAN} {SHAPES} --d-head 65536 --lr 1e-3 --export nanogpt", "--d-head 64", "use a smaller --d-head"
    ),
    "the plan lists models": Step(
        f"{PLAN} {SHAPES} --lr 1e-3 --export nanogpt --shape-row 99", "--shape-row 1", "models 1 to"
    ),
    "--export writes one of the listed": Step(f"{PLAN} --lr 1e-3 --export nanogpt", SHAPES, "--n-vocab and --n-ctx"),
    "need a law of the answers": Step(
        f"{PLAN} --questions 1e9 --answer-tokens 500",
        f"scalinglaws {ANSWERS} --questions 1e9 --answer-tokens 500",
        "scalinglaws plan train-to-test POINTS",
    ),
    "these three and no other goal": Step(
        f"{ANSWERS} --params 1e9",
        f"scalinglaws {ANSWERS} --questions 1e9 --answer-tokens 500",
        "--questions 1e9 --answer-tokens 500",
    ),
    # files and studies
    "a comparison takes one --law and no --budget": Step(
        "report points.csv iso.csv --budget 1e21",
        "scalinglaws report ONE --budget FLOPS",
        also={"ONE": "points.csv", "FLOPS": "1e21"},
        slow=True,
    ),
    "mapping saved in": Step(
        "import points.csv --save-mapping kept.json",
        "scalinglaws import points.csv --mapping kept.json",
        "--mapping kept.json",
    ),
    "is for a table of points, and": Step(
        "audit store --where 'N > 1'",
        "scalinglaws points store --to points.csv",
        also={"points.csv": "of-the-store.csv"},
        slow=True,
    ),
    "is for a table of runs; {} is a study": Step(
        "report store --budget 1e20",
        "scalinglaws points store --to points.csv",
        also={"points.csv": "of-the-store.csv"},
        slow=True,
    ),
    "next needs the FLOPs": Step("next points.csv --for 'plan at C=1e22'", "--budget 1e20", slow=True),
    "scores them": Step(
        "predict chinchilla points.csv --draws 20 --interval sandwich --at N=1e9,D=1e11 --record kept.jsonl",
        "scalinglaws ledger kept.jsonl POINTS",
    ),
    # designs of studies
    "design needs a study": Step("design --speed 1e10", "scalinglaws design tiny.toml --speed 1e10", "quickstart"),
    "--speed only applies": Step("study tiny.toml --speed 1e10", "--dry-run"),
    "--minutes is for a folder": Step(
        "study tiny.toml --minutes 1",
        "scalinglaws study tiny.toml --dry-run --speed 1e10",
        "whose file sets its length",
    ),
    "give FLOPs, such as --budget": Step(
        "design --for 'plan at C=1e23' --speed 1e14 --budget lots", "--budget 1e19", slow=True
    ),
    "--budget {}: {}.": Step(
        "design --for 'plan at C=1e23' --speed 1e14 --budget '3 apples'", "--budget '8 h'", slow=True
    ),
    "money needs its price": Step(
        "design --for 'plan at C=1e23' --speed 1e14 --budget '3 money'", "--price-per-hour 2.5", slow=True
    ),
    "--speed {}: give FLOP/s": Step("design tiny.toml --speed fast", "--speed 1e14", "1e14"),
    "is a table, and no text to study": Step("study points.csv", "scalinglaws report points.csv", slow=True),
    "--only is for a set of families": Step(f"{DESIGN} --only dense", f"scalinglaws {DESIGN}", "one study"),
    "it names the field of records": Step(
        f"{DESIGN} --field body",
        "--set corpus=text:pages.jsonl --set tokenizer=bytes",
        "--set corpus=text:pages.jsonl",
        slow=True,
    ),
    "--set {}: give KEY=VALUE": Step(f"{DESIGN} --set seeds", "--set seeds=2"),
    "give the ids of runs": Step(
        "train store", "scalinglaws status FOLDER --json", also={"FOLDER": "store"}, slow=True
    ),
    "there is no such folder or file of text": Step("init nowhere", "scalinglaws design quickstart", slow=True),
    "written: {}": Step("init notes.txt --to notes-study", "scalinglaws design notes-study/study.toml", slow=True),
    # curves
    "Give a CSV file, or a form": Step(f"{CURVE} nowhere.csv", f"--schedule {COSINE}", COSINE),
    "it must have columns steps and lr": Step(f"{CURVE} points.csv", "--schedule rates.csv", "columns steps and lr"),
    "is unknown. It takes": Step(f"{CURVE} cosine:step=5", f"--schedule {COSINE}", COSINE),
    "lacks {}: write it as": Step(f"{CURVE} cosine:steps=5", f"--schedule {COSINE}", COSINE),
    "3 to 1e9 steps, a warm-up shorter": Step(
        f"{CURVE} cosine:steps=1,peak=1e-3", "--schedule cosine:steps=3,peak=1e-3", "3 to 1e9 steps"
    ),
}
TAKE_LONG = ("fit", "plan", "predict", "design", "study", "frontier", "curve", "arms", "mixtures", "compare", "train")
CHEAP = [
    ("import_table.py", "--map"),
    ("import_table.py", "--unit"),
    ("laws.py", "--at"),
    ("constants_of_law.py", "--constants"),
]
NOT_TYPED = {  # why nothing is typed
    "--gpu-slots {}: give numbers": "of a process that a launch starts, which types it",
    "a goal is for one study": "names no file: which of the set the goal is of, only its owner knows",
    "--map, --where, --unit and --given are for tables": "names what was typed, to be left out",
    "is the folder of a study, and no text": "the page of a study's folder is typed where a study was trained",
    "--pool {}": "begins a text that is typed: {} is not a number",
    "--at {} =": "begins a text that is typed: {} is not a number",
    "Made by `scalinglaws findings": "says how a page was made",
    "scalinglaws prior, {} tables": "says how a file was made",
    "scalinglaws study {} --to {}": "keeps the command of a study in its folder",
    "could not be fitted below any": "says why an unasked backtest is not there",
    "no approach is possible here": "begins with what each approach says, which is typed",
    "--schedule {}: {}": "passes on what a schedule says of itself",
    "training needs {}: pip install": "an installation",
    "is not valid text": "no terminal can type half of a character",
    "scalinglaws laws": "the command that lists the laws, behind a name that is unknown; typed below",
}


# where an option is read from NAME=VALUE, and the example with which a bad one is answered, as the source has it: the
# command, and the example as it is said where that is made of the table or law
EXAMPLES = {
    ("arms.py", "--at", "N=1e9,D=2e10"): "arms arms.csv --arm corpus --law chinchilla --draws 20",
    ("audit.py", "--printed", PRINTED): "audit points.csv --only A4",
    ("audit.py", "--target", "C=1e23"): "audit points.csv --only C3",
    ("audit.py", "--columns", "N=params_nonembedding"): "audit counts.csv --only A1",
    ("constants_of_law.py", "--constants", PRINTED): "laws chinchilla --at N=1e9,D=2e10",
    ("curve.py", "--schedule", COSINE): "curve curves.csv",
    ("exponents.py", "--at", "C=1e21"): f"exponents chinchilla {ASPECT}",
    ("fit_options.py", "--fix", "E=1.8"): FIT,
    ("fit_options.py", "--tie", "alpha=beta"): FIT,
    ("frontier.py", "--columns", "N=params_nonembedding"): "frontier isoflop counted.csv --draws 20",
    ("frontier.py", "--critical", "B_star=2e8,alpha_B=0.21"): "frontier isoflop iso.csv --draws 20",
    ("frontier.py", "--at", "C=1e22"): "frontier isoflop iso.csv --draws 20",
    ("import_table.py", "--map", "loss=val/loss"): "import named.csv",
    ("import_table.py", "--unit", "loss=bits"): "import points.csv",
    ("laws.py", "--at", "N=1e9,D=2e10"): "laws chinchilla",
    ("laws.py", "--optimum", "C=1e23"): "laws chinchilla",
    ("mixtures.py", "--weight", "loss_a=2"): MIX,
    ("mixtures.py", "--limit", "share_a=2e10"): f"{MIX} --tokens 1e11",
    ("mixtures.py", "--at", "share_a=0.5,share_b=0.5"): MIX,
    ("options.py", "--map", "N=params_total"): FIT,
    ("options.py", "--unit", "loss=bits"): FIT,
    ("options.py", "--given", "batch_tokens=524288"): "import steps.csv",
    ("options.py", "--bounds", "E=0:2"): FIT,
    ("options.py", "--prior", "alpha=0.34:0.05"): FIT,
    ("plan.py", "--critical", "B_star=2e8,alpha_B=0.21"): "plan kaplan-ns batched.csv --draws 20 --interval sandwich "
    "--flops 1e21",
    ("predict.py", "--at", "N=1e9,D=2e10"): "predict chinchilla points.csv --draws 20 --interval sandwich",
    ("sweeps.py", "--at", "N=1e9,D=1e11"): "sweeps sweep.csv",
}  # fmt: skip
TINY = """corpus = "synthetic:tokens=40000,val_tokens=2000,test_tokens=2000,vocabulary=32"
tokenizer = "symbols"
shapes = [[1, 4], [1, 8]]
tokens = [1e3, 2e3]
n_ctx = 16
batch = 4
eval_tokens = 256
evaluations = 6
warmup_steps = 4
"""
ROWS = grid()
CURVES = [
    {"run_id": f"to {end:g}", "params_total": 1e8, "steps": s, "tokens": s * 5e5, "lr": lr}
    | {"loss": loss(1e8, s * 5e5) + 50 * lr}
    for end in np.linspace(1e-5, 1e-3, 8)
    for s, lr in zip(range(500, 20500, 500), np.linspace(1e-3, end, 40), strict=True)
]
SWEPT = [
    row | {"run_id": f"{row['run_id']}-{i}", "lr": 1e-3 * 2**i, "loss": row["loss"] * (1 + 0.01 * (i - best) ** 2)}
    for row in ROWS
    for best in [1.5 + 0.2 * np.log10(row["tokens"] / row["params_total"])]
    for i in range(5)
]
BATCHES = [
    {"run_id": f"b{b:g}", "params_total": 1e8, "batch_tokens": b, "tokens": t * (1 + b / 2e5), "loss": loss(1e8, t)}
    for b in np.geomspace(1e4, 1e6, 6)
    for t in np.geomspace(1e9, 1e11, 12)
]
MIXTURES = [
    {"share_a": a, "share_b": 1 - a, "params_total": 1e8, "tokens": d, "loss": 3 - a}
    | {"loss_a": 2 + (1 - a) ** 2 + 1e3 / d, "loss_b": 2 + a**2 + 1e3 / d}
    for a in np.linspace(0.1, 0.9, 9)
    for d in (1e4, 1e5)
]
ANSWERED = [
    {"run_id": f"a{i}", "params_total": n, "tokens": d, "samples": k, "surprise_at_k": y * (1 + 0.002 * (-1) ** i)}
    for i, (n, d, k) in enumerate(product(np.geomspace(1e8, 3e9, 4), np.geomspace(2e9, 1e11, 3), (1, 8, 64, 512)))
    for y in [0.05 + 300 / n**0.33 + 900 / d**0.32 + 0.9 / k**0.35]
]
STEPS_ALONE = [
    {name: row[name] for name in ("run_id", "params_total", "loss")} | {"steps": row["tokens"] / 5e5} for row in ROWS
]
TABLES = {
    "points": ROWS,
    "spoilt": [row | {"loss": "-1"} if i == 3 else row for i, row in enumerate(ROWS)],
    "steps": STEPS_ALONE,
    "arms": [row | {"corpus": c, "loss": row["loss"] * by} for row in ROWS for c, by in (("a", 1), ("b", 1.05))],
    "bare": [{"width": row["params_total"], "seen": row["tokens"], "loss": row["loss"]} for row in ROWS],
    "scores": [row | {"right": 1 - row["loss"] / 9} for row in ROWS],
    "named": [row | {"val/loss": row["loss"]} for row in ROWS],
    "batched": [row | {"steps": row["tokens"] / 5e5, "batch_tokens": 5e5} for row in ROWS],
    "counts": [row | {"params_nonembedding": 0.9 * row["params_total"]} for row in ROWS],
    "counted": [row | {"params_nonembedding": row["params_total"]} for row in isoflop()],
    "iso": isoflop(),
    "sweep": SWEPT,
    "mixed": MIXTURES,
    "curves": CURVES,
    "batches": BATCHES,
    "answers": ANSWERED,
    "rates": [{"steps": s, "lr": 1e-3} for s in range(1, 100)],
}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with the tables of the cases, in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    for name, rows in TABLES.items():
        written(tmp_path / f"{name}.csv", rows)
    (tmp_path / "two.py").write_text(law_text() + law_text().replace("LAW =", "OTHER =").replace('"mine"', '"other"'))
    (tmp_path / "FILE").write_text("1e-3\n" * 20)
    (tmp_path / "tiny.toml").write_text(TINY)
    (tmp_path / "pages.jsonl").write_text("".join(f'{{"body": "page {i} says nothing new"}}\n' for i in range(3000)))
    (tmp_path / "notes.txt").write_text("\n\n".join(f"note {i} says nothing new" for i in range(20000)))
    (tmp_path / "folder").mkdir()
    return tmp_path


def squeezed(text: str) -> str:
    return " ".join(text.split())


def pattern_of(text: str) -> re.Pattern:
    return re.compile(".*?".join(map(re.escape, squeezed(text).split("{}"))))


def after(command: str, typed: str) -> list[str]:
    """Give the words that are typed: a whole command, or the options of a command that are replaced."""
    words = shlex.split(typed)
    if words[0] == "scalinglaws":
        return words[1:]
    before, names = shlex.split(command), {word for word in words if word.startswith("--")}
    return [word for i, word in enumerate(before) if word not in names and before[i - 1] not in names] + words


def examples() -> list[tuple[str, str]]:
    """List the places where an option is read from NAME=VALUE, which answer a bad one with an example."""
    found = []
    for path in sorted(CLI.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = ast.unparse(node.func).removeprefix("o.") if isinstance(node, ast.Call) else ""
            if name in ("named", "places", "spans") and (name == "places" or len(node.args) > 1):
                option = node.args[1] if len(node.args) > 1 else ast.Constant("--at")
                found += [(path.name, option.value)] if isinstance(option, ast.Constant) else []
    return sorted(set(found))


def cases() -> list:
    long = [part for part, step in STEPS.items() if step.slow or any(verb in step.command for verb in TAKE_LONG)]
    return [pytest.param(part, marks=[pytest.mark.slow] * (part in long)) for part in STEPS]


@pytest.mark.parametrize("part", cases())
def test_what_a_text_proposes_works_when_it_is_typed(part, folder):
    step = STEPS[part]
    if "store" in step.command:
        store_with(folder / "store", small_text(folder / "cache"), STUDY)
    _, out, err = spoken(*shlex.split(step.command))
    heard = squeezed(f"{out}\n{err}")
    assert pattern_of(text_with(part)).search(heard), heard
    assert squeezed(step.said or step.typed) in heard
    typed = step.typed
    for word, stands in (
        {"POINTS": "points.csv", "LAW": "chinchilla", "A,B": "chinchilla,kaplan-nd", "=COLUMN": "=right"} | step.also
    ).items():
        typed = typed.replace(word, stands)
    code, out, err = spoken(*after(step.command, typed))
    assert code == 0, err
    assert not pattern_of(text_with(part)).search(squeezed(err))


def test_every_text_that_proposes_something_is_typed_or_has_a_reason():
    named = [text_with(part) for part in (*STEPS, *NOT_TYPED)]
    assert [text for text in named if named.count(text) > 1] == []
    assert {text: place for text, place in texts().items() if text not in named} == {}


@pytest.mark.parametrize(
    "place", [pytest.param(one, marks=[pytest.mark.slow] * (one[:2] not in CHEAP)) for one in EXAMPLES]
)
def test_the_example_of_an_option_works_when_it_is_typed(place, folder):
    _, option, example = place
    bad = {"--bounds": "x=1", "--prior": "x=1", "--constants": "E=1,x", "--schedule": "cosine:x"}.get(option, "x")
    code, _, err = spoken(*shlex.split(EXAMPLES[place]), option, bad)
    assert code == 2 and f"such as {option} {example}." in squeezed(err), err
    code, _, err = spoken(*shlex.split(EXAMPLES[place]), option, example)
    assert code == 0, err


def test_every_option_that_has_an_example_is_typed():
    assert examples() == sorted(place[:2] for place in EXAMPLES)
