"""Build the documentation site from docs/ into build/site, and refuse a link or an anchor that leads nowhere.

    python pages/website.py [--examples]

With --examples, as `make docs` asks, it also has the pages of docs/examples.md, which take minutes to make.
Pages link to files beside docs/, as a reader of the repository wants them: those become pages of the site too, under
project/. zensical checks the links between Markdown pages; every link of the built HTML is checked here once more,
because a link to a file that is no page passes its check.
"""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
from examples import EXAMPLES, TO, linked, made

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "project"  # the folder of the site for files that lie outside docs/
ALWAYS = ("CHANGELOG.md", "CONTRIBUTING.md", "LOG.md", "VISION.md")
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
REFERRING = {"a": "href", "link": "href", "img": "src", "script": "src"}


def place(file: Path) -> Path:
    """Say where a file of the repository stands in the site's sources."""
    if file.is_relative_to(ROOT / "docs"):
        return file.relative_to(ROOT / "docs")
    name = file.relative_to(ROOT)
    return Path(PROJECT) / (name if name.suffix == ".md" else f"{name}.md")


def page_of(file: Path, text: str) -> str:
    """Make a page of a file that is none: its name, and its text as code."""
    name = file.relative_to(ROOT)
    return text if file.suffix == ".md" else f"# {name}\n\n```{file.suffix[1:]}\n{text.rstrip()}\n```\n"


def target_of(link: str, page: Path) -> Path:
    """Find the file of the repository that a page links to; of a folder its README."""
    target = (page.parent / unquote(link)).resolve()
    return target / "README.md" if target.is_dir() else target


def stage(to: Path, examples: dict[str, Path]) -> list[Path]:
    """Lay the sources of the site out in a folder, with all that the pages link to and the examples, and list them."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(ROOT / "docs", to)
    waiting = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in ALWAYS)]
    seen = set(waiting)
    for file in waiting:  # grows while it is walked

        def moved(link: re.Match, page: Path = file) -> str:
            target = target_of(link[1], page)
            if not target.is_file():
                return link[1]  # left as it is: the checks name it
            if target not in seen and not target.is_relative_to(ROOT / "docs"):
                seen.add(target)
                waiting.append(target)
            return os.path.relpath(place(target), place(page).parent)

        text = page_of(file, file.read_text(encoding="utf-8"))
        text = linked(text, examples) if file == ROOT / "docs" / "examples.md" else text
        written = to / place(file)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(LINK.sub(moved, text) if file.suffix == ".md" else text, encoding="utf-8")
    for name, page in examples.items():
        shutil.copytree(page.parent, to / TO.name / name)
    return waiting


class Links(HTMLParser):
    """The names that a page can be entered by, and the addresses that it refers to."""

    def __init__(self, page: str):
        """Read a page, given as text."""
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note what a tag is called and what it refers to."""
        given = dict(attrs)
        self.names |= {name for name in (given.get("id"), given.get("name")) if name}
        if address := given.get(REFERRING.get(tag, "")):
            self.addresses.append(address)


def dead_links(site: Path) -> list[str]:
    """List the addresses of a built site that lead to no file or no name in it, and the scripts from elsewhere."""
    pages = {path.resolve(): Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    dead = []
    for page, links in sorted(pages.items()):
        for address in links.addresses if page.name != "404.html" else ():  # its addresses start at the host
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].names if target in pages else set()
            if not target.is_file() or (parts.fragment and target in pages and unquote(parts.fragment) not in known):
                dead.append(f"{page.relative_to(site.resolve())}: {address}")
    return dead


def build(*, examples: bool = False) -> Path:
    """Build the site, with the pages of the examples if asked, and give its folder; end with what is wrong, if any."""
    shown = {one.name: page for one in EXAMPLES if examples and (page := made(one))}
    site = ROOT / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    pages = stage(ROOT / "build" / "docs", shown)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or not (site / "index.html").is_file():
        sys.exit(f"{done.stdout}{done.stderr}\nThe site could not be built: see above.")
    if dead := dead_links(site):
        sys.exit("\n".join([*dead, f"{len(dead)} links of the site lead nowhere: see above."]))
    print(f"{len(pages)} pages in {site.relative_to(ROOT)}: no link leads nowhere. Open {site / 'index.html'}")
    return site


if __name__ == "__main__":
    build(examples="--examples" in sys.argv[1:])
