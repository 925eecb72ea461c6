"""DeepSeek-AI 2024, "DeepSeek LLM: Scaling Open-Source Language Models": FLOPs per token replace parameters.

C = M D with M = 72 n_layer d_model^2 + 12 n_layer d_model n_ctx: blocks and dense attention, without the head.
"""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "DeepSeek-AI 2024"
DATA = "in-house Chinese and English text, BPE of 100000, context 4096"
BUDGETS = (1e17, 3e20)  # eight isoFLOP budgets, section 3.2


def power(C, *, k, a):
    return k * C**a


def falling_power(C, *, k, a):
    return k * C**-a


def _law(name, predicts, column, unit, formula, values, equation, domain, about, evaluate=power):
    target = {"params": "N", "tokens": "D", "batch": "B"}.get(predicts, predicts)
    return Law(
        name=name,
        predicts=predicts,
        evaluate=evaluate,
        formula=formula,
        source=f"{PAPER}, {equation}",
        parameters=(
            Parameter("k", f"{unit}/FLOPs^a", (1e-6, 1e6), amplitude=LINEAR),
            Parameter("a", "1", (0.02, 1.2)),
        ),
        convention={"C": "flops_dense_no_head", target: column},
        domain={"C": domain},
        published=(Published(f"{PAPER}, {equation}", values),),
        data=DATA,
        unit=unit,
        about=about,
    )


DEEPSEEK_M = _law(
    "deepseek-m",
    "flops_per_token",
    "flops_per_token",
    "FLOPs/token",
    "M_opt = k C^a",
    {"k": 0.1715, "a": 0.5243},
    "eq 4",
    BUDGETS,
    "Best training FLOPs per token at a given compute. M is not 6 N: 6 N without embeddings is 0.43 to 0.92 of it over "
    "the paper's sizes. The exponent depends on the data: 0.450 on early in-house text, 0.578 on OpenWebText2.",
)
DEEPSEEK_D = _law(
    "deepseek-d",
    "tokens",
    "tokens",
    "tokens",
    "D_opt = k C^a",
    {"k": 5.8316, "a": 0.4757},
    "eq 4",
    BUDGETS,
    "Best tokens at a given compute; M_opt D_opt is C to one part in ten thousand. The paper finds that with better "
    "data fewer tokens and a larger model are best at the same compute.",
)
DEEPSEEK_LR = _law(
    "deepseek-lr",
    "lr",
    "lr",
    "1",
    "lr = k C^-a",
    {"k": 0.3118, "a": 0.1250},
    "eq 1",
    (1e17, 2e19),
    "Peak learning rate within 0.25 % of the best loss, for a warm-up and a stepwise schedule. Valid only near the "
    "optimal split: it does not depend on tokens per parameter, and it falls when data grow at one size, where Step "
    "Law's rate rises.",
    falling_power,
)
DEEPSEEK_BATCH = _law(
    "deepseek-batch",
    "batch",
    "batch_tokens",
    "tokens",
    "B = k C^a",
    {"k": 0.2920, "a": 0.3271},
    "eq 1",
    (1e17, 2e19),
    "Batch size in tokens within 0.25 % of the best loss, under the schedule of deepseek-lr. Valid only near the "
    "optimal split.",
)

LAWS = (DEEPSEEK_M, DEEPSEEK_D, DEEPSEEK_LR, DEEPSEEK_BATCH)
