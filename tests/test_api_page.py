"""The page of the Python API is what the signatures and docstrings say."""

import re
from pathlib import Path

import pytest
from script_loaded import script

import scalinglaws

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def api():
    return script("pages/api.py")


def test_the_page_of_the_api_is_the_one_that_its_command_writes(api):
    if (ROOT / "docs" / "api.md").read_text(encoding="utf-8") != api.page():
        pytest.fail("docs/api.md is not what the docstrings say. Run: python pages/api.py > docs/api.md", pytrace=False)


def test_every_public_name_has_one_entry(api):
    named = re.findall(r"^### (\w+)$", api.page(), re.MULTILINE)
    assert sorted(named) == sorted(scalinglaws.__all__)


def test_every_room_with_a_public_name_has_its_place_in_the_order_of_the_work(api):
    rooms = {api.room_of(getattr(scalinglaws, name)) for name in scalinglaws.__all__}
    assert rooms - {*api.ORDER, "package"} == set()


def measured(
    size: "scalinglaws.points.points.Points",
    *,
    times: float = 2.0,
    what: str = "an option whose default is much too long",
) -> None:
    """Measure something.

    It takes time.

    Args:
        size, times: how large,
            and how often.

    Raises:
        MisuseError: never.

    A last word.
    """


def test_a_docstring_becomes_a_list_for_each_section(api):
    assert "\n".join(api.entry("measured", measured)).rstrip().splitlines() == [
        "### measured",
        "",
        "```python",
        "measured(",
        "    size: Points,",
        "    *,",
        "    times: float = 2.0,",
        "    what: str = 'an option whose default is much too long',",
        ")",
        "```",
        "",
        "Measure something.",
        "",
        "It takes time.",
        "",
        "**Args**",
        "",
        "- `size`, `times`: how large, and how often.",
        "",
        "**Raises**",
        "",
        "- `MisuseError`: never.",
        "",
        "A last word.",
    ]
