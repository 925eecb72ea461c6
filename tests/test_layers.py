"""The wiring of the house: who may import whom, what a file may reach for, and how large it may grow.

Everything is read from the source, so that imports inside functions count too. A new edge is one word in MAY_IMPORT,
to be defended in its commit; an edge that is used no more has to go.
"""

import ast
import gc
import sys
import warnings
from collections import defaultdict
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "scalinglaws"

# A unit is a module of the package or a folder of modules; within itself a folder is free.
HALL = set("errors quantities records run formats points results".split())
INFERRING = set(
    "laws fitting uncertainty predicting comparing frontiers planning arms counting measurements claims "
    "auditing".split()
)
MEASURING = set("corpora tokenizers models instruments training designing store launching".split())
ABOVE = set("studying reporting cli __init__ __main__".split())


def split(table: dict[str, str]) -> dict[str, set[str]]:
    """Turn each row of words into a set."""
    return {name: set(row.split()) for name, row in table.items()}


# unit -> the units it may import
MAY_IMPORT = split(
    {
        # the table in the hall
        "errors": "",
        "quantities": "errors",
        "records": "errors",
        "run": "errors",
        "formats": "errors records",
        "points": "errors formats quantities records run",
        "results": "errors points quantities records",
        # the measuring wing
        "corpora": "errors records tokenizers",
        "tokenizers": "errors",
        "models": "run",
        "instruments": "run",
        # designing: it times the kinds of step that a sweep lists
        # training reads what a tracker has, and the results of a trainer of one's own
        "training": "corpora designing errors formats instruments models points records run store",
        "designing": "corpora errors records run",
        "store": "errors points records results run",
        # starts command lines and never trains: results come back through the store
        "launching": "corpora designing errors records run store",
        # the inferring wing
        "laws": "errors quantities",  # formulas: no data, no solver
        "fitting": "errors laws points quantities records",  # never a Run or a Store
        "uncertainty": "errors fitting records",
        "predicting": "errors fitting laws points records uncertainty",
        "comparing": "errors fitting laws points predicting quantities records results uncertainty",
        "frontiers": "errors fitting laws points quantities records results",
        "planning": "auditing comparing errors laws points predicting records results run uncertainty",
        "arms": "errors fitting laws planning points records results uncertainty",
        "counting": "errors fitting frontiers laws points quantities records results uncertainty",
        # numbers without a verdict
        "measurements": "errors fitting frontiers laws points quantities records results uncertainty",
        "claims": "measurements points quantities records results",  # verdicts on the numbers of measurements
        "auditing": "errors fitting frontiers laws points predicting quantities records results uncertainty",
        # above both wings
        "studying": "arms auditing claims comparing corpora counting designing errors fitting formats frontiers "
        "instruments launching laws measurements planning points predicting quantities records reporting results run "
        "store tokenizers training uncertainty",
        "reporting": "claims errors measurements points quantities records results",  # shows records, computes nothing
        "__init__": "arms auditing comparing counting errors fitting frontiers laws planning points "
        "predicting records run studying uncertainty",
        "__main__": "cli",
    }
)

# third-party package -> the units that may import it; one not listed here is used nowhere
MAY_BE_USED_BY = split(
    {
        "numpy": "arms auditing claims comparing corpora counting fitting formats frontiers instruments laws "
        "measurements planning points predicting records reporting results studying tokenizers training uncertainty",
        "scipy": "arms auditing comparing frontiers measurements points predicting uncertainty",
        "threadpoolctl": "predicting",
        "emcee": "uncertainty",
        "torch": "instruments models training",
        "numba": "training",
        "llvmlite": "training",  # comes with numba
        "safetensors": "training",
        "wandb": "formats training",
        "mlflow": "training",
        "tensorboard": "training",
        "ray": "launching",
        "datasets": "corpora",
        "tokenizers": "tokenizers",
        "zstandard": "corpora",
        "polars": "corpora formats points records",
        "pandas": "records",
        "openpyxl": "formats",
        "pydantic": "records",
        "matplotlib": "reporting",
        "typer": "cli",
        "rich": "cli",
    }
)

MAY_IMPORT_LATE = {"cli", "__init__"}  # inside a function; third-party packages may come late anywhere
MAY_PRINT_EXIT_AND_READ_ENVIRONMENT = {"cli", "__main__"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "managers"}
FORBIDDEN_NAMES |= {"bench", "record"}  # the kind of code, not its subject
MOST_UNITS = 30  # at the root of the package: what a reader can take in
DEEPER = {"laws", "reporting", "training"}  # a paper too long for a file is a folder of its name; so are figures
LONG_FILE, LONGEST_FILE = 300, 500  # warned of, and refused
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
    gc.disable()  # it would go over the trees read so far again and again, which takes four times what parsing does
    try:
        return [_source(path, package) for path in sorted(package.rglob("*.py"))]
    finally:
        gc.enable()


def _source(path: Path, package: Path) -> Source:
    parts, text = path.relative_to(package).with_suffix("").parts, path.read_text(encoding="utf-8")
    return Source(path, parts[0], "/".join(parts) + ".py", ast.parse(text), len(text.splitlines()))


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
    if source.place.count("/") > 1 + (source.unit in DEEPER):
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
    assert len(units - {"__init__", "__main__"}) <= MOST_UNITS
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


def test_nothing_but_a_command_line_leads_from_a_launch_to_training():
    assert not MAY_IMPORT["launching"] & {"training", "models"}
    assert not MAY_IMPORT["store"] & {"training", "launching"}
    assert not MAY_BE_USED_BY["torch"] & (INFERRING | HALL | ABOVE)
    assert MAY_BE_USED_BY["matplotlib"] == {"reporting"}
    assert "laws" not in MAY_BE_USED_BY["scipy"]


def test_only_the_command_line_prints_exits_and_reads_the_environment_and_randomness_is_seeded(sources):
    require_none([wrong for source in sources for wrong in wrong_calls(source)])


def test_files_and_functions_stay_small_and_are_named_for_their_subject(sources):
    require_none([wrong for source in sources for wrong in wrong_sizes(source)])


def hidden_modules(package: Path) -> list[str]:
    """List the modules that a name of their folder's __init__ hides: `import a.b as m` would give that name."""
    hidden = []
    for face in package.rglob("__init__.py"):
        inside = {path.stem for path in face.parent.glob("*.py")} | {
            path.parent.name for path in face.parent.glob("*/*.py")
        }
        for node in ast.parse(face.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or node.level != 1):
                names = {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = {node.name}
            else:
                names = {target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)}
            hidden += [f"{face.parent.name}/{name}.py is hidden by {name}" for name in sorted(names & inside)]
    return hidden


def test_a_class_name_has_one_meaning_in_the_whole_package(sources):
    places = defaultdict(list)
    for source in sources:
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(source.place)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_module_is_hidden_behind_a_name_of_its_folder():
    require_none(hidden_modules(PACKAGE))


def test_a_hidden_module_is_found(tmp_path):
    (tmp_path / "fit.py").write_text("def fit():\n    return 1\n")
    (tmp_path / "__init__.py").write_text("from .fit import fit\n")
    assert hidden_modules(tmp_path) == [f"{tmp_path.name}/fit.py is hidden by fit"]


@pytest.mark.filterwarnings("default")
def test_files_that_grow_long_are_warned_of(sources):
    for source in sources:
        if source.lines > LONG_FILE:
            warnings.warn(f"{source.place} has {source.lines} lines: is there a second subject in it?", stacklevel=1)


BAD_MODULES = {
    "laws/greedy.py": ("def f(N):\n    from scipy.optimize import minimize\n    return minimize(N)\n", "imports scipy"),
    "laws/nosy.py": ("from ..store import Store\n", "imports store; laws may import"),
    "fitting/fit.py": ("import torch\n", "imports torch, which may be used by"),
    "predicting/predict.py": ("from .. import training\n", "imports training; predicting may import"),
    "launching/eager.py": ("def go():\n    from ..training import train\n    return train\n", "imports training"),
    "store/store.py": ("from scalinglaws.points.points import Points\n", "import relatively"),
    "corpora/late.py": (
        "def f():\n    from ..errors import CorpusError\n    return CorpusError\n",
        "inside a function",
    ),
    "points/points.py": ("import requests\n", "may be used by nobody"),
    "planning/plan.py": ("print(1)\n", "only cli prints"),
    "training/train.py": ("import os\nhome = os.environ['HOME']\n", "os.environ"),
    "comparing/compare.py": ("import sys\nsys.exit(1)\n", "sys.exit"),
    "studying/study.py": ("raise SystemExit(2)\n", "SystemExit"),
    "uncertainty/draws.py": ("import numpy as np\nx = np.random.normal(size=3)\n", "np.random.normal"),
    "frontiers/frontier.py": ("import numpy as np\nrng = np.random.default_rng()\n", "without a seed"),
    "models/loose.py": ("import torch\nx = torch.randn(3)\n", "torch.randn without generator"),
    "models/seedy.py": ("import torch\ntorch.manual_seed(0)\n", "torch.manual_seed"),
    "designing/design.py": ("import random\nx = random.choice([1])\n", "random.choice"),
    "training/run_state.py": ("import torch\nx = torch.load('x')\n", "unpickles"),
    "points/sour.py": ("import pickle\n", "nothing is ever unpickled"),
    "corpora/utils.py": ("x = 1\n", "is called utils"),
    "comparing/a/deep.py": ("x = 1\n", "two folders"),
    "reporting/long.py": ("x = 1\n" * (LONGEST_FILE + 1), "501 lines"),
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
