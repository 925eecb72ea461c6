"""How often a verdict is wrong: true claims that fail, and false claims that pass, on simulated tables.

    python benchmarks/findings/run.py --sets 400 --keep verdicts.jsonl --write docs/verdicts.md

Every world has the runs, the batch, the context and the noise between seeds of studies/kaplan-cpu, and the paper's
laws, scaled to losses of that size; in a false world some claims are false by the amount that `worlds.py` states. A
verdict is wrong when a true claim fails or a false one passes; undecided is no error. 400 sets take 40 minutes of
one core; `--keep` continues from what an interrupted run left.
"""

import argparse
import json
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from worlds import FALSE, MINIATURE, SEED_SD, World, made, world

from scalinglaws.claims.eight import EIGHT, RECIPE
from scalinglaws.claims.findings import CLAIMS
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.results.outcome import FAILED, PASSED, UNDECIDED

DRAWS = 200
FIRST_SEED = 1000  # not those of the tests
OUTCOMES = (PASSED, FAILED, UNDECIDED)
STATED = {id: amount for one in FALSE for id, amount in one.claims.items()}
WORLD = [claim.id for claim in CLAIMS if claim.id not in RECIPE]  # those that say something about the world


def judged(place: int, seed: int, of: World | None = None) -> dict[str, str]:
    """Judge one world's claims: id -> outcome. Place 0 is the true world, the others are those of `FALSE`."""
    tables = made(of or world(), seed=seed) if not place else FALSE[place - 1].tables(seed)
    wanted = WORLD if not place else list(FALSE[place - 1].claims)
    evidence = FamilyTables(*tables, draws=DRAWS, seed=seed)
    return {claim.id: claim.judge(evidence).outcome for claim in CLAIMS if claim.id in wanted}


def simulated(sets: int, keep: Path | None, first: int = FIRST_SEED) -> list[tuple[int, int, dict[str, str]]]:
    """Judge every world of every seed that `keep` does not hold yet: (place, seed, outcomes)."""
    lines = keep.read_text(encoding="utf-8").splitlines() if keep and keep.exists() else []
    found = {(place, seed): outcomes for place, seed, outcomes in map(json.loads, lines)}
    for seed in range(first, first + sets):
        for place in range(len(FALSE) + 1):
            if (place, seed) in found:
                continue
            found[place, seed] = judged(place, seed)
            if keep:
                with open(keep, "a", encoding="utf-8") as file:
                    file.write(json.dumps([place, seed, found[place, seed]]) + "\n")
    return [(place, seed, outcomes) for (place, seed), outcomes in sorted(found.items())]


def upper_bound(wrong: int, of: int) -> float:
    """Give the 95% upper bound of a rate (Clopper & Pearson)."""
    from scipy.special import betaincinv

    return 1.0 if wrong == of else float(betaincinv(wrong + 1, of - wrong, 0.95))


def counted(rows: list[tuple[int, int, dict[str, str]]]) -> tuple[dict[str, Counter], dict[str, Counter]]:
    """Count the outcomes of every claim where it is true, and where it is false."""
    true, false = defaultdict(Counter), defaultdict(Counter)
    for place, _, outcomes in rows:
        for id, outcome in outcomes.items():
            (false if place else true)[id][outcome] += 1
    return true, false


def _row(id: str, true: Counter, false: Counter) -> list[str]:
    cells = [id]
    for count, wrong in ((true, FAILED), (false, PASSED)):
        of = sum(count.values())
        cells += [*(f"{count[o] / of:.1%}" for o in OUTCOMES), f"{upper_bound(count[wrong], of):.1%}"]
    return [*cells, STATED[id]]


def page(rows: list[tuple[int, int, dict[str, str]]]) -> str:
    """Write the page: the rates of every claim, and of the eight findings in the true world."""
    true, false = counted(rows)
    table = [_row(id, true[id], false[id]) for id in WORLD]
    sets, planted = (max(sum(count.values()) for count in one.values()) for one in (true, false))
    wrong = [true[id][FAILED] / sum(true[id].values()) for id in WORLD]
    missed = [false[id][PASSED] / sum(false[id].values()) for id in WORLD]
    decided = [1 - true[id][UNDECIDED] / sum(true[id].values()) for id in WORLD]
    head = ["claim", *(f"true: {o}" for o in OUTCOMES), "failed, at most", *(f"false: {o}" for o in OUTCOMES)]
    head += ["passed, at most", "how it is false"]
    lines = "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *table))
    eight = "\n".join(_together(rows))
    sizes, horizons, seeds = len(MINIATURE.ladder), len(MINIATURE.horizons), world().seeds
    return f"""# How often a verdict on a claim is wrong

Made by `python benchmarks/findings/run.py --sets {sets} --write docs/verdicts.md`. Each world has the runs of
`studies/kaplan-cpu`: {sizes} sizes of two layers and more, {horizons} horizons, {seeds} seeds of one size, and its
noise from seed to seed ({SEED_SD} nats). True worlds, {sets} of them, are made from the laws of Kaplan et al. 2020,
scaled to these losses; in a false world, {planted} of each, a claim is false by the amount in the last column. A
verdict is wrong where a true claim fails or a false one passes; undecided is no error. Each part of a test rests on a
95% interval. Seeds {_ranges(sorted({seed for _, seed, _ in rows}))}: `--seed` names the first, and processes that
share the work keep what they made with `--keep`.

- No true claim failed in more than {max(wrong):.1%} of the worlds in which it is true.
- No false claim passed in more than {max(missed):.1%} of the worlds in which it is false.
- Of the verdicts on true claims {np.mean(decided):.0%} were decided: the power of this design. A claim that is mostly
  undecided here needs more seeds or more sizes than `studies/kaplan-cpu` has; the page of a study says how many.

S16, S22, S23 and S25 are not listed: they compare what the runs record with the paper's recipe, without noise.
"At most" is the 95% upper bound of the rate of wrong verdicts (Clopper and Pearson).

{lines}

The eight findings, each of several claims, in the true worlds:

| finding | its claims | passed | failed | undecided |
| --- | --- | --- | --- | --- |
{eight}
"""


def _ranges(seeds: list[int]) -> str:
    """Write seeds as ranges: "1000 to 1031 and 1200 to 1231"."""
    cuts = [i for i in range(1, len(seeds)) if seeds[i] != seeds[i - 1] + 1]
    parts = [seeds[a:b] for a, b in zip([0, *cuts], [*cuts, len(seeds)], strict=True)]
    return " and ".join(f"{part[0]} to {part[-1]}" for part in parts)


def _together(rows: list[tuple[int, int, dict[str, str]]]) -> list[str]:
    from scalinglaws.claims.eight import outcome_of_all

    lines = []
    for one in EIGHT:
        found = Counter(outcome_of_all([outcomes[id] for id in one.claims]) for place, _, outcomes in rows if not place)
        shares = " | ".join(f"{found[o] / sum(found.values()):.1%}" for o in OUTCOMES)
        lines.append(f"| {one.number} | {', '.join(one.claims)} | {shares} |")
    return lines


def main() -> None:
    """Simulate, and print or write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sets", type=int, default=400)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--seed", type=int, default=FIRST_SEED, help="the first; several processes may share the seeds")
    asked.add_argument("--write", type=Path)
    given = asked.parse_args()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = page(simulated(given.sets, given.keep, given.seed))
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
