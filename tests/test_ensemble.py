"""Mixtures of laws: the better law weighs more, and doubt about the form widens the interval where laws part."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from fit_tables import EPOCH, isoflop

from scalinglaws.comparing.ensemble import ensemble, predict_mixture, weighted_quantiles
from scalinglaws.errors import LawError, MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.planning.plan import plan
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

NAMES = ("chinchilla", "kaplan-nd")
FAR = {"N": 2e10, "D": 4e11}
COLUMNS = {"N": "params_total", "D": "tokens"}


def members(points, n=200, names=NAMES):
    return [draws(fit(name, points, columns=COLUMNS), draws=n) for name in names]


@cache
def kaplan_like() -> dict[str, float]:
    """Kaplan's form as near to Chinchilla's law as it comes, within the points."""
    return dict(fit("kaplan-nd", isoflop(noise=0.0), columns=COLUMNS).values)


def between(share: float, at) -> np.ndarray:
    """Loss of a law that is neither: the forms' logarithms mixed."""
    chinchilla = LAWS["chinchilla"].evaluate(at["N"], at["D"], **EPOCH)
    kaplan = LAWS["kaplan-nd"].evaluate(at["N"], at["D"], **kaplan_like())
    return np.exp(share * np.log(kaplan) + (1 - share) * np.log(chinchilla))


def made(share: float, seed=0, noise=0.002, n=60):
    points = isoflop(noise=0.0, n=n)
    loss = between(share, {"N": points["params_total"], "D": points["tokens"]})
    return points.replace(loss_nats=loss * np.exp(noise * np.random.default_rng(seed).standard_normal(n)))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stacking", "backtest"])
def test_the_law_that_made_the_points_weighs_most(how):
    for share, winner in ((0.0, "chinchilla"), (1.0, "kaplan-nd")):
        mixed = ensemble(members(made(share)), how, draws=50)
        assert mixed.laws[0] == winner and mixed.weights[0] > 0.8
        assert sum(mixed.weights) == pytest.approx(1.0) and "held-out" in mixed.sentence
        assert mixed.scores[winner] == min(mixed.scores.values())


def test_equal_weights_hold_every_law_s_interval_and_the_value_lies_between():
    several = members(made(0.5))
    mixed = ensemble(several, "equal")
    said, own = predict_mixture(mixed, FAR), [predict(one, FAR) for one in several]
    assert min(o.value for o in own) < said.value < max(o.value for o in own)
    assert said.high - said.low > max(o.high - o.low for o in own)
    assert min(o.low for o in own) <= said.low and said.high <= max(o.high for o in own)
    assert said.reach == own[0].reach > 1


def test_a_mixture_of_a_law_with_itself_is_the_law():
    one = members(made(0.0), names=("chinchilla",))[0]
    mixed = predict_mixture(ensemble([one, one], "equal"), FAR, kind="mean")
    alone = predict(one, FAR, kind="mean")
    assert (mixed.value, mixed.low, mixed.high) == pytest.approx((alone.value, alone.low, alone.high), rel=1e-3)


def test_several_targets_come_back_in_their_shape():
    mixed = ensemble(members(made(0.5)), "equal")
    said = predict_mixture(mixed, {"N": np.array([1e9, 1e10]), "D": 1e11})
    assert said.value.shape == said.low.shape == said.inside_domain.shape == (2,)
    assert (said.low < said.value).all() and (said.value < said.high).all()


def test_weighted_quantiles_are_those_of_the_repeated_values():
    values = np.random.default_rng(0).standard_normal((500, 2))
    plain = weighted_quantiles(values, np.full(500, 0.1), [0.025, 0.5, 0.975])
    assert plain == pytest.approx(np.quantile(values, [0.025, 0.5, 0.975], axis=0, method="inverted_cdf"))
    heavy = weighted_quantiles(np.array([[0.0], [1.0], [2.0]]), np.array([1e-9, 1.0, 1e-9]), [0.1, 0.9])
    assert heavy.ravel() == pytest.approx([1.0, 1.0])


def test_a_plan_of_an_ensemble_lies_between_its_laws_as_they_weigh():
    several = members(made(0.5), n=1000)
    alone = {name: plan(one, 1e22) for name, one in zip(NAMES, several, strict=True)}
    mixed = ensemble(several, "equal")
    said = plan(mixed, 1e22)
    assert set(said.by_law) == set(NAMES) and said.params.value == alone[mixed.laws[0]].params.value
    assert said.params.low <= min(one.params.value for one in alone.values())
    assert said.params.high >= max(one.params.value for one in alone.values())
    at = {"N": said.params.value, "D": said.tokens.value}
    foreseen = predict_mixture(mixed, at)
    assert (said.loss_nats.value, said.loss_nats.low) == pytest.approx((foreseen.value, foreseen.low))
    one_sided = plan(replace(mixed, weights=(1.0, 0.0)), 1e22)
    heavy = alone[mixed.laws[0]]
    assert not one_sided.by_law and one_sided.params.low == pytest.approx(heavy.params.low, rel=0.01)
    assert one_sided.loss_nats.high == pytest.approx(heavy.loss_nats.high, rel=2e-3)


def test_what_cannot_be_mixed_is_refused():
    one, other = members(made(0.0), n=20)
    with pytest.raises(MisuseError, match="two laws"):
        ensemble([one])
    with pytest.raises(MisuseError, match="stacking, backtest, equal"):
        ensemble([one, other], "stacked")
    with pytest.raises(MisuseError, match="different points"):
        ensemble([one, members(made(0.0, seed=1), n=20)[1]])
    with pytest.raises(LawError):
        predict_mixture(ensemble([one, other], "equal"), {"N": 1e9})


@pytest.mark.slow
def test_where_the_truth_is_neither_law_the_mixture_covers_it_more_often_than_either():
    truth, held = float(between(0.5, FAR)), {"chinchilla": 0, "kaplan-nd": 0, "mixture": 0}
    for seed in range(40):
        several = members(made(0.5, seed=seed), n=100)
        for one in several:
            own = predict(one, FAR, kind="mean")
            held[one.fit.law.name] += own.low < truth < own.high
        said = predict_mixture(ensemble(several, "backtest", draws=40), FAR, kind="mean")
        held["mixture"] += said.low < truth < said.high
    assert held["mixture"] > 0.9 * 40 and held["mixture"] > 1.3 * max(held["chinchilla"], held["kaplan-nd"])
