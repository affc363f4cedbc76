"""Turn what was asked for into signals: one file for each, with its patch, its cross section and what to note.

The index names them in lists, one for each step that fits (`shares`).

A signal is a point of the published grid, own yields or efficiencies per region, or an own pyhf patch. What does not
fit the workspace is refused here, before any fit: a patchset for other bytes, unknown or missing regions, a patch that
touches anything but signal.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import os
import sys
from pathlib import Path
from typing import Any

import patches
import plausible
import shares
from patches import Refused

POINT = re.compile(r"C1N2_Wh_hbb_(?P<chargino>\d+)_(?P<neutralino>\d+)")
LUMINOSITY_INV_FB = 139.0
UNIT_FB = 100.0  # what mu = 1 means in a fit of efficiencies without a cross section; the limit does not depend on it
NO_CROSS_SECTION = (
    "no cross section was given: no CLs and no verdict, upper limits on the cross section only; give xsec_fb or xsec_pb"
)
EVENTS_ONLY = "no cross section was given: the verdict is on as many events as were handed in, and none is in fb"


def masses(name: str) -> dict[str, Any]:
    """Return the point of a name of the published grid, masses in GeV."""
    match = POINT.fullmatch(name)
    if match is None:
        raise Refused(f"{name!r} is not a name such as C1N2_Wh_hbb_500_0")
    return {"name": name, "m_chargino_gev": int(match["chargino"]), "m_neutralino_gev": int(match["neutralino"])}


def cross_section_fb(mass_gev: float, table: dict[str, Any]) -> tuple[float, float]:
    """Return the cross section and its uncertainty, interpolated in the logarithm between tabulated masses."""
    rows = table["rows"]
    for (low, xsec_low, error_low), (high, xsec_high, error_high) in zip(rows, rows[1:]):
        if low <= mass_gev <= high:
            share = (mass_gev - low) / (high - low)
            value = math.exp((1 - share) * math.log(xsec_low) + share * math.log(xsec_high))
            error = value * ((1 - share) * error_low / xsec_low + share * error_high / xsec_high)
            return float(f"{value:.10g}"), float(f"{error:.5g}")  # at a tabulated mass the tabulated value
    raise Refused(f"the cross-section table ends at {rows[-1][0]} GeV, asked was {mass_gev} GeV")


def grid_signals(points: Any, patchset: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the signals of points of the published grid; `all` means every one."""
    known = {entry["metadata"]["name"]: entry["patch"] for entry in patchset["patches"]}
    names = sorted(known) if points == "all" else points
    signals = []
    for name in names:
        if name not in known:
            near = ", ".join(patches.nearest(name, known))
            raise Refused(f"the published grid has no point {name!r}; the nearest are: {near}")
        point = masses(name)
        xsec = dict(zip(("xsec_fb", "xsec_error_fb"), cross_section_fb(point["m_chargino_gev"], table)))
        signal = {"point": {**point, **xsec}, "patch": known[name], "events_for_fb": xsec["xsec_fb"], "notes": []}
        signals.append(signal)
    return signals


def own_signals(request: dict[str, Any], workspace: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the signals made of the user's yields, efficiencies and patch."""
    xsec = patches.one_cross_section_fb(request)
    error, signals = request["signal_uncertainty"], []
    if request["yields"]:
        signals.append(own("own-yields", xsec, *patches.of_yields(request["yields"], workspace, error)))
    if request["efficiencies"]:
        unit_fb = UNIT_FB if xsec is None else xsec
        events = unit_fb * LUMINOSITY_INV_FB
        yields = {name: [value * events for value in values] for name, values in request["efficiencies"].items()}
        made = own("own-efficiencies", xsec, *patches.of_yields(yields, workspace, error))
        signals.append({**made, "events_for_fb": unit_fb})
        if xsec is None:
            signals[-1]["notes"] = [*made["notes"][:-1], NO_CROSS_SECTION]
    for name, patch in patches.read(Path(request["patch"]), workspace):
        signals.append(own(name, xsec, patch, []))
    return signals


def judged(signal: dict[str, Any], request: dict[str, Any], files: dict[str, Any]) -> list[str]:
    """Return notes if an own signal's cross section is far from the table's, or makes fewer events than are left.

    Raises FarFromTable if it is hardly meant. The masses are known if the name is one of the grid.
    """
    xsec_fb, accepted = signal["point"].get("xsec_fb"), request["accept_cross_section"]
    if xsec_fb is None:
        return []
    match = POINT.search(signal["point"]["name"])
    mass_gev = float(match["chargino"]) if match else None
    events = sum(map(sum, patches.signal_yields(signal["patch"], files["workspace"]).values()))
    return plausible.of_events(xsec_fb, mass_gev, events, files["xsec"]["rows"], LUMINOSITY_INV_FB, accepted)


def own(name: str, xsec_fb: float | None, patch: list[dict[str, Any]], notes: list[str]) -> dict[str, Any]:
    """Return an own signal whose events stand for a cross section, or for one that nobody said."""
    known = {} if xsec_fb is None else {"xsec_fb": xsec_fb}
    said = [EVENTS_ONLY] if xsec_fb is None else []
    return {"point": {"name": name, **known}, "patch": patch, "events_for_fb": xsec_fb, "notes": [*notes, *said]}


def main() -> int:
    """Run the step; 1 if something is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--request", type=Path, required=True, help="JSON: the inputs and the files of the bundle")
    parser.add_argument("--signals", type=Path, required=True, help="folder for the signals")
    parser.add_argument("--index", type=Path, required=True)
    args = parser.parse_args()
    request = json.loads(args.request.read_bytes())
    files = {
        name: json.loads(Path(request[name]).read_bytes()) for name in ("workspace", "patchset", "xsec", "digests")
    }
    try:
        note = patches.verify(files["patchset"], files["workspace"], files["digests"]["patchset.json"])
        signals = grid_signals(request["points"], files["patchset"], files["xsec"])
        for signal in signals:
            signal["notes"] += [note] if note else []
        signals += own_signals(request, files["workspace"])
        if not signals:
            raise Refused("nothing was asked for: give points, yields, efficiencies or patch")
        for signal in signals:
            patches.check(signal["patch"], files["workspace"], signal["point"]["name"])
            if signal["point"]["name"].startswith("own-"):
                signal["notes"] += judged(signal, request, files)
    except (Refused, ValueError, OSError) as problem:
        print(f"prepare: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, OSError) else os.EX_DATAERR
    each_s = shares.seconds_each(upper_limits=request["upper_limits"], toys=request["toys"])
    index = {"signals": shares.shares(patches.write(signals, args.signals), each_s)}
    args.index.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"{len(signals)} signals to fit, in {len(index['signals'])} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
