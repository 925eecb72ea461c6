"""Learning rate and batch size by the published laws, side by side: they disagree, and that is part of the answer.

Each law was fitted to its own schedule, optimiser and definition of N; read them as a band (about 3 to 7 times wide in
the learning rate, 8 to 30 times in the batch).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..results import Estimate


@dataclass(frozen=True)
class Setting:
    """What one published law would set; `inside` says whether N and D lie in the range it was fitted on."""

    law: str
    source: str
    lr: float | None
    batch_tokens: float | None
    inside: bool
    definition: str


@dataclass(frozen=True)
class Recipe:
    """A published law of peak learning rate and batch in tokens, of N, D and L (nats)."""

    source: str
    definition: str
    params: tuple[float, float]
    tokens: tuple[float, float]
    lr: Callable[[float, float, float], float] | None = None
    batch: Callable[[float, float, float], float] | None = None


RECIPES = {
    "deepseek": Recipe(
        "DeepSeek LLM 2024 (arXiv 2401.02954), section 3.1",
        "within 0.25% of the best loss; C = M D with M its own FLOPs a token, here 6 N D",
        (1e7, 1e9),
        (1e8, 3e10),
        lr=lambda N, D, L: 0.3118 * (6 * N * D) ** -0.1250,
        batch=lambda N, D, L: 0.2920 * (6 * N * D) ** 0.3271,
    ),
    "step": Recipe(
        "Li et al. 2025 (arXiv 2503.04715), Step Law",
        "optimum of a grid; final learning rate 1e-5; N without embeddings",
        (6e7, 1e9),
        (2e9, 1e11),
        lr=lambda N, D, L: 1.79 * N**-0.713 * D**0.307,
        batch=lambda N, D, L: 0.58 * D**0.571,
    ),
    "porian": Recipe(
        "Porian et al. 2024 (arXiv 2406.19146), appendix",
        "optimum at 20 tokens a parameter; constant learning rate, beta2 0.99 for small batches; N with the head",
        (5e6, 9e8),
        (1e8, 2e10),
        lr=lambda N, D, L: 3.7 * N**-0.36,
        batch=lambda N, D, L: 3.7e-4 * N**0.703 * 2048,
    ),
    "power-lines": Recipe(
        "Bergsma et al. 2025 (arXiv 2505.13738)",
        "optimum under tuned weight decay, decay to zero; sequences of 2048; prefactor from a secondary source",
        (1.11e8, 3.3e9),
        (2e9, 1e11),
        batch=lambda N, D, L: 0.0306 * D**0.383 * 2048,
    ),
    "zhang-critical": Recipe(
        "Zhang et al. 2024 (arXiv 2410.21676)",
        "critical batch, 20% over linear scaling, at Chinchilla's tokens; sequences of 512: an upper bound",
        (8.5e7, 1.2e9),
        (1.7e9, 2.4e10),
        batch=lambda N, D, L: 93.20 * (N / 1e6) ** 0.47 * 512,
    ),
    "kaplan": Recipe(
        "Kaplan et al. 2020, eq D.1 and 5.3",
        "B_crit(L): steps and tokens both twice the least; breaks above 1e10 parameters; N without embeddings",
        (768.0, 1e10),
        (2.2e7, 2.3e10),
        lr=lambda N, D, L: 0.003239 - 0.0001395 * math.log(N),
        batch=lambda N, D, L: 2e8 * L ** (-1 / 0.21),
    ),
    "minicpm": Recipe(
        "Hu et al. 2024 (arXiv 2404.06395)",
        "batch of the loss; WSD schedule, on C4",
        (9e6, 2.4e9),
        (1e8, 1e12),
        batch=lambda N, D, L: 1.21e9 / L**6.24,
    ),
}


def settings(params: float, tokens: float, loss_nats: float) -> tuple[Setting, ...]:
    """Ask every recipe; a learning rate that comes out negative is left out."""
    found = []
    for name, recipe in RECIPES.items():
        lr = recipe.lr(params, tokens, loss_nats) if recipe.lr else None
        batch = recipe.batch(params, tokens, loss_nats) if recipe.batch else None
        inside = recipe.params[0] <= params <= recipe.params[1] and recipe.tokens[0] <= tokens <= recipe.tokens[1]
        lr = lr if lr is not None and lr > 0 else None
        found.append(Setting(name, recipe.source, lr, batch, inside, recipe.definition))
    return tuple(found)


def band(values: list[float]) -> Estimate | None:
    """Give the middle of the laws and their range; a range of laws, not a confidence interval."""
    if not values:
        return None
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else math.sqrt(ordered[half - 1] * ordered[half])
    return Estimate(middle, ordered[0], ordered[-1], level=1.0)
