"""The plane of ATLAS-SUSY-2019-08, 125 points: beside a plain loop over pyhf, and beside its own scripts by hand."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.answers.home import BUNDLE, WORK, Home, in_image
from benchmarks.measure import Failed, paired, take
from benchmarks.place import RECAST, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["ANALYSIS", "plane", "plane_by_hand"]

ANALYSIS = "atlas-susy-2019-08"
_DATA, _SCRIPTS = f"{BUNDLE}/files/data", f"{BUNDLE}/files/scripts"
_EACH = 63
_SAME = 1e-4
"""How far two CLs may be apart: SLSQP ends within its tolerance of the minimum, wherever it began."""

_REQUEST = {
    "workspace": f"{_DATA}/BkgOnly.json",
    "patchset": f"{_DATA}/patchset.json",
    "digests": f"{_DATA}/digests.json",
    "xsec": f"{_DATA}/xsec_c1n2_13tev.json",
    "points": "all",
    "yields": {},
    "efficiencies": {},
    "patch": f"{_DATA}/no-patch.json",
    "xsec_fb": None,
    "xsec_pb": None,
    "accept_cross_section": False,
    "signal_uncertainty": 0,
    "upper_limits": False,
    "toys": 0,
    "signals": f"{WORK}/signals",
    "index": f"{WORK}/index.yml",
}


def plane(place: Place, home: Home) -> Iterator[Row]:
    """`recast run` of the plane, with its lines and pictures, beside a plain loop over pyhf that ends in the same."""
    loops: list[Path] = []

    def loop() -> float:
        loops.append(place.fresh())
        python = str(ROOT / ".venv-fit/bin/python")
        script = str(ROOT / "benchmarks/answers/pyhf_loop.py")
        return take([python, script, str(home.spec / "files/data")], loops[-1]).seconds

    pair = paired(lambda: home.run("--example", "plane"), loop, 1 if place.quick else 5)
    note = f"CLs within {_furthest(home, loops[-1]):.1g}"
    name = f"{ANALYSIS}, 125 points : a plain pyhf loop in two processes"
    yield Row(name, pair.ours, "s", pair.theirs, pair.ratio, Bar(1.3, "times"), note)


def _furthest(home: Home, loop: Path) -> float:
    """Return how far any CLs of the newest run is from that of the loop; raise Failed if they are not the same."""
    command = [RECAST, "results", "last", "-o", "json"]
    said = subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=os.environ | home.env).stdout
    theirs = json.loads((loop / "limits.json").read_bytes())
    limits = [result for result in json.loads(said)["results"] if result["type"] == "limit"]
    ours = {limit["point"]["name"]: [limit["cls_obs"], *limit["cls_exp"]] for limit in limits}
    if ours.keys() != theirs.keys():
        raise Failed(f"{len(ours)} points here and {len(theirs)} there")
    apart = max(abs(a - b) for name in ours for a, b in zip(ours[name], theirs[name], strict=True))
    if not math.isfinite(apart) or apart > _SAME:
        raise Failed(f"CLs of the loop are {apart:.2g} apart from ours")
    return apart


def plane_by_hand(place: Place, home: Home) -> Iterator[Row]:
    """The same beside its own scripts in its own image, two fits at a time: what the framework adds."""
    pair = paired(lambda: home.run("--example", "plane"), lambda: _by_hand(place.fresh(), home), 3)
    name = f"{ANALYSIS}, 125 points : its scripts by hand"
    yield Row(name, pair.ours, "s", pair.theirs, pair.ratio, Bar(1.05, "times"))
    yield Row("  the plane", pair.ours, "s", bar=Bar(30, "s"))


def _by_hand(work: Path, home: Home) -> float:
    """Run the scripts as one would by hand: the fits in two processes, then results and pictures at once."""
    (work / "request.json").write_text(json.dumps(_REQUEST))
    script = f"""
python3 {_SCRIPTS}/prepare.py --request request.json --signals signals --index index.yml
ls -d signals/* | xargs -n {_EACH} -P 2 sh -c 'python3 {_SCRIPTS}/fit.py --workspace {_DATA}/BkgOnly.json \\
  --upper-limits False --toys 0 --seed 1 --output part-$$.json "$@"' fit
fits="--published {_DATA}/published_limits.json --xsec {_DATA}/xsec_c1n2_13tev.json --figure {_DATA}/figure.json"
parts=$(echo part-*.json)
python3 {_SCRIPTS}/gather.py $fits --limits limits.json --table limits.csv --yields yields.json \\
  --agreement agreement.json --contour contour.json $parts &
python3 {_SCRIPTS}/draw_limits.py $fits --png exclusion.png --pdf exclusion.pdf $parts &
python3 {_SCRIPTS}/draw_bins.py $fits --png bins.png --pdf bins.pdf $parts &
wait
"""
    (root,) = home.roots.values()
    return take(in_image(root, home.spec, work, script), work).seconds
