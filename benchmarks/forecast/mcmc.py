"""Whether Markov chains give another forecast than Laplace's approximation, from the same posterior.

    python benchmarks/forecast/mcmc.py [--steps 2000] [--most 60]

One origin of each of ten public tables, the field prior, at most `--most` runs fitted. The chain draws the constants
(Metropolis about Laplace's mode), the weights of Student's t (Gibbs), the noise, the amplitude of the discrepancy and
which of the priors of a law holds; whether size and data add (k = 1) is left to Laplace's evidence. Prints, at the
runs asked for, how far the centres lie apart, the ratio of half-widths and what each interval holds. Seeded. One
CPU minute.
"""

import argparse
import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.append(str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from scipy.linalg import cho_solve, cholesky, solve_triangular  # noqa: E402
from scipy.special import ndtri  # noqa: E402
from scores import markdown  # noqa: E402
from tables import TABLES, read  # noqa: E402

from scalinglaws.predicting.band import LEVEL, _quantile, ends, unit  # noqa: E402
from scalinglaws.predicting.evidence import DEGREES, NOISE_RANGE, USUAL_NOISE  # noqa: E402
from scalinglaws.predicting.learning import forecast_by  # noqa: E402
from scalinglaws.predicting.origins import Origin, origins, thinned  # noqa: E402
from scalinglaws.predicting.prior import field_prior  # noqa: E402

ASKED = ("chinchilla, 240", "gadre c4", "kempner fineweb-100b", "xlstm 8k", "datablations", "misfitting", "gemstones",
         "porian tuned", "gpt3", "opt")  # fmt: skip
BURN, EVERY = 0.25, 5  # share of the chain that is left out; steps between two kept


class Chain:
    """One law (power free, or held at 1) under its priors, over amplitudes."""

    def __init__(self, post, members, prior, lowest, rng):
        self.seen, self.rng, self.post = post.seen, rng, post
        self.law = members[0].mean
        alternatives = [one for one in prior.alternatives(lowest) if one.mean == self.law]
        self.priors = [(one.prior, np.log(one.weight), one.amplitudes or prior.amplitudes) for one in alternatives]
        best = max(members, key=lambda one: one.log_evidence)
        self.theta, self.noise, self.amplitude = best.constants.copy(), best.noise, best.amplitude
        self.weights, self.kind = best.weights.copy(), 0
        self.unit = post.discrepancy.covariance(self.seen.x, self.seen.x)
        self.jump = np.linalg.cholesky(np.linalg.inv(best.precision))
        self.scale, self.taken = 2.4 / np.sqrt(len(self.theta)), 0
        self.kept = []

    def residuals(self, theta):
        with np.errstate(all="ignore"):
            return self.seen.y - self.law.value_and_slopes(theta, self.seen.x)[0]

    def spread(self, noise):
        return (noise * self.seen.shape_of_noise) ** 2 / self.weights

    def factor(self, amplitude, noise):
        return cholesky(amplitude**2 * self.unit + np.diag(self.spread(noise)), lower=True, check_finite=False)

    @staticmethod
    def density(factor, residuals):
        white = solve_triangular(factor, residuals, lower=True, check_finite=False)
        return -0.5 * white @ white - np.log(np.diag(factor)).sum()

    def of_prior(self, theta, kind):
        one, weight, _ = self.priors[kind]
        apart = theta - one.mean
        return weight - 0.5 * (apart @ np.linalg.solve(one.covariance, apart) + np.linalg.slogdet(one.covariance)[1])

    def step(self):
        rng = self.rng
        factor, left = self.factor(self.amplitude, self.noise), self.residuals(self.theta)
        now = self.density(factor, left) + self.of_prior(self.theta, self.kind)
        for _ in range(4):
            tried = self.theta + self.scale * self.jump @ rng.standard_normal(len(self.theta))
            apart = self.residuals(tried)
            if not np.isfinite(apart).all():
                continue
            then = self.density(factor, apart) + self.of_prior(tried, self.kind)
            if np.log(rng.random()) < then - now:
                self.theta, left, now = tried, apart, then
                self.taken += 1
        self._kinds()
        self._amplitudes(left)
        self._noises(left)

    def _kinds(self):
        logs = np.array([self.of_prior(self.theta, kind) + np.log(self._chance(kind, self.amplitude))
                         for kind in range(len(self.priors))])  # fmt: skip
        self.kind = int(self._drawn(logs))

    def _chance(self, kind, amplitude):
        return self.priors[kind][2].get(amplitude, 1e-300)

    def _amplitudes(self, left):
        table = self.priors[self.kind][2]
        values = sorted(table)
        at = values.index(self.amplitude)
        tried = values[int(np.clip(at + self.rng.choice([-1, 1]), 0, len(values) - 1))]  # symmetric: an end stays
        gain = self.density(self.factor(tried, self.noise), left) - self.density(
            self.factor(self.amplitude, self.noise), left
        )
        if np.log(self.rng.random()) < gain + np.log(table[tried] / table[self.amplitude]):
            self.amplitude = tried

    def _noises(self, left):
        """The process, then the weights of the points, then the noise of Student's t itself."""
        rng = self.rng
        process = np.zeros_like(left)
        if self.amplitude:
            factor = self.factor(self.amplitude, self.noise)
            cover = self.amplitude**2 * self.unit
            seen = solve_triangular(factor, cover, lower=True, check_finite=False)
            middle = cover @ cho_solve((factor, True), left)
            rest = cover - seen.T @ seen + 1e-12 * np.eye(len(left))
            process = middle + np.linalg.cholesky(rest + 1e-9 * np.diag(np.diag(cover))) @ rng.standard_normal(
                len(left)
            )
        errors = (left - process) / self.seen.shape_of_noise
        self.weights = rng.gamma((DEGREES + 1) / 2, 2 / (DEGREES + (errors / self.noise) ** 2))
        total = (self.weights * errors**2).sum() + USUAL_NOISE**2
        self.noise = float(np.clip(np.sqrt(total / rng.chisquare(len(errors) + 1)), *NOISE_RANGE))

    def _drawn(self, logs):
        shares = np.exp(logs - logs.max())
        return self.rng.choice(len(logs), p=shares / shares.sum())

    def run(self, steps, x):
        cross, variance = self.post.discrepancy.covariance(x, self.seen.x), self.post.discrepancy.scale(x) ** 2
        for step in range(steps):
            self.step()
            if step < BURN * steps and step % 50 == 49:  # a step size that takes a quarter to a half
                self.scale *= 1.3 if self.taken > 0.35 * 200 else 0.75 if self.taken < 0.2 * 200 else 1.0
                self.taken = 0
            if step >= BURN * steps and step % EVERY == 0:
                factor = self.factor(self.amplitude, self.noise)
                pulled = cho_solve((factor, True), self.residuals(self.theta))
                power = self.amplitude**2
                seen = solve_triangular(factor, power * cross.T, lower=True, check_finite=False)
                mean = self.law.value_and_slopes(self.theta, x)[0] + power * cross @ pulled
                left = np.maximum(power * variance - (seen**2).sum(axis=0), 0.0)
                self.kept.append((mean, left, self.noise, self.amplitude))
        return self.kept


def by_chains(prior, origin: Origin, steps: int, rng):
    """Centre and ends of the interval by chains, in ln(loss); the same band as the default's."""
    post, x = forecast_by(prior, origin.fitted), origin.asked.observed().x
    lowest = float(origin.fitted.loss.min())
    means, widths, shares = [], [], []
    for law in {one.mean for one in post.components}:
        mine = [i for i, one in enumerate(post.components) if one.mean == law]
        weight = post.shares[mine].sum()
        if weight < 0.02:
            continue
        kept = Chain(post, [post.components[i] for i in mine], prior, lowest, rng).run(steps, x)
        amplitude = float(np.sqrt(np.mean([one[3] ** 2 for one in kept])))
        for mean, variance, noise, _ in kept:
            means.append(mean)
            widths.append(unit(np.sqrt(variance), noise, amplitude))
            shares.append(weight / len(kept))
    means, shares = np.array(means), np.array(shares) / sum(shares)
    widths = np.array(widths) * prior.band / ndtri((1 + LEVEL) / 2)
    low, high = (_quantile(shares, means, widths, tail) for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    laplace = post.at(x)[0], *ends(post, x, prior.band, LEVEL, post.noise)
    return laplace, (shares @ means, low, high)


def main() -> None:
    """Run the chains and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--most", type=int, default=60, help="runs fitted")
    asked = parser.parse_args()
    prior, rows, every = field_prior(), [], []
    for table in (one for one in TABLES if one.name in ASKED):
        began = time.process_time()
        known = [*origins(read(table))]
        origin = known[len(known) // 2]
        fitted = origin.fitted.take(thinned(np.ones(len(origin.fitted.loss), bool), asked.most))
        origin = Origin(fitted, origin.asked, origin.reach)
        found = by_chains(prior, origin, asked.steps, np.random.default_rng(0))
        y = np.log(origin.asked.loss)
        told = []
        for value, low, high in found:
            inside = (low <= y) & (y <= high)
            told.append((np.sqrt(np.mean((y - value) ** 2)), np.mean((high - low) / 2), np.mean(inside)))
        apart = np.median(np.abs(found[1][0] - found[0][0]))
        every.append([*told[0], *told[1], apart])
        (e1, h1, c1), (e2, h2, c2) = told
        cells = [f"{100 * apart:.2f}", f"{100 * e1:.2f}, {100 * e2:.2f}", f"{100 * h1:.2f}, {100 * h2:.2f}"]
        cells.append(f"{c1:.2f}, {c2:.2f}")
        rows.append([table.name, str(len(fitted.loss)), f"{origin.reach.max():.0f}x", *cells])
        print(rows[-1], f"{time.process_time() - began:.0f} CPU s", file=sys.stderr, flush=True)
    m = np.array(every)
    g = [np.exp(np.log(m[:, i]).mean()) for i in (0, 3, 1, 4)]  # geometric means
    mean = [f"{100 * m[:, 6].mean():.2f}", f"{100 * g[0]:.2f}, {100 * g[1]:.2f}", f"{100 * g[2]:.2f}, {100 * g[3]:.2f}"]
    rows.append(["mean", "", "", *mean, f"{m[:, 2].mean():.2f}, {m[:, 5].mean():.2f}"])
    print(
        markdown(["table", "fitted", "to", "centres apart %", "error %: Laplace, chain", "half-width %", "held"], rows)
    )


if __name__ == "__main__":
    main()
