"""What is installed: everything that is needed and no more, quick to start, and of use without PyTorch."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from trove_classifiers import classifiers

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "scalinglaws"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
INFERRING = (
    *("laws", "points.reading", "fitting.fit", "uncertainty.draws", "frontiers.frontier", "comparing.ensemble"),
    *("planning.plan", "planning.optima", "arms.fit_arms", "reporting.report", "studying.fitted_laws"),
)


def run(*command: str, **options) -> subprocess.CompletedProcess:
    """Run a command with this Python and give what it printed; fail with its words where it fails."""
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def loaded_by(*command: str) -> set[str]:
    """List the modules that a command loads, as Python's own import timer reports them."""
    printed = run("-X", "importtime", *command, cwd=ROOT).stderr
    loaded = set(re.findall(r"^import time:.*\|\s*(\S+)$", printed, re.MULTILINE))
    assert "os" in loaded or "site" in loaded, "the import timer printed nothing"
    return loaded


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel, built from the sources without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT)
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_the_package(wheel):
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(ours) > 30
    assert sorted(ours - set(wheel.namelist())) == []


def test_the_wheel_holds_the_study_presets(wheel):
    presets = {f"scalinglaws/studies/{path.name}" for path in (ROOT / "studies").glob("*.toml")}
    assert "scalinglaws/studies/quickstart.toml" in presets
    assert sorted(presets - set(wheel.namelist())) == []


def test_the_wheel_holds_nothing_but_the_package_and_its_papers(wheel):
    assert {name.split("/")[0].removesuffix(f"-{VERSION}.dist-info") for name in wheel.namelist()} == {"scalinglaws"}
    assert not [name for name in wheel.namelist() if Path(name).name.startswith("test_") or name.endswith(".pyc")]
    assert [name for name in wheel.namelist() if name.endswith("/LICENSE")]


def metadata_of(wheel: zipfile.ZipFile) -> Metadata:
    """The metadata of the wheel, read as a package index reads it: a field that is not allowed raises."""
    [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    return Metadata.from_email(wheel.read(name), validate=True)


def test_the_metadata_is_what_a_package_index_takes(wheel):
    metadata = metadata_of(wheel)
    assert (metadata.name, str(metadata.version)) == ("scalinglaws", VERSION)
    assert metadata.description.startswith("# scalinglaws") and metadata.description_content_type == "text/markdown"
    assert metadata.license_files == ["LICENSE"]
    assert metadata.classifiers and set(metadata.classifiers) - classifiers == set()
    pythons = {line.rsplit(" ", 1)[1] for line in metadata.classifiers if "Python :: 3." in line}
    assert all(python in metadata.requires_python for python in pythons) and len(pythons) == 3


def test_metadata_that_no_package_index_takes_is_caught():
    with pytest.raises(ExceptionGroup, match="metadata"):
        Metadata.from_email("Metadata-Version: 2.4\nName: scaling laws\nVersion: first\n", validate=True)


def test_no_field_of_the_project_is_a_placeholder(wheel):
    metadata = metadata_of(wheel)
    fields = [*metadata.keywords, *(metadata.project_urls or {}).values(), metadata.author, metadata.summary]
    assert [field for field in fields if re.search(r"example\.(com|org)|TODO|your[- ]|<\w+>", field or "")] == []


def test_a_wheel_can_be_built_from_the_source_distribution(tmp_path):
    run("-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path), cwd=ROOT)
    [path] = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as opened:
        opened.extractall(tmp_path, filter="data")
    source = tmp_path / f"scalinglaws-{VERSION}"
    run("-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path), cwd=source)
    [built] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        assert {f"scalinglaws/{path.name}" for path in PACKAGE.glob("*.py")} <= set(opened.namelist())
        assert "scalinglaws/studies/quickstart.toml" in opened.namelist()


def test_the_changelog_and_the_citation_speak_of_this_version():
    releases = re.findall(r"^## \[(\d\S*)\] - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    citation = (ROOT / "CITATION.cff").read_text()
    assert releases[0][0] == VERSION == re.search(r"^version: (\S+)$", citation, re.MULTILINE)[1]
    assert releases[0][1] == re.search(r"^date-released: (\S+)$", citation, re.MULTILINE)[1]
    assert [date for _, date in releases] == sorted((date for _, date in releases), reverse=True)


def test_every_heading_of_the_changelog_is_one_of_keep_a_changelog():
    kinds = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert kinds
    assert set(kinds) - {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"} == set()


def test_presets_are_found_where_nothing_but_the_wheel_is(wheel, tmp_path):
    wheel.extractall(tmp_path)
    code = "import scalinglaws; from scalinglaws.designing.read_study import presets\n"
    code += "print(scalinglaws.__file__, *presets())"
    options = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(tmp_path)}}
    where, *names = run("-c", code, **options).stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert sorted(names) == sorted(path.stem for path in (ROOT / "studies").glob("*.toml"))


def test_torch_comes_with_the_extra_train_alone(wheel):
    [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    metadata = message_from_bytes(wheel.read(name))
    requirements = metadata.get_all("Requires-Dist")
    assert metadata["License-Expression"] == "Apache-2.0"
    assert [line for line in requirements if line.startswith("torch")] == ["torch>=2.9; extra == 'train'"]
    plain = {re.match(r"[\w-]+", line)[0] for line in requirements if "extra ==" not in line}
    assert plain == {"numpy", "scipy", "pydantic", "typer", "rich", "matplotlib", "threadpoolctl"}


OF_OTHERS = {
    "ray",
    "wandb",
    "mlflow",
    "tensorboard",
    "datasets",
}  # extras of heavy packages, which `make` does not install


def test_every_requirement_is_pinned_by_version_and_hashes_but_torch():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"])
    assert extras >= OF_OTHERS
    asked = [
        *project["dependencies"],
        *(line for name in extras - OF_OTHERS for line in project["optional-dependencies"][name]),
    ]
    text = "\n".join(x for x in (ROOT / "constraints.txt").read_text().splitlines() if not x.startswith("#"))
    pins = dict(re.findall(r"^([\w-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", text, re.MULTILINE))
    assert text.count("==") == len(pins) > 60
    assert {re.match(r"[\w-]+", line)[0] for line in asked} - pins.keys() == {"torch"}
    assert re.search(r"^TORCH \?= torch==\d", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "--require-hashes --no-deps --requirement constraints.txt" in (ROOT / ".ci" / "setup").read_text()


@pytest.mark.parametrize("package", ["torch", "matplotlib", "scipy", "tokenizers", "polars"])
def test_importing_the_package_loads_nothing_heavy(package):
    assert package not in loaded_by("-c", "import scalinglaws")


def test_help_loads_nothing_heavy():
    loaded = loaded_by("-m", "scalinglaws", "--help")
    assert "typer" in loaded
    assert not loaded & {"torch", "scipy", "matplotlib", "polars", "tokenizers"}


def test_the_command_and_the_module_are_one():
    command = Path(sys.executable).with_name("scalinglaws")
    if not command.exists():
        pytest.skip("the package is not installed in this environment")
    by_name = subprocess.run([command, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert by_name.stdout.strip() == run("-m", "scalinglaws", "--version", cwd=ROOT).stdout.strip() == VERSION


WITHOUT_TORCH = """
import importlib, sys
for name in ("torch", "tokenizers", "safetensors", "zstandard", "polars", "emcee"):
    sys.modules[name] = None  # importing it fails, as where it is not installed
for name in sys.argv[1:]:
    importlib.import_module(f"scalinglaws.{name}")
print("imported", len(sys.argv) - 1)
"""


def test_the_inferring_wing_works_without_the_extras():
    assert f"imported {len(INFERRING)}" in run("-c", WITHOUT_TORCH, *INFERRING, cwd=ROOT).stdout


WITHOUT_EXTRAS = """
import sys
for name in ("torch", "tokenizers", "safetensors", "zstandard"):
    sys.modules[name] = None
from scalinglaws.cli import main
sys.argv = ["scalinglaws", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("verb", [("design", "quickstart"), ("study", "quickstart", "--to", "x")], ids=lambda v: v[0])
def test_a_command_that_needs_an_extra_says_what_to_install(verb, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, *verb],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'scalinglaws[train]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


# The set-up's words where no environment can be made. A short script stands in for the Python that is found.

TOO_OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_ENSUREPIP = f"""#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
exec {sys.executable} "$@"
"""


def set_up(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess:
    """Run the set-up for an environment in a new folder."""
    variables = {**os.environ, "VENV": str(tmp_path / "venv"), **environment}
    return subprocess.run(
        ["sh", ".ci/setup"], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (WITHOUT_ENSUREPIP, r"without its module ensurepip it cannot .* type: sudo apt install python3\.\d+-venv\n"),
        (TOO_OLD, r"is not a Python of version 3\.11 or newer\. Name one that is, or leave PYTHON out\.\n"),
    ],
)
def test_a_python_that_will_not_do_is_one_clear_sentence(tmp_path, script, message):
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    done = set_up(tmp_path, PYTHON=str(python))
    assert done.returncode == 1
    assert re.search(message, done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["python"]


def test_no_python_at_all_is_one_clear_sentence(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "mkdir", "rm", "cksum", "dirname", "sleep"):
        (tools / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    done = set_up(tmp_path, PATH=str(tools), PYTHON="")
    assert done.returncode == 1
    assert "No Python of version 3.11 or newer was found" in done.stderr
    assert not (tmp_path / "venv").exists()
