"""What looks wrong in a table that can be read: swapped columns, wrong units, steps for tokens, mixed definitions."""

import re
from collections.abc import Iterable, Mapping

import numpy as np

from ..errors import argument, counted
from ..quantities import QUANTITIES, playing
from .conversion_rules import with_and_without_embeddings
from .convert import usable
from .distinct import distinct
from .doubts_of_counts import doubts_of_counts
from .names import which_count
from .one_definition import Mixture, carrying, tells, units_agree, ways_out
from .plausible_loss import doubts_of_loss
from .points import Points
from .size_columns import column_of_sizes

LARGEST_LOGARITHM = 14.0  # of a size, to base 10
APART = 1.05  # total over active parameters, above which a row is of a mixture of experts
_BITS_A_BYTE = re.compile(r"(?<![a-z])bpb(?![a-z])|bits?[ _/-]*(per|a)?[ _/-]*byte", re.IGNORECASE)


@np.errstate(all="ignore")  # cells of zero, or infinite, give ratios that no comparison holds for
def doubts(
    points: Points, apart: Iterable[Mixture], loss: tuple[str, bool], names: Mapping[str, str]
) -> tuple[str, ...]:
    """List, in sentences, what a user should check before a fit.

    Args:
        apart: the definitions that the rows mix.
        loss: how the table calls its loss, and whether the unit of the loss was stated.
        names: our name of a column -> the table's, where they differ.
    """
    params = _first(points, "params")
    tokens = _first(points, "tokens")
    found = _about_labels(points, loss[0]) or doubts_of_loss(points, *loss)
    if "run_id" in points:
        found += _about_runs(points)
    if "run_id" in points and tokens:
        found += _about_evaluations(points, tokens, apart)
    if params:
        found += [*_about_params(points, params), *_about_embeddings(points)]
    found += [
        *carrying(points),
        *_about_missing(points, params, tokens),
        *_about_experts(points),
        *_about_training(points),
    ]
    if params and tokens:
        found += doubts_of_counts(points, params, tokens, names)
    return (*found, *_pooled(points, apart))


def _about_missing(points: Points, params: str | None, tokens: str | None) -> list[str]:
    """Say how to state the size and the tokens of runs of which the table holds the loss."""
    if not any(name in points for name in ("loss_nats", "loss_bits_per_byte")):
        return []
    found = []
    count = column_of_sizes(points)
    if not params and count:
        found.append(f"{count!r} counts parameters, and which it counts is not said: {which_count(count)}.")
    elif not params and "steps" in points:
        size = {str(points["run_id"][0]): 1e8} if "run_id" in points else 1e8
        stated = argument(given={"params_total": size})
        found.append(f"nothing says how many parameters each run has; say it, such as {stated}.")
    if not tokens and "steps" in points:
        stated = argument(given={"batch_tokens": 524288})
        found.append(f"nothing says how many tokens one step has; say it, such as {stated}.")
    return found


def _about_training(points: Points) -> list[str]:
    """Say that the loss is one of training text, where the table has no other."""
    if "loss_train_nats" not in points or any(name in points for name in playing("loss") if name != "loss_train_nats"):
        return []
    return [
        "the only loss is loss_train_nats, of training text: laws of it do not speak of held-out text. If the table "
        f"has such a loss, name it: {argument(map={'loss_nats': 'COLUMN'})}."
    ]


def _about_experts(points: Points) -> list[str]:
    """Say that total and active parameters differ, so that a law of one is not a law of the other."""
    if "params_total" not in points or "params_active" not in points or "N" in points.letters:
        return []
    ratio = points["params_total"] / points["params_active"]
    ratio = ratio[np.isfinite(ratio)]
    sparse = int((ratio > APART).sum())
    if not sparse:
        return []
    return [
        f"params_total and params_active differ in {sparse} of {counted(len(points), 'row')}, by a factor of up to "
        f"{ratio.max():.3g}: name the size that the law is of, such as {argument(columns={'N': 'params_active'})}."
    ]


def _first(points: Points, role: str) -> str | None:
    return next((name for name in playing(role) if name in points and np.isfinite(points[name]).any()), None)


def _pooled(points: Points, apart: Iterable[Mixture]) -> tuple[str, ...]:
    """List the definitions across which one law is fitted because the user asked for it (`Points.across`)."""
    return tuple(
        f"one law is fitted across {one}, as asked: {argument(across=[one.column])}"
        for one in apart
        if one.column in points.pooled
    )


def mixed(points: Points, apart: Iterable[Mixture]) -> tuple[str, ...]:
    """Say that the rows mix definitions, and how to choose one; the verbs that fit refuse such rows."""
    found = [one for one in apart if one.column not in points.pooled]
    if not found:
        return ()
    kinds = f"the rows mix {' and '.join(map(str, found))}"
    return (f"{kinds}: one law cannot describe all of them. {ways_out(points, found)}",)


def _about_labels(points: Points, loss: str) -> list[str]:
    counted = _first(points, "loss")
    if not counted:
        return []
    return [
        told for name in points.columns if tells("test sets", name) for told in _about_bits(points, counted, name, loss)
    ]


def _about_bits(points: Points, counted: str, name: str, loss: str) -> list[str]:
    labels = points.distinct(name)[0].tolist() if points[name].dtype.kind == "U" else []
    bits = [label for label in labels if _BITS_A_BYTE.search(label)]
    if not bits or QUANTITIES[counted].unit != "nats/token":
        return []
    return [
        f"{name} says {bits[0]!r}, bits per byte, but {counted} is read as nats per token: "
        f"name it with {argument(map={'loss_bits_per_byte': loss})}, and keep rows in nats in another column."
    ]


def _about_runs(points: Points) -> list[str]:
    nameless = int((points["run_id"] == "").sum())
    return (
        [f"{nameless} of {len(points)} rows have an empty run_id: each of them counts as a run of its own."]
        if nameless
        else []
    )


def _about_evaluations(points: Points, tokens: str, apart: Iterable[Mixture]) -> list[str]:
    loss = next((name for name in playing("loss") if name in points), None)
    if loss is None or any(one.kind == "test sets" and one.column not in points.pooled for one in apart):
        return []
    points = points.kept
    run = distinct(points.clusters())[1]
    seed = np.nan_to_num(points["seed"], nan=-1.0) if "seed" in points else np.zeros(len(points))
    of_one = seed, points[tokens], run  # seeds of one setting, under one name, are runs of their own
    order = np.lexsort(of_one)
    starts = np.flatnonzero(np.r_[True, np.any([np.diff(key[order]) != 0 for key in of_one], axis=0)])
    counts = np.diff(np.r_[starts, len(order)])
    repeated = int((counts > 1).sum())
    if repeated < 0.2 * len(counts):
        return []
    most = int(np.argmax(counts))
    run_id = str(points["run_id"][order[starts[most]]])
    return [
        f"{repeated} of {len(counts)} pairs of run and {tokens} have several losses (run {run_id!r}: {counts[most]}): "
        "if they are of several test sets, choose one by the column that says so: "
        f"{argument(where='COLUMN == VALUE')}"
    ]


def _about_params(points: Points, params: str) -> list[str]:
    largest = float(np.max(points[params], where=np.isfinite(points[params]), initial=0.0))
    if not largest:
        return []
    if largest < 1e4 and not units_agree(points, params):
        unit, powers = (argument(unit={params: name}) for name in ("millions", "log10"))
        logarithms = f"; if it holds logarithms, {powers}" if largest < LARGEST_LOGARITHM else ""
        return [f"the largest {params} is {largest:g}: if the table counts in millions, use {unit}{logarithms}."]
    return []


def _about_embeddings(points: Points) -> list[str]:
    """Say that a count of parameters holds the embeddings in a part of the rows, and what counts all rows alike."""
    held, bare = with_and_without_embeddings(usable(points.kept))
    if not held or not bare or points.letters.get("N", "params_total") != "params_total":
        return []
    return [
        f"params_total counts the embeddings in {held} of {counted(len(points), 'row')} and the blocks alone in {bare}"
        f", by n_layer, d_model and n_vocab: take one count for all, {argument(columns={'N': 'params_nonembedding'})}."
    ]
