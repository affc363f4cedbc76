"""Fit some signals: CLs at mu = 1, upper limits on mu and on the cross section, and events per region.

A fit that fails ends the step with exit code 1 and its reason, naming the signal.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import asymptotics  # before numpy
import jsonpatch
import patches
import pyhf_profile
import undecided
from asymptotics import FitFailed

FEW_EVENTS = 3


class Background:
    """The workspace without a signal, compared with pyhf's schema once: models are made of it."""

    def __init__(self, workspace: dict[str, Any]) -> None:
        self.spec = pyhf_profile.pyhf.Workspace(workspace)
        measurement = self.spec.get_measurement()
        self._poi = measurement["config"]["poi"]
        self._model = {"channels": self.spec["channels"], "parameters": measurement["config"]["parameters"]}

    def model(self, patch: list[dict[str, Any]], *, is_own: bool) -> Any:
        """Return what `Workspace.model` does. Own signals are compared with the schema; those of the bundle fit it, and
        comparing them takes longer than fitting them. A patch adds samples and removes channels, so no more is copied.
        """
        channels = [{**channel, "samples": list(channel["samples"])} for channel in self._model["channels"]]
        patched = jsonpatch.JsonPatch(patch).apply({**self._model, "channels": channels}, in_place=True)
        settings = {"poi_name": self._poi, "modifier_settings": pyhf_profile.INTERPOLATION}
        return pyhf_profile.pyhf.Model(patched, validate=is_own, **settings)


def fit(background: Background, signal: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the limit of a signal: `point`, `cls_obs`, `cls_exp`, upper limits, `notes`.

    Without a cross section, CLs and the limits on mu are null.
    """
    spec = background.spec
    try:
        model = background.model(signal["patch"], is_own=signal["point"]["name"].startswith("own-"))
        data = spec.data(model)
    except Exception as problem:  # pyhf and jsonpatch raise many kinds; each is the reason of this failure
        raise FitFailed(f"the model cannot be made: {type(problem).__name__}: {problem}") from problem
    is_tested = "xsec_fb" in signal["point"] or signal["events_for_fb"] is None
    bounded = options.upper_limits or not is_tested
    found = asymptotics.answer(pyhf_profile.PyhfProfile(model, data), with_upper_limits=bounded)
    found = asymptotics.in_fb(found, signal["events_for_fb"], is_tested=is_tested)
    notes = [*signal["notes"], *found.pop("notes")]
    if options.toys and not is_tested:
        notes.append("no toys were thrown: CLs needs a cross section, and upper limits are asymptotic")
    if options.toys and is_tested:
        found["cls_obs"], found["cls_exp"] = pyhf_profile.toy_cls(model, data, options.toys, options.seed)
        found["toys"] = options.toys
        notes.append(f"CLs from {options.toys} toys each, seed {options.seed}; 0 means below {3 / options.toys:.1g}")
        if reason := undecided.by_toys(found["cls_obs"], options.toys):
            found["undecided"] = reason
    else:
        notes += [f"asymptotics unreliable: {few}; ask for toys" for few in [few_events(spec, signal)] if few]
    return {"point": signal["point"], **found, "expected_convention": "fitted", "notes": notes}


def few_events(spec: Any, signal: dict[str, Any]) -> str:
    """Return words if the bins that matter hold few events: fewer than 3 in the bin of the best signal to noise."""
    expected = patches.signal_yields(signal["patch"], spec)
    bins = [
        (events / max(background, 1e-3) ** 0.5, f"{observed:g} events observed in bin {index} of {name}", observed)
        for name, values in expected.items()
        if name.startswith(patches.SIGNAL_REGION)
        for index, (events, background, observed) in enumerate(
            zip(values, backgrounds(spec, name), spec.observations[name])
        )
    ]
    _, words, observed = max(bins, default=(0.0, "", FEW_EVENTS))
    return words if observed < FEW_EVENTS else ""


def backgrounds(spec: Any, channel: str) -> list[float]:
    """Return the nominal background events per bin of a channel."""
    found = next(item for item in spec["channels"] if item["name"] == channel)
    return [sum(values) for values in zip(*(sample["data"] for sample in found["samples"]))]


def in_words(limit: dict[str, Any]) -> str:
    """Return the observed CLs, or the limit where there is none."""
    if limit["cls_obs"] is None:
        return f"upper limit {limit['xsec_ul_obs_fb']:.4g} fb"
    return f"CLs observed {limit['cls_obs']:.4g}"


def uncertainty(channel: dict[str, Any], index: int) -> dict[str, float]:
    """Return the uncertainty of the background in a bin, half of what its histosys modifiers move it by in all."""
    modifiers = [modifier for sample in channel["samples"] for modifier in sample["modifiers"]]
    found = [modifier["data"] for modifier in modifiers if modifier["type"] == "histosys"]
    halves = [(data["hi_data"][index] - data["lo_data"][index]) / 2.0 for data in found]
    return {"background_error": math.hypot(*halves)} if halves else {}


def yields(workspace: dict[str, Any], signal: dict[str, Any]) -> dict[str, Any]:
    """Return observed, background and signal events of each bin, before any fit.

    Without a cross section the signal is that of so many fb as the point's `signal_for_fb` says.
    """
    observed = {item["name"]: item["data"] for item in workspace["observations"]}
    added = patches.signal_yields(signal["patch"], workspace)
    regions = []
    for channel in workspace["channels"]:
        name, bins = channel["name"], backgrounds(workspace, channel["name"])
        for index, background in enumerate(bins):
            regions.append(
                {
                    "region": name if len(bins) == 1 else f"{name}[{index}]",
                    "observed": observed[name][index],
                    "background": background,
                    **uncertainty(channel, index),
                    "signal": added.get(name, [0.0] * len(bins))[index],
                }
            )
    for_fb = {} if "xsec_fb" in signal["point"] else {"signal_for_fb": signal["events_for_fb"]}
    known = {key: value for key, value in for_fb.items() if value is not None}
    return {"point": {**signal["point"], **known}, "regions": regions}


def arguments() -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--upper-limits", type=lambda text: text.lower() == "true", required=True)
    parser.add_argument("--toys", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("signals", nargs="+", type=Path)
    return parser.parse_args()


def main() -> int:
    """Run the step; 1 if a fit failed."""
    args = arguments()
    workspace = json.loads(args.workspace.read_bytes())
    background = Background(workspace)
    rows = []
    for path in args.signals:
        signal = json.loads(path.read_bytes())
        try:
            rows.append({"limit": fit(background, signal, args), "yields": yields(workspace, signal)})
        except FitFailed as problem:
            print(f"fit of {signal['point']['name']} failed: {problem}", file=sys.stderr)
            return 1
        print(f"{signal['point']['name']}: {in_words(rows[-1]['limit'])}")
    args.output.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
