"""The task files of docs/clouds.md are read and accepted by the tools that they are for."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
SKYPILOT = (
    "import sky, sys; task = sky.Task.from_yaml(sys.argv[1]); assert 'scalinglaws study' in task.run; print(task.name)"
)
DSTACK = (
    "import sys, yaml; from dstack._internal.core.models.configurations import parse_apply_configuration as parse; "
    "found = parse(yaml.safe_load(open(sys.argv[1]))); assert found.type == 'task'; print(found.name)"
)


def task_of(tool):
    page = (DOCS / "clouds.md").read_text()
    return re.search(rf"<!-- task of {tool} -->\n```yaml\n(.*?)```", page, re.S)[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "python", "check"), [("SkyPilot", "SKY_PYTHON", SKYPILOT), ("dstack", "DSTACK_PYTHON", DSTACK)]
)
def test_a_tool_accepts_its_task(tool, python, check, tmp_path):
    if python not in os.environ:
        pytest.skip(f"{python} names no Python in which {tool} is installed")
    (tmp_path / "my.toml").write_text("")
    (tmp_path / "task.yaml").write_text(task_of(tool))
    command = [os.environ[python], "-c", check, "task.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip().endswith("scaling"), done.stderr[-2000:]


@pytest.mark.parametrize("tool", ["SkyPilot", "dstack"])
def test_a_task_installs_what_there_is_and_types_options_that_there_are(tool):
    from typer.main import get_command

    from scalinglaws.cli.app import app

    extras = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (extra,) = re.findall(r"scalinglaws\[(\w+)\]", task_of(tool))
    (typed,) = re.findall(r"scalinglaws (study .*)", task_of(tool))
    known = {name for one in get_command(app).commands["study"].params for name in one.opts}
    assert extra in extras and set(re.findall(r"--[a-z-]+", typed)) <= known
