"""Published results beside ours, derived again from public tables: the table of docs/golden.md.

    python benchmarks/golden.py [--write docs/golden.md]

The list is tests/golden, one file a paper; the tables lie in the folder that SCALINGLAWS_DATA names, else beside the
repository in ../shared/data. Prints the page, or writes it. A result whose table is missing is an error: the page is
whole or is not written.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from golden import REPRODUCTIONS, Comparison, Reproduction, TableMissing, compared  # noqa: E402

HEAD = """# Published results, reproduced

Each row takes a published result, computes it again with this package from the public run table (or from the printed
constants), and compares our value with the published one. `tests/golden` holds the list and runs it; this page is
written by

```
python benchmarks/golden.py --write docs/golden.md
```

In a row that **holds** every number is within its tolerance. A row that is **off** does not follow from the data by the
method that its source names; below the table is the choice that explains the difference and, if that choice can be made
here too, the row that makes it and obtains the published numbers. The tests fail if a row that holds no longer does, or
if a row that is off holds.
"""


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page there instead of printing it")
    target = parser.parse_args().write
    try:
        page = whole_page({name: compared(one) for name, one in REPRODUCTIONS.items()})
    except TableMissing as missing:
        raise SystemExit(f"{missing}. The page needs every table.") from None
    if target is None:
        print(page, end="")
    else:
        target.write_text(page, encoding="utf-8")


def whole_page(found: dict[str, tuple[Comparison, ...]]) -> str:
    """Lay out the summary, the table and the explanations."""
    holding = sum(all(c.holds for c in rows) for rows in found.values())
    numbers = sum(len(rows) for rows in found.values())
    summary = f"{len(found)} results with {numbers} numbers: {holding} hold, {len(found) - holding} are off.\n"
    table = ["| result | quantity | ours | theirs | difference | tolerance | |", "|---|---|---|---|---|---|---|"]
    table += [line for name, rows in found.items() for line in table_lines(name, rows)]
    details = ["## How each result was computed, and which choice explains a difference", ""]
    details += [explained(one, found[name]) for name, one in REPRODUCTIONS.items()]
    return "\n".join([HEAD, summary, *table, "", *details]) + "\n"


def table_lines(name: str, rows: tuple[Comparison, ...]) -> list[str]:
    """Give a line to each number; the result's name stands on its first."""
    labels = [f"`{name}`"] + [""] * (len(rows) - 1)
    return [
        f"| {label} | {c.quantity} | {shown(c.ours, c.within)} | {c.theirs:.12g} | {c.difference:+.2g} "
        f"| {c.within:.2g} | {'holds' if c.holds else '**off**'} |"
        for label, c in zip(labels, rows, strict=True)
    ]


def shown(value: float, within: float) -> str:
    """Show a number to a hundredth of its tolerance."""
    decimals = 0
    while 10.0**-decimals > 0.02 * within and decimals < 14:
        decimals += 1
    return f"{value:.{decimals}f}"


def explained(one: Reproduction, rows: tuple[Comparison, ...]) -> str:
    """Say of a result where it is from, how it was derived, what its tolerance is, and why it is off."""
    data = ", ".join(f"`{name}`" for name in one.tables) or "printed constants"
    text = f"- `{one.name}`: {one.source}. From {data}: {one.how}. Tolerance: {one.grounds}."
    if one.choice:
        off = ", ".join(c.quantity for c in rows if not c.holds)
        text += f" **Off in {off}.** {one.choice}"
    if one.explained_by:
        text += f" This choice is made in `{one.explained_by}`."
    return text


if __name__ == "__main__":
    main()
