"""Selection of the batch family in a table of many runs: several batch sizes of one model, all else equal."""

import numpy as np

from ..points.one_definition import unmixed
from ..points.points import Points
from .slices import size_groups

MAKE = ("arch", "arm", "n_layer", "d_model", "n_ctx", "n_vocab", "tokenizer", "loss_split", "tokens_unique", "branched")

ELSEWHERE = "loss_nats@"  # columns of losses on other texts or at positions, filled only in runs that measure them


def batch_families(points: Points, params: str, least: int) -> tuple[Points, list[str]]:
    """Keep, for each size, the rows of the kind (shape, measurements) that has the most batch sizes, `least` or more.

    If no size has as many, all rows are kept, if they are of one kind. Rows of a model without parameters of this
    count, or from a decay of the rate, take no part: a run whose rate decays reaches a loss sooner than one at a
    constant rate.

    Returns:
        the rows, and what was left out, in sentences.
    """
    sized, steady = points[params] > 0, points["phase"] != "decay" if "phase" in points else np.full(len(points), True)
    said = [
        f"{int((~good).sum())} of {len(good)} rows take no part: {reason}."
        for reason, good in ((f"{params} is 0", sized), ("their rate was decaying", steady))
        if not good.all()
    ]
    points = points.replace(branched=_branched(points)) if "lineage" in points else points
    points = points.take(sized & steady)
    if not len(points):
        return points, said
    kept = _kept(points, params, least)
    if not kept.any():
        return unmixed(points), said
    if not kept.all():
        said.append(
            f"{int((~kept).sum())} of {len(kept)} rows take no part: runs of another make, or measured otherwise, than "
            "those of several batches."
        )
    return points.take(kept), said


def _kept(points: Points, params: str, least: int) -> np.ndarray:
    sizes, makes, batch = size_groups(points[params]), _makes(points), points["batch_tokens"]
    kept = np.zeros(len(points), dtype=bool)
    for size in np.unique(sizes):
        rows = sizes == size
        tried = {make: len(np.unique(batch[rows & (makes == make)])) for make in np.unique(makes[rows])}
        best = max(tried, key=lambda make: tried[make])
        if tried[best] >= least:
            kept |= rows & (makes == best)
    return kept


def _makes(points: Points) -> np.ndarray:
    """Number the rows by kind: equal in shape and in the texts on which they were measured."""
    columns = [points[name].astype(str) for name in MAKE if name in points]
    columns += [np.isfinite(points[name]).astype(str) for name in points.columns if name.startswith(ELSEWHERE)]
    if not columns:
        return np.zeros(len(points), dtype=int)
    return np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)


def _branched(points: Points) -> np.ndarray:
    """Say for each row whether its lineage has several runs: a trunk is trained for its branches."""
    pairs = np.unique(np.stack([points["lineage"], points["run_id"]]), axis=1)[0]
    names, counts = np.unique(pairs, return_counts=True)
    return np.isin(points["lineage"], names[counts > 1]).astype(str)
