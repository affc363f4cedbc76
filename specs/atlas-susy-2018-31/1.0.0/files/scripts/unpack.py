"""Check the archive of likelihoods, take out what the asked points need, and make patches of own signals.

Writes `<destination>/<region>/BkgOnly.json` and the signal patch of each point, and an index (YAML) with lists in
one order: `points`, `workspaces`, `patches` and `xsecs_fb`. Own yields and an own patch come last; what does not fit
the workspace of its region is refused. Standard library only.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import shutil
import os
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

MAX_MEMBERS = 5000
LUMINOSITY_INV_FB = 139.0
MAX_TOTAL_BYTES = 500_000_000  # the archive holds 36 MB


class Refused(Exception):
    """The archive or a point cannot be used; the message says why."""


def verify(archive: Path, sha256: str) -> None:
    """Raise Refused unless the file has that sha256."""
    digest = hashlib.sha256()
    with archive.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != sha256:
        raise Refused(f"{archive.name} has sha256 {digest.hexdigest()}, the spec wants {sha256}")


def safe_members(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """Return the regular files by name; raise Refused for links, devices, escaping names and bombs."""
    members: dict[str, tarfile.TarInfo] = {}
    total_bytes = 0
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise Refused(f"archive member {member.name!r} points outside the archive")
        if not (member.isfile() or member.isdir()):
            raise Refused(f"archive member {member.name!r} is neither a file nor a folder")
        total_bytes += member.size
        if total_bytes > MAX_TOTAL_BYTES or len(members) > MAX_MEMBERS:
            raise Refused(f"the archive unpacks to more than {MAX_TOTAL_BYTES} bytes or {MAX_MEMBERS} files")
        if member.isfile():
            members[str(path)] = member
    return members


def member_names(point: str, known: set[str]) -> tuple[str, str]:
    """Return the names of the background workspace and of the patch of a point; raise Refused if there is none."""
    region, _, signal = point.partition("/")
    workspace, patch = f"{region}/BkgOnly.json", f"{region}/patch.{signal}.json"
    if workspace in known and patch in known:
        return workspace, patch
    raise Refused(f"the archive has no point {point!r}; the closest are: {', '.join(closest(point, known))}")


def closest(point: str, known: set[str], count: int = 3) -> list[str]:
    """Return the points nearest to a name: by mass in the same region if it can be read, else by spelling."""
    points = sorted(
        f"{region}/{name.removeprefix('patch.').removesuffix('.json')}"
        for region, _, name in (entry.partition("/") for entry in known)
        if name.startswith("patch.")
    )
    asked = masses(point)
    same_region = [name for name in points if name.split("/")[0] == point.split("/")[0]]
    if asked is None or not same_region:
        return difflib.get_close_matches(point, points, n=count, cutoff=0.0)
    return sorted(same_region, key=lambda name: (distance(asked, masses(name)), name))[:count]


def masses(point: str) -> tuple[int, ...] | None:
    """Return the masses in a name such as `RegionA/sbottom_1300_205_60` in GeV, or None."""
    numbers = point.rpartition("/")[2].split("_")[1:]
    return tuple(int(text) for text in numbers) if len(numbers) == 3 and all(map(str.isdecimal, numbers)) else None


def distance(asked: tuple[int, ...], other: tuple[int, ...] | None) -> int:
    """Return the squared distance in the space of masses, in GeV^2."""
    return sum((a - b) ** 2 for a, b in zip(asked, other or (10**6,) * 3))


def extract(archive: tarfile.TarFile, member: tarfile.TarInfo, destination: Path) -> None:
    """Write one member's bytes to a path of our own making."""
    if destination.exists():
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None  # it is a regular file
    with source, destination.open("wb") as target:
        shutil.copyfileobj(source, target)


def unpack(archive_path: Path, points: list[str], destination: Path) -> dict[str, list[str]]:
    """Take out the files of the points; return `workspaces` and `patches`, in the order of the points."""
    index: dict[str, list[str]] = {"workspaces": [], "patches": []}
    with tarfile.open(archive_path, "r:gz") as archive:
        members = safe_members(archive)
        wanted = [member_names(point, set(members)) for point in points]
        for pair in wanted:
            for key, name in zip(index, pair):
                extract(archive, members[name], destination / name)
                index[key].append(str(destination / name))
    return index


def own_signals(request: dict[str, Any], archive_path: Path, destination: Path) -> dict[str, list[Any]]:
    """Return names, workspaces and patches of the user's own signals, written below the destination."""
    import patches

    found: dict[str, list[Any]] = {"points": [], "workspaces": [], "patches": []}
    try:
        wanted = [(region, "own-yields", yields) for region, yields in sorted(request["yields"].items()) if yields]
        wanted.append((request["patch_region"], "own-patch", None))
        for region, name, yields in wanted:
            workspace_path = workspace_of(region, archive_path, destination)
            workspace = json.loads(workspace_path.read_bytes())
            made = [(name, patches.of_yields(yields, workspace, request["signal_uncertainty"])[0])] if yields else []
            for label, patch in made or patches.read(Path(request["patch"]), workspace):
                patches.check(patch, workspace, label)
                judge(label, patch, workspace, request)
                path = destination / f"Region{region}" / f"own-{len(found['points'])}.json"
                path.write_text(json.dumps(patch, allow_nan=False), encoding="utf-8")
                for key, value in zip(found, (f"Region{region}/{label}", str(workspace_path), str(path))):
                    found[key].append(value)
    except patches.Refused as problem:
        raise Refused(str(problem)) from problem
    return found


def judge(label: str, patch: list[dict[str, Any]], workspace: dict[str, Any], request: dict[str, Any]) -> None:
    """Raise FarFromTable if the user's cross section is hardly meant; the fit notes what is only odd."""
    import patches
    import plausible

    given = patches.one_cross_section_fb(request)
    if given is not None:
        events = sum(map(sum, patches.signal_yields(patch, workspace).values()))
        rows = json.loads(Path(request["xsec"]).read_bytes())["rows"]
        mass_gev = next(map(float, masses(label) or ()), None)
        plausible.of_events(given, mass_gev, events, rows, LUMINOSITY_INV_FB, request["accept_cross_section"])


def workspace_of(region: str, archive_path: Path, destination: Path) -> Path:
    """Return the background workspace of a region, taken out of the archive."""
    name = f"Region{region}/BkgOnly.json"
    with tarfile.open(archive_path, "r:gz") as archive:
        members = safe_members(archive)
        if name not in members:
            raise Refused(f"the archive has no region {region!r}")
        extract(archive, members[name], destination / name)
    return destination / name


def cross_sections_fb(points: list[str], own: int, request: dict[str, Any]) -> list[float | None]:
    """Return the cross section of each signal: of the table for points of the grid, the user's for own signals."""
    import patches

    try:
        given = patches.one_cross_section_fb(request)
    except patches.Refused as problem:
        raise Refused(str(problem)) from problem
    table = {mass: xsec for mass, xsec, _ in json.loads(Path(request["xsec"]).read_bytes())["rows"]}
    return [table.get((masses(point) or (0,))[0]) for point in points] + [given] * own


def index_of(args: argparse.Namespace) -> dict[str, list[Any]]:
    """Return the index of all signals that are asked for, on the command line or in the request."""
    request = json.loads(args.request.read_bytes()) if args.request else {}
    points = args.points or request.get("points") or []
    index: dict[str, list[Any]] = {"points": points, **unpack(args.archive, points, args.destination)}
    if not request:
        return index
    own = own_signals(request, args.archive, args.destination)
    index = {key: [*values, *own[key]] for key, values in index.items()}
    if not index["points"]:
        raise Refused("nothing was asked for: give points, yields or patch")
    return {**index, "xsecs_fb": cross_sections_fb(points, len(own["points"]), request)}


def main() -> int:
    """Run the step; 1 if the archive, a point or an own signal is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--sha256", required=True)
    parser.add_argument("--destination", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--request", type=Path, help="JSON: own signals, cross sections and files of the bundle")
    parser.add_argument("points", nargs="*")
    args = parser.parse_args()
    try:
        verify(args.archive, args.sha256)
        index = index_of(args)
    except (Refused, tarfile.TarError, OSError, ValueError) as problem:
        print(f"unpack: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, OSError) else os.EX_DATAERR
    args.index.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    print(f"{len(index['points'])} signals to fit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
