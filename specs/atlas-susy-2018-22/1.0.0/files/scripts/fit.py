"""Fit one search: CLs and limits of a multi-bin search, or of each single-bin region.

The multi-bin fit takes the public background workspace; only its uncertainty is replaced. There one nuisance moves all
bins together, by what was left after a fit to the same data; here each slice of jet multiplicity and effective mass,
which is what one control region fixes, has its own, with the error of `backgrounds.json`.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from likelihood import FEW_EVENTS, Answer, FitFailed, Signal, answer, single_bin, toy_cls, with_signal
from regions import SINGLE_BIN
from undecided import effective

__all__ = ["SINGLE", "fit_multi_bin", "fit_single_bins", "main", "with_errors"]

SINGLE = "single-bin"


def with_errors(workspace: Mapping[str, Any], search: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the workspace with a nuisance a slice; raise FitFailed for a channel that `known` has not."""
    changed = copy.deepcopy(dict(workspace))
    for channel in changed["channels"]:
        name = channel["name"]
        if f"{search}/{name}" not in known:
            raise FitFailed(f"channel {name!r} of {search} has no known background")
        sample, error = channel["samples"][0], known[f"{search}/{name}"]["background_error"]
        central = sample["data"][0]
        shape = {"hi_data": [central + error], "lo_data": [max(central - error, 1e-3)]}
        slice_name = "_".join(name.split("_")[1:3])
        sample["modifiers"] = [{"name": f"error_{slice_name}", "type": "histosys", "data": shape}]
    return changed


def fit_multi_bin(
    workspace: Mapping[str, Any], search: str, known: Mapping[str, Any], signal: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the answer of a multi-bin search and the JSON patch that adds the signal; raise FitFailed."""
    background = with_errors(workspace, search, known)
    with_signal(background, Signal(signal["events"]))  # raises for channels that do not match
    number = _effective(signal, {name: known[f"{search}/{name}"]["background"] for name in signal["events"]})
    expected = Signal(signal["events"], max(signal["relative_error"], _error(number)))
    patch = with_signal(background, expected)
    if signal["raw"] == 0 or sum(signal["events"].values()) <= 0.0:
        return {"region": search, "raw": 0, "notes": []}, patch
    found = answer(background, expected)
    return {"region": search, "raw": signal["raw"], "effective": number, **found._asdict(), "notes": []}, patch


def _effective(signal: Mapping[str, Any], background: Mapping[str, float]) -> float:
    """Return the number of events that the sensitivity of a search rests on."""
    rows = [(events, signal["errors"][name], background[name]) for name, events in signal["events"].items()]
    return effective(*zip(*rows))


def _error(number: float) -> float:
    """Return the relative error of a signal that rests on so many events; 1 at most."""
    return min(number**-0.5, 1.0) if number > 0.0 else 1.0


def fit_single_bins(known: Mapping[str, Any], signals: Mapping[str, Any], toys: int = 0) -> list[dict[str, Any]]:
    """Return the answer of each single-bin region, with its limit on visible events; raise FitFailed.

    With `toys`, CLs of regions with few observed events comes from so many pseudo-experiments a hypothesis.
    """
    rows = []
    for region in SINGLE_BIN:
        counts, signal = known[region.name], signals[region.name]
        numbers = counts["observed"], counts["background"], counts["background_error"]
        workspace = single_bin(region.name, *numbers)
        visible = answer(workspace, Signal({region.name: 1.0}))
        row = {
            "region": region.name, "raw": signal["raw"], "observed": numbers[0], "notes": _few(numbers[0]),
            "s95_obs": visible.mu_ul_obs, "s95_exp": visible.mu_ul_exp,
        }  # fmt: skip
        if signal["raw"] and sum(signal["events"].values()) > 0.0:
            found: Answer = answer(workspace, Signal(signal["events"], signal["relative_error"]))
            row |= found._asdict()
            if toys and row["notes"]:
                cls = toy_cls(workspace, Signal(signal["events"], signal["relative_error"]), toys, seed=toys)
                row |= {"cls_obs": cls[0], "cls_exp": cls[1:], "toys": toys}
                row["notes"] = [f"CLs from {toys} pseudo-experiments a hypothesis; limits on mu are asymptotic"]
        rows.append(row)
    return rows


def _few(observed: float) -> list[str]:
    return [f"asymptotics unreliable: {observed:g} events observed"] if observed < FEW_EVENTS else []


def main() -> int:
    """Run the step; 1 if a fit fails, with its reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", required=True, help=f"MB-SSd, MB-GGd, MB-C or {SINGLE}")
    parser.add_argument("--workspaces", nargs="+", type=Path, required=True)
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--signal", type=Path, required=True)
    parser.add_argument("--toys", type=int, default=0, help="pseudo-experiments a hypothesis; 0: asymptotic")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--patch", type=Path, required=True)
    parser.add_argument("--uses", nargs="*", help="modules that are imported, named so that they come along")
    args = parser.parse_args()
    signals = json.loads(args.signal.read_bytes())["searches"]
    known = json.loads(args.backgrounds.read_bytes())["regions"]
    patch: list[dict[str, Any]] = []
    try:
        if args.search == SINGLE:
            rows = fit_single_bins(known, signals, args.toys)
        else:
            file = next(path for path in args.workspaces if f"_{args.search}_" in path.name)
            row, patch = fit_multi_bin(json.loads(file.read_bytes()), args.search, known, signals[args.search])
            rows = [row]
    except FitFailed as problem:
        print(f"fit of {args.search} failed: {problem}", file=sys.stderr)
        return 1
    args.output.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n")
    args.patch.write_text(json.dumps(patch, indent=1, allow_nan=False) + "\n")
    for row in rows:
        said = f"CLs expected {row['cls_exp'][2]:.3g}" if "cls_exp" in row else "no signal"
        print(f"{row['region']}: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
