"""Bergsma et al. 2025, "Power Lines": the weight-decay timescale, the best and the critical batch as powers of tokens.

The exponents are the paper's (in `about`). Its prefactors were found only in a secondary source, so that these laws are
forms to fit.
"""

from .declaration import LINEAR, Law, Parameter

SOURCE = "Bergsma et al. 2025 (arXiv 2505.13738)"
DATA = "SlimPajama; GPT-2-like with ALiBi and SwiGLU, muP, AdamW, 10% warm-up, linear decay to zero; 1.1e8 to 3.3e9"
SEQUENCE = 2048  # tokens


def timescale(N, D, *, c, m):
    return c * (D / N) ** m


def batch(D, *, k, p):
    return SEQUENCE * k * D**p


TAU = Law(
    name="power-lines-tau",
    predicts="adamw_timescale",
    evaluate=timescale,
    formula="tau = B / (eta lambda D) = c (D / N)^m",
    source=f"{SOURCE}, equation of the timescale",
    parameters=(
        Parameter("c", "1", (0.1, 10.0), amplitude=LINEAR),
        Parameter("m", "1", (-1.0, -0.1), positive=False),
    ),
    convention={"N": "params_total", "D": "tokens", "adamw_timescale": "adamw_timescale"},
    unit="share of the run",
    data=DATA,
    about="The fraction of the run over which AdamW averages its updates, at the best weight decay: m = -0.520 to "
    "-0.527 (bootstrap [-0.529, -0.507]), and about 0.21 at 20 tokens per parameter. Up to the critical batch the best "
    "weight decay is proportional to the batch size.",
)


def _batch_law(name: str, exponent: str, about: str) -> Law:
    return Law(
        name=name,
        predicts="batch",
        evaluate=batch,
        formula="B(D) = k D^p sequences of 2048 tokens; given in tokens",
        source=f"{SOURCE}, equation of the batch laws",
        parameters=(
            Parameter("k", "sequences x tokens^-p", (1e-4, 10.0), amplitude=LINEAR),
            Parameter("p", "1", (0.1, 1.0)),
        ),
        convention={"D": "tokens", "B": "batch_tokens"},
        unit="tokens",
        data=DATA,
        about=f"{about} The paper's exponent is {exponent}, for every size; k multiplies sequences of 2048 tokens.",
    )


BATCH = _batch_law("power-lines-batch", "0.383", "Best batch size under tuned weight decay.")
CRITICAL = _batch_law(
    "power-lines-critical",
    "0.462",
    "Critical batch: tokens and steps are both twice their minimum. It is about four times zhang-critical where both "
    "laws apply.",
)

LAWS = (TAU, BATCH, CRITICAL)
