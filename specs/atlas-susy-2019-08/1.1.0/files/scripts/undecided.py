"""Does the Monte Carlo statistics decide whether a point is excluded? Then the verdict is: undecided, more events.

The same file lies in every bundle that simulates (a test compares them). Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["ENOUGH", "LEAST_CLS", "by_events", "by_toys", "effective", "without_events"]

ALPHA = 0.05
# Fewer effective events say neither how large an efficiency is, to 30 %, nor how it is spread over bins.
ENOUGH = 10.0
SPREAD = 3.0  # what it can matter that all of them are in the bin that is most sensitive
LEAST_CLS = 1e-6  # what the formulae and their inputs can tell apart
NO_EVENT_OF_95CL = 3.0  # -ln(0.05): the mean of a Poisson that gives no event in 5 % of all cases
SMALLEST_MARGIN = 0.01  # of a limit on mu to 1; nearer, systematic errors decide and no statistics do
RESERVE = 1.5  # so that a fluctuation the other way still decides


def effective(signal: Sequence[float], errors: Sequence[float], background: Sequence[float]) -> float:
    """Return how many unweighted events would give the sensitivity of these bins the same Monte Carlo error.

    The sensitivity goes as the root of q, the sum of s^2/(b + 1): one event in a clean bin can make most of it, whatever
    the number of events in all bins. To first order its relative error is sqrt(sum (s e/(b + 1))^2) / q.
    """
    unit = max((abs(value) for value in signal), default=0.0) or 1.0
    shares = [(s / unit, e / unit, b + 1.0) for s, e, b in zip(signal, errors, background)]
    q = math.fsum(s * s / b for s, _, b in shares)
    error = math.hypot(*(s * e / b for s, e, b in shares))
    return (q / error) ** 2 if error > 0.0 else 0.0


def by_events(mu_ul_obs: float, number: float, generated: int) -> str:
    """Return why the events that are left do not decide, and how many would; nothing if they do.

    `number` is that of `effective`. A point is decided if it is on the same
    side of the limit with the signal one Monte Carlo error up and down: CLs at mu = 1 -+ error, which is 0.05 at the
    limit on mu.
    """
    left = f"{number:.3g} effective events of {generated} generated are left"
    if number <= 0.0:
        return f"no generated event of {generated} is left: generate more"
    if number < ENOUGH and mu_ul_obs > SPREAD * (number + 2.0 * math.sqrt(number) + 3.0) / number:
        return ""  # as many events as could hide behind so few would not be excluded either
    if number < ENOUGH:
        wanted = _rounded(generated * RESERVE * ENOUGH / number)
        return f"more events: {left} where the limit comes from; about {wanted} generated ones would tell"
    error, margin = 1.0 / math.sqrt(number), abs(1.0 - mu_ul_obs)
    if margin > error:
        return ""
    wanted = _rounded(generated * RESERVE * (error / max(margin, SMALLEST_MARGIN)) ** 2)
    return (
        f"more events: {left}, and their error of {100.0 * error:.2g} % reaches from 1 to the limit on mu, "
        f"{mu_ul_obs:.3g}; about {wanted} generated ones would decide"
    )


def without_events(xsec_fb: float, bound_fb: float, generated: int) -> str:
    """Return why no event at all does not decide; nothing if even the largest efficiency that this allows excludes not.

    `bound_fb` is the upper limit for an efficiency of 3/generated, which is as large as none left allows (95 % CL).
    """
    if bound_fb > xsec_fb:
        return ""
    wanted = _rounded(RESERVE * generated * xsec_fb / bound_fb)
    return f"more events: none of {generated} generated ones is left; about {wanted} would tell"


def by_toys(cls_obs: float, toys: int) -> str:
    """Return why pseudo-experiments do not decide, and how many would; nothing if they do.

    CLs is a ratio of two fractions of `toys`, the lower one about a half; its error is that of the upper one.
    """
    error = math.sqrt(2.0 * max(cls_obs, 1.0 / toys) / toys)
    margin = abs(cls_obs - ALPHA)
    if margin > error:
        return ""
    wanted = _rounded(toys * RESERVE * (error / max(margin, SMALLEST_MARGIN * ALPHA)) ** 2)
    return f"more toys: CLs is {cls_obs:.3g} +- {error:.1g} with {toys} a hypothesis; about {wanted} would decide"


def _rounded(number: float) -> int:
    """Return the next larger number with two digits."""
    unit = 10 ** max(math.floor(math.log10(number)) - 1, 0)
    return math.ceil(number / unit) * unit
