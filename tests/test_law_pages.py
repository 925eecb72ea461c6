"""The pages of laws in the docs are what the shelf says."""

from pathlib import Path

import pytest
from script_loaded import script

from scalinglaws.laws import LAWS

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python benchmarks/law_pages.py --write docs"


@pytest.fixture(scope="module")
def bench():
    return script("benchmarks/law_pages.py")


@pytest.fixture(scope="module")
def pages(bench):
    return bench.law_pages()


def test_the_pages_of_laws_are_those_that_the_shelf_writes(pages):
    docs = ROOT / "docs"
    there = {"laws.md", *(f"laws/{path.name}" for path in (docs / "laws").glob("*.md"))}
    stale = sorted(there ^ set(pages))
    stale += [name for name in there & set(pages) if (docs / name).read_text(encoding="utf-8") != pages[name]]
    if stale:
        pytest.fail(f"{', '.join(sorted(stale))} are not what the shelf says. Run: {COMMAND}", pytrace=False)


def test_every_law_has_a_line_in_the_index_that_leads_to_its_section(pages):
    for name, law in LAWS.items():
        page = next(place for place, text in pages.items() if f"\n## {name}\n" in text)
        assert f"[{name}]({page}#{name})" in pages["laws.md"]
        assert all(part in pages[page] for part in (law.formula, law.about, law.source))


def test_a_section_holds_every_constant_with_its_error_and_every_count(bench, pages):
    section = "\n".join(bench.law_section(LAWS["chinchilla"]))
    assert "| 2085.43 (se 1.29e+03) |" in section
    assert "| `N` | `params_total`: every trained parameter" in section
    assert "7e+07 to 1.6e+10" in section and "7e7 to 1.6e10" in pages["laws/hoffmann2022.md"]
    assert section.count("\n| 2 |") == 1


def test_an_example_is_the_law_at_the_middle_of_its_range(bench):
    said = bench.example(LAWS["kaplan-n"])
    at = float(said[1].rpartition("N=")[2])
    assert said[2] == f"{(8.8e13 / at) ** 0.076:.6g} nats/token"
    assert bench.example(LAWS["henighan-n"]) == []  # a form has no constants to show


def test_a_stroke_in_a_formula_does_not_break_its_row(bench):
    row = bench.index_row(LAWS["rosenfeld"], "rosenfeld2020")
    assert r"\|e / (e - i eta)\|" in row
    assert row.replace(r"\|", "").count("|") == 6
