"""A goal, a recipe and a budget -> the runs that determine the goal best, as a study to train, scored by simulation."""

from dataclasses import dataclass, replace
from math import exp

import numpy as np

from ..designing.ladder import size_near
from ..designing.menu import STEPS, Menu, menu, middle_size
from ..designing.study_file import Study
from ..errors import StudyError
from ..planning.asked_quantity import AskedFor
from ..planning.choosing import START, Bought, JointVariance, isoflop_grid, most_telling, spread_out
from ..planning.scored_designs import (
    NOISE_FALLS,
    RUN_NOISE,
    WORLDS,
    Score,
    World,
    line_of_sizes,
    prior_worlds,
    scored,
)
from ..predicting.prior import Prior, field_prior
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .design_for_text import text_of

HELD_SHARES = (0.4, 0.6, 0.8)  # of the budget, for the two runs that test the forecast: the least that spends it
SPENT = 0.75  # of the budget: where every run of the box costs less, the maximum of a run is raised
HELD = ((2.0, 1.0), (1.4, 1 / 3))  # of the largest fitted size, and of the maximum of a run, in compute
REACH = 4.0  # compute of the larger held-out run over the largest fitted
SEED_SHARE = 0.03  # of the budget: maximum for repeated seeds


@dataclass(frozen=True, eq=False)
class Candidate:
    """One design: its runs, ln N and ln D, (runs, 2), what they cost, and its score."""

    name: str
    runs: np.ndarray
    cost: float
    score: Score
    bought: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class DesignFor(PublicRecord):
    """The chosen design as a study, beside the others of the same cost.

    Attributes:
        unit: of the costs: "FLOPs" or "s". held: (N, D) of the held-out runs.
    """

    quantity: AskedFor
    study: Study
    candidates: tuple[Candidate, ...]
    held: tuple[tuple[float, float], ...]
    budget: float
    max_run: float
    unit: str
    said: tuple[str, ...] = ()

    @property
    def chosen(self) -> Candidate:
        """The design that the study has."""
        return self.candidates[0]

    def blocks(self) -> list[Block]:
        """Give what the command prints of it."""
        return text_of(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        chosen = self.chosen
        return {"goal": self.quantity.text, "design": chosen.name, "runs": len(chosen.runs), "cost": chosen.cost}

    def rows(self) -> dict[str, list[float]]:
        """Give a row per fitted run: its size and tokens."""
        sizes, tokens = np.exp(self.chosen.runs).T.tolist()
        return {"N": sizes, "D": tokens}


def design_for(
    quantity: AskedFor,
    recipe: Study,
    n_vocab: int,
    budget: float,
    *,
    max_run: float | None = None,
    reach: float = REACH,
    per_flop: float = 1.0,
    overhead: float = 0.0,
    unit: str = "FLOPs",
    max_tokens: float | None = None,
    prior: Prior | None = None,
    worlds: int = WORLDS,
    seed: int = 0,
) -> DesignFor:
    """Choose sizes, horizons, seeds and batch so that the interval of a quantity is narrow at a cost, form unknown.

    Two runs are held out to test the forecast, the larger with `max_run` FLOPs. The others have up to `max_run / reach`
    and are chosen, from a box wide in size, tokens and compute, by spread, or by spread and then by what each takes off
    the variance of the quantity per cost: whichever ends with the narrower interval in simulated worlds, drawn from the
    prior with its departures from any law. An isoFLOP grid of the same cost stands beside it.

    Args:
        budget: of all runs. max_run: maximum exact FLOPs of one run; by default as much as leaves 60% of the budget for
            the runs that are fitted.
        per_flop: cost of a FLOP in the unit of the budget; `overhead`: of a run.

    Raises:
        StudyError: nothing can be trained within these limits.
    """
    limits = {"per_flop": per_flop, "overhead": overhead, "max_tokens": max_tokens}
    offered, held, top = _within(recipe, n_vocab, budget, max_run, reach, limits)
    for_held = sum(part for _, part in HELD) * top * per_flop
    found = _compared(quantity, offered, budget - for_held, prior or field_prior(), worlds, seed)
    paid = tuple(replace(one, cost=one.cost + for_held) for one in found)
    study = _study(quantity, offered, found[0].bought, held, budget - for_held)
    facts = _grid_facts(found[0].runs, quantity, top)
    return DesignFor(quantity, study, paid, tuple(held), budget, top, unit, facts)


def _within(recipe: Study, n_vocab: int, budget: float, max_run: float | None, reach: float, limits: dict):
    """Give the runs to choose from, (N, D) of those held out, and the maximum of a run, in FLOPs."""
    for share in HELD_SHARES:
        most = share * budget / limits["per_flop"] / sum(part for _, part in HELD)
        top = min(max_run or most, most)
        offered = menu(recipe, n_vocab, top / reach, **limits)
        held = _held_out(offered, top)
        offered = replace(offered, offers=tuple(one for one in offered.offers if one.params < 0.9 * held[-1][0]))
        left = budget - sum(part for _, part in HELD) * top * limits["per_flop"]
        if top < most or offered.cost(range(len(offered.offers))) > SPENT * left:
            break
    return offered, held, top


def _compared(quantity: AskedFor, offered: Menu, money: float, prior: Prior, worlds: int, seed: int):
    """Score every way to choose: those chosen first, the better one leading, and the isoFLOP grid last."""
    x = np.log([[one.params, one.tokens] for one in offered.offers])
    sizes = line_of_sizes(quantity, x)
    drawn = prior_worlds(prior, x, quantity.rows(sizes), worlds, seed)
    found = []
    for name, runs in _choices(quantity, offered, x, sizes, money, drawn).items():
        score = scored(quantity, x[list(runs)], drawn, prior, sizes, seed)
        found.append(Candidate(name, x[list(runs)], offered.cost(runs), score, runs))
    *ours, grid = found
    return (*sorted(ours, key=lambda one: _width(quantity, one.score)), grid)


def _width(quantity: AskedFor, score: Score) -> float:
    """The half-widths in units of their tolerances, the roots of the summed squares."""
    return float(np.hypot.reduce(np.array([score.half[name] for name in quantity.names]) / quantity.tolerances))


def _held_out(offered: Menu, top: float) -> list[tuple[float, float]]:
    """Give (N, D) of the held-out runs, the larger first: sizes above all fitted ones."""
    least = max(float(offered.recipe.n_ctx * STEPS), 1.0)
    largest = max(one.params for one in offered.offers)
    room = (top / 6 / 5) ** 0.5  # five tokens a parameter or more
    largest = min(largest, room / HELD[0][0], 3 * middle_size(top / REACH))
    found = []
    for times, share in HELD:
        size = size_near(times * largest, offered.recipe.d_head)
        params = 12.0 * size[0] * size[1] ** 2
        found.append((params, max(least, share * top / 6 / params)))
    if found[0][0] <= found[1][0]:
        raise StudyError("the budget is too small for sizes that differ: raise it, or the maximum of a run.")
    return found


def _choices(quantity, offered: Menu, x, sizes, money: float, drawn: list[World]) -> dict[str, tuple[int, ...]]:
    def price(bought):
        return np.array(offered.prices(bought))

    towards = _target_rows(quantity, sizes)
    first = spread_out(x, towards, price, START * money)
    whole = spread_out(x, towards, price, money)
    block = _told(_block(quantity, x, sizes, drawn), first)
    rest = most_telling([block], price, money - offered.cost(first.runs), first.runs)
    return {
        "spread, then by variance": (*first.runs, *rest.runs),
        "space filling": whole.runs,
        "isoFLOP grid": isoflop_grid(x, offered.cost, money),
    }


def _told(block: JointVariance, made: Bought) -> JointVariance:
    for run in made.runs:
        block = block.told(run)
    return block


def _target_rows(quantity: AskedFor, sizes: tuple[float, float]) -> np.ndarray:
    rows = quantity.rows(sizes)
    middle = np.log(middle_size(quantity.compute))
    near = np.abs(rows[:, 0] - middle) < np.log(8) if quantity.kind == "plan" else slice(None)
    return rows[near]


def _block(quantity: AskedFor, x: np.ndarray, sizes: tuple[float, float], drawn: list[World]) -> JointVariance:
    """Give the covariance of the candidates and of what is asked for over the worlds, and the noise of each run."""
    rows = quantity.rows(sizes)
    values = np.array([world.at(x) for world in drawn])
    asked = np.array([quantity.value(rows, world.at(rows))[0] for world in drawn]) / quantity.tolerances
    good = np.isfinite(asked).all(axis=1)
    both = np.concatenate([values, asked], axis=1)[good]
    compute = x.sum(axis=1)
    noise = (RUN_NOISE * np.exp(-NOISE_FALLS * (compute - compute.max()))) ** 2
    return JointVariance(np.arange(len(x)), np.cov(both.T), noise)


def _study(quantity: AskedFor, offered: Menu, bought, held, money: float) -> Study:
    horizons: dict[tuple[int, ...], list[float]] = {}
    params: dict[tuple[int, ...], int] = {}
    for number in bought:
        one = offered.offers[number]
        horizons.setdefault(one.size, []).append(one.tokens)
        params[one.size] = one.params
    shapes = sorted(horizons, key=params.__getitem__)
    seeded = next((s for s in shapes if len(horizons[s]) > 1), shapes[0])
    extra = sum(offered.prices(())[n] for n in bought if offered.offers[n].size == seeded)
    seeds = 2 if extra <= SEED_SHARE * money else 1
    last = [size_near(n, offered.recipe.d_head) for n, _ in reversed(held)]
    own = [tuple(sorted(horizons[s])) for s in shapes] + [(float(f"{d:.2g}"),) for _, d in reversed(held)]
    return replace(
        offered.recipe,
        shapes=(*shapes, *last),
        tokens=(),
        own_tokens=tuple(own),
        max_flops=0.0,
        hold_out=len(held),
        hold_out_seeds=1,
        seeds=seeds,
        seed_shape=seeded if seeds > 1 else None,
        goal=quantity.text,
        about="",
        name="designed",
    )


def _grid_facts(x: np.ndarray, quantity: AskedFor, top: float) -> tuple[str, ...]:
    """Say how the grid stands to the audit's rules C1, C2, C3 and C5."""
    ratio, compute = x[:, 1] - x[:, 0], x.sum(axis=1)
    off = ratio - np.polyval(np.polyfit(x[:, 0], ratio, 1), x[:, 0])
    reach, tested = quantity.compute / (6 * exp(compute.max())), top / (6 * exp(compute.max()))
    said = (
        f"{len(np.unique(x[:, 0]))} sizes over {np.ptp(x[:, 0]) / np.log(10):.1f} decades, "
        f"{np.ptp(compute) / np.log(10):.1f} decades of compute, D/N {exp(ratio.min()):.3g} to {exp(ratio.max()):.3g}, "
        f"scattered by a factor {exp(off.std()):.2f} about its line in N (audit C1 asks for 1.42, C2 for 5 sizes and "
        f"1.5 decades)"
    )
    far = f"the target is {reach:.3g} times the largest fitted run, the larger held-out run {tested:.3g} times"
    warned = "" if reach <= max(10.0, tested) else "; the audit's rule C3 will warn that nothing tests so far a reach"
    return said, far + warned
