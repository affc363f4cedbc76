"""CLs and upper limits of a pyhf model: asymptotic formulae (arXiv:1007.1727) with the test statistic q-tilde.

Expected values are for background only with the nuisances fitted to the data; sigma runs over -2, -1, 0, +1, +2.
Interpolation codes are those of the published numbers: normsys code 4, histosys code 4p.
A fit that does not converge raises FitFailed with its reason; no number that is not finite is ever returned.
The same file lies in every bundle that fits with pyhf (a test compares them).
"""

from __future__ import annotations

import os
from pathlib import Path

# numpy reads these when it is imported, so they come first. One core a job; and one kind of arithmetic on all nodes
# with AVX2, because OpenBLAS would choose by the processor and move CLs by 1e-6.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
cpuinfo = Path("/proc/cpuinfo")
if cpuinfo.is_file() and " avx2 " in cpuinfo.read_text(encoding="ascii", errors="replace"):
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyhf
from pyhf.infer import calculators, mle
from scipy.optimize import brentq
from scipy.stats import norm

__all__ = [
    "ALPHA", "INTERPOLATION", "MOST_MU", "SIGMAS", "FitFailed", "Profile", "answer", "cls_bands", "expected_root",
    "root_in_mu", "toy_cls",
]  # fmt: skip

ALPHA = 0.05
SIGMAS = (-2, -1, 0, 1, 2)
INTERPOLATION = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
INDISTINGUISHABLE_Q = 1e-5  # of Asimov data; moves CLs by less than 0.003
MOST_MU = 1e4
PRECISION = 1e-3  # of an upper limit, relative


class FitFailed(Exception):
    """There is no answer for this point; the message says why."""


class Profile:
    """The profile likelihood of a model with data; fits that do not depend on mu are made once.

    Raises FitFailed where a fit does not converge.
    """

    def __init__(self, model: Any, data: list[float]) -> None:
        pyhf.set_backend("numpy")
        self._model, self._data = model, data
        config = model.config
        self._start = config.suggested_init(), config.suggested_bounds(), config.suggested_fixed()
        with self._failing("background-only fit"):
            self._asimov, truth = calculators.generate_asimov_data(
                0.0, data, model, *self._start, return_fitted_pars=True
            )
            # Asimov data were made with `truth` and mu = 0, so that is where their likelihood is largest.
            self._best_asimov = float(mle.twice_nll(truth, self._asimov, model).item())
        with self._failing("free fit"):
            fitted, value = mle.fit(data, model, *self._start, return_fitted_val=True)
            self.mu_hat, self._best = float(fitted[config.poi_index]), float(value)
        self._known: dict[float, tuple[float, float]] = {}

    def roots_of_q(self, mu: float) -> tuple[float, float]:
        """Return sqrt(q-tilde) of the data and of the background-only Asimov data for a signal strength mu > 0."""
        if mu not in self._known:
            with self._failing(f"fit at mu = {mu:g}"):
                bounds = self._bounds(mu)
                start, _, fixed = self._start
                observed, asimov = (
                    float(mle.fixed_poi_fit(mu, data, self._model, start, bounds, fixed, return_fitted_val=True)[1])
                    for data in (self._data, self._asimov)
                )
            q = 0.0 if self.mu_hat > mu else max(observed - self._best, 0.0)
            self._known[mu] = math.sqrt(q), math.sqrt(max(asimov - self._best_asimov, 0.0))
        return self._known[mu]

    def _bounds(self, mu: float) -> list[tuple[float, float]]:
        """Return the bounds of the parameters, wide enough for mu (SLSQP would clip it to them in silence)."""
        bounds = list(self._start[1])
        low, high = bounds[self._model.config.poi_index]
        bounds[self._model.config.poi_index] = (low, max(high, 2.0 * mu))
        return bounds

    @staticmethod
    def _failing(what: str) -> Any:
        return _Failing(what)


class _Failing:
    """Turn what pyhf raises into FitFailed, and keep numpy's warnings from the log: results are checked instead."""

    def __init__(self, what: str) -> None:
        self._what, self._quiet = what, warnings.catch_warnings()

    def __enter__(self) -> None:
        self._quiet.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        self._quiet.__exit__(kind, problem, trace)
        if isinstance(problem, Exception):
            reason = str(problem).strip().split("\n")[0]
            raise FitFailed(f"the {self._what} failed: {type(problem).__name__}: {reason}") from problem


def cls_bands(root_q: float, root_asimov: float) -> tuple[float, list[float]]:
    """Return CLs observed, and expected at -2..+2 sigma, from sqrt(q-tilde) of data and Asimov data (eqs. 65, 66)."""
    if root_q <= root_asimov:
        statistic = root_q - root_asimov
    else:
        statistic = (root_q**2 - root_asimov**2) / (2.0 * root_asimov)
    return _cls(statistic, root_asimov), [_cls(-sigma, root_asimov) for sigma in SIGMAS]


def _cls(statistic: float, root_asimov: float) -> float:
    return float(math.exp(norm.logsf(statistic + root_asimov) - norm.logsf(statistic)))


def expected_root(sigma: int) -> float:
    """Return sqrt(q) of Asimov data at which the expected CLs at `sigma` is 0.05: the inverse of `cls_bands`."""
    return float(norm.isf(ALPHA * norm.sf(-sigma)) + sigma)


def root_in_mu(function: Callable[[float], float], guess: float) -> float | None:
    """Return the mu > 0 at which a rising function crosses 0; None if that is above MOST_MU."""
    low = high = min(max(guess, 1e-6), MOST_MU)
    while function(low) > 0.0:
        low /= 2.0
        if low < 1e-12:
            raise FitFailed("the upper limit on mu is below 1e-12: check the normalisation of the signal")
    while function(high) <= 0.0:
        low, high = high, high * 2.0
        if high > MOST_MU:
            return None
    root = brentq(lambda log_mu: function(math.exp(log_mu)), math.log(low), math.log(high), xtol=PRECISION / 2)
    return math.exp(root)


def upper_limits(profile: Profile) -> dict[str, Any]:
    """Return `mu_ul_obs` and `mu_ul_exp` (five values); null, with a note, where the data do not bound mu."""
    _, at_one = profile.roots_of_q(1.0)
    expected = [
        root_in_mu(
            lambda mu, root=expected_root(sigma): profile.roots_of_q(mu)[1] - root, expected_root(sigma) / at_one
        )
        for sigma in SIGMAS
    ]
    median = expected[2] or MOST_MU
    observed = root_in_mu(lambda mu: math.log(ALPHA / max(_observed(profile, mu), 1e-300)), median)
    if observed is None or None in expected:
        return {"mu_ul_obs": None, "mu_ul_exp": None, "notes": [f"mu is not bounded below {MOST_MU:g}"]}
    return {"mu_ul_obs": observed, "mu_ul_exp": expected, "notes": []}


def _observed(profile: Profile, mu: float) -> float:
    return cls_bands(*profile.roots_of_q(mu))[0]


def answer(model: Any, data: list[float], *, with_upper_limits: bool) -> dict[str, Any]:
    """Return `cls_obs`, `cls_exp`, `mu_hat`, `notes`, and if asked for `mu_ul_obs` and `mu_ul_exp`."""
    profile = Profile(model, data)
    roots = profile.roots_of_q(1.0)
    if roots[1] ** 2 < INDISTINGUISHABLE_Q:
        note = (
            f"no sensitivity: mu = 1 and mu = 0 cannot be told apart (q of Asimov data {roots[1] ** 2:.1e}); CLs is 1"
        )
        return {"cls_obs": 1.0, "cls_exp": [1.0] * 5, "mu_ul_obs": None, "mu_ul_exp": None, "notes": [note]}
    observed, expected = cls_bands(*roots)
    check(observed, expected)
    limits = upper_limits(profile) if with_upper_limits else {"mu_ul_obs": None, "mu_ul_exp": None, "notes": []}
    return {"cls_obs": min(observed, 1.0), "cls_exp": [min(value, 1.0) for value in expected], **limits}


def check(observed: float, expected: list[float]) -> None:
    """Raise FitFailed for CLs values that are no probabilities or out of order."""
    if not all(math.isfinite(value) and 0.0 <= value <= 1.0 + 1e-9 for value in [observed, *expected]):
        raise FitFailed(f"CLs is not a number between 0 and 1: observed {observed}, expected {expected}")
    if any(low > high + 1e-9 for low, high in zip(expected, expected[1:])):
        raise FitFailed(f"the expected CLs values are out of order: {expected}")


def toy_cls(model: Any, data: list[float], toys: int, seed: int) -> tuple[float, list[float]]:
    """Return CLs observed and expected from `toys` pseudo-experiments for each of signal and background only."""
    pyhf.set_backend("numpy")
    np.random.seed(seed)  # pyhf draws from the global generator
    with _Failing("toy experiments"):
        observed, expected = pyhf.infer.hypotest(
            1.0, data, model, test_stat="qtilde", calctype="toybased", ntoys=toys, track_progress=False,
            return_expected_set=True,
        )  # fmt: skip
    bands = [float(value) for value in expected]
    check(float(observed), bands)
    return float(observed), bands
