"""Li et al. 2025, "Predictable Scale: Part I" (not "(Mis)Fitting"): Step Law of peak learning rate and batch."""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Li et al. 2025"
SOURCE = f"{PAPER} (arXiv 2503.04715), equation of the Step Law"
SIZES, TOKENS = (6e7, 1e9), (2e9, 1e11)
DATA = "3700 runs, dense and mixture of experts, context 2048"


def step_lr(N, D, *, k, alpha, beta):
    return k * N**alpha * D**beta


def step_batch(D, *, k, beta):
    return k * D**beta


STEP_LR = Law(
    name="step-lr",
    predicts="lr",
    evaluate=step_lr,
    formula="eta(N, D) = k N^alpha D^beta",
    source=SOURCE,
    parameters=(
        Parameter("k", "params^-alpha x tokens^-beta", (1e-3, 1e3), amplitude=LINEAR),
        Parameter("alpha", "1", (-1.2, -0.1), positive=False),
        Parameter("beta", "1", (-0.5, 0.6), positive=False),
    ),
    convention={"N": "params_nonembedding", "D": "tokens", "lr": "lr"},
    domain={"N": SIZES, "D": TOKENS},
    data=DATA,
    unit="1",
    published=(
        # the bootstrap is of ln k: its 0.624 is a relative error
        Published(
            PAPER, {"k": 1.79, "alpha": -0.713, "beta": 0.307}, {"k": 1.79 * 0.624, "alpha": 0.03, "beta": 0.019}
        ),
    ),
    about="Peak learning rate with the best batch size, when every schedule ends at 1e-5. It rises with tokens, where "
    "bjorck-lr falls, and deepseek-lr falls with compute: nobody has reconciled them. The released runs give N^-0.77 "
    "D^0.20, with twice the printed errors.",
)

STEP_BATCH = Law(
    name="step-batch",
    predicts="batch",
    evaluate=step_batch,
    formula="B(D) = k D^beta",
    source=SOURCE,
    parameters=(
        Parameter("k", "tokens^(1 - beta)", (1e-4, 1e5), amplitude=LINEAR),
        Parameter("beta", "1", (0.05, 1.2)),
    ),
    convention={"D": "tokens", "B": "batch_tokens"},
    domain={"D": TOKENS},
    data=DATA,
    unit="tokens",
    published=(Published(PAPER, {"k": 0.58, "beta": 0.571}, {"k": 0.58 * 0.437, "beta": 0.019}),),
    about="Batch size in tokens to use with step-lr; it does not depend on size. It is an optimum of the loss, not a "
    "critical batch.",
)

LAWS = (STEP_LR, STEP_BATCH)
