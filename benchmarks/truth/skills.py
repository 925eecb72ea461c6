"""Exponents of size and of steps, read off models whose exponents are known: the corpus `skills`.

    python benchmarks/truth/skills.py --to skills

Size: two languages, a = 1 and a = 1/2, each a study of models without layers of seven or eight widths, two seeds each.
Of each width: the test loss above the floor of its windows, the known law, and the least exact loss that a search over
all weights finds (`--starts 0` leaves it out). Then what `scalinglaws fit henighan-n` says of the study's points.

Steps: gradient descent at a constant rate (Adam with an eps far above every gradient, and no momentum), wide models,
and beside the exact loss at each evaluation the known one: of which answer follows a question, and of both that and
that an answer follows. About four CPU minutes in all.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from facts import power
from scipy import optimize

import scalinglaws as sl
from scalinglaws.corpora.skills import Skills, parse_skills
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.models.transformer import INIT_SD
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.run_under_way import RunUnderWay

N_CTX, BATCH = 64, 32
SIZES = {  # corpus -> widths, up to which the law holds to the last skill
    "skills:bits=5,tail=100,tokens=16100000,test_tokens=1048576": (2, 4, 6, 8, 10, 12, 14, 16),
    "skills:bits=6,tail=50,tokens=16100000,test_tokens=1048576": (2, 4, 6, 8, 12, 16, 20),
}
STUDY = """corpus = "{corpus}"
tokenizer = "symbols"
n_ctx = {n_ctx}
batch = {batch}
shapes = {shapes}
d_head = 2
tokens = [1.6e7]
seeds = 2
tied = false
norm = "rmsnorm"
positions = "rotary"
schedule = "linear"
lr_scale = 0.01
lr_exponent = 0.0
weight_decay = 0.0
beta2 = 0.99
evaluations = 3
eval_tokens = 0
noise_every = 0
laws = ["chinchilla"]
processes = 1
"""
STEPS = {  # corpus -> widths
    "skills:bits=5,tail=100,tokens=700000": (256, 1024, 4096),
    "skills:bits=5,tail=50,tokens=700000": (4096,),
}
MOVE, COUNT, EPS = 10.0, 320, 1e4  # learning rate times width; steps; what makes Adam a gradient descent
FROM, SEARCHED = 20, 3000  # first step at which powers are read; iterations of a search


def size(corpus: str, widths: tuple[int, ...], folder: Path, starts: int) -> None:
    """Train a study, and print the loss of each width beside what is known, and what the fit says."""
    skills, file = parse_skills(corpus), folder / f"{corpus.split(',tokens')[0].translate(str.maketrans(':=,', '---'))}"
    shapes = [[0, width] for width in widths]
    file.with_suffix(".toml").write_text(
        STUDY.format(corpus=corpus, n_ctx=N_CTX, batch=BATCH, shapes=shapes), encoding="utf-8"
    )
    done = sl.study(file.with_suffix(".toml"), file)
    points, floor = done.points, done.true_floor_nats
    print(f"\n{corpus}: known a = {skills.size_exponent:g}, floor {floor:.5f}")
    print("width  above the floor  known    least found")
    for width in widths:
        above = points["loss_nats"][points["d_model"] == width] - floor
        least = min((searched(skills, width, seed) for seed in range(starts)), default=np.nan)
        each = " ".join(f"{one:.5f}" for one in sorted(above))
        print(f"{width:<6} {each}  {skills.least_excess(width):.5f}  {least:.5f}", flush=True)
    known = power(np.array(widths), skills.least_excess(np.array(widths)))
    found = power(points["params_total"], points["loss_nats"] - floor)
    print(f"power of the size: known {known[0]:.3f}; above the known floor {found[0]:.3f} +- {found[1]:.3f}")
    print(sl.fit("henighan-n", points, columns={"N": "params_total"}))


def searched(skills: Skills, width: int, seed: int) -> float:
    """Search all weights of a model without layers for the least exact loss above the entropy (L-BFGS, float64)."""
    joint = torch.tensor(skills.transitions() * skills.shares()[:, None])
    drawn = torch.randn(2, len(joint), width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = torch.tensor(flat, requires_grad=True)
        embedded, head = weights.view(2, len(joint), width)
        logits = torch.nn.functional.rms_norm(embedded, (width,)) @ head.t()
        found = -(joint * torch.log_softmax(logits, 1)).sum()
        found.backward()
        return found.item(), weights.grad.numpy()

    asked = {"maxiter": SEARCHED, "maxfun": 2 * SEARCHED, "ftol": 1e-14, "gtol": 1e-10}
    return optimize.minimize(loss, drawn.flatten().numpy(), jac=True, options=asked, method="L-BFGS-B").fun - (
        skills.entropy_nats()
    )


def steps(corpus: str, width: int, folder: Path) -> None:
    """Train one wide model by gradient descent, and print what answers cost beside what is known."""
    skills, data = parse_skills(corpus), tokenise(corpus, "symbols", folder / "tokens")
    shape = Shape(0, width, 1, N_CTX, data.vocabulary, tied=False, norm="rmsnorm", positions="rotary")
    how = {"schedule": "constant", "optimizer": "adam", "beta1": 0.0, "eps": EPS, "clip": 0.0, "evaluations": 16}
    tokens, rate = COUNT * BATCH * N_CTX, EPS * MOVE / width
    spec = RunSpec(shape, corpus, "symbols", data.data_id, tokens, BATCH, rate, 0, noise_every=0, **how)
    rows = []
    with tempfile.TemporaryDirectory() as kept:
        job, step = RunUnderWay(spec, (data,), Path(kept), "cpu", "auto", lambda curve: None), 0
        while step < spec.steps:
            step = job.advance(step)
            if step in job.evaluate_after:
                rows.append((step, *answers_cost(job.model, skills)))
    at, *measured = np.array(rows).T
    which, kind, _ = skills.descent(2 * MOVE, at.astype(int), INIT_SD * width**0.5)
    print(f"\n{corpus}, width {width}: known power of an endless list {skills.steps_exponent:.3f}")
    print("step   which answer  known   ratio  with that one follows  known   ratio")
    for step, one, first, both, second in zip(at, measured[0], which, measured[1], which + kind, strict=True):
        line = f"{step:<6g} {one:<13.4f} {first:.4f}  {one / first:.3f}"
        print(f"{line}  {both:<22.4f} {second:.4f}  {both / second:.3f}")
    late = at >= FROM
    for part, found, known in zip(("which answer", "both"), measured, (which, which + kind), strict=True):
        for name, values in (("measured", found), ("known", known), ("ratio", found / known)):
            value, half = power(at[late], values[late])
            print(f"power of the steps from {FROM} on, {part}, {name}: {value:.3f} +- {half:.3f}", flush=True)


def answers_cost(model: torch.nn.Module, skills: Skills) -> tuple[float, float]:
    """Give the exact loss above the entropy, nats per token, of which answer follows, and of answers in all."""
    questions = 2 * skills.count
    with torch.no_grad():
        hidden = model.hidden(torch.arange(questions)[:, None])[:, 0].double()
        logs = torch.log_softmax(hidden @ model.head_VW.double().t(), 1).numpy()
    spent = -np.sum(skills.transitions()[:questions] * logs, axis=1)
    both = skills.shares()[:questions] @ spent - (np.log(skills.answers) - skills.worth()) / 2
    kind = skills.shares()[:questions] @ -np.log(np.exp(logs[:, questions:]).sum(axis=1))
    return float(both - kind), float(both)


def main() -> None:
    """Train both, and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--to", type=Path, default=Path("skills"))
    asked.add_argument("--only", choices=("size", "steps"))
    asked.add_argument("--starts", type=int, default=1, help="searches for the least exact loss of each width")
    given = asked.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if given.only != "steps":
        for corpus, widths in SIZES.items():
            size(corpus, widths, given.to, given.starts)
    if given.only != "size":
        for corpus, wide in STEPS.items():
            for width in wide:
                steps(corpus, width, given.to)


if __name__ == "__main__":
    main()
