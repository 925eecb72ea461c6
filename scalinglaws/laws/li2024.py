"""Li et al. 2024, "Surge Phenomenon in Optimal Learning Rate and Batch Size Scaling": Adam's rate by batch size."""

from .declaration import Law, Parameter

SURGE_LR = Law(
    name="surge-lr",
    predicts="lr",
    evaluate=lambda B, *, lr_max, B_noise: 2 * lr_max / ((B_noise / B) ** 0.5 + (B / B_noise) ** 0.5),
    formula="eps_opt(B) = 2 eps_max / (sqrt(B_noise / B) + sqrt(B / B_noise))",
    source="Li et al. 2024 (arXiv 2405.14578), equation of the sign of the gradient",
    parameters=(Parameter("lr_max", "1", (1e-5, 1e-1)), Parameter("B_noise", "tokens", (1e4, 1e8))),
    convention={"B": "batch_tokens", "lr": "lr"},
    unit="1",
    about="Best learning rate of an optimizer that uses the sign of the gradient, as Adam nearly does: it grows as "
    "sqrt(B) below B_noise, has its maximum there and falls beyond; the maximum moves to larger batches as training "
    "proceeds.",
)

LAWS = (SURGE_LR,)
