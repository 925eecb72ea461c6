"""Row choices (`--where`) against an oracle of their own: trees made at random, written as text, judged row by row."""

import math
import random
import re
import time

from counts import Counts

from scalinglaws.errors import PointsError
from scalinglaws.points.points import Points
from scalinglaws.points.where import matching

ROWS = 12
SLOW = 5.0  # seconds of one expression beyond which it hangs
WORDS = ("c4", "rw", "val set", "it's", 'say "x"', "and", "NOT", "1e9", "", "é", "a`b", "(x)")
NUMBERS = ("1e9", "2e9", "0", "-1", "3", "nan", "inf", "1_000", "2.5")
BARE = re.compile(r"[^\s()<>=!,'\"`]+")
KEYWORDS = {"and", "or", "not", "in"}
SIGNS = ("=", "==", "!=", "<", "<=", ">", ">=")
JUNK = ("(", ")", "and", "or", "not", "in", ",", "==", "!", "'", '"', "`", "\x00", "x" * 40, "=", "<=>", "1e999", "\n")


def measure(seed: int, size: int) -> Counts:
    """Try `size` expressions; every tenth is broken at random and has only to end in one line or a choice."""
    rng, counts = random.Random(seed), Counts()
    for number in range(size):
        columns = _table(rng)
        tree = _tree(rng, columns, 4)
        text = _written(rng, tree)
        broken = number % 10 == 9
        if broken:
            text = _broken(rng, text)
        _try(counts, columns, tree, text, broken)
    return counts


def _try(counts: Counts, columns: dict, tree: tuple, text: str, broken: bool) -> None:
    counts.tries += 1
    start = time.monotonic()
    try:
        chosen = matching(Points(columns), text).tolist()
    except PointsError as refused:
        chosen = None
        if not broken or "\n" in str(refused).replace(repr(text), ""):
            counts.differing += 1
            counts.found.append(f"{text!r} is refused: {refused}")
    except Exception as failure:  # whatever else it raises is what is looked for
        counts.tracebacks += 1
        counts.found.append(f"{text!r} raises {failure!r}")
        return
    if time.monotonic() - start > SLOW:
        counts.hangs += 1
        counts.found.append(f"{text[:80]!r} takes {time.monotonic() - start:.0f} s")
    if not broken and chosen is not None and chosen != [_holds(tree, columns, i) for i in range(ROWS)]:
        counts.differing += 1
        counts.found.append(f"{text!r} chooses {chosen}")


def _table(rng: random.Random) -> dict[str, list]:
    numbers = [1e9, 2e9, 0.0, -1.0, 3.0, math.nan, math.inf, 2.5, 1000.0]
    return {
        "tokens": [rng.choice(numbers) for _ in range(ROWS)],
        "val/loss x": [rng.choice(numbers) for _ in range(ROWS)],
        "arm": [rng.choice(WORDS) for _ in range(ROWS)],
        "run_id": [rng.choice(WORDS) for _ in range(ROWS)],
    }


def _tree(rng: random.Random, columns: dict, depth: int) -> tuple:
    if depth and rng.random() < 0.6:
        kind = rng.choice(("and", "or", "not"))
        return kind, [_tree(rng, columns, depth - 1) for _ in range(1 if kind == "not" else rng.randint(2, 3))]
    name = rng.choice([*columns])
    is_text = isinstance(columns[name][0], str)
    values = WORDS if is_text else NUMBERS
    if rng.random() < 0.3:
        return "in", name, [rng.choice(values) for _ in range(rng.randint(1, 4))], rng.random() < 0.5
    return "is", name, rng.choice(SIGNS[:3] if is_text else SIGNS), rng.choice(values)


def _holds(tree: tuple, columns: dict, row: int) -> bool:
    """Judge one row in plain Python."""
    kind, first = tree[:2]
    if kind == "and":
        return all(_holds(part, columns, row) for part in first)
    if kind == "or":
        return any(_holds(part, columns, row) for part in first)
    if kind == "not":
        return not _holds(first[0], columns, row)
    cell = columns[first][row]
    if kind == "in":
        return any(_equal(cell, value) for value in tree[2]) != tree[3]
    sign, value = tree[2:]
    if sign in ("=", "==", "!="):
        return _equal(cell, value) == (sign != "!=")
    number = float(value)
    return {"<": cell < number, "<=": cell <= number, ">": cell > number, ">=": cell >= number}[sign]


def _equal(cell: str | float, value: str) -> bool:
    return cell == (value if isinstance(cell, str) else float(value))


def _written(rng: random.Random, tree: tuple, above: str = "") -> str:
    """Write a tree as text: words in any case, blanks anywhere, more parentheses than are needed now and then."""
    kind = tree[0]
    if kind in ("and", "or"):
        word = f" {_cased(rng, kind)}{_blank(rng)} "
        text = word.join(_written(rng, part, kind) for part in tree[1])
        needed = above == "not" or (kind == "or" and above == "and")
        return f"({text})" if needed or rng.random() < 0.2 else text
    if kind == "not":
        return f"{_cased(rng, 'not')} {_written(rng, tree[1][0], 'not')}"
    name = _quoted(rng, tree[1])
    if kind == "in":
        listed = f"{_blank(rng)},{_blank(rng)}".join(_quoted(rng, value) for value in tree[2])
        return f"{name} {_cased(rng, 'not') + ' ' if tree[3] else ''}{_cased(rng, 'in')} ({listed}{_blank(rng)})"
    return f"{name}{_blank(rng)}{tree[2]}{_blank(rng)}{_quoted(rng, tree[3])}"


def _quoted(rng: random.Random, text: str) -> str:
    if BARE.fullmatch(text) and text.lower() not in KEYWORDS and rng.random() < 0.6:
        return text
    mark = rng.choice([mark for mark in "'\"`" if mark not in text])
    return f"{mark}{text}{mark}"


def _cased(rng: random.Random, word: str) -> str:
    return rng.choice((word, word.upper(), word.title()))


def _blank(rng: random.Random) -> str:
    return rng.choice(("", " ", "  ", "\t"))


def _broken(rng: random.Random, text: str) -> str:
    if rng.random() < 0.01:
        return rng.choice(
            ("(" * 3000 + text, "not " * 3000 + text, " or ".join(["tokens > 1"] * 20_000), "x" * 100_000)
        )
    for _ in range(rng.randint(1, 3)):
        place, junk = rng.randint(0, len(text)), rng.choice(JUNK)
        cut = rng.randint(0, 3)
        text = f"{text[:place]} {junk} {text[place + cut :]}"
    return text
