"""The wiring of the house: who may import whom, what a file may reach for, and how large it may grow.

Everything is read from the source, so that imports inside functions count too. A new edge is one word in MAY_IMPORT,
to be defended in its commit; an edge that is used no more has to go.
"""

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "scalinglaws"

# A unit is a module of the package or a folder of modules; within itself a folder is free.
HALL = set("errors ranges guard quantities shape run points definitions records results conversions".split())
INFERRING = set(
    "laws law_file fit uncertainty frontier compare predict plan optima arms ensemble checkpoints importers "
    "schedules conventions audit findings".split()
)
MEASURING = set(
    "corpora tokenizers models instruments schedule optimizer checkpoint train store worker executors launch lock "
    "settings cells checks design cost calibrate coordinate_check precision protocol windows".split()
)
ABOVE = set(
    "report review clean verify appraise infer machine held_out readings families study estimate status display cli "
    "__init__ __main__".split()
)


def split(table: dict[str, str]) -> dict[str, set[str]]:
    """Turn each row of words into a set."""
    return {name: set(row.split()) for name, row in table.items()}


# unit -> the units it may import
MAY_IMPORT = split(
    {
        # the table in the hall
        "errors": "",
        "guard": "errors",  # the one place where any exception is caught: a part fails, the whole stands
        "quantities": "errors",
        "shape": "errors",
        "run": "errors shape",
        "points": "errors quantities",
        "definitions": "errors points quantities",
        "ranges": "errors",
        "records": "errors",
        "results": "points",
        "conversions": "errors points quantities shape",
        # the measuring wing
        "tokenizers": "errors",
        "corpora": "errors records tokenizers",
        "models": "precision shape",
        "schedule": "run",
        "optimizer": "precision run",
        "precision": "",
        "windows": "corpora run",
        "checkpoint": "errors optimizer records run",
        "instruments": "run",
        "train": "checkpoint corpora errors instruments models optimizer precision records run schedule windows",
        "lock": "errors",
        "store": "conversions errors lock points records results run schedule",
        "worker": "corpora lock run store train",
        "executors": "",  # starts a command line and never trains: results come back through the store
        "settings": "errors ranges records run",
        "checks": "errors run schedule settings",
        "design": "checks corpora errors records run settings shape",
        "cost": "design run schedule shape",
        "calibrate": "cost instruments models optimizer precision run",
        "coordinate_check": "models optimizer run",
        "cells": "run shape",
        "protocol": "points run",
        "launch": "corpora design errors executors lock run store",
        # the inferring wing
        "laws": "errors quantities",  # formulas: no data, no solver
        "importers": "definitions errors points quantities records",
        "law_file": "errors fit laws quantities",
        "schedules": "errors laws points quantities",
        "fit": "conversions definitions errors laws points quantities schedules",  # never a Run or a Store
        "uncertainty": "errors fit",
        "predict": "errors fit uncertainty",
        "compare": "definitions errors fit laws points predict quantities results uncertainty",
        "frontier": "definitions errors laws points quantities results",
        "plan": "ensemble errors laws predict results shape uncertainty",
        "optima": "errors laws plan",
        "arms": "definitions errors fit laws plan points uncertainty",
        "audit": "checkpoints conversions definitions errors fit frontier guard laws points predict "
        "quantities results uncertainty",
        "findings": "errors fit frontier guard laws points quantities results uncertainty",
        "conventions": "conversions definitions errors fit frontier laws points quantities results uncertainty",
        "checkpoints": "errors points",
        "ensemble": "compare errors fit points predict uncertainty",
        # above both wings
        "infer": "errors fit frontier guard laws points predict results uncertainty",
        "held_out": "compare errors guard laws points predict records results run uncertainty",
        "machine": "",
        "report": "errors guard quantities records results",  # shows fields of records, computes nothing
        "display": "launch",
        "estimate": "calibrate checks corpora cost design display errors machine quantities records settings "
        "tokenizers",
        "readings": "cells design errors instruments points protocol run schedule store",
        "families": "corpora design errors executors findings importers launch machine points readings records run "
        "settings store",
        "status": "design records store",
        "verify": "checkpoint corpora design errors points readings records results run store worker",
        "clean": "design lock run records store",
        "review": "audit design points protocol readings records results run store",
        "study": "cells checks corpora design errors executors guard held_out infer launch law_file laws machine plan "
        "records report results review run settings store",
        "appraise": "compare definitions errors infer laws machine plan points quantities results review",
        "__init__": "arms audit checkpoints compare conventions conversions ensemble errors fit frontier importers "
        "laws optima plan points predict shape uncertainty",
        "__main__": "cli",
    }
)

# third-party package -> the units that may import it; one not listed here is used nowhere
MAY_BE_USED_BY = split(
    {
        "numpy": "guard points definitions appraise audit findings conversions conventions laws fit uncertainty "
        "predict compare frontier plan optima arms checkpoints ensemble importers infer held_out report study corpora "
        "schedules tokenizers instruments train windows",
        "scipy": "definitions arms audit compare ensemble findings fit frontier plan predict uncertainty",
        "emcee": "uncertainty",
        "torch": "calibrate checkpoint coordinate_check instruments models optimizer precision train windows worker",
        "safetensors": "checkpoint",
        "tokenizers": "tokenizers",
        "zstandard": "corpora",
        "polars": "importers",
        "pydantic": "records",
        "matplotlib": "report",
        "typer": "cli",
        "rich": "cli display",
    }
)

MAY_IMPORT_LATE = {"cli", "__init__"}  # inside a function; third-party packages may come late anywhere
MAY_PRINT_EXIT_AND_READ_ENVIRONMENT = {"cli", "display", "__main__"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "managers"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MAY_BE_LONG: set[str] = set()  # tables, by file name


@dataclass(frozen=True)
class Import:
    """One import statement: `target` is a unit of the package, or a third-party package where `foreign`."""

    place: str
    unit: str
    target: str
    foreign: bool
    late: bool


@dataclass(frozen=True)
class Source:
    """One module of the package."""

    path: Path
    unit: str
    place: str
    tree: ast.Module
    lines: int


def read_sources(package: Path) -> list[Source]:
    """Parse every module under a package folder."""
    sources = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        sources.append(Source(path, parts[0], "/".join(parts) + ".py", ast.parse(text), len(text.splitlines())))
    return sources


def imports_of(source: Source, package: Path) -> list[Import]:
    """Read every import of a module, wherever it stands; its own unit and the standard library left out."""
    folder = source.path.relative_to(package).parts[:-1]
    at_top = set(source.tree.body)
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        place, late = f"{source.place}:{node.lineno}", node not in at_top
        for parts, relative in _modules(node, folder):
            if relative and (parts or ("__init__",))[0] != source.unit:
                found.append(Import(place, source.unit, (parts or ("__init__",))[0], foreign=False, late=late))
            elif not relative and parts[0] not in sys.stdlib_module_names:
                found.append(Import(place, source.unit, parts[0], foreign=True, late=late))
    return found


def _modules(node: ast.Import | ast.ImportFrom, folder: tuple[str, ...]) -> list[tuple[tuple[str, ...], bool]]:
    """Each module that an import names, as its parts from the package's root, and whether it is one of ours."""
    if isinstance(node, ast.Import):
        return [(tuple(alias.name.split(".")), False) for alias in node.names]
    if not node.level:
        return [(tuple(node.module.split(".")), False)]
    start = folder[: len(folder) - (node.level - 1)]
    if node.module:
        return [((*start, *node.module.split(".")), True)]
    return [((*start, alias.name), True) for alias in node.names]


def wrong_edges(imports: list[Import]) -> list[str]:
    """Say which imports no table allows."""
    wrong = []
    for one in imports:
        if one.foreign and one.target == "scalinglaws":
            wrong.append(f"{one.place} imports scalinglaws by its name; import relatively.")
        elif one.foreign and one.unit not in MAY_BE_USED_BY.get(one.target, ()):
            allowed = ", ".join(sorted(MAY_BE_USED_BY.get(one.target, ()))) or "nobody"
            wrong.append(f"{one.place} imports {one.target}, which may be used by {allowed} alone.")
        elif not one.foreign and one.unit != "cli" and one.target not in MAY_IMPORT.get(one.unit, ()):
            allowed = ", ".join(sorted(MAY_IMPORT.get(one.unit, ()))) or "nothing"
            wrong.append(f"{one.place} imports {one.target}; {one.unit} may import {allowed}.")
        elif not one.foreign and one.late and one.unit not in MAY_IMPORT_LATE:
            wrong.append(f"{one.place} imports {one.target} inside a function; import it at the top.")
    return wrong


def wrong_calls(source: Source) -> list[str]:
    """Say where a module prints, exits, reads the environment, draws from a global random state, or unpickles."""
    wrong = []
    for node in ast.walk(source.tree):
        reason = _forbidden(node)
        if reason and not ("only cli" in reason and source.unit in MAY_PRINT_EXIT_AND_READ_ENVIRONMENT):
            wrong.append(f"{source.place}:{node.lineno} {reason}.")
    return wrong


ONLY_CLI = {
    "print",
    "input",
    "exit",
    "quit",
    "sys.exit",
    "os._exit",
    "os.getenv",
    "os.environ",
    "sys.argv",
    "sys.stdout",
}
UNPICKLING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
SEEDED = {"default_rng", "Generator", "SeedSequence", "PCG64", "PCG64DXSM", "Philox", "BitGenerator", "RandomState"}
TORCH_DRAWS = {
    "rand",
    "randn",
    "randint",
    "randperm",
    "normal",
    "bernoulli",
    "multinomial",
    "poisson",
    "normal_",
    "uniform_",
    "bernoulli_",
    "random_",
    "trunc_normal_",
    "exponential_",
}
GLOBAL_SEEDS = {"torch.manual_seed", "torch.seed", "torch.set_rng_state", "torch.cuda.manual_seed_all", "random.seed"}


def _forbidden(node: ast.AST) -> str:
    """What rule a piece of code breaks; empty for none."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = {a.name.split(".")[0] for a in node.names} if isinstance(node, ast.Import) else {node.module or ""}
        return f"imports {min(names & UNPICKLING)}: nothing is ever unpickled" if names & UNPICKLING else ""
    if isinstance(node, ast.Name | ast.Attribute) and _dotted(node) in ONLY_CLI:
        return f"uses {_dotted(node)}: only cli prints, exits or reads the environment"
    if isinstance(node, ast.Raise) and "SystemExit" in ast.dump(node):
        return "raises SystemExit: only cli exits"
    return _forbidden_call(node) if isinstance(node, ast.Call) else ""


def _forbidden_call(call: ast.Call) -> str:
    name, keywords = _dotted(call.func), {keyword.arg for keyword in call.keywords}
    head, _, last = name.rpartition(".")
    if head in ("np.random", "numpy.random") and (last not in SEEDED or not (call.args or call.keywords)):
        return f"calls {name} without a seed of its own: take seed as an argument"
    if (head == "random" and last != "Random") or name in GLOBAL_SEEDS:
        return f"calls {name}, which has a global state: make a Generator from a seed"
    if last in TORCH_DRAWS and head != "rng" and "generator" not in keywords and _is_torch(head, last):
        return f"calls {name} without generator=: it draws from torch's global state"
    if name == "torch.load" or (name in ("np.load", "numpy.load") and "allow_pickle" in keywords):
        return f"calls {name}, which unpickles"
    return ""


def _is_torch(head: str, last: str) -> bool:
    return head == "torch" or head.endswith("init") or last.endswith("_")


def _dotted(node: ast.AST) -> str:
    """Write a name such as np.random.seed out; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value) or '?'}.{node.attr}"
    return ""


def wrong_sizes(source: Source) -> list[str]:
    """Say which names, depths and lengths are over the limits."""
    wrong = []
    bad = FORBIDDEN_NAMES & set(Path(source.place).with_suffix("").parts)
    if bad:
        wrong.append(f"{source.place} is called {min(bad)}: name the file for its subject.")
    if source.place.count("/") > 1:
        wrong.append(f"{source.place} lies more than two folders deep.")
    if source.lines > LONGEST_FILE and source.place not in MAY_BE_LONG:
        wrong.append(f"{source.place} has {source.lines} lines; {LONGEST_FILE} is the limit. Split it by meaning.")
    for node in ast.walk(source.tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node.end_lineno - node.lineno >= LONGEST_FUNCTION
        ):
            wrong.append(
                f"{source.place}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines; "
                f"{LONGEST_FUNCTION} is the limit."
            )
    return wrong


def require_none(wrong: list[str]):
    """Fail with every violation on a line of its own."""
    if wrong:
        pytest.fail("\n".join(["the rules of the house are broken:", *wrong]), pytrace=False)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_sources(PACKAGE)


@pytest.fixture(scope="module")
def imports(sources) -> list[Import]:
    return [one for source in sources for one in imports_of(source, PACKAGE)]


def test_every_import_follows_the_table(imports):
    assert len(imports) > 50, "the reader sees too little to judge"
    require_none(wrong_edges(imports))


def test_every_unit_has_its_place_in_the_house(sources):
    units = {source.unit for source in sources}
    require_none(
        [
            f"{unit} stands in no wing of tests/test_layers.py"
            for unit in sorted(units - HALL - INFERRING - MEASURING - ABOVE)
        ]
    )
    require_none([f"{unit} has no row in MAY_IMPORT" for unit in sorted(units - MAY_IMPORT.keys() - {"cli"})])


def test_the_table_allows_no_edge_that_nobody_uses(imports):
    used = defaultdict(set)
    for one in imports:
        used[one.unit].add(one.target)
    unused = [f"{unit} -> {target}" for unit, targets in MAY_IMPORT.items() for target in sorted(targets - used[unit])]
    require_none(unused)


def test_the_wings_never_import_each_other_and_the_hall_imports_neither():
    crossing = [
        f"{unit} -> {target}"
        for unit, targets in MAY_IMPORT.items()
        for target in sorted(targets)
        if (unit in INFERRING and target not in INFERRING | HALL)
        or (unit in MEASURING and target not in MEASURING | HALL)
        or (unit in HALL and target not in HALL)
    ]
    require_none(crossing)


def test_the_table_has_no_circle():
    assert list(TopologicalSorter(MAY_IMPORT).static_order())  # raises CycleError otherwise


def test_nothing_but_an_executor_s_command_line_leads_to_training():
    assert not MAY_IMPORT["executors"] & {"train", "worker", "models"}
    assert not MAY_IMPORT["store"] & {"train", "worker", "launch"}
    assert not MAY_BE_USED_BY["torch"] & (INFERRING | HALL | ABOVE)
    assert MAY_BE_USED_BY["matplotlib"] == {"report"}
    assert "laws" not in MAY_BE_USED_BY["scipy"]


def test_only_the_command_line_prints_exits_and_reads_the_environment_and_randomness_is_seeded(sources):
    require_none([wrong for source in sources for wrong in wrong_calls(source)])


def test_files_and_functions_stay_small_and_are_named_for_their_subject(sources):
    require_none([wrong for source in sources for wrong in wrong_sizes(source)])


BAD_MODULES = {
    "laws/greedy.py": ("def f(N):\n    from scipy.optimize import minimize\n    return minimize(N)\n", "imports scipy"),
    "laws/nosy.py": ("from ..store import Store\n", "imports store; laws may import"),
    "fit.py": ("import torch\n", "imports torch, which may be used by"),
    "predict.py": ("from . import train\n", "imports train; predict may import"),
    "executors/eager.py": ("def go():\n    from ..train import train\n    return train\n", "imports train"),
    "store.py": ("from scalinglaws.points import Points\n", "import relatively"),
    "corpora/late.py": (
        "def f():\n    from ..errors import CorpusError\n    return CorpusError\n",
        "inside a function",
    ),
    "points.py": ("import requests\n", "may be used by nobody"),
    "plan.py": ("print(1)\n", "only cli prints"),
    "train.py": ("import os\nhome = os.environ['HOME']\n", "os.environ"),
    "compare.py": ("import sys\nsys.exit(1)\n", "sys.exit"),
    "infer.py": ("raise SystemExit(2)\n", "SystemExit"),
    "uncertainty.py": ("import numpy as np\nx = np.random.normal(size=3)\n", "np.random.normal"),
    "frontier.py": ("import numpy as np\nrng = np.random.default_rng()\n", "without a seed"),
    "models/loose.py": ("import torch\nx = torch.randn(3)\n", "torch.randn without generator"),
    "models/seedy.py": ("import torch\ntorch.manual_seed(0)\n", "torch.manual_seed"),
    "design.py": ("import random\nx = random.choice([1])\n", "random.choice"),
    "checkpoint.py": ("import torch\nx = torch.load('x')\n", "unpickles"),
    "importers/sour.py": ("import pickle\n", "nothing is ever unpickled"),
    "corpora/utils.py": ("x = 1\n", "is called utils"),
    "report/a/deep.py": ("x = 1\n", "two folders"),
    "report/long.py": ("x = 1\n" * (LONGEST_FILE + 1), "301 lines"),
    "laws/tall.py": ("def f():\n" + "    x = 1\n" * LONGEST_FUNCTION, "f has 51 lines"),
}


@pytest.mark.parametrize("name", BAD_MODULES)
def test_a_module_that_breaks_a_rule_is_caught(name, tmp_path):
    text, expected = BAD_MODULES[name]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    [source] = read_sources(tmp_path)
    wrong = wrong_edges(imports_of(source, tmp_path)) + wrong_calls(source) + wrong_sizes(source)
    assert len(wrong) == 1, wrong
    assert expected in wrong[0]


def test_a_module_that_keeps_the_rules_is_not_caught(tmp_path):
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "good.py").write_text(
        "import numpy as np\n\nfrom ..errors import LawError\nfrom .law import Law\n\n"
        "def f(seed):\n    return np.random.default_rng(seed).normal()\n"
    )
    [source] = read_sources(tmp_path)
    assert wrong_edges(imports_of(source, tmp_path)) + wrong_calls(source) + wrong_sizes(source) == []
