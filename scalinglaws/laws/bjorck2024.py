"""Bjorck et al. 2024, "Scaling Optimal LR Across Token Horizons": the learning rate that falls with tokens."""

from .declaration import LINEAR, Law, Parameter

BJORCK_LR = Law(
    name="bjorck-lr",
    predicts="lr",
    evaluate=lambda N, D, *, k, alpha, beta: k * N**-alpha * D**-beta,
    formula="LR*(N, D) = k N^-alpha D^-beta",
    source="Bjorck et al. 2024 (arXiv 2409.19913), equation of the joint law",
    parameters=(
        Parameter("k", "params^alpha x tokens^beta", (1e-2, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (-0.2, 1.0), positive=False),
        Parameter("beta", "1", (-0.4, 0.6), positive=False),
    ),
    convention={"N": "params_nonembedding", "D": "tokens", "lr": "lr"},
    unit="1",
    about="A form to fit: the paper's exponents are alpha = 0.23 and beta = 0.32, but its prefactor, 1.3192e-5, gives "
    "absurd values in parameters and tokens, so that no constants are given here. The rate falls with tokens where "
    "step-lr rises: a fixed or tuned batch, the last learning rate and the schedule may be the reasons.",
)

LAWS = (BJORCK_LR,)
