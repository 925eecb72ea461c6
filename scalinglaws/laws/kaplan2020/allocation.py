"""Kaplan et al. 2020, section 6 and table 6: how to allocate a given compute, and the loss that it reaches.

Compute is in FLOPs here; the paper prints PF-days, so that each scale is the value at one PF-day. Theory and fit differ
in the paper: B.9 and B.10 give half of table 6's size and twice its steps. Both are given here, each with its source.
"""

from collections.abc import Callable

from ...quantities import PF_DAY
from ..declaration import LINEAR, Law, Parameter, Published
from .efficient import TABLE_3, compute_scale, critical_batch_at, loss_exponent, params_at, steps_at
from .loss import DATA, KAPLAN_C, NONEMBEDDING, PAPER, REPRODUCTION, loss_of_compute

COMPUTE = (1e-7 * PF_DAY, 1e-1 * PF_DAY)  # figure 14


def best_params(C, *, N_e, p_N):
    return N_e * (C / PF_DAY) ** p_N


def best_batch(C, *, B_e, p_B):
    return B_e * (C / PF_DAY) ** p_B


def least_steps(C, *, S_e, p_S):
    return S_e * (C / PF_DAY) ** p_S


def best_tokens(C, *, D_e, p_D):
    return D_e * (C / PF_DAY) ** p_D


def _theory(equation: str, at: Callable, exponent: str, scale_name: str, power_name: str) -> Published:
    """A power law of appendix B under table 3: its value at one PF-day and alpha_Cmin over the exponent's own."""
    return Published(
        f"{PAPER}, eq {equation} at table 3 and eq 5.3",
        {scale_name: float(at(PF_DAY, TABLE_3)), power_name: float(loss_exponent(TABLE_3) / TABLE_3[exponent])},
    )


def _allocation(name, predicts, evaluate, *, printed, others=(), about, formula, counts, source, unit) -> Law:
    scale, power = printed.values
    return Law(
        name=name,
        predicts=predicts,
        evaluate=evaluate,
        formula=formula,
        source=f"{PAPER}, {source}",
        parameters=(Parameter(scale, unit, (1e2, 1e16), amplitude=LINEAR), Parameter(power, "1", (0.005, 2.0))),
        convention=counts,
        domain={"C": COMPUTE},
        published=(printed, *others),
        data=DATA,
        unit=unit,
        about=about,
    )


KAPLAN_CMIN = Law(
    name="kaplan-cmin",
    predicts="loss",
    evaluate=loss_of_compute,
    formula="L(C_min) = (C_c / C_min)^alpha_C",
    source=f"{PAPER}, eq 1.3",
    parameters=KAPLAN_C.parameters,
    convention={"C": "flops_min"},
    domain=KAPLAN_C.domain,
    published=(
        Published(f"{PAPER}, eq 1.3 and table 5", {"C_c": 3.1e8 * PF_DAY, "alpha_C": 0.050}),
        Published(f"{PAPER}, inside figures 1 and 13", {"C_c": 2.3e8 * PF_DAY, "alpha_C": 0.050}),
        Published(
            f"{PAPER}, eq B.7 and B.8 at table 3 and eq 5.3",
            {"C_c": float(compute_scale(TABLE_3)), "alpha_C": float(loss_exponent(TABLE_3))},
        ),
        Published(REPRODUCTION, {"C_c": 4.23e6 * PF_DAY, "alpha_C": 0.0566}),
    ),
    data=DATA,
    about="Best loss at a given compute when the batch is far below the critical one. Eq 6.4 prints 0.054 for the "
    "exponent of the theory; no printed constants give it.",
)

KAPLAN_N_OPT = _allocation(
    "kaplan-n-opt",
    "params",
    best_params,
    formula="N_opt(C_min) = N_e (C_min / PF-day)^p_N",
    source="eq 6.1 and table 6",
    unit="params",
    counts={"C": "flops_min", **NONEMBEDDING},
    printed=Published(f"{PAPER}, eq 6.1 and table 6", {"N_e": 1.3e9, "p_N": 0.73}),
    others=(
        _theory("B.9", params_at, "alpha_N", "N_e", "p_N"),
        Published(REPRODUCTION, {"N_e": 4.27e9, "p_N": 0.716}),
    ),
    about="Size that reaches the lowest loss at a given compute, with a batch far below the critical one. Eq 6.5 "
    "prints 0.71 for the exponent of the theory, from the 0.054 that no printed constants give.",
)

KAPLAN_N_FIXED = _allocation(
    "kaplan-n-fixed",
    "params",
    best_params,
    formula="N_opt(C) = N_e (C / PF-day)^p_N",
    source="figure 14",
    unit="params",
    counts={"C": "flops_6nd", **NONEMBEDDING},
    printed=Published(f"{PAPER}, inside figure 14", {"N_e": 1.6e9, "p_N": 0.88}),
    others=(Published(REPRODUCTION, {"N_e": 2.81e9, "p_N": 0.897}),),
    about="Size that reaches the lowest loss at a given compute when every model trains in batches of 2^19 tokens. By "
    "table 3 that frontier is not a power law: its slope falls from 0.85 to 0.77 over eight decades.",
)

KAPLAN_B_OPT = _allocation(
    "kaplan-b-opt",
    "batch",
    best_batch,
    formula="B_crit(C_min) = B_e (C_min / PF-day)^p_B",
    source="table 6",
    unit="tokens",
    counts={"C": "flops_min"},
    printed=Published(f"{PAPER}, table 6", {"B_e": 2.0e6, "p_B": 0.24}),
    others=(_theory("B.2 and B.6", critical_batch_at, "alpha_B", "B_e", "p_B"),),
    about="Critical batch at the best loss of a given compute: stay far below it, or train at it for twice the minimum "
    "compute and twice the minimum number of steps.",
)

KAPLAN_S_MIN = _allocation(
    "kaplan-s-min",
    "steps",
    least_steps,
    formula="S_min(C_min) = S_e (C_min / PF-day)^p_S",
    source="eq 6.2 and table 6",
    unit="steps",
    counts={"C": "flops_min", "S": "steps_min"},
    printed=Published(f"{PAPER}, eq 6.2 and table 6", {"S_e": 5.4e3, "p_S": 0.03}),
    others=(_theory("B.10", steps_at, "alpha_S", "S_e", "p_S"),),
    about="Minimum number of steps of the efficient run, with a batch far above the critical one: a lower bound. The "
    "paper calls its exponent compatible with zero.",
)

KAPLAN_D_OPT = _allocation(
    "kaplan-d-opt",
    "tokens",
    best_tokens,
    formula="D_opt(C_min) = D_e (C_min / PF-day)^p_D",
    source="eq 6.7 and table 6",
    unit="tokens",
    counts={"C": "flops_min", "D": "tokens"},
    printed=Published(f"{PAPER}, table 6", {"D_e": 2e10, "p_D": 0.27}),
    others=(
        Published(f"{PAPER}, eq 6.7", {"D_e": 4e10, "p_D": 0.26}),
        Published(f"{PAPER}, 2 C_min / 6 N of eq 6.7 at table 6", {"D_e": 2 * PF_DAY / (6 * 1.3e9), "p_D": 0.27}),
    ),
    about="Tokens of the efficient run, each seen once, at the critical batch: C = 2 C_min, so D = 2 C_min / (6 N). "
    "Eq 6.7 prints twice what table 6 and that formula give.",
)

LAWS = (KAPLAN_CMIN, KAPLAN_N_OPT, KAPLAN_N_FIXED, KAPLAN_B_OPT, KAPLAN_S_MIN, KAPLAN_D_OPT)
