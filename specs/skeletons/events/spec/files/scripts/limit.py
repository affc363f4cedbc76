"""The limit of a counting experiment: CLs of Poisson probabilities, without the background's uncertainty.

CLs(mu) = P(n <= n_obs | mu s + b) / P(n <= n_obs | b)   (arXiv:hep-ex/9902006). Expected values take for n_obs the
quantiles of the background-only distribution. A real entry fits its likelihood here (image recast/base-pyhf-fit).
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from statistics import NormalDist

ALPHA = 0.05
ENOUGH_EVENTS = 10.0
SIGMAS = (-2, -1, 0, 1, 2)


def at_most(number: int, mean: float) -> float:
    """Return the Poisson probability of at most so many events."""
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(number + 1))


def cls(mu: float, observed: int, background: float, signal: float) -> float:
    """Return CLs of a signal strength."""
    return at_most(observed, mu * signal + background) / at_most(observed, background)


def quantile(probability: float, mean: float) -> int:
    """Return the smallest number of events with at least this cumulative probability."""
    number = 0
    while at_most(number, mean) < probability:
        number += 1
    return number


def upper_limit(observed: int, background: float, signal: float) -> float:
    """Return the mu at which CLs is 0.05, by bisection to a relative 1e-6."""
    low, high = 0.0, 1.0
    while cls(high, observed, background, signal) > ALPHA:
        low, high = high, 2.0 * high
    while high - low > 1e-6 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if cls(middle, observed, background, signal) > ALPHA else (low, middle)
    return high


def undecided(mu_ul: float, signal: float, error: float, generated: int) -> str:
    """Return why the simulation's statistics decide instead of the physics, and how many events would; else nothing.

    A verdict holds if it is the same with the signal one Monte Carlo error up and down, and if there are events at all.
    """
    left = (signal / error) ** 2 if error > 0.0 else 0.0
    margin = max(abs(1.0 - mu_ul), 0.01)
    if left >= ENOUGH_EVENTS and margin > left**-0.5:
        return ""
    wanted = generated * max(ENOUGH_EVENTS, margin**-2) / max(left, 1.0)
    return f"more events: {left:.3g} effective ones of {generated} are left; about {wanted:.2g} would tell"


def main() -> None:
    """Write the limit; without any signal event there is only what the data allow, which no mu can tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yields", type=Path, required=True)
    parser.add_argument("--xsec-fb", type=float, required=True)
    parser.add_argument("--generated", type=int, nargs=2, required=True, help="events a batch, batches")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    yields = json.loads(args.yields.read_bytes())
    region = yields["regions"][0]
    observed, background, signal = int(region["observed"]), region["background"], region["signal"]
    outcomes = [observed, *(quantile(NormalDist().cdf(sigma), background) for sigma in SIGMAS)]
    point = {**yields["point"], "region": region["region"]}
    obs, *expected = [cls(1.0, number, background, signal) for number in outcomes]
    limit = {"point": point, "cls_obs": obs, "cls_exp": expected, "expected_convention": "nominal"}
    limit["notes"] = ["no systematic uncertainties"]
    if signal > 0.0:
        mu_obs, *mu_expected = [upper_limit(number, background, signal) for number in outcomes]
        limit |= {"mu_ul_obs": mu_obs, "mu_ul_exp": mu_expected, "xsec_ul_obs_fb": mu_obs * args.xsec_fb,
                  "xsec_ul_exp_fb": [mu * args.xsec_fb for mu in mu_expected]}
        reason = undecided(mu_obs, signal, region["signal_error"], args.generated[0] * args.generated[1])
    else:
        reason = f"more events: none of {args.generated[0] * args.generated[1]} passed the selection"
    limit |= {"undecided": reason} if reason else {}
    args.output.write_text(json.dumps(limit) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
