"""A preserved search beside the bare scripts of the same computation: 125 points of ATLAS-SUSY-2019-08."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import paired, take
from benchmarks.place import RECAST, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["analyses"]

_ANALYSIS = "atlas-susy-2019-08"
_SPEC = ROOT / "specs" / _ANALYSIS / "1.0.0"
_DATA, _SCRIPTS = "/tmp/bundle/files/data", "/tmp/bundle/files/scripts"  # noqa: S108 - in the container
_BATCH = 16
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
    "signal_uncertainty": 0,
}


def analyses(place: Place) -> Iterator[Row]:
    """The plane through `recast run`, and the same scripts in the same image by hand, two fits at a time."""
    home, images = place.fresh(), Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")
    env = {"RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(images)}
    take([RECAST, "image", "build", str(_SPEC)], ROOT, env)
    take([RECAST, "publish", str(ROOT / f"catalogue/{_ANALYSIS}.yml")], ROOT, env)
    run = [RECAST, "run", _ANALYSIS, "--example", "plane", "--no-cache", "-q"]
    take(run, ROOT, env)  # unpacks the image
    root = _rootfs(images)
    pair = paired(lambda: take(run, ROOT, env).seconds, lambda: _bare(place.fresh(), root), 3)
    yield Row(
        f"{_ANALYSIS}, 125 points : its scripts by hand", pair.ours, "s", pair.theirs, pair.ratio, Bar(1.05, "times")
    )
    yield Row("  the plane", pair.ours, "s", bar=Bar(30, "s"))


def _rootfs(images: Path) -> str:
    """Return the unpacked image, in which both run."""
    from recast.images import ImageStore, lease_unpacked, load_lock

    (pin,) = load_lock(_SPEC).images.values()
    return str(lease_unpacked(ImageStore(images), pin.digest).rootfs)


def _bare(work: Path, root: str) -> float:
    """Run the scripts as one would by hand: one after the other, the fits two at a time."""
    request = {**_REQUEST, "signals": "/tmp/work/signals", "index": "/tmp/work/index.yml"}  # noqa: S108
    (work / "request.json").write_text(json.dumps(request))
    script = f"""set -eu
cd /tmp/work
python3 {_SCRIPTS}/prepare.py --request request.json --signals signals --index index.yml
ls -d signals/* | xargs -n {_BATCH} -P 2 sh -c 'python3 {_SCRIPTS}/fit.py --workspace {_DATA}/BkgOnly.json \\
  --upper-limits False --toys 0 --seed 1 --output part-$$.json "$@"' fit
python3 {_SCRIPTS}/gather.py --published {_DATA}/published_limits.json --xsec {_DATA}/xsec_c1n2_13tev.json \\
  --limits limits.json --table limits.csv --yields yields.json --agreement agreement.json --contour contour.json \\
  part-*.json
python3 {_SCRIPTS}/plot.py --limits limits.json --contour contour.json --figure {_DATA}/figure.json \\
  --png exclusion.png --pdf exclusion.pdf
"""
    mounts = ["--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108
    binds = ["--ro-bind", str(_SPEC), "/tmp/bundle", "--bind", str(work), "/tmp/work"]  # noqa: S108
    return take(["bwrap", *mounts, *binds, "--setenv", "OMP_NUM_THREADS", "1", "sh", "-c", script], work).seconds
