"""Every kind of chart from real results: of a run of atlas-susy-2019-08, and those that tests of steps keep."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from recast.charts import Figure, Spot, cutflow_of, limits_of, plane_of, point_of, regions_of
from tests.conftest import ROOT

__all__ = ["AXES", "LABELS", "STEP", "cutflow", "figures", "growing", "plane_spots", "read"]

AXES = ("m_chargino_gev", "m_neutralino_gev")
LABELS = {
    "m_chargino_gev": "m(chargino 1) = m(neutralino 2) [GeV]",
    "m_neutralino_gev": "m(neutralino 1) [GeV]",
    "m_zprime_gev": "m(Z') [GeV]",
}
STEP = (100.0, 100.0)
ATLAS = "ATLAS, √s = 13 TeV, 139 fb^{−1}; reinterpretation with RECAST."
MADE_UP = [[(200.0, 0.0), (400.0, 150.0), (700.0, 50.0), (740.0, 0.0)]]
_XSEC_FB = 1.44  # of squark_1600_400: four squarks of 1600 GeV


def read(entry: str, name: str) -> Any:
    return json.loads((ROOT / "tests/steps" / entry / "data" / name).read_text())


def plane_spots() -> list[Spot]:
    limits = json.loads((Path(__file__).parent / "data/plane.json").read_text())
    return [Spot(it["point"], it, words=it["point"]["name"], href=f"#{it['point']['name']}") for it in limits]


def cutflow(region: str) -> dict[str, Any]:
    counts = read("atlas-susy-2018-22", "counts.json")["counts"]
    weight = _XSEC_FB * 139.0 / counts["all"][0]
    names = ["preselection", *(name for name in counts if name.startswith(f"{region}/"))]
    steps = [
        {"name": name.removeprefix(f"{region}/"), "events": counts[name][0] * weight,
         "error": math.sqrt(counts[name][1]) * weight, "raw": counts[name][2]}
        for name in names
    ]  # fmt: skip
    return {"type": "cutflow", "region": region, "steps": steps}


def growing() -> list[Spot]:
    """A request half-way: some points answered, one failed, the others open."""
    spots = plane_spots()
    failed = Spot(spots[3].coordinates, reason="the fit does not converge")
    return [*spots[:3], failed, *spots[4:60], *(Spot(it.coordinates) for it in spots[60:])]


def figures() -> dict[str, Figure]:
    """Return charts by name: each kind, and its states."""
    spots = plane_spots()
    line = [spot for spot in spots if spot.coordinates["m_neutralino_gev"] == 0]
    zprime = [Spot(it["point"], it) for it in read("atlas-exot-2018-dilepton", "limits.json")]
    squark = read("atlas-susy-2018-22", "limit.json")
    near = [spot for spot in spots if 300 <= spot.coordinates["m_chargino_gev"] <= 500][:12]
    return {
        "plane": plane_of(spots, AXES, labels=LABELS, step=STEP, caption=ATLAS, title="Exclusion, C1N2 → Wh"),
        "plane-growing": plane_of(growing(), AXES, labels=LABELS, step=STEP, title="Exclusion, 59 of 125 points"),
        "plane-few": plane_of(spots[40:44], AXES, labels=LABELS, step=STEP, title="Four points"),
        "plane-published": plane_of(
            spots, AXES, labels=LABELS, step=STEP, published=MADE_UP, title="With a published line (made up)"
        ),
        "limits-cls": limits_of(line, AXES[0], labels=LABELS, held="m(neutralino 1) = 0 GeV", caption=ATLAS),
        "limits-xsec": limits_of(zprime, "m_zprime_gev", quantity="xsec", labels=LABELS),
        "limits-mu-one": limits_of(zprime[:1], "m_zprime_gev", quantity="mu", labels=LABELS),
        "point": point_of([Spot({}, squark)], title="Squarks of 1600 GeV, neutralino of 400 GeV"),
        "points": point_of(near, quantities=("cls",), title="Points beside one another"),
        "regions": regions_of(
            read("atlas-susy-2018-22", "yields.json"), title="Events per region", signal="Squarks of 1600 GeV"
        ),
        "regions-many": regions_of(read("cms-exo-20-004", "yields.json")[0], title="Bins of the recoil"),
        "regions-few": regions_of(read("atlas-susy-2018-31", "yields.json")[0]),
        "cutflow": cutflow_of(cutflow("SR-2j-1600"), caption="Squarks of 1600 GeV, neutralino of 400 GeV."),
    }  # fmt: skip
