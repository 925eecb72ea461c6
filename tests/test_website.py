"""The documentation site: it builds, nothing in it leads nowhere, and nothing in it is fetched from elsewhere."""

import re
from pathlib import Path

import pytest
from script_loaded import script

ROOT = Path(__file__).resolve().parents[1]
SITE = {
    "index.html": "<p id=top><a href='b/'>b</a><a href='b/#end'>end</a>",
    "b/index.html": "<p id=end><img src=../c.png>",
}


@pytest.fixture(scope="module")
def website():
    return script("pages/website.py")


@pytest.fixture(scope="module")
def site(website) -> Path:
    """The site, built as `make docs` does: that ends with an error where a link leads nowhere."""
    pytest.importorskip("zensical")
    return website.build()


def test_every_page_of_the_docs_is_a_page_of_the_site(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.parent.relative_to(site) for path in site.rglob("index.html")}
    assert len(pages) > 50
    assert {page for page in pages if page.name != "README"} - built == set()
    assert (site / "index.html").is_file()


def test_the_site_fetches_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|link|img)[^>]*(?:src|href)=\"(https?:[^\"]+)\"", page.read_text(encoding="utf-8")
        )
        assert fetched == [], page


def test_the_menu_lists_every_first_page():
    menu = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    pages = {page for page in pages if not page.startswith("laws/")}  # reached from laws.md
    assert pages - menu == set()
    assert {page for page in menu - pages if not page.startswith("project/")} == set()


def write_site(folder: Path, **changed: str) -> Path:
    """Write a small site, with some of its pages changed."""
    for name, text in {**SITE, **changed}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "c.png").write_bytes(b"")
    return folder


def test_links_that_lead_somewhere_are_not_called_dead(website, tmp_path):
    assert website.dead_links(write_site(tmp_path)) == []


@pytest.mark.parametrize("address", ["c/", "b/#start", "#bottom", "d.png", "../index.html", "b/x.toml"])
def test_a_link_that_leads_nowhere_is_caught(website, tmp_path, address):
    page = f"<p id=top><a href='{address}'>x</a>"
    assert website.dead_links(write_site(tmp_path, **{"index.html": page})) == [f"index.html: {address}"]


def test_a_file_beside_the_docs_becomes_a_page_where_one_links_to_it(website, tmp_path):
    website.stage(tmp_path, {})
    assert "(project/studies/quickstart.toml.md)" in (tmp_path / "quickstart.md").read_text(encoding="utf-8")
    copied = (tmp_path / "project" / "studies" / "quickstart.toml.md").read_text(encoding="utf-8")
    assert (ROOT / "studies" / "quickstart.toml").read_text(encoding="utf-8").strip() in copied


def test_the_examples_whose_pages_were_made_are_linked_and_no_others(website, tmp_path):
    page = tmp_path / "made" / "kaplan-cpu" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>made</p>")
    website.stage(tmp_path / "docs", {"kaplan-cpu": page})
    text = (tmp_path / "docs" / "examples.md").read_text(encoding="utf-8")
    assert re.findall(r"\(examples/([\w-]+)/index\.html\)", text) == ["kaplan-cpu"]
    assert (tmp_path / "docs" / "examples" / "kaplan-cpu" / "index.html").read_text() == "<p>made</p>"
    assert {f"| {one.name} |" for one in website.EXAMPLES} - {"| kaplan-cpu |"} == set(
        re.findall(r"^\| [a-z][\w-]+ \|", text, re.MULTILINE)
    ) - {"| page |"}
