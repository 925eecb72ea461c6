"""The corpus of skills: entropy, the loss of each width and the course of gradient descent are exact."""

import numpy as np
import pytest
import torch
from scipy import optimize

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.skills import parse_skills, skills_floor
from scalinglaws.corpora.synthetic import evaluation_floor
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import CorpusError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train

NAME = "skills:bits=3,tokens=300000,val_tokens=1024,test_tokens=60000"


def test_a_text_has_the_transitions_that_are_stated():
    skills, text = parse_skills(NAME), open_corpus(NAME).read().train[0].astype(int)
    after, shares = skills.transitions(), skills.shares()
    assert after.sum(axis=1) == pytest.approx(1) and shares @ after == pytest.approx(shares, abs=1e-9)
    counts = np.zeros_like(after)
    np.add.at(counts, (text[:-1], text[1:]), 1)
    there, expected = after > 0, after * counts.sum(axis=1, keepdims=True)
    assert counts[~there].sum() == 0
    chi = np.sum((counts - expected)[there] ** 2 / expected[there])
    free = there.sum() - len(after)
    assert abs(chi - free) < 4 * np.sqrt(2 * free)


def test_an_answer_agrees_with_its_skill_as_often_as_the_strength_says():
    skills, text = parse_skills(NAME), open_corpus(NAME).read().train[0].astype(int)
    question, answer = text[0::2], text[1::2] - 2 * skills.count
    ones = np.array([bin(one).count("1") for one in (question // 2 + 1) & answer])
    agrees = ones % 2 == question % 2
    assert skills.agreement() == pytest.approx(0.9, abs=1e-5)
    assert agrees.mean() == pytest.approx(0.9, abs=4 * 0.3 / np.sqrt(len(agrees)))


def test_the_entropy_is_that_of_the_transitions_and_the_floor_of_windows_is_on_average_the_entropy():
    skills, text = parse_skills(NAME), open_corpus(NAME).read().test[0]
    after = skills.transitions()
    by_hand = -np.sum(skills.shares()[:, None] * after * np.log(np.where(after > 0, after, 1)))
    assert skills.entropy_nats() == pytest.approx(by_hand)
    window = np.array([0, 14, 3, 15])  # skill 1 positive; the first answer; skill 2 negative; the second answer
    nats = -np.log([0.9 * 2 / 8, skills.frequencies()[1] / 2, 0.1 * 2 / 8]).sum()
    assert skills_floor(NAME, window, np.array([0]), 3)[0] == pytest.approx(nats / 3, rel=1e-4)
    starts = np.arange(0, len(text) - 20, 20)
    found = skills_floor(NAME, text, starts, 20)
    assert found.mean() == pytest.approx(skills.entropy_nats(), abs=4 * found.std() / np.sqrt(len(found)))


@pytest.mark.parametrize(("bits", "tail"), [(3, 100), (5, 100), (6, 50), (7, 130)])
def test_the_loss_falls_with_the_width_by_the_power_until_the_regular_skills_end(bits, tail):
    skills = parse_skills(f"skills:bits={bits},tail={tail}")
    p, widths = skills.frequencies(), np.arange(1, skills.regular + 2)
    assert p.sum() == pytest.approx(1) and (np.diff(p) < 1e-9).all() and len(p) == skills.count
    assert skills.least_excess(widths) == pytest.approx(skills.least_excess(1) * widths ** -(tail / 100.0), rel=1e-5)
    assert skills.least_excess(skills.count + 1) == pytest.approx(0, abs=1e-12)
    assert skills.least_excess(skills.count + 9) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_a_model_without_layers_whose_rows_lie_on_the_sphere_has_the_loss_of_its_width(width):
    skills = parse_skills(NAME)
    embed, head = np.zeros((2, 2 * skills.count + skills.answers, width))
    questions, far = 2 * skills.count, 40.0
    sign = np.log(skills.transitions()[:questions:2, questions:])
    embed[:questions, 0], embed[questions:, 0] = 1, -1  # the first dimension tells questions from answers
    head[:questions, 0] = -far - np.log(np.repeat(skills.frequencies(), 2))
    head[questions:, 0] = far
    for skill in range(width - 1):
        embed[2 * skill : 2 * skill + 2, skill + 1] = 1, -1
        head[questions:, skill + 1] = sign[skill] - sign[skill].mean()
    embed *= np.sqrt(width / np.sum(embed**2, axis=1, keepdims=True))  # the RMS norm
    head[:questions, 0] /= np.sqrt(width)
    head[:, 1:] /= embed[0, 1] if width > 1 else 1.0
    assert _excess(skills, embed @ head.T) == pytest.approx(float(skills.least_excess(width)), abs=1e-6)


def test_no_weights_that_a_search_finds_are_better_where_the_strength_is_small():
    skills = parse_skills("skills:bits=3,strength=20")
    joint, questions = torch.tensor(skills.transitions() * skills.shares()[:, None])[:14, 14:], 14
    joint = joint / joint.sum()
    floor = np.log(8) - skills.worth()
    for rank in (1, 2, 4):
        found = [_searched(joint, questions, rank, seed) - floor for seed in range(3)]
        assert min(found) == pytest.approx(2 * float(skills.least_excess(rank + 1)), rel=0.01)


def test_the_course_of_descent_is_that_of_gradient_descent_on_the_expected_loss():
    skills, rate = parse_skills("skills:bits=2"), 8.0
    joint = torch.tensor(skills.transitions() * skills.shares()[:, None])
    table = torch.zeros_like(joint, requires_grad=True)
    course = []
    for step in range(1, 31):
        loss = -(joint * torch.log_softmax(table, 1)).sum()
        (slope,) = torch.autograd.grad(loss, table)
        table = (table - rate * slope).detach().requires_grad_()
        if step in (1, 7, 30):
            course.append(_excess(skills, table.detach().numpy()))
    found = skills.descent(rate, [1, 7, 30])
    assert found.sum(axis=0) == pytest.approx(np.array(course))
    assert skills.descent(rate, [7])[:, 0] == pytest.approx(found[:, 1])
    kind = -torch.log_softmax(table, 1)[:6, 6:].logsumexp(1).detach().numpy() @ skills.shares()[:6]
    assert found[1, 2] == pytest.approx(kind) and (found > 0).all()


def test_descent_falls_as_the_known_power_of_the_steps():
    skills, at = parse_skills("skills:bits=7"), [50, 100, 200]
    slope = np.polyfit(np.log(at), np.log(skills.descent(200.0, at, draws=1)[0]), 1)[0]
    assert skills.steps_exponent == 0.5 and -slope == pytest.approx(0.5, abs=0.05)


def test_a_longer_text_begins_with_the_shorter_one_and_a_wrong_key_is_named():
    long, short = (open_corpus(f"skills:bits=3,tokens={n}").read().train[0] for n in (5000, 2000))
    assert (long[:2000] == short).all()
    with pytest.raises(CorpusError, match="Did you mean 'strength'"):
        open_corpus("skills:strenght=5")
    with pytest.raises(CorpusError, match="from 2 to 12"):
        open_corpus("skills:bits=1")


@pytest.mark.slow
def test_a_trained_model_without_layers_comes_close_to_the_loss_of_its_width_and_not_below_it(tmp_path):
    data, skills = tokenise(NAME, "symbols", tmp_path / "cache"), parse_skills(NAME)
    assert data.truth == {"floor_nats": skills.entropy_nats(), "size_exponent": 1.0, "steps_exponent": 0.5}
    shape = Shape(0, 4, 1, 16, data.vocabulary, tied=False, norm="rmsnorm", positions="rotary")
    how = {"schedule": "linear", "weight_decay": 0.0, "evaluations": 2, "noise_every": 0}
    spec = RunSpec(shape, NAME, "symbols", data.data_id, 290_000, 16, 0.03, 10, eval_tokens=60_000, **how)
    run = train(spec, data, tmp_path / "run")
    above = run.curve[-1].loss_nats - evaluation_floor(data, 16, 60_000)
    assert skills.least_excess(4) - 0.003 < above < skills.least_excess(4) + 0.005 < skills.least_excess(3)


def _excess(skills, logits):
    """Give the exact loss above the entropy of a table of logits, nats per token."""
    logs = torch.log_softmax(torch.tensor(logits), 1).numpy()
    return float(-np.sum(skills.transitions() * skills.shares()[:, None] * logs) - skills.entropy_nats())


def _searched(joint, questions, rank, seed):
    """Search for the least loss of logits of a rank."""
    drawn = np.random.default_rng(seed).normal(0, 0.3, (questions + joint.shape[1]) * rank)

    def loss(flat):
        weights = torch.tensor(flat, requires_grad=True)
        both = weights.view(-1, rank)
        found = -(joint * torch.log_softmax(both[:questions] @ both[questions:].t(), 1)).sum()
        found.backward()
        return found.item(), weights.grad.numpy()

    return optimize.minimize(loss, drawn, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "maxiter": 2000}).fun
