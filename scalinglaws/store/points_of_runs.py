"""The points made from the runs of a folder: one row per run, one row per evaluation, and whole learning curves."""

from collections.abc import Collection, Mapping

from ..points.points import Points
from ..points.units import bits_per_byte
from ..results.fitted import LearningCurve
from ..results.tested import HELD_OUT
from ..run.item_scores import ItemScores
from ..run.run import FINISHED, Run, RunSpec
from ..run.schedule import phase
from ..run.shape import Shape

COLUMNS = (
    "run_id lineage role outcome excluded_because params_nonembedding params_nonembedding_exact "
    "params_with_head params_total tokens tokens_unique epochs batch_tokens steps flops_6nd flops_exact "
    "loss_nats loss_nats_sem loss_bits_per_byte loss_train_nats lr seconds n_layer d_model n_heads n_ctx "
    "n_vocab seed"
).split()
ITEM_COLUMNS = (
    "accuracy accuracy_sem accuracy_chance choice_probability loss_task_bits_per_byte items"  # of one's own items
).split()
CURVE_COLUMNS = "run_id lineage params_nonembedding steps tokens batch_tokens flops_6nd loss_nats".split()


def points_of(
    runs: list[Run],
    held_out: frozenset[str] | set[str] = frozenset(),
    source: str = "",
    left_out: Mapping[str, str] | None = None,
) -> Points:
    """Make one row per run that trained to its horizon or diverged; trunks, which never decay, have no row.

    A run that diverged (its row has no loss) or failed to learn is excluded, with its sentence as the reason; a run in
    `left_out` is excluded for the reason given there, and any other run in `held_out` because it is held out.
    """
    reasons = {**dict.fromkeys(held_out, HELD_OUT), **(left_out or {})}
    shown = [run for run in runs if not run.spec.is_trunk]
    rows = [_row(run, reasons.get(run.spec.id, ""), run.spec.id in held_out) for run in shown]
    names: tuple[str, ...] = tuple(COLUMNS)
    if any(run.spec.shape.n_experts for run in shown):
        rows = [row | of_experts(run.spec.shape) for row, run in zip(rows, shown, strict=True)]
        names = (*names, *of_experts(shown[0].spec.shape))
    if any(run.final and run.final.items for run in shown):
        answered = [of_items(run.final.items if run.final else None) for run in shown]
        rows = [row | one for row, one in zip(rows, answered, strict=True)]
        names = (*names, *(name for name in ITEM_COLUMNS if any(one[name] is not None for one in answered)))
    if any(run.spec.batch_ramp for run in shown):
        rows = [row | of_ramp(run.spec) for row, run in zip(rows, shown, strict=True)]
        names = (*names, *of_ramp(shown[0].spec))
    return Points({name: [row[name] for row in rows] for name in names}, source)


def of_experts(shape: Shape) -> dict[str, float]:
    """Give the columns of a mixture of experts, by which laws of mixtures are fitted; a dense model has one expert."""
    experts, active = max(1, shape.n_experts), max(1, shape.experts_active)
    return {
        "params_active": shape.params("active"),
        "n_experts": experts,
        "n_experts_active": active,
        "params_per_expert": shape.parts.expert,
        "activation_ratio": active / experts,
        "granularity": (round(8 * shape.d_model / 3) if shape.activation == "swiglu" else 4 * shape.d_model)
        / shape.width_ff,
    }


def of_items(scores: ItemScores | None) -> dict[str, float | None]:
    """Give the columns of what was answered to multiple-choice items; None where nothing was."""
    if scores is None:
        return dict.fromkeys(ITEM_COLUMNS)
    values = (scores.accuracy, scores.accuracy_sem, scores.chance, scores.choice_probability, scores.bits_per_byte)
    return dict(zip(ITEM_COLUMNS, (*values, scores.count), strict=True))


def of_ramp(spec: RunSpec) -> dict[str, float | str]:
    """Give the columns of a batch that grows: tokens of the first and of the last step, and its stages in sequences."""
    n_ctx = spec.shape.n_ctx
    later = [f"{sequences} from {tokens:g}" for tokens, sequences in spec.batch_ramp]
    return {
        "batch_tokens_first": spec.batch_tokens,
        "batch_tokens_last": spec.batches[-1] * n_ctx,
        "batch_ramp": ", ".join([str(spec.batch), *later]),
    }


def mean_batch(spec: RunSpec, steps: int) -> float:
    """Tokens per step, the mean over the first `steps` where the batch grows: tokens are steps times it."""
    return spec.tokens_at(steps) / steps if spec.batch_ramp else spec.batch_tokens


def _row(run: Run, reason: str, held_out: bool) -> dict:
    spec, shape, final = run.spec, run.spec.shape, run.final
    steps = final.step if final else spec.steps
    tokens = spec.tokens_at(steps)
    loss = final.loss_nats if final else None
    return {
        "run_id": spec.id,
        "lineage": spec.lineage,
        "role": "held-out" if held_out else "fit",
        "outcome": run.outcome,
        "excluded_because": reason if run.outcome == FINISHED else run.sentence,
        "params_nonembedding": shape.params("non_embedding"),
        "params_nonembedding_exact": shape.params("non_embedding_exact"),
        "params_with_head": shape.params("with_head"),
        "params_total": shape.params("total"),
        "tokens": tokens,
        "tokens_unique": min(tokens, run.tokens_unique),
        "epochs": tokens / run.tokens_unique,
        "batch_tokens": mean_batch(spec, steps),
        "steps": steps,
        "flops_6nd": shape.flops_per_token("6n") * tokens,
        "flops_exact": shape.flops_per_token("exact") * tokens,
        "loss_nats": loss,
        "loss_nats_sem": final.loss_nats_sem if final else None,
        "loss_bits_per_byte": bits_per_byte(loss, run.bytes_per_token) if final and run.bytes_per_token else None,
        "loss_train_nats": final.loss_train_nats if final else None,
        "lr": spec.lr if spec.tells("lr") else None,
        "seconds": final.seconds if final else None,
        "n_layer": shape.n_layer,
        "d_model": shape.d_model,
        "n_heads": shape.n_heads,
        "n_ctx": shape.n_ctx,
        "n_vocab": shape.n_vocab,
        "seed": spec.seed if spec.tells("seed") else None,
    }


def curve_points(runs: list[Run], kept_out: Collection[str] = frozenset()) -> Points:
    """Make one row per evaluation at the constant learning rate, after warm-up: the points that L(N, S) describes.

    Args:
        kept_out: ids of runs that are left out.
    """
    rows = [
        {
            "run_id": run.spec.id,
            "lineage": run.spec.id,
            "params_nonembedding": run.spec.shape.params(),
            "steps": e.step,
            "tokens": e.tokens,
            "batch_tokens": mean_batch(run.spec, e.step),
            "flops_6nd": run.spec.shape.flops_per_token("6n") * e.tokens,
            "loss_nats": e.loss_nats,
        }
        for run in runs
        if run.spec.id not in kept_out and not run.spec.parent
        for e in run.curve
        if phase(run.spec, e.step) == "constant"
    ]
    return Points({name: [row[name] for row in rows] for name in CURVE_COLUMNS})


def learning_curves(runs: list[Run], held_out: frozenset[str] | set[str] = frozenset()) -> list[LearningCurve]:
    """Join each lineage into one curve: its trunk, then its longest branch; a run without a trunk is its own curve.

    Compute counts every matrix product (flops_exact).
    """
    lineages: dict[str, list[Run]] = {}
    for run in runs:
        lineages.setdefault(run.spec.parent or run.spec.id, []).append(run)
    curves = []
    for lineage, members in sorted(lineages.items()):
        members.sort(key=lambda run: (bool(run.spec.parent), run.spec.tokens))
        last, first = members[-1], members[0]
        shape = first.spec.shape
        joined = [e for e in first.curve if not last.spec.parent or e.step <= last.spec.first_step]
        joined += last.curve if last is not first else ()
        tokens = tuple(float(e.tokens) for e in joined)
        role = "held-out" if last.spec.id in held_out else "fit"
        curves.append(
            LearningCurve(
                lineage,
                float(shape.params()),
                first.spec.seed,
                role,
                tokens,
                tuple(shape.flops_per_token("exact") * t for t in tokens),
                tuple(e.loss_nats for e in joined),
            )
        )
    return curves
