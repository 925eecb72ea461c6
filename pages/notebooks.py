"""Run the notebooks of docs/notebooks, and write what they show into them and into a page beside each.

    python pages/notebooks.py [NAME ...]

A notebook is run as Jupyter runs it, cell by cell in one namespace, in an empty folder: the value of a cell's last line
is shown, and so is every figure of pyplot. It needs no Jupyter, so that the tests can run it too.
"""

import argparse
import ast
import base64
import html
import io
import json
import os
import re
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
DOTS_PER_INCH = 80
SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """What a cell shows: printed text, the value of its last line as text and as HTML, and figures as PNG."""

    printed: str = ""
    value: str = ""
    rich: str = ""
    figures: tuple[bytes, ...] = ()


def cells(notebook: Path) -> list[dict]:
    """Read the cells of a notebook."""
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def run(notebook: Path) -> list[Shown]:
    """Run every cell of code and give what each shows; an error in a cell is raised as it is."""
    import matplotlib

    matplotlib.use("agg")
    close_figures()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        try:
            return [run_cell("".join(cell["source"]), namespace, notebook.stem) for cell in code_cells(notebook)]
        finally:
            os.chdir(before)
            close_figures()


def code_cells(notebook: Path) -> list[dict]:
    """Give the cells of code alone."""
    return [cell for cell in cells(notebook) if cell["cell_type"] == "code"]


def run_cell(source: str, namespace: dict[str, Any], name: str) -> Shown:
    """Run one cell; its last line is shown where it is an expression without a semicolon."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, f"<{name}>", "exec"), namespace)
        value = eval(compile(ast.Expression(last.value), f"<{name}>", "eval"), namespace) if last else None
    if value is None or source.rstrip().endswith(";"):
        return Shown(printed.getvalue(), figures=figures())
    rich = value._repr_html_() if hasattr(value, "_repr_html_") else ""
    return Shown(printed.getvalue(), repr(value), rich or "", figures())


def figures() -> tuple[bytes, ...]:
    """Give the open figures of pyplot as PNG, and close them."""
    from matplotlib import pyplot

    drawn = []
    for number in pyplot.get_fignums():
        held = io.BytesIO()
        pyplot.figure(number).savefig(held, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        drawn.append(held.getvalue())
    close_figures()
    return tuple(drawn)


def close_figures() -> None:
    """Close every figure of pyplot."""
    from matplotlib import pyplot

    pyplot.close("all")


def outputs(shown: Shown, count: int) -> list[dict]:
    """Write what a cell showed as the format of notebooks has it (nbformat 4.5)."""
    found: list[dict] = []
    if shown.printed:
        found.append({"name": "stdout", "output_type": "stream", "text": shown.printed.splitlines(keepends=True)})
    if shown.value:
        data = {"text/plain": shown.value.splitlines(keepends=True)}
        data |= {"text/html": shown.rich.splitlines(keepends=True)} if shown.rich else {}
        found.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    for figure in shown.figures:
        data = {"image/png": base64.b64encode(figure).decode() + "\n"}
        found.append({"data": data, "metadata": {}, "output_type": "display_data"})
    return found


def page(notebook: Path, shown: list[Shown]) -> str:
    """Lay a notebook out as a page: its text, its code, and what that shows."""
    parts, count = [], 0
    for cell in cells(notebook):
        source = "".join(cell["source"])
        if cell["cell_type"] != "code":
            parts.append(source)
            continue
        parts += [f"```python\n{source}\n```", *shown_on_page(notebook, count, shown[count])]
        count += 1
    name = notebook.name
    parts.append(f"This page is the notebook [{name}]({name}), run by `python pages/notebooks.py`.")
    return "\n\n".join(parts) + "\n"


def shown_on_page(notebook: Path, number: int, shown: Shown) -> list[str]:
    """Give the blocks of a page for what one cell showed."""
    plain = re.fullmatch(r"<pre[^>]*>(.*)</pre>", shown.rich, re.S)
    text = shown.printed + (html.unescape(plain[1]) if plain else "" if shown.rich else shown.value)
    blocks = [f"```text\n{text.rstrip()}\n```"] if text.strip() else []
    drawn = pictures(notebook, number, shown)
    blocks += [f"![{label_of(svg)}]({name})" for name, svg in drawn.items()]
    words = re.sub(r"\n\s*\n", "\n", SVG.sub("", shown.rich))  # a blank line ends HTML
    blocks += [words] if shown.rich and not plain else []
    names = [figure_name(notebook, number, order) for order in range(len(shown.figures))]
    return [*blocks, *(f"![What the cell above draws]({name})" for name in names)]


def pictures(notebook: Path, number: int, shown: Shown) -> dict[str, str]:
    """Give the drawings in what a cell showed as HTML, by the name of their file: a page of text links them."""
    found = (one[0] for one in SVG.finditer(shown.rich))
    return {f"{notebook.stem}-{number}{'abcdefgh'[order]}.svg": svg for order, svg in enumerate(found)}


def label_of(svg: str) -> str:
    """Give the words that stand for a drawing, without square brackets: Markdown would end them there."""
    found = re.search(r'aria-label="([^"]*)"', svg)
    return html.unescape(found[1]).translate({ord("["): "(", ord("]"): ")"}) if found else ""


def as_file(svg: str) -> str:
    """Make a file of a drawing in HTML: with a size, and on a ground of its own."""
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    size = f'width="{1.5 * float(width):.0f}" height="{1.5 * float(height):.0f}"'
    opening = f'<svg {spaces} {size} style="background: #ffffff; color: #1b1f24"'
    return re.sub(r' style="max-width:[^"]*"', "", svg, count=1).replace('<svg width="100%"', opening, 1) + "\n"


def figure_name(notebook: Path, number: int, order: int) -> str:
    """Name the file of a figure."""
    return f"{notebook.stem}-{number}{'abcdefgh'[order] if order else ''}.png"


def write(notebook: Path) -> None:
    """Run a notebook, and write what it shows into it, its figures and its page."""
    shown = run(notebook)
    document = json.loads(notebook.read_text(encoding="utf-8"))
    codes = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    for old in (*notebook.parent.glob(f"{notebook.stem}-*.png"), *notebook.parent.glob(f"{notebook.stem}-*.svg")):
        old.unlink()
    for number, (cell, one) in enumerate(zip(codes, shown, strict=True)):
        cell["execution_count"] = number + 1
        cell["outputs"] = outputs(one, number + 1)
        for order, figure in enumerate(one.figures):
            (notebook.parent / figure_name(notebook, number, order)).write_bytes(figure)
        for name, svg in pictures(notebook, number, one).items():
            (notebook.parent / name).write_text(as_file(svg), encoding="utf-8")
    notebook.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    notebook.with_suffix(".md").write_text(page(notebook, shown), encoding="utf-8")


def main() -> None:
    """Run the notebooks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a notebook of docs/notebooks, without its ending")
    known = {path.stem: path for path in sorted(FOLDER.glob("*.ipynb"))}
    asked = parser.parse_args().names or list(known)
    if unknown := sorted(set(asked) - set(known)):
        sys.exit(f"There is no notebook {', '.join(unknown)} in {FOLDER}. Known: {', '.join(known)}.")
    for name in asked:
        print(f"running {name}")
        write(known[name])


if __name__ == "__main__":
    main()
