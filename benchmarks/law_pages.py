"""The pages of laws in the docs: an index and one page a paper, from the shelf and nothing else.

    python benchmarks/law_pages.py [--write docs]

Prints the index, or writes docs/laws.md and docs/laws/*.md and removes the page of a paper that has left the shelf.
"""

import argparse
import inspect
from pathlib import Path
from types import ModuleType

import numpy as np

from scalinglaws.laws import PAPERS, WITH_FLOOR, Law, Published
from scalinglaws.quantities import QUANTITIES
from scalinglaws.records.numbers_in_text import short_powers

HEAD = """# Published laws

This page lists every published law by what it predicts. The page of a paper gives its formula as the paper writes it,
what each letter counts, the range on which its constants were fitted, every published set of constants, with standard
errors where they are printed, and cautions. A law without constants is a form to fit: its paper prints no constants
that could be verified.

`scalinglaws laws NAME --at N=..,D=..` evaluates a law, and `scalinglaws laws --optimum C=1e23` shows them side by side.
[commands.md](commands.md) says how to write a law of your own. These pages are written from `scalinglaws/laws` by

```
python benchmarks/law_pages.py --write docs
```
"""


def main() -> None:
    """Print the index, or write all pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="DOCS", help="write the pages into this folder")
    folder = parser.parse_args().write
    pages = law_pages()
    if folder is None:
        print(pages["laws.md"], end="")
        return
    (folder / "laws").mkdir(exist_ok=True)
    for old in (folder / "laws").glob("*.md"):
        if f"laws/{old.name}" not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def law_pages() -> dict[str, str]:
    """Give each page's text by its place in the docs."""
    papers: dict[str, list[ModuleType]] = {}
    for module in PAPERS:
        papers.setdefault(page_of(module), []).append(module)
    pages = {f"laws/{name}.md": short_powers(paper_page(modules)) for name, modules in papers.items()}
    return {"laws.md": index(), **pages}


def page_of(module: ModuleType) -> str:
    """Give the page of a module: a paper may fill a folder of them, as kaplan2020 does."""
    return module.__name__.split(".")[2]


def index() -> str:
    """Lay out every law under what it gives."""
    roles: dict[str, list[tuple[Law, str]]] = {}
    for module in PAPERS:
        for law in module.LAWS:
            roles.setdefault(law.predicts, []).append((law, page_of(module)))
    laws = [law for members in roles.values() for law, _ in members]
    forms = sum(not law.published for law in laws)
    constants = sum(len(law.published) for law in laws)
    lines = [HEAD, f"{len(laws)} laws with {constants} sets of constants; {forms} of them are forms to fit.", ""]
    for role, members in roles.items():
        lines += [f"## {role.replace('_', ' ').capitalize()}", "", "| law | from | formula | source | constants |"]
        lines += ["|---|---|---|---|---|", *(index_row(law, page) for law, page in members), ""]
    return "\n".join(lines)


def index_row(law: Law, page: str) -> str:
    """Give a law's line in the index."""
    cells = (
        f"[{law.name}](laws/{page}.md#{law.name})",
        ", ".join(f"`{letter}`" for letter in law.inputs),
        f"`{cell(law.formula)}`",
        cell(law.source),
        str(len(law.published) or "a form to fit"),
    )
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    """Write text so that a table's column holds it."""
    return text.replace("|", "\\|")


def paper_page(modules: list[ModuleType]) -> str:
    """Lay out the laws of one paper."""
    title, *rest = inspect.getdoc(modules[0]).split("\n\n")
    lines = [f"# {title.rstrip('.')}", "", *(part + "\n" for part in rest)]
    for module in modules:
        if module is not modules[0]:
            lines += [*(part + "\n" for part in inspect.getdoc(module).split("\n\n"))]
        for law in module.LAWS:
            lines += law_section(law)
    return "\n".join([*lines, "[All laws](../laws.md)", ""])


def law_section(law: Law) -> list[str]:
    """Lay out everything about a law."""
    lines = [f"## {law.name}", "", "```", law.formula, "```", "", law.about, ""]
    lines += [f"- Source: {law.source}", f"- Gives: {gives(law)}"]
    if law.name in WITH_FLOOR:
        lines += [f"- Falls to zero. Its form above a constant loss: [{WITH_FLOOR[law.name]}](../laws.md#loss)"]
    lines += [f"- Data: {law.data or 'not stated'}", "", "| input | counts | constants fitted on |", "|---|---|---|"]
    lines += [f"| `{letter}` | {cell(meaning(law, letter))} | {span(law, letter)} |" for letter in law.inputs]
    ratios = [place for place in law.domain if "/" in place]
    lines += [f"| `{place}` | | {span(law, place)} |" for place in ratios]
    lines += ["", *constants(law), *example(law)]
    return lines


def gives(law: Law) -> str:
    """Say what the law gives, with its unit, and which count that is where it says so."""
    role = law.predicts.replace("_", " ")
    unit = {"1": "no unit", law.predicts: ""}.get(law.unit, law.unit)
    counted = f"as {meaning(law, law.target)}" if law.target in law.convention else ""
    return ", ".join(part for part in (role, unit, counted) if part)


def meaning(law: Law, letter: str) -> str:
    """Say what a letter counts."""
    name = law.convention[letter]
    return f"`{name}`" + (f": {QUANTITIES[name].meaning}" if name in QUANTITIES else "")


def span(law: Law, place: str) -> str:
    """Write the range of an input, or of a ratio."""
    return "{:.4g} to {:.4g}".format(*law.domain[place]) if place in law.domain else "not stated"


def constants(law: Law) -> list[str]:
    """Lay out the parameters, and each published set of them."""
    names = [p.name for p in law.parameters]
    units = [f"`{p.name}`: {'none' if p.unit == '1' else p.unit}" for p in law.parameters]
    if not law.published:
        return [f"No constants: a form to fit. Parameters: {'; '.join(units)}.", ""]
    rows = [
        f"| {number} | {cell(one.source)} | {' | '.join(value(one, name) for name in names)} |"
        for number, one in enumerate(law.published)
    ]
    head = [f"| | constants of | {' | '.join(f'`{name}`' for name in names)} |", "|---|---|" + "---|" * len(names)]
    return [*head, *rows, "", f"Units: {'; '.join(units)}.", ""]


def value(one: Published, name: str) -> str:
    """Write a constant with its standard error."""
    error = f" (se {one.standard_errors[name]:.3g})" if name in one.standard_errors else ""
    return f"{one.values[name]:.7g}{error}"


def example(law: Law) -> list[str]:
    """Evaluate the law in the middle of its range, where every input has one and one number comes back."""
    if not law.published or not set(law.inputs) <= set(law.domain):
        return []
    at = {letter: float(f"{middle(*law.domain[letter]):.2g}") for letter in law.inputs}
    found = law.at(law.constants, **at)
    if found.ndim or not law.inside(**at):
        return []
    place = ",".join(f"{letter}={x:g}" for letter, x in at.items())
    return ["```", f"$ scalinglaws laws {law.name} --at {place}", f"{float(found):.6g} {law.unit}", "```", ""]


def middle(low: float, high: float) -> float:
    """Give the geometric mean of a range, its arithmetic mean where it reaches down to nothing."""
    return float(np.sqrt(low * high)) if low > 0 else (low + high) / 2


if __name__ == "__main__":
    main()
