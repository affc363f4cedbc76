"""The simplified likelihood of counts: a Poisson term for each bin and one multivariate Gauss for all backgrounds.

    -log L(mu, lambda) = sum_i (lambda_i - n_i log lambda_i) + (delta - c)^T V^-1 (delta - c) / 2
    delta = lambda - mu s - b

n observed, b expected background with covariance V, s signal, c where the auxiliary measurement stands (0 for the
data). lambda_i >= 0 and mu >= 0 are the bounds. The function is convex in (mu, lambda), so it has one minimum, and
a projected Newton method (Bertsekas, SIAM J. Control Optim. 20 (1982) 221) finds it in some ten steps.
Method of CMS-NOTE-2017-001. The same file lies in every bundle that fits counts (a test compares them).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from asymptotics import FitFailed, check  # before numpy: it says how numpy shall compute

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

__all__ = ["Counts", "CountsProfile", "Fit", "fit", "toy_cls"]

Vector = NDArray[np.float64]
MOST_STEPS = 200
CONVERGED = 1e-12  # of the Newton decrement, in units of -log L
TO_THE_EDGE = 0.99  # how much of a lambda with observed events one step may take away
ARMIJO = 1e-4
RIDGE = 1e-9


@dataclass(frozen=True)
class Counts:
    """Observed counts, background, its inverse covariance, signal at mu = 1, and where the auxiliary data stand."""

    observed: Vector
    background: Vector
    precision: Vector
    signal: Vector
    auxiliary: Vector

    @classmethod
    def of(cls, observed: Vector, background: Vector, covariance: Vector, signal: Vector) -> Counts:
        """Make counts from a table; raise FitFailed unless the covariance is symmetric and positive definite."""
        if not np.allclose(covariance, covariance.T, rtol=1e-6):
            raise FitFailed("the covariance matrix is not symmetric")
        values, vectors = eigh(covariance)
        if values[0] <= 0.0:
            raise FitFailed(f"the covariance matrix is not positive definite: its least eigenvalue is {values[0]:.3g}")
        precision = (vectors / values) @ vectors.T
        return cls(observed, background, precision, signal, np.zeros(len(observed)))


@dataclass(frozen=True)
class Fit:
    """A minimum: mu, the expected counts lambda, and -log L there (up to a constant of the observed counts)."""

    mu: float
    expected: Vector
    value: float


def objective(counts: Counts, mu: float, expected: Vector) -> float:
    """Return -log L."""
    pull = expected - mu * counts.signal - counts.background - counts.auxiliary
    seen = counts.observed > 0.0
    logs = counts.observed[seen] * np.log(expected[seen])
    return float(expected.sum() - logs.sum() + 0.5 * pull @ counts.precision @ pull)


def derivatives(counts: Counts, mu: float, expected: Vector) -> tuple[Vector, Vector]:
    """Return gradient and Hesse matrix in (lambda_1..lambda_k, mu)."""
    pull = counts.precision @ (expected - mu * counts.signal - counts.background - counts.auxiliary)
    over = np.divide(counts.observed, expected, out=np.zeros_like(expected), where=counts.observed > 0.0)
    gradient = np.append(1.0 - over + pull, -counts.signal @ pull)
    mixed = -counts.precision @ counts.signal
    hesse = np.block([[counts.precision, mixed[:, None]], [mixed[None, :], np.array([[-counts.signal @ mixed]])]])
    size = len(expected)
    curvature = np.divide(over, expected, out=np.zeros_like(expected), where=counts.observed > 0.0)
    hesse[np.arange(size), np.arange(size)] += curvature
    # Where nothing was observed, signal and background can make way for each other: there it has no curvature.
    hesse[np.arange(size + 1), np.arange(size + 1)] *= 1.0 + RIDGE
    return gradient, hesse


def fit(counts: Counts, mu: float | None = None) -> Fit:
    """Return the minimum for a given mu, or for mu >= 0 if it is None; raise FitFailed if it is not reached."""
    start = 1.0 if mu is None else mu
    expected = np.maximum(counts.background + start * counts.signal, np.where(counts.observed > 0.0, 0.1, 0.0))
    point = np.append(expected, start)
    for _ in range(MOST_STEPS):
        gradient, hesse = derivatives(counts, point[-1], point[:-1])
        free = ~((point <= 0.0) & (gradient > 0.0))
        free[-1] &= mu is None
        step = np.zeros_like(point)
        try:
            step[free] = -cho_solve(cho_factor(hesse[np.ix_(free, free)]), gradient[free])
        except LinAlgError as problem:
            raise FitFailed(f"the Hesse matrix is not positive definite: {problem}") from problem
        if -gradient @ step < CONVERGED * max(1.0, abs(objective(counts, point[-1], point[:-1])) * 1e-3):
            return Fit(float(point[-1]), point[:-1], objective(counts, point[-1], point[:-1]))
        point = along(counts, point, step, gradient)
    raise FitFailed(f"the fit did not converge in {MOST_STEPS} steps (mu {'free' if mu is None else f'= {mu:g}'})")


def along(counts: Counts, point: Vector, step: Vector, gradient: Vector) -> Vector:
    """Return the next point: the step, cut at the bounds and halved until -log L falls enough."""
    floor = np.append(np.where(counts.observed > 0.0, (1.0 - TO_THE_EDGE) * point[:-1], 0.0), 0.0)
    here, length = objective(counts, point[-1], point[:-1]), 1.0
    while length > 1e-12:
        there = np.maximum(point + length * step, floor)
        if objective(counts, there[-1], there[:-1]) <= here + ARMIJO * gradient @ (there - point) + 1e-13 * abs(here):
            return there
        length *= 0.5
    raise FitFailed("the fit cannot go downhill any more and has not converged")


class CountsProfile:
    """The profile of counts; fits that do not depend on mu are made once. Raises FitFailed."""

    def __init__(self, counts: Counts) -> None:
        if not counts.signal.any():
            raise FitFailed("the signal is 0 in every bin: nothing can be said of mu")
        self._counts, self._best = counts, fit(counts)
        background = fit(counts, 0.0)
        shift = background.expected - counts.background
        self._asimov = replace(counts, observed=background.expected, auxiliary=shift)
        # Asimov data were made with these expected counts, so that is where their likelihood is largest.
        self._best_asimov = objective(self._asimov, 0.0, background.expected)
        self._known: dict[float, tuple[float, float]] = {}

    @property
    def mu_hat(self) -> float:
        """The best signal strength, at least 0."""
        return self._best.mu

    def roots_of_q(self, mu: float) -> tuple[float, float]:
        """Return sqrt(q-tilde) of the data and of the background-only Asimov data for mu > 0."""
        if mu not in self._known:
            q = 0.0 if self._best.mu >= mu else 2.0 * (fit(self._counts, mu).value - self._best.value)
            asimov = 2.0 * (fit(self._asimov, mu).value - self._best_asimov)
            self._known[mu] = math.sqrt(max(q, 0.0)), math.sqrt(max(asimov, 0.0))
        return self._known[mu]


def toy_cls(counts: Counts, toys: int, seed: int) -> tuple[float, list[float]]:
    """Return CLs observed and expected at mu = 1 from `toys` pseudo-experiments a hypothesis.

    Counts and auxiliary data are drawn around the fit of each hypothesis to the data.
    """
    generator = np.random.default_rng(seed)
    observed = statistic(counts)
    signal, background = (np.sort(sample(counts, fit(counts, mu), toys, generator)) for mu in (1.0, 0.0))

    def cls(value: float) -> float:
        return above(signal, value) / max(above(background, value), 1.0 / toys)

    expected = [cls(float(np.quantile(background, share))) for share in (0.97725, 0.84134, 0.5, 0.15866, 0.02275)]
    return check(min(cls(observed), 1.0), sorted(min(value, 1.0) for value in expected))


def above(values: Vector, threshold: float) -> float:
    """Return the share of sorted values that are at least a threshold."""
    return float(len(values) - np.searchsorted(values, threshold - 1e-9)) / len(values)


def statistic(counts: Counts) -> float:
    """Return q-tilde at mu = 1."""
    best = fit(counts)
    return 0.0 if best.mu >= 1.0 else max(2.0 * (fit(counts, 1.0).value - best.value), 0.0)


def sample(counts: Counts, truth: Fit, toys: int, generator: np.random.Generator) -> Vector:
    """Return q-tilde of pseudo-experiments thrown around a fit."""
    shift = truth.expected - truth.mu * counts.signal - counts.background
    covariance = np.linalg.inv(counts.precision)
    centres = generator.multivariate_normal(shift, covariance, size=toys)
    seen = generator.poisson(truth.expected, size=(toys, len(shift))).astype(float)
    return np.array(
        [statistic(replace(counts, observed=n, auxiliary=c)) for n, c in zip(seen, centres)]  # one fit pair each
    )
