"""Which runs of a study are left out of its fits, and why: of the variants of one cell only the best is used."""

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from ..errors import counted
from ..run.run import FINISHED, Run, RunSpec
from ..run.shape import Shape

TUNED = {
    "rate": ("lr",),
    "batch": ("batch", "accumulate"),
    "warm-up": ("warmup",),
    "schedule": ("schedule", "decay", "cooldown", "lr_end", "decay_power"),
}  # the settings that may differ within a cell, by the word for them
DID_BETTER = "of this cell did better"
BY_HAND = "left out by hand: "  # before a person's reason
REUSED = ("reuse", "sharing")  # of a shape


def taking_no_part(
    runs: Sequence[Run], left_out: Mapping[str, str], held_out: Collection[str] = frozenset()
) -> dict[str, str]:
    """Return the reason for each run that is left out of fits: those in `left_out`, and all but the best variants.

    A cell is a size, a horizon and a text; its variants differ in learning rate, batch, schedule or reuse. The best
    variant has the lowest mean final loss over its seeds; variants with a failed seed rank behind all others. A trunk
    is left out if all its branches are. Held-out runs are not in any fit; they are compared only with their own
    variants.
    """
    found = {run_id: why for run_id, why in left_out.items() if run_id not in held_out}
    cells: dict[RunSpec, dict[RunSpec, list[Run]]] = {}
    for run in runs:
        if not run.spec.is_trunk and run.spec.id not in found:
            variant = _without_seed(run.spec)
            cells.setdefault(_untuned(variant), {}).setdefault(variant, []).append(run)
    for variants in cells.values():
        found |= _beaten(variants)
    return found | _trunks_without_branches(runs, found)


def notes_on(runs: Sequence[Run], left_out: Mapping[str, str]) -> list[str]:
    """Say how many runs are left out because they failed, or another variant did better, and which ones by hand."""
    ended = [run for run in runs if not run.spec.is_trunk]
    failed = [run for run in ended if run.outcome != FINISHED]
    beaten = [run for run in ended if left_out.get(run.spec.id, "").endswith(DID_BETTER)]
    notes = []
    if failed:
        first = f"{failed[0].spec.id} {failed[0].sentence}"
        notes.append(f"{len(failed)} of {len(ended)} runs failed and are left out of every fit; the first: {first}.")
    if beaten:
        notes.append(f"{len(beaten)} of {len(ended)} runs are left out of every fit: another variant {DID_BETTER}.")
    if by_hand := {run_id: why for run_id, why in left_out.items() if why.startswith(BY_HAND)}:
        each = "; ".join(f"{run_id}, {why.removeprefix(BY_HAND)}" for run_id, why in by_hand.items())
        notes.append(f"{counted(len(by_hand), 'run')} left out of every fit by hand: {each}.")
    return notes


def _beaten(variants: Mapping[RunSpec, Sequence[Run]]) -> dict[str, str]:
    best = min(variants, key=lambda variant: _standing(variants[variant]))
    return {
        run.spec.id: f"another {_difference(variant, best)} {DID_BETTER}"
        for variant, members in variants.items()
        if variant != best
        for run in members
        if run.outcome == FINISHED
    }


def _standing(members: Sequence[Run]) -> tuple[int, float]:
    """How many seeds failed, and the mean final loss of the others: lower is better."""
    losses = [run.final.loss_nats for run in members if run.outcome == FINISHED and run.final]
    return len(members) - len(losses), fmean(losses) if losses else math.inf


def _difference(one: RunSpec, other: RunSpec) -> str:
    words = [word for word, names in TUNED.items() if any(getattr(one, n) != getattr(other, n) for n in names)]
    return " and ".join(words + ["reuse"] * (one.shape != other.shape))


def _without_seed(spec: RunSpec) -> RunSpec:
    return replace(spec, seed=0, parent="", branch_at=())


def _untuned(spec: RunSpec) -> RunSpec:
    """Return what a run has in common with all variants of its cell."""
    plain: dict[str, Any] = {name: 1 for name in ("lr", "batch", "accumulate", "warmup")}
    plain |= {f.name: f.default for f in dataclasses.fields(RunSpec) if f.name in TUNED["schedule"]}
    shape: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(Shape) if f.name in REUSED}
    return replace(spec, shape=replace(spec.shape, **shape), **plain)


def _trunks_without_branches(runs: Iterable[Run], left_out: Mapping[str, str]) -> dict[str, str]:
    reasons: dict[str, list[str]] = {}
    for run in runs:
        if run.spec.parent:
            said = left_out.get(run.spec.id, "") if run.outcome == FINISHED else run.sentence
            reasons.setdefault(run.spec.lineage, []).append(said)
    return {trunk: said[-1] for trunk, said in reasons.items() if all(said)}
