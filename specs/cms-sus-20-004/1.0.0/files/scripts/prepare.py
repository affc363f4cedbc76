"""Turn what was asked for into signals: one file for each, with its events per region and what to note.

A signal is a point of a simplified model, or own events or efficiencies per region. Unknown and missing regions,
masses outside the maps and cross sections without a unit are refused here, before any fit.
The same file lies in every bundle that fits counts (a test compares them).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import maps
import plausible
from maps import Refused

NO_CROSS_SECTION = "no cross section was given: no CLs and no verdict, upper limits on the cross section only"
UNIT_FB = 1000.0  # what mu = 1 means in a fit for which no cross section was given; the limit does not depend on it


def grid_signal(name: str, xsec_fb: float | None, bundle: dict[str, Any]) -> dict[str, Any]:
    """Return the signal of a point of a simplified model."""
    models = bundle["maps"]["models"]
    kind, masses = maps.parse(name, models)
    model = models[kind]
    found = maps.efficiencies(model, masses, name)
    notes, known = validity(model, masses), {} if xsec_fb is None else {"xsec_fb": xsec_fb}
    if xsec_fb is None and has_table(model, masses):
        found_fb = maps.cross_section_fb(masses[model["axes"][0]], bundle["xsecs"]["tables"][model["xsec"]])
        known = dict(zip(("xsec_fb", "xsec_error_fb"), found_fb))
        notes += [model["xsec_note"]] if "xsec_note" in model else []
    elif xsec_fb is not None and has_table(model, masses):
        notes += beside_table(model, masses, xsec_fb, bundle)
    notes += [] if known else [f"{NO_CROSS_SECTION}; {model['asks']}"]
    unit_fb = known.get("xsec_fb", UNIT_FB)
    events = {region: value * unit_fb * bundle["table"]["luminosity_inv_fb"] for region, value in found.items()}
    point = {"name": name, "model": kind, **masses, **known}
    return {"point": point, "events": events, "events_for_fb": unit_fb, "notes": notes}


def beside_table(model: dict[str, Any], masses: dict[str, float], xsec_fb: float, bundle: dict[str, Any]) -> list[str]:
    """Return a note if a cross section is far from the table's; raise FarFromTable if it is hardly meant."""
    rows = bundle["xsecs"]["tables"][model["xsec"]]["rows"]
    low_fb, high_fb = plausible.range_of(rows, masses[model["axes"][0]])
    return plausible.compared(xsec_fb, low_fb, high_fb, "this search's table", bundle["accepted"])


def has_table(model: dict[str, Any], masses: dict[str, float]) -> bool:
    """Return whether the bundle has the model's own cross section at these masses."""
    where = model.get("xsec_where", {})
    return bool(model["xsec"]) and all(low <= masses[axis] <= high for axis, (low, high) in where.items())


def validity(model: dict[str, Any], masses: dict[str, float]) -> list[str]:
    """Return a note unless all masses are in the range that was validated."""
    inside = all(low <= masses[axis] <= high for axis, (low, high) in model["validated_gev"].items())
    return [] if inside and model["validated_gev"] else [model["outside"]]


def own_signals(request: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the signals made of the user's yields and efficiencies."""
    xsec, signals = maps.one_cross_section_fb(request), []
    accepted, luminosity = request["accept_cross_section"], table["luminosity_inv_fb"]
    if request["yields"]:
        events = complete(request["yields"], table)
        signals.append(signal_of("own-yields", xsec, events, xsec))
        if xsec is not None:
            signals[-1]["notes"] += plausible.enough(sum(events.values()), xsec, luminosity, accepted)
    if request["efficiencies"]:
        unit_fb = UNIT_FB if xsec is None else xsec
        scale = unit_fb * luminosity
        events = {region: value * scale for region, value in complete(request["efficiencies"], table).items()}
        signals.append(signal_of("own-efficiencies", xsec, events, unit_fb))
    return signals


def signal_of(name: str, xsec_fb: float | None, events: dict[str, float], unit_fb: float | None) -> dict[str, Any]:
    """Return an own signal; `unit_fb` is the cross section that its events stand for, None if nobody said it."""
    notes = [] if xsec_fb is not None else [f"{NO_CROSS_SECTION}; give xsec_fb or xsec_pb"]
    if unit_fb is None:
        notes = ["no cross section was given: the verdict is on as many events as were handed in, and none is in fb"]
    point = {"name": name, **({} if xsec_fb is None else {"xsec_fb": xsec_fb})}
    return {"point": point, "events": events, "events_for_fb": unit_fb, "notes": notes}


def complete(values: dict[str, float], table: dict[str, Any]) -> dict[str, float]:
    """Return values in the order of the regions; raise Refused for unknown and missing ones."""
    regions = [region["name"] for region in table["regions"]]
    unknown = sorted(set(values) - set(regions))
    if unknown:
        raise Refused(f"unknown region {unknown[0]!r}; the search has: {', '.join(regions)}")
    missing = [region for region in regions if region not in values]
    if missing:
        raise Refused(
            f"the region {missing[0]!r} is missing ({len(missing)} are); write 0 if no event is expected there"
        )
    if not any(values.values()):
        raise Refused("the signal is 0 in every region: there is nothing to limit")
    return {region: values[region] for region in regions}


def cross_sections(request: dict[str, Any]) -> list[float | None]:
    """Return the cross section in fb of each point: the user's, or None for the table's."""
    points, given = request["points"], request["xsecs_fb"]
    if not given:
        return [None] * len(points)
    if len(given) != len(points):
        raise Refused(f"xsecs_fb has {len(given)} values for {len(points)} points")
    return list(given)


def signals_of(request: dict[str, Any], bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all signals that are asked for."""
    bundle = {**bundle, "accepted": request["accept_cross_section"]}
    pairs = zip(request["points"], cross_sections(request))
    signals = [grid_signal(name, xsec, bundle) for name, xsec in pairs]
    signals += own_signals(request, bundle["table"])
    if not signals:
        raise Refused("nothing was asked for: give points, yields or efficiencies")
    return signals


def write(signals: list[dict[str, Any]], folder: Path) -> list[str]:
    """Write each signal as a file of its own; return the paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, signal in enumerate(signals):
        path = folder / f"{index:04d}.json"
        path.write_text(json.dumps(signal, allow_nan=False) + "\n", encoding="utf-8")
        paths.append(str(path))
    return paths


def main() -> int:
    """Run the step; 1 if something is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--request", type=Path, required=True, help="JSON: the inputs and the files of the bundle")
    parser.add_argument("--signals", type=Path, required=True, help="folder for the signals")
    parser.add_argument("--index", type=Path, required=True)
    args = parser.parse_args()
    request = json.loads(args.request.read_bytes())
    bundle = {name: json.loads(Path(request[name]).read_bytes()) for name in ("maps", "xsecs", "table")}
    try:
        signals = signals_of(request, bundle)
    except (Refused, ValueError, OSError) as problem:
        print(f"prepare: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, OSError) else os.EX_DATAERR
    index = {"signals": write(signals, args.signals)}
    args.index.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"{len(signals)} signals to fit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
