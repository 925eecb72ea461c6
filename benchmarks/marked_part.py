"""The part of a page that a benchmark writes: what stands between two marks."""

import re
from pathlib import Path


def place_in(page: Path, begin: str, end: str) -> re.Pattern:
    """Find the place between two marks of a page, so that a long run can ask for it first.

    Raises:
        SystemExit: the page lacks the marks.
    """
    between = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not between.search(page.read_text(encoding="utf-8")):
        raise SystemExit(f"{page} has no place for the tables: put the lines {begin} and {end} into it.")
    return between


def put(page: Path, begin: str, end: str, text: str) -> None:
    """Replace what stands between two marks of a page."""
    between, old = place_in(page, begin, end), page.read_text(encoding="utf-8")
    page.write_text(between.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", old, count=1), encoding="utf-8")


def give(page: Path | None, begin: str, end: str, text: str) -> None:
    """Put a text into its place in a page, or print it where no page is named."""
    if page is None:
        print(text, end="\n\n")
    else:
        put(page, begin, end, text)
