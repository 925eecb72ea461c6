"""frontier and conventions: the best size at each compute, where a claim can rest on the points at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..auditing.judged_table import JudgedTable, of_law, of_table
from ..counting.compared import Conventions
from ..counting.conventions import ROUTES
from ..counting.conventions import conventions as compared
from ..frontiers.budgets import Frontier
from ..frontiers.critical_batch import CriticalBatch
from ..frontiers.frontier import frontier as of_points
from ..frontiers.slices import chosen_columns
from ..laws import Law
from ..laws import law as shelf
from ..points.points import Points
from ..records.arguments import checked

LETTERS = {"N": "params", "D": "tokens", "C": "flops", "L": "loss"}  # letter -> role


@checked
def frontier(
    method: str,
    points: Points,
    *,
    columns: Mapping[str, str] | None = None,
    form: str = "additive",
    depth: float = 0.25,
    per_decade: float = 10,
    burn_in: float = 0.0,
    budget: str | None = None,
    critical: Mapping[str, float] | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    anyway: bool = False,
) -> Frontier | CriticalBatch:
    """Find the best model at each compute, and the power laws N_opt, D_opt, L ~ C^exponent through these models.

    envelope (Kaplan et al. 2020, section 3.3; Hoffmann et al. 2022, approach 1) reads the curves of all sizes at every
    compute of a log grid; isoflop (approach 2) takes runs in groups of one compute; c-min is the envelope over the
    compute at a small batch (eq 5.5); critical-batch gives B_crit(L) instead (see `critical_batch`). Then one convex
    form is fitted to the losses of all sizes near the best and its minimum is used, so that no number is the minimum of
    several noisy ones. A compute whose best size is the smallest or largest present is censored, not fitted.

    Args:
        columns: role -> quantity, for "params", "tokens", "flops" and "loss"; the first filled ones by default.
        form: "additive" (no bias on an additive law), or "parabola" by plain least squares as published.
        depth: only sizes within this distance of the best ln loss enter the additive form.
        per_decade, burn_in: computes per decade, and the fraction of a run's tokens left out at its start (envelope).
        budget: column that groups the runs (isoflop); by default compute within 10% is one budget.
        critical: B_star and alpha_B of B_crit(L) (c-min); Kaplan's by default.
        anyway: find it although no claim can rest on these runs.

    Raises:
        PointsError: a column is missing, or the points form no learning curves or no isoFLOP groups.
        FitError: no claim can rest on these runs: they scatter, rise with size or mix units.
    """
    how: dict[str, Any] = {"columns": columns, "form": form, "depth": depth, "per_decade": per_decade, "budget": budget}
    how |= {"burn_in": burn_in, "critical": critical, "draws": draws, "level": level, "seed": seed}
    found = of_points(method, points, **how)
    return judged_frontier(method, points, columns).admit("frontier", found, anyway)


def judged_frontier(method: str, points: Points, columns: Mapping[str, str] | None = None) -> JudgedTable:
    """Judge a table in the columns of a frontier; of runs at many batches, the units alone.

    Args:
        columns: role -> quantity, as for `frontier`.
    """
    named = chosen_columns(points.kept, dict(columns or {}))
    letters = "NDC" if method == "critical-batch" else "NDCL"
    return of_table(points, {letter: named[LETTERS[letter]] for letter in letters if named[LETTERS[letter]] in points})


@checked
def conventions(
    points: Points,
    law: Law | str = "chinchilla",
    *,
    flops: float | None = None,
    common: str | None = None,
    given: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    routes: Sequence[str] = ROUTES,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
    anyway: bool = False,
) -> Conventions:
    """Refit a law of N and D, and the frontiers, under every convention; compare the changes with the intervals.

    The exponent a of N* ~ C^a is in the convention's own N and C, as a paper would print it. N* and D* are for one
    budget and in one count, so that they can be compared: a budget is 6 x the common count x tokens.

    Args:
        law: of the shelf, or a user's own; it must give a loss from N and D.
        flops: the budget; by default the largest of the table.
        common: count of parameters to express N* in; by default the first that the table allows.
        given: quantity -> number that holds for all rows, such as n_vocab, n_ctx, tied, bytes_per_token.
        columns: letter -> the one quantity to count it by, such as {"L": "loss_nats"}; the other letters vary.
        routes: "law", "isoflop", "envelope"; those that the points do not allow are reported, and do not fail.
        anyway: compare them although no claim can rest on these runs.

    Raises:
        MisuseError: a law that is not of N and D, an unknown route.
        PointsError: no count of parameters, tokens or loss, or no route that works under any convention.
        FitError: no claim can rest on these runs: they scatter, rise with size or mix units.
    """
    law = shelf(law) if isinstance(law, str) else law
    found = compared(
        points,
        law,
        flops=flops,
        common=common,
        given=given,
        columns=columns,
        routes=routes,
        draws=draws,
        level=level,
        seed=seed,
    )
    first = found.refits[0].convention
    judged = of_law(law, points, {"columns": {"N": first.params, "D": first.tokens, "L": first.loss}})
    return judged.admit("exponent", found, anyway)
