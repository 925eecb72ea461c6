"""Runs -> tables of everything the instruments measured: one row per run, per evaluation, per position in the context.

The tables contain everything from which the findings of a set of families are computed, so that they can be stored
where weights are too large.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from ..designing.design import Sweep
from ..errors import StoreError
from ..instruments.early_stopping import gap
from ..instruments.noise_scale import merged, noise_scale
from ..points.points import Points
from ..run.run import Run, RunSpec
from ..run.schedule import learning_rate, log_places, phase
from ..store.points_of_runs import curve_points, mean_batch, of_items, points_of
from ..store.store import Store
from .taking_part import taking_no_part
from .training_columns import losses_elsewhere, with_arms, with_protocol

FAMILIES = "families.json"  # in the folder of a set of families


def table_of(store: Store, sweep: Sweep, *, curves: bool = False) -> Points:
    """Make the points of the runs that a folder's study now consists of, in its order; or of their evaluations.

    Raises:
        StoreError: the folder has no runs at all.
    """
    _require_runs(store)
    return _points(store.runs_of(sweep.runs), sweep, store, curves)


def history(store: Store, sweep: Sweep, *, curves: bool = False) -> Points:
    """Make the points of every run in a folder; the column `in_study` says whether a run belongs to its present study.

    Raises:
        StoreError: the folder has no runs at all.
    """
    _require_runs(store)
    found, now = _points(store.runs(), sweep, store, curves), {spec.id for spec in sweep.runs}
    return found.replace(in_study=["yes" if run_id in now else "no" for run_id in found["run_id"]])


def _points(runs: list[Run], sweep: Sweep, store: Store, curves: bool) -> Points:
    held_out, left_out = set(sweep.held_out), sweep.left_out
    if not (store.path / FAMILIES).exists():  # a set of families scans rates and batches as results of their own
        left_out = taking_no_part(runs, left_out, held_out)
    if curves:
        return curve_points(runs, held_out | set(left_out))
    return with_other_texts(with_arms(points_of(runs, held_out, str(store.path), left_out), runs), runs)


def with_other_texts(points: Points, runs: Sequence[Run]) -> Points:
    """Add the final loss of each run on every other text, in the columns that a set of families has for them."""
    found = {run.spec.id: losses_elsewhere(run, run.final) for run in runs}
    rows = [found.get(run_id, {}) for run_id in points["run_id"]]
    names = list(dict.fromkeys(name for row in rows for name in row if name not in points))
    return points.replace(**{name: [row.get(name) for row in rows] for name in names})


def _require_runs(store: Store):
    if not any((store.path / "runs").glob("*")):
        raise StoreError(
            f"{store.path} has no runs: {store.path / 'runs'} is missing or empty. Train some with scalinglaws study."
        )


def run_table(
    runs: Sequence[Run], families: Mapping[str, str], left_out: Mapping[str, str], source: str = ""
) -> Points:
    """Make one row per run: its points, its settings, and what its instruments measured at the end.

    Args:
        families: run id -> names of the families to which it belongs, separated by spaces.
        left_out: run id -> why it is not used in fits.
    """
    shown = [run for run in runs if not run.spec.is_trunk]
    rows = [_run_row(run) | {"family": families.get(run.spec.id, "")} for run in shown]
    names = list(dict.fromkeys(name for row in rows for name in row))
    extra = {name: [row.get(name) for row in rows] for name in names}
    return with_protocol(points_of(shown, source=source, left_out=left_out), shown).replace(**extra)


def _run_row(run: Run) -> dict:
    spec, shape, final = run.spec, run.spec.shape, run.final
    later = [e.noise for e in run.curve if 2 * e.step > spec.steps]
    scale = noise_scale(merged(later))
    row = {
        "arch": shape.family,
        "d_ff": 0 if shape.family == "lstm" else shape.width_ff,
        "reuse": shape.reuse,
        "sharing": shape.sharing if shape.family == "universal" else "",
        "lr_schedule": schedule_label(spec),
        "dropout": spec.dropout,
        "subset_tokens": spec.unique_tokens,
        "early_stop": spec.early_stop,
        "last_step": run.curve[-1].step if run.curve else None,
        "lr_sum": None if run.final is None else _summed_rate(spec, run.curve[-1].step),
        "noise_scale": scale and scale[0],
        "noise_scale_sem": scale and scale[1],
        "test_gap_nats": final and gap(final),
        **{name: run.readings.get(name) for name in READINGS},
    }
    return row | losses_elsewhere(run, final)


READINGS = ("loss_spikes", "tokens_per_second", "mfu", "peak_memory_bytes")


def schedule_label(spec: RunSpec) -> str:
    """Name a schedule and its settings that differ from the defaults, in the notation of `each_schedule`."""
    said = []
    if spec.schedule == "wsd":
        said.append(f"decay={spec.decay:g}")
        said += [f"cooldown={spec.cooldown}"] * (spec.cooldown != "linear")
    said += [f"lr_end={spec.lr_end:g}"] * (spec.lr_end > 0)
    said += [f"decay_power={spec.decay_power:g}"] * (spec.decay_power != 1)
    return spec.schedule + (":" + ",".join(said) if said else "")


@cache  # the tables are written again whenever a family is complete
def _summed_rate(spec: RunSpec, steps: int) -> float:
    return sum(learning_rate(spec, step) for step in range(steps))


def curve_table(runs: Sequence[Run]) -> Points:
    """Make one row per evaluation of each run, including trunks."""
    rows = [_evaluation_row(run, evaluation) for run in runs for evaluation in run.curve]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Points({name: [row.get(name) for row in rows] for name in names})


def _evaluation_row(run: Run, e) -> dict:
    spec, shape = run.spec, run.spec.shape
    scale = noise_scale(e.noise)
    row = {
        "run_id": spec.id,
        "lineage": spec.lineage,
        "arch": shape.family,
        "params_nonembedding": shape.params(),
        "n_layer": shape.n_layer,
        "n_ctx": shape.n_ctx,
        "steps": e.step,
        "tokens": e.tokens,
        "batch_tokens": mean_batch(spec, e.step),
        "flops_6nd": shape.flops_per_token("6n") * e.tokens,
        "lr": e.lr,
        "phase": phase(spec, e.step),
        "loss_nats": e.loss_nats,
        "loss_nats_sem": e.loss_nats_sem,
        "loss_train_nats": e.loss_train_nats,
        "noise_scale": scale and scale[0],
        "noise_scale_sem": scale and scale[1],
        "noise_count": e.noise.count,
        "update_ratio": e.update_ratio,
        "seconds": e.seconds,
    }
    row |= of_items(e.items) if e.items else {}
    row |= losses_elsewhere(run, e)
    places = log_places(shape.n_ctx) if e.by_position else []
    return row | {f"loss_nats@T={place}": loss for place, loss in zip(places, e.by_position, strict=True)}


def position_table(runs: Sequence[Run]) -> Points:
    """Make one row per context position of each finished run: its mean loss over the test text."""
    rows = [
        (run.spec.id, run.spec.shape.family, run.spec.shape.params(), run.spec.shape.n_ctx, place + 1, loss)
        for run in runs
        if not run.spec.is_trunk
        for place, loss in enumerate(run.by_position)
    ]
    names = ("run_id", "arch", "params_nonembedding", "n_ctx", "position", "loss_nats")
    return Points({name: [row[i] for row in rows] for i, name in enumerate(names)})
