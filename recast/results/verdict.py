"""Whether a point is excluded, and the sentence that says so."""

from __future__ import annotations

from recast.json_types import JsonObject
from recast.results.numbers import band, cls_text, convention_words, least_cls, short

__all__ = ["ALPHA", "is_excluded", "verdict"]

ALPHA = 0.05
"""A point is excluded at 95% CL if CLs at mu = 1 is below this (arXiv:hep-ex/9902006)."""


def is_excluded(limit: JsonObject) -> bool | None:
    """Return whether a limit excludes mu = 1; None if that is undecided, or if there is no cross section.

    Observed CLs decides, else the upper limit on mu, else that on the cross section compared with the point's
    `xsec_fb`.
    """
    if limit.get("undecided"):
        return None
    if limit.get("cls_obs") is not None:
        return bool(limit["cls_obs"] < ALPHA)
    if limit.get("mu_ul_obs") is not None:
        return bool(limit["mu_ul_obs"] < 1.0)
    asked = _asked_fb(limit)
    return None if asked is None or limit.get("xsec_ul_obs_fb") is None else bool(limit["xsec_ul_obs_fb"] < asked)


def verdict(limit: JsonObject) -> str:
    """Return text such as "Excluded at 95% CL (CLs obs 0.021, expected 0.065 [0.014, 0.236]; expected: nuisances ...)".

    The brackets contain the edges of the 1 sigma band of the background-only distribution. A limit that decides nothing
    gives "Undecided" or "No verdict".
    """
    if limit.get("undecided"):
        return f"Undecided: {limit['undecided']}"
    excluded = is_excluded(limit)
    numbers = _numbers(limit)
    if excluded is None:
        return f"No verdict: no cross section was given (at 95% CL: {numbers})"
    return f"{'Excluded' if excluded else 'Not excluded'} at 95% CL ({numbers})"


def _numbers(limit: JsonObject) -> str:
    """Return the numbers behind the verdict, and what the expected ones assume."""
    if limit.get("cls_obs") is not None:
        least = least_cls(limit)
        name, observed = "CLs obs", cls_text(limit["cls_obs"], least)
        expected = band(limit["cls_exp"], least) if limit.get("cls_exp") else ""
    elif limit.get("mu_ul_obs") is not None:
        name, observed = "upper limit on mu obs", short(limit["mu_ul_obs"])
        expected = band(limit["mu_ul_exp"]) if limit.get("mu_ul_exp") else ""
    else:
        name, observed = "upper limit on the cross section obs", f"{short(limit['xsec_ul_obs_fb'])} fb"
        expected = f"{band(limit['xsec_ul_exp_fb'])} fb" if limit.get("xsec_ul_exp_fb") else ""
    return "".join(
        (
            f"{name} {observed}",
            f", expected {expected}" if expected else "",
            _monte_carlo(limit),
            f"; expected: {convention_words(limit)}" if expected else "",
        )
    )


def _monte_carlo(limit: JsonObject) -> str:
    """Return the effect of the simulated signal's statistical error on the observed CLs, if a limit states it."""
    edges, least, point = limit.get("cls_obs_mc"), least_cls(limit), limit.get("point", {})
    if not edges:
        events, error = point.get("signal_events"), point.get("signal_error")
        known = isinstance(events, (int, float)) and isinstance(error, (int, float)) and events > 0 and error > 0
        return f", Monte Carlo error of the signal {error / events:.2g}" if known else ""
    low, high = sorted(edges)
    return f", Monte Carlo error of the signal: CLs obs {cls_text(low, least)} to {cls_text(high, least)}"


def _asked_fb(limit: JsonObject) -> float | None:
    found = limit.get("point", {}).get("xsec_fb")
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None
