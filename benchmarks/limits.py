"""Write docs/limits.md: what every key and every option takes, read from where it is declared.

python benchmarks/limits.py > docs/limits.md
"""

from dataclasses import fields

from scalinglaws.cli.limits import RANGES
from scalinglaws.designing.study_file import MOST_RUNS, Study
from scalinglaws.records.ranges import LONGEST_TEXT, range_of
from scalinglaws.tokenizers import MOST_TOKENS

HEAD = f"""# Limits

A value outside its range is refused in one line, with exit code 2, before any work is done. Infinity and not-a-number
are in no range. This page is written by `python benchmarks/limits.py > docs/limits.md`; a test holds it.

- A study has at most {MOST_RUNS:,} runs, the product of its lists and seeds; for more, make several studies.
- A tokenizer that is trained has at most {MOST_TOKENS:,} tokens.
- A text in a study's file, such as a name or a path, has at most {LONGEST_TEXT:,} characters.
- An interval takes at most {RANGES["draws"].high:,.0f} draws: more change it by less than its last printed digit.

## Keys of a study
"""


def page() -> str:
    """Lay out the page."""
    keys = [(field.name, range_of(field.type)) for field in fields(Study)]
    options = [(f"--{name.replace('_', '-')}", allowed) for name, allowed in sorted(RANGES.items())]
    return "\n".join([HEAD, *_table("key", keys), "", "## Options of the commands", "", *_table("option", options), ""])


def _table(heading: str, rows: list) -> list[str]:
    return [f"| {heading} | it must be |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in rows if said)]


if __name__ == "__main__":
    print(page(), end="")
