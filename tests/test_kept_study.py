"""The page of a kept study says what the tables that are kept of it say."""

from pathlib import Path

import pytest
from script_loaded import script

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"english-cpu": "english.md", "truth": "truth.md"}


@pytest.fixture(scope="module")
def kept_study():
    return script("pages/kept_study.py")


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_a_kept_study_is_the_one_that_its_command_writes(kept_study, name):
    page = (ROOT / "docs" / PAGES[name]).read_text(encoding="utf-8")
    if f"{kept_study.BEGIN}\n\n{kept_study.written(ROOT / 'studies' / name)}\n\n{kept_study.END}" not in page:
        again = f"python pages/kept_study.py {name} docs/{PAGES[name]}"
        pytest.fail(f"docs/{PAGES[name]} is not what studies/{name} says. Run: {again}", pytrace=False)
