"""Brown et al. 2020, "Language Models are Few-Shot Learners": the frontier of GPT-3, two decades beyond Kaplan's."""

from ..quantities import PF_DAY
from .declaration import Law, Parameter, Published
from .kaplan2020.loss import loss_of_compute

PAPER = "Brown et al. 2020"

GPT3_C = Law(
    name="gpt3-c",
    predicts="loss",
    evaluate=loss_of_compute,
    formula="L(C) = (C_c / C)^alpha_C",
    source=f"{PAPER}, figure 3.1",
    parameters=(
        Parameter("C_c", "FLOPs", (1e12, 1e40), amplitude="alpha_C"),
        Parameter("alpha_C", "1", (0.01, 1.0)),
    ),
    convention={"C": "flops_6nd"},
    domain={"C": (2.6 * PF_DAY, 3640 * PF_DAY)},  # the eight runs of table D.1
    published=(
        Published(
            f"{PAPER}, inside figure 3.1, as 2.57 (C / PF-day)^-0.048",
            {"C_c": 2.57 ** (1 / 0.048) * PF_DAY, "alpha_C": 0.048},
        ),
    ),
    data="GPT-3's mix of filtered web text, books and Wikipedia, GPT-2 BPE of 50257, context 2048",
    about="Validation loss along the frontier of the learning curves of GPT-3 and its smaller siblings, without "
    "embeddings in the compute.",
)

LAWS = (GPT3_C,)
