"""Fit one mass: CLs and upper limits from both spectra together, in bins above 0.6 of the mass."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from likelihood import FEW_EVENTS, FitFailed, Signal, answer, toy_cls, workspace_of
from spectra import Channel, channels
from undecided import LEAST_CLS, by_events, by_toys, effective

__all__ = ["BACKGROUND_ERROR", "WINDOW", "fit", "main"]

WINDOW = 0.6
BACKGROUND_ERROR = 0.10  # of the fitted background, arXiv:1903.06248, table 2, at high mass
LEPTON_FLAVOURS = 2
WIDEST_COMPARED = 0.035  # of the mass; that of the Sequential Standard Model is 0.03


def fit(counted: Mapping[str, Any], spectra: Mapping[str, Channel], toys: int = 0) -> dict[str, Any]:
    """Return the limit of one mass; the cross section is that of one lepton flavour, in fb; raise FitFailed.

    With `toys`, CLs comes from so many pseudo-experiments a hypothesis; the limits on mu stay asymptotic.
    """
    first = {name: channel.first_bin_above(WINDOW * counted["mass_gev"]) for name, channel in spectra.items()}
    signal = {name: counted["channels"][name]["signal"][first[name] :] for name in spectra}
    error = math.hypot(*(e for name in spectra for e in counted["channels"][name]["error"][first[name] :]))
    total = sum(map(sum, signal.values()))
    measured = {name: (c.observed[first[name] :], c.background[first[name] :]) for name, c in spectra.items()}
    point = {"model": counted["model"], "m_zprime_gev": counted["mass_gev"]}
    if total <= 0.0:
        raise FitFailed(f"no event of m(Z') = {counted['mass_gev']:g} GeV falls into the spectra")
    number = effective(*_bins(signal, counted["channels"], measured))
    relative = max(error / total, min(number**-0.5, 1.0))
    workspace, expected = workspace_of(measured, BACKGROUND_ERROR), Signal(signal, relative)
    found = answer(workspace, expected)
    xsec_fb = counted["xsec_fb"] / LEPTON_FLAVOURS
    seen = sum(sum(observed) for observed, _ in measured.values())
    few = [f"asymptotics unreliable: {seen:g} events observed in the window"] if seen < FEW_EVENTS else []
    reason = by_events(found.mu_ul_obs, number, counted["events"])
    if toys:
        cls = toy_cls(workspace, expected, toys, counted["seed"])
        found = found._replace(cls_obs=cls[0], cls_exp=cls[1:])
        reason = reason or by_toys(found.cls_obs, toys)
        few.append(f"CLs from {toys} pseudo-experiments a hypothesis; limits on mu are asymptotic")
    return {
        "point": {**point, "xsec_fb": xsec_fb, "signal_events": total, "signal_error": error},
        **found._asdict(),
        "expected_convention": "fitted",
        "xsec_ul_obs_fb": found.mu_ul_obs * xsec_fb,
        "xsec_ul_exp_fb": [mu * xsec_fb for mu in found.mu_ul_exp],
        **({"toys": toys} if toys else {}),
        **({"undecided": reason} if reason else {}),
        "notes": [
            "cross section of one lepton flavour, leading order, pair mass above half of the Z' mass",
            *_of_width(counted),
            *few,
        ],
    }


def _of_width(counted: Mapping[str, Any]) -> list[str]:
    """Return a note if the resonance is wider than those whose limits were compared."""
    share = counted["width_gev"] / counted["mass_gev"]
    if share <= WIDEST_COMPARED:
        return []
    return [f"outside the validated range: the width is {share:.2g} of the mass, limits were compared up to 0.03"]


def _bins(
    signal: Mapping[str, list[float]], counted: Mapping[str, Any], measured: Mapping[str, Any]
) -> tuple[list[float], list[float], list[float]]:
    """Return signal, its errors and background of all bins of the window, one channel after the other."""
    errors = {name: counted[name]["error"][len(counted[name]["error"]) - len(rows) :] for name, rows in signal.items()}
    flat = [[value for name in signal for value in of[name]] for of in (signal, errors)]
    return flat[0], flat[1], [value for name in signal for value in measured[name][1]]


def main() -> int:
    """Run the step; 1 if the fit fails, with its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, required=True)
    parser.add_argument("--spectra", type=Path, required=True)
    parser.add_argument("--toys", type=int, default=0, help="pseudo-experiments a hypothesis; 0: asymptotic")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    counted = json.loads(args.counts.read_bytes())
    try:
        limit = fit(counted, channels(json.loads(args.spectra.read_bytes())), args.toys)
    except FitFailed as problem:
        print(f"fit of m(Z') = {counted['mass_gev']:g} GeV failed: {problem}", file=sys.stderr)
        return 1
    args.output.write_text(json.dumps(limit, indent=1, allow_nan=False) + "\n")
    observed, expected = (max(value, LEAST_CLS) for value in (limit["cls_obs"], limit["cls_exp"][2]))
    words = f"CLs observed {observed:.4g}, expected {expected:.4g} ({LEAST_CLS:g}: or less)"
    print(f"m(Z') = {counted['mass_gev']:g} GeV: {words}")
    if "undecided" in limit:
        print(f"undecided: {limit['undecided']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
