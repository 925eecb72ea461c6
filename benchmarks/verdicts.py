"""How often a verdict is wrong: true claims that fail, and false claims that pass, on simulated tables.

    python benchmarks/verdicts.py --sets 40 --write docs/verdicts.md

True worlds are made from the paper's laws, with the paper's noise from seed to seed (0.02 nats); in a false world one
claim is false by the fault that the tests plant for it. A verdict is wrong when a true claim fails or a false one
passes; undecided is no error. Each part of a test is judged by a two-sided 95% interval.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from findings_faults import FAULTS  # noqa: E402
from findings_tables import World, made  # noqa: E402

from scalinglaws.claims.findings import CLAIMS  # noqa: E402
from scalinglaws.measurements.family_tables import FamilyTables  # noqa: E402
from scalinglaws.results.outcome import OUTCOMES  # noqa: E402

DRAWS = 200
FIRST_SEED = 1000  # not those of the tests


def true_world(seed: int, noise: float = 0.02) -> dict[str, str]:
    """Judge every claim on tables made from the paper's laws: id -> outcome."""
    evidence = FamilyTables(*made(World(noise=noise), seed=seed), draws=DRAWS, seed=seed)
    return {claim.id: claim.judge(evidence).outcome for claim in CLAIMS}


def false_world(id: str, seed: int) -> str:
    """Judge one claim on tables in which it is false."""
    world, edit = FAULTS[id]
    evidence = FamilyTables(*made(world or World(), seed=seed, edit=edit), draws=DRAWS, seed=seed)
    return next(claim for claim in CLAIMS if claim.id == id).judge(evidence).outcome


def upper_bound(wrong: int, of: int) -> float:
    """Give the 95% upper bound of a rate (Clopper & Pearson)."""
    from scipy.special import betaincinv

    return 1.0 if wrong == of else float(betaincinv(wrong + 1, of - wrong, 0.95))


def page(true: list[dict[str, str]], false: dict[str, list[str]]) -> str:
    """Write both tables."""
    rows = []
    for claim in CLAIMS:
        here, there = Counter(one[claim.id] for one in true), Counter(false[claim.id])
        rows.append([claim.id, *(str(count[outcome]) for count in (here, there) for outcome in OUTCOMES)])
    total = [sum(map(int, column)) for column in zip(*(row[1:] for row in rows), strict=True)]
    judged, planted = sum(total[:4]), sum(total[4:])
    rows.append(["all", *map(str, total)])
    head = ["claim", *(f"true: {o}" for o in OUTCOMES), *(f"false: {o}" for o in OUTCOMES)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))
    passed, failed, undecided = 0, 1, 2
    wrong = total[4 + passed]
    return f"""# How often a verdict on a claim is wrong

Made by `python benchmarks/verdicts.py --sets {len(true)} --write docs/verdicts.md`. True worlds are made from the laws
of Kaplan et al. 2020 with their noise from seed to seed (0.02 nats), {len(true)} tables of all families; in a false
world one claim is false by the fault that the tests plant for it, {len(next(iter(false.values())))} tables each.
A verdict is wrong when a true claim fails or a false one passes. Each part of a test rests on a 95% interval.

- A true claim failed in {total[failed]} of {judged} verdicts (at most {upper_bound(total[failed], judged):.1%}, 95%).
- A false claim passed in {wrong} of {planted} verdicts (at most {upper_bound(wrong, planted):.1%}, 95%).
- Of the verdicts on true claims {total[passed] / judged:.0%} were passed and {total[undecided] / judged:.0%} undecided.

The faults are large: a claim that is false by a hair is found undecided or, as often as its interval misses the
truth on that side, passed. `tests/test_outcome.py` measures the coverage of these intervals.

{table}
"""


def main() -> None:
    """Simulate, and print or write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sets", type=int, default=40)
    asked.add_argument("--false-sets", type=int, default=5)
    asked.add_argument("--write", type=Path)
    given = asked.parse_args()
    with np.errstate(all="ignore"):
        true = [true_world(FIRST_SEED + seed) for seed in range(given.sets)]
        seeds = range(FIRST_SEED, FIRST_SEED + given.false_sets)
        false = {id: [false_world(id, seed) for seed in seeds] for id in FAULTS}
    text = page(true, false)
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
