"""Ruan et al. 2024, "Observational Scaling Laws and the Predictability of Language Model Performance": one family."""

from .declaration import Law, Parameter

PAPER = "Ruan et al. 2024"


def accuracy_of_compute(C, *, w, C_half):
    return 1 / (1 + (C_half / C) ** w)


RUAN = Law(
    name="ruan",
    predicts="accuracy",
    evaluate=accuracy_of_compute,
    formula="logit(metric) = beta (theta_f ln C + nu_f) + alpha = w (ln C - ln C_half) in a family f",
    source=f"{PAPER}, section 3",
    parameters=(
        Parameter("w", "1", (0.05, 2.0)),
        Parameter("C_half", "FLOPs", (1e17, 1e25)),
    ),
    convention={"C": "flops"},
    unit="1",
    about="Metric against compute within one family of models. The four constants of the paper enter only in two "
    "combinations: the slope, and the compute at which the metric is one half. Families share the axis of capability "
    "and differ in the compute that each level of it takes: never pool them. A form to fit, for metrics whose chance "
    "level is zero.",
)

LAWS = (RUAN,)
