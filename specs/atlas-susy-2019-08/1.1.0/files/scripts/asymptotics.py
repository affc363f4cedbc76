"""From a profile likelihood to CLs and upper limits: asymptotic formulae (arXiv:1007.1727) with q-tilde.

A profile is anything with `roots_of_q(mu)`: sqrt(q-tilde) of the data and of the background-only Asimov data. Expected
values are for background only with the nuisances fitted to the data; sigma runs over -2, -1, 0, +1, +2.
What has no answer raises FitFailed with its reason; no number that is not finite is ever returned.
The same file lies in every bundle that fits (a test compares them). Import it before numpy.
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
from collections.abc import Callable
from typing import Any, Protocol

from scipy.optimize import brentq
from scipy.stats import norm

__all__ = [
    "ALPHA", "MOST_MU", "SIGMAS", "FitFailed", "Profile", "answer", "check", "cls_bands", "expected_root", "in_fb",
    "root_in_mu", "upper_limits",
]  # fmt: skip

ALPHA = 0.05
SIGMAS = (-2, -1, 0, 1, 2)
INDISTINGUISHABLE_Q = 1e-5  # of Asimov data; moves CLs by less than 0.003
NOISE_ROOT_Q = 1e-3  # below, sqrt(q) is what the minimiser leaves
MOST_MU = 1e6
LEAST_MU = 1e-12
PRECISION = 1e-3  # of an upper limit, relative
NO_VERDICT: dict[str, Any] = {"cls_obs": None, "cls_exp": None, "mu_ul_obs": None, "mu_ul_exp": None}


class FitFailed(Exception):
    """There is no answer for this signal; the message says why."""


class Profile(Protocol):
    """A likelihood with its nuisances profiled."""

    def roots_of_q(self, mu: float) -> tuple[float, float]:
        """Return sqrt(q-tilde) of the data and of the background-only Asimov data for a signal strength mu > 0."""


def cls_bands(root_q: float, root_asimov: float) -> tuple[float, list[float]]:
    """Return CLs observed, and expected at -2..+2 sigma, from sqrt(q-tilde) of data and Asimov data (eqs. 65, 66)."""
    if root_q <= root_asimov:
        statistic = root_q - root_asimov
    else:
        statistic = (root_q**2 - root_asimov**2) / (2.0 * root_asimov)
    return ratio(statistic, root_asimov), [ratio(-sigma, root_asimov) for sigma in SIGMAS]


def ratio(statistic: float, root_asimov: float) -> float:
    """Return CLs = CLsb / CLb; in logarithms, because both underflow far from the data."""
    return float(math.exp(norm.logsf(statistic + root_asimov) - norm.logsf(statistic)))


def expected_root(sigma: int) -> float:
    """Return sqrt(q) of Asimov data at which the expected CLs at `sigma` is 0.05: the inverse of `cls_bands`."""
    return float(norm.isf(ALPHA * norm.sf(-sigma)) + sigma)


def root_in_mu(function: Callable[[float], float], guess: float) -> float | None:
    """Return the mu > 0 at which a rising function crosses 0; None if that is above MOST_MU."""
    low = high = min(max(guess, 1e-6), MOST_MU)
    while function(low) > 0.0:
        low /= 2.0
        if low < LEAST_MU:
            raise FitFailed(f"the upper limit on mu is below {LEAST_MU:g}: check the normalisation of the signal")
    while function(high) <= 0.0:
        low, high = high, high * 2.0
        if high > MOST_MU:
            return None
    root = brentq(lambda log_mu: function(math.exp(log_mu)), math.log(low), math.log(high), xtol=PRECISION / 2)
    return math.exp(root)


def upper_limits(profile: Profile) -> dict[str, Any]:
    """Return `mu_ul_obs`, `mu_ul_exp` (five values) and `notes`; null, with a note, where mu is not bounded."""
    _, at_one = profile.roots_of_q(1.0)
    expected = [expected_limit(profile, expected_root(sigma), at_one) for sigma in SIGMAS]
    median = expected[2] or MOST_MU
    observed = root_in_mu(lambda mu: math.log(ALPHA / max(cls_bands(*profile.roots_of_q(mu))[0], 1e-300)), median)
    if observed is None or None in expected:
        return {"mu_ul_obs": None, "mu_ul_exp": None, "notes": [f"mu is not bounded below {MOST_MU:g}"]}
    return {"mu_ul_obs": observed, "mu_ul_exp": expected, "notes": []}


def expected_limit(profile: Profile, target: float, at_one: float) -> float | None:
    """Return the mu at which sqrt(q) of Asimov data is `target`; it is nearly proportional to mu, so that is tried."""
    guess = target / at_one if at_one > NOISE_ROOT_Q else 1.0
    return root_in_mu(lambda mu: profile.roots_of_q(mu)[1] - target, guess)


def answer(profile: Profile, *, with_upper_limits: bool) -> dict[str, Any]:
    """Return `cls_obs`, `cls_exp`, `mu_ul_obs`, `mu_ul_exp` (null if not asked for) and `notes`, at mu = 1."""
    roots = profile.roots_of_q(1.0)
    found: dict[str, Any] = {"mu_ul_obs": None, "mu_ul_exp": None, "notes": []}
    if with_upper_limits:
        found = upper_limits(profile)
    if roots[1] ** 2 < INDISTINGUISHABLE_Q:
        q = roots[1] ** 2
        note = f"no sensitivity: mu = 1 and mu = 0 cannot be told apart (q of Asimov data {q:.1e}); CLs is 1"
        return {**found, "cls_obs": 1.0, "cls_exp": [1.0] * len(SIGMAS), "notes": [*found["notes"], note]}
    observed, expected = check(*cls_bands(*roots))
    return {**found, "cls_obs": observed, "cls_exp": expected}


def in_fb(found: dict[str, Any], unit_fb: float | None, *, is_tested: bool) -> dict[str, Any]:
    """Return an answer with limits on the cross section in fb: those on mu times the cross section that mu = 1 means.

    None means that nobody knows it, as for own yields: CLs and mu are of these events, in fb nothing can be said. If it
    is a unit and no cross section of the model (`is_tested` is false), the limits in fb are all that holds: no CLs, no mu.
    """
    if unit_fb is None:
        return found
    if found["mu_ul_obs"] is None and not is_tested:
        raise FitFailed(f"no cross section was given, and {'; '.join(found['notes']) or 'no upper limit was found'}")
    bounds: dict[str, Any] = {}
    if found["mu_ul_obs"] is not None:
        bounds["xsec_ul_obs_fb"] = found["mu_ul_obs"] * unit_fb
        bounds["xsec_ul_exp_fb"] = [value * unit_fb for value in found["mu_ul_exp"]]
    return {**found, **bounds, **({} if is_tested else NO_VERDICT)}


def check(observed: float, expected: list[float]) -> tuple[float, list[float]]:
    """Return CLs values; raise FitFailed for what is no probability or out of order."""
    if not all(math.isfinite(value) and 0.0 <= value <= 1.0 + 1e-9 for value in [observed, *expected]):
        raise FitFailed(f"CLs is not a number between 0 and 1: observed {observed}, expected {expected}")
    if any(low > high + 1e-9 for low, high in zip(expected, expected[1:])):
        raise FitFailed(f"the expected CLs values are out of order: {expected}")
    return min(observed, 1.0), [min(value, 1.0) for value in expected]
