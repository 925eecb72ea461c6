"""What nobody should give: values, cells, tables, studies, law files, mappings and JSON of the wrong shape."""

import random

NUMBERS = [
    "-1",
    "0",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1e400",
    "1e-400",
    "1e12",
    "1e300",
    "9" * 400,
    "1.5",
    "-0",
    "1",
    "2",
]
ODD = [
    *("", " ", "x", "[nan]", "[[1], [2]]", "true", "null", "x" * 5000, "a=b", "N=1e9", "N=,D=", "=", ",", ",,", "1:2"),
    *("E=5:1", "E=nan:nan", "A=1e400", "alpha", "N=1e9,D=nan", "N=0,D=0", "N=-1,D=1e9", "C=1e23,granularity=0"),
    *(
        "(" * 3000,
        "tokens > ",
        "tokens > 1e400",
        "loss",
        "run_id",
        "arm",
        "flops",
        "-",
        "0x10",
        "1_000",
        "½",
        "\x1b[2J",
    ),
    *(
        "\u202eabc",
        "\ud800",
        "../x",
        "no/such/folder/x",
        "/dev/null",
        "/dev/null/x",
        ".",
        "t.csv",
        "s.toml",
        "d",
        "x.csv",
    ),
    *("chinchilla,chinchilla", "kaplan-nd", "muennighoff", "tissue", "bpe:99999999", "{}", "%s", "$x^{2$", "A1", "Z9"),
    *("uniform", "huber", "student-t", "pairs", "profile", "posterior", "final", "decayed", "all", "warmup", "equal"),
]
VALUES = {
    "option": NUMBERS * 2 + ODD,
    "toml": [
        *("-1", "0", "nan", "inf", "-inf", "1e400", "1e12", "9" * 400, "1.5", "-1.5", "1e300", "99", "2"),
        *(
            '""',
            '"x"',
            "true",
            "false",
            "[]",
            "[nan]",
            "[inf]",
            "[-1]",
            "[0]",
            "[1e12]",
            "[[1, 0]]",
            "[[1, 7]]",
            "[[1], [2]]",
        ),
        *(
            "[[[1]]]",
            "[[1, 8], [1, 8]]",
            "[[10000000, 8]]",
            "[[1, 1000000000]]",
            f'"{"x" * 5000}"',
            '"../../x"',
            "{a = 1}",
        ),
        *('"bpe:99999999"', '"bpe:-1"', '"text:/dev/null"', '"text:."', '"synthetic"', "1979-05-27", "[1, 2]", '["x"]'),
        *(
            '"wsd:decay=nan"',
            '["wsd:decay=-1"]',
            '["cosine:lr_end=5"]',
            '"\\u001b[2J"',
            '"lstm"',
            '"kaplan"',
            "[0.5, nan]",
        ),
    ],
}
LETTERS = ["N", "D", "C", "E", "A", "B", "alpha", "beta", "loss", "tokens", "params_total", "n_vocab", "U", "zz", ""]


def named_value(draw: random.Random) -> str:
    """NAME=VALUE texts, one or several with commas."""
    pairs = [f"{draw.choice(LETTERS)}={draw.choice(NUMBERS + ODD[:12])}" for _ in range(draw.choice([1, 1, 2, 3]))]
    return draw.choice([",".join(pairs), pairs[0], draw.choice(ODD)])


ROWS = [
    (
        f"r{i}-{j}",
        n,
        d,
        (1.7 + 400 / n**0.34 + 410 / d**0.28) * (1 + 0.002 * ((7919 * (5 * i + j)) % 13 - 6) / 6),
        "ab"[j % 2],
    )
    for i, n in enumerate((1e7, 3e7, 1e8, 3e8, 1e9))
    for j, d in enumerate((1e9, 3e9, 1e10, 3e10))
]
HEAD = "run_id,params_total,tokens,loss,tag"


def csv(rows=ROWS, head: str = HEAD) -> bytes:
    """Rows as CSV."""
    return "\n".join([head, *(",".join(map(str, row)) for row in rows), ""]).encode("utf-8", "surrogatepass")


def _cell(column: int, value: str, every: bool = False) -> bytes:
    return csv([(*row[:column], value, *row[column + 1 :]) if every or i == 3 else row for i, row in enumerate(ROWS)])


def _json(extra: str, rows=ROWS) -> bytes:
    """JSON lines, with a further key in each."""
    text = [
        f'{{"run_id": "{r}", "params_total": {n}, "tokens": {d}, "loss": {loss}, "tag": "{a}"{extra}}}'
        for r, n, d, loss, a in rows
    ]
    return "\n".join(text).encode("utf-8", "surrogatepass")


_CELLS = [
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    "-0",
    "1e-400",
    "9" * 400,
    "x",
    "",
    "0x10",
    "1.3B",
    "\x1b[2J",
    "=1+1",
    "\x00",
    "'",
    '"',
]
TABLES = {
    "sound": csv(),
    **{f"cell {c} {v[:9]!r}".replace(".", ""): _cell(c, v) for c in (0, 1, 2, 3) for v in _CELLS},
    **{f"column {c} {v[:9]!r}".replace(".", ""): _cell(c, v, every=True) for c in range(5) for v in _CELLS[:8]},
    "empty": b"",
    "blank": b"\n\n\n",
    "head": HEAD.encode(),
    "binary": bytes(range(256)) * 9,
    "utf16": csv().decode().encode("utf-16"),
    "wide": ("run_id," + ",".join(f"c{i}" for i in range(3000)) + "\n" + ",".join("1" for _ in range(3001))).encode(),
    "long head": ("h" * 140_000 + "," + HEAD + "\n").encode() + b"1,2,3,4,5,6\n",
    "long cell": _cell(0, "x" * 140_000),
    "twice": csv(head=HEAD.replace("tag", "loss")),
    "short": csv([row[: 2 + i % 4] for i, row in enumerate(ROWS)]),
    "semicolons": csv().replace(b",", b";").replace(b".", b","),
    "one row": csv(ROWS[:1]),
    "three rows": csv(ROWS[:3]),
    "equal losses": csv([(*row[:3], 3.0, row[4]) for row in ROWS]),
    "rising": csv([(*row[:3], 1 + i, row[4]) for i, row in enumerate(ROWS)]),
    "no size": csv([(*row[:3], 1.7 + 410 / row[2] ** 0.28, row[4]) for row in ROWS]),
    "no tokens": csv([(*row[:3], 1.7 + 400 / row[1] ** 0.34, row[4]) for row in ROWS]),
    "one huge": csv([(*row[:3], 1e300 if i == 7 else row[3], row[4]) for i, row in enumerate(ROWS)]),
    "tiny losses": csv([(*row[:3], 1e-300, row[4]) for row in ROWS]),
    "huge sizes": csv([(row[0], row[1] * 1e290, *row[2:]) for row in ROWS]),
    "lists.jsonl": _json(', "tags": ["a"]'),
    "uneven lists.jsonl": _json(', "tags": ["a"]', ROWS[:9]) + b"\n" + _json(', "tags": ["a", "b"]', ROWS[9:]),
    "betas.jsonl": _json(', "betas": [0.9, 0.95]'),
    "objects.jsonl": _json(', "config": {"a": {"b": 1}}'),
    "digits.jsonl": _json(f', "n": {"9" * 400}'),
    "deep.jsonl": _json(f', "n": {"[" * 5000}{"]" * 5000}'),
    "half surrogate.jsonl": _json(', "tag": "\\ud800"'),
    "numbers.jsonl": b"[1, 2, 3]",
    "one number.json": b"5",
    "null.jsonl": b"null\nnull",
    "true.jsonl": _json(', "loss": true'),
    "nan.jsonl": _json(', "x": NaN'),
    "cut.jsonl": _json("")[:-30],
    "cut.parquet": b"PAR1" + bytes(60),
    "no.parquet": b"",
}

FILES = [
    b"",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"{}",
    b"{",
    b"[" * 5000,
    b"\xff\xfe",
    b"NaN",
    b'{"version": 99}',
    b"[5]",
    b"[1, null]",
]
FILES += [
    b'{"version": 1, "x": 1}',
    b"9" * 400,
    b'{"spec": null}',
    b'{"runs": 5}',
    b'{"name": "../../x", "runs": []}',
    b"[null, null]",
]

MAPPINGS = [
    *FILES,
    b'{"map": null}',
    b'{"map": {"N": 5}}',
    b'{"where": 5}',
    b'{"unit": []}',
    b'{"map": {"loss": "nosuch"}}',
]
MAPPINGS += [
    b'{"map": {"N": "loss"}, "where": "tokens >", "unit": {}}',
    b'{"columns": {"N": "tokens"}, "units": {"loss": "zz"}}',
]

_LAW = """
import numpy as np
from scalinglaws import Law, Parameter
def mine(N, D, *, E, A, B, a, b):
    {body}
LAW = Law(name={name}, predicts="loss", evaluate=mine, formula={formula}, source="a test",
    parameters=(Parameter("E", "nats/token", {range}, amplitude="1"), Parameter("A", "1", (1.0, 1e6), amplitude="1"),
        Parameter("B", "1", (1.0, 1e6), amplitude="1"), Parameter("a", "1", (0.05, 1.5)),
        Parameter("b", "1", (0.05, 1.5))),
    convention={{"N": "params_total", "D": "tokens"}}{more})
"""
_SUM = "return E + A / N**a + B / D**b"


def law(
    body: str = _SUM, name: str = '"mine"', formula: str = '"L"', range: str = "(0.1, 5.0)", more: str = ""
) -> bytes:
    """A law file."""
    return _LAW.format(body=body, name=name, formula=formula, range=range, more=more).encode()


_RANGES = [
    "(0j, 1j)",
    "('a', 'b')",
    "(object(), 1)",
    "None",
    "5",
    "(5, 1)",
    "(0, 0)",
    "(float('nan'), 1)",
    "(0.1, 1e400)",
    "()",
]
_BODIES = [
    "print('x'); " + _SUM,
    "import sys; sys.exit(0)",
    "raise BaseException",
    "raise KeyError",
    "return None",
    "return 'x'",
]
_BODIES += [
    "return (E + A / N**a) * 1j",
    "return np.full(N.shape, np.nan)",
    "return N[:1]",
    "return np.array(['x'] * len(N))",
]
_BODIES += [
    "N *= 2; " + _SUM,
    "return -E - A / N**a - B / D**b",
    "return mine(N, D, E=E, A=A, B=B, a=a, b=b)",
    "return 0 * N",
]
LAWS = [law(), *(law(range=one) for one in _RANGES), *(law(body=one) for one in _BODIES)]
LAWS += [
    law(name="5"),
    law(name="'../x'"),
    law(name="'m$x^{2$'"),
    law(formula="5"),
    law(formula="'$x^{2$'"),
    law(name="''"),
]
LAWS += [
    law(more=", domain={'N': (1, 'x')}"),
    law(more=", domain={'N': 5}"),
    law(more=", published=(5,)"),
    law(more=", unit=5"),
]
LAWS += [
    b"import sys\nsys.exit(0)",
    b"raise BaseException",
    b"def f(): f()\nf()",
    b"\x00",
    b"x = 1",
    b"def f(:",
    b"",
    b"\xff",
]
LAWS += [b"print('x' * 100)", b"raise SystemExit('no')", b"import nosuch", b"LAW = 5", b"(" * 3000]

_STUDY = """corpus = "synthetic"
tokenizer = "symbols"
shapes = [[1, 8], [1, 16], [2, 16], [2, 32]]
tokens = [2e4, 4e4]
n_ctx = 32
warmup_share = 0.1
"""
STUDIES = {
    "sound": _STUDY.encode(),
    "empty": b"",
    "binary": b"\xff\xfe\x00",
    "deep": b"a = " + b"[" * 3000 + b"]" * 3000,
    "twice": _STUDY.encode() + b"n_ctx = 64\n",
    "nul": b"a = 1\x00",
    "families one": b"families = 1",
    "no families": b"families = []",
    "escaping family": b'families = ["../../x"]',
    "half": _STUDY[:40].encode(),
    "table": b"[shapes]\na = 1",
    "law file": _STUDY.encode() + b'law_file = "../no.py"\n',
    "name": _STUDY.encode() + b'name = "../escape/deep"\n',
}
