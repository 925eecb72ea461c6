"""Liu et al. 2025, "Muon is Scalable for LLM Training" (Moonlight): loss against compute for two optimizers."""

from ..quantities import PF_DAY
from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Liu et al. 2025"


def loss_of_compute(C, *, k, alpha):
    return k * (C / PF_DAY) ** -alpha


def flops_to_reach(loss, *, k, alpha):
    """Give the FLOPs at which the law reaches a given loss."""
    return PF_DAY * (k / loss) ** (1 / alpha)


MOONLIGHT = Law(
    name="moonlight",
    predicts="loss",
    evaluate=loss_of_compute,
    formula="L(C) = k C^-alpha, C in PF-days",
    source=f"{PAPER}, figure 3",
    parameters=(
        Parameter("k", "nats/token", (0.5, 20.0), amplitude=LINEAR),
        Parameter("alpha", "1", (0.01, 0.5)),
    ),
    convention={"C": "flops"},
    domain={"C": (0.2 * PF_DAY, 5 * PF_DAY)},  # 6 N D of its five dense models, 4e8 to 1.5e9 parameters
    published=(
        Published(f"{PAPER}, figure 3, Muon", {"k": 2.506, "alpha": 0.052}),
        Published(f"{PAPER}, figure 3, AdamW", {"k": 2.608, "alpha": 0.054}),
    ),
    data="Moonshot's own mix, context 8192",
    about="Best loss at a given compute with Muon and with AdamW, each tuned. One PF-day of Muon reaches the loss of "
    "2.1 PF-days of AdamW, and a hundred reach that of 177: by these exponents the saving shrinks with scale, and the "
    "stated 0.52 of the FLOPs is right at ten PF-days.",
)

LAWS = (MOONLIGHT,)
