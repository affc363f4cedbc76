"""Signal patches for a pyhf workspace: made from yields, read from files, checked against the workspace they are for.

Standard library only but for the digest of a workspace, which is computed as pyhf does (`pyhf.utils.digest`).
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = [
    "Refused", "check", "digest", "nearest", "of_yields", "one_cross_section_fb", "read", "signal_yields", "verify",
    "write",
]  # fmt: skip

SIGNAL_REGION, VALIDATION_REGION = "SR", "VR"
LONGEST_PATCH = 1000
PATCH_NAME = re.compile(r"[A-Za-z0-9_]{1,80}")  # as pyhf wants it; it also goes into commands
SAMPLE_PATH = re.compile(r"/channels/(?P<channel>0|[1-9]\d{0,3})/samples/(?P<sample>0|[1-9]\d{0,3}|-)")
BELOW_CHANNEL = re.compile(r"/channels/(?P<channel>0|[1-9]\d{0,3})(/samples/(?P<sample>0|[1-9]\d{0,3}))?(?=/|$)")
CHANNEL_PATH = re.compile(r"/channels/(?P<channel>0|[1-9]\d{0,3})")


class Refused(Exception):
    """What was handed in cannot be used; the message says why."""


def poi_of(workspace: dict[str, Any]) -> str:
    """Return the name of the parameter of interest: the signal strength mu."""
    return str(workspace["measurements"][0]["config"]["poi"])


def bins_of(workspace: dict[str, Any]) -> dict[str, int]:
    """Return the number of bins of each channel, in the workspace's order."""
    return {channel["name"]: len(channel["samples"][0]["data"]) for channel in workspace["channels"]}


def digest(workspace: dict[str, Any]) -> str:
    """Return the sha256 of a workspace as pyhf computes it: JSON with sorted keys."""
    return hashlib.sha256(json.dumps(workspace, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


def verify(patchset: dict[str, Any], workspace: dict[str, Any], accepted: dict[str, str]) -> str:
    """Return an empty text if a patchset names this workspace's digest, or the note of an owner's recorded override.

    Raises Refused if neither holds: an override counts for exactly these two digests.
    """
    stated, found = patchset["metadata"]["digests"]["sha256"], digest(workspace)
    if stated == found:
        return ""
    if (stated, found) == (accepted.get("stated_sha256"), accepted.get("found_sha256")) and accepted.get("reason"):
        return f"the patchset states another digest than the workspace has; accepted by {accepted['accepted_by']}"
    raise Refused(
        f"the patchset is for the workspace sha256:{stated}, this one is sha256:{found}, and no owner accepted that"
    )


def of_yields(
    yields: dict[str, list[float]], workspace: dict[str, Any], relative_error: float = 0.0
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a patch that adds signal events per region and bin, and notes.

    All signal regions must be named; a control region that is not holds no signal, which is noted. Validation regions
    are taken out of the fit, as the published patches do.
    """
    bins = bins_of(workspace)
    unknown = sorted(set(yields) - set(bins))
    if unknown:
        raise Refused(f"unknown region {unknown[0]!r}; the workspace has: {', '.join(bins)}")
    missing = [name for name in bins if name.startswith(SIGNAL_REGION) and name not in yields]
    if missing:
        raise Refused(f"the signal region {missing[0]!r} is missing; write zeros if no event is expected there")
    poi = poi_of(workspace)
    patch = [
        {"op": "add", "path": f"/channels/{index}/samples/-", "value": sample(yields[name], poi, relative_error)}
        for index, name in enumerate(bins)
        if name in yields
    ]
    outside = [index for index, name in enumerate(bins) if name.startswith(VALIDATION_REGION)]
    patch += [{"op": "remove", "path": f"/channels/{index}"} for index in reversed(outside)]
    silent = [name for name in bins if name not in yields and not name.startswith(VALIDATION_REGION)]
    return patch, [f"no signal assumed in {', '.join(silent)}"] if silent else []


def sample(events: list[float], poi: str, relative_error: float) -> dict[str, Any]:
    """Return a signal sample that scales with the parameter of interest."""
    modifiers: list[dict[str, Any]] = [{"name": poi, "type": "normfactor", "data": None}]
    if relative_error:
        size = {"hi": 1.0 + relative_error, "lo": 1.0 - relative_error}
        modifiers.append({"name": "signal_uncertainty", "type": "normsys", "data": size})
    return {"name": "signal", "data": [float(value) for value in events], "modifiers": modifiers}


def read(path: Path, workspace: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return name and operations of each patch in a file: a JSON patch, or a pyhf patchset for this workspace."""
    try:
        document = json.loads(path.read_bytes(), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"{path.name} is not JSON: {problem}") from problem
    if isinstance(document, list):
        return [("own-patch", document)] if document else []
    if isinstance(document, dict) and "channels" in document:
        raise Refused(
            f"{path.name} is a whole workspace: hand in what it adds, a JSON patch (jsonpatch BkgOnly.json {path.name})"
        )
    try:
        stated, entries = document["metadata"]["digests"]["sha256"], document["patches"]
        named = [(str(entry["metadata"]["name"]), entry["patch"]) for entry in entries]
    except (KeyError, TypeError) as problem:
        raise Refused(f"{path.name} is neither a JSON patch (a list) nor a pyhf patchset: {problem!r}") from problem
    if stated != digest(workspace):
        raise Refused(f"{path.name} is for another workspace: sha256:{stated}, not sha256:{digest(workspace)}")
    for name, _ in named:
        if not PATCH_NAME.fullmatch(name):
            raise Refused(f"{path.name}: the name of a patch is letters, digits and _, not {name!r:.60}")
    return [(f"own-{name}", patch) for name, patch in named]


def refuse_constant(text: str) -> float:
    """Raise for NaN and infinities, which Python's JSON would let pass."""
    raise ValueError(f"{text} is no number")


def check(patch: Any, workspace: dict[str, Any], name: str) -> None:
    """Raise Refused unless a patch only adds signal samples that fit this workspace.

    It may also remove validation regions, as the published patches do; it touches no background and no data.
    """
    if not isinstance(patch, list) or not 0 < len(patch) <= LONGEST_PATCH:
        raise Refused(f"{name}: a patch is a list of 1 to {LONGEST_PATCH} operations")
    channels, poi = workspace["channels"], poi_of(workspace)
    factors: set[str] = set()
    for operation in patch:
        kind, path = (operation.get("op"), operation.get("path")) if isinstance(operation, dict) else (None, None)
        if kind == "remove" and isinstance(path, str) and (match := CHANNEL_PATH.fullmatch(path)):
            check_removal(int(match["channel"]), channels, name)
            channels = [channel for i, channel in enumerate(channels) if i != int(match["channel"])]
            continue
        match = SAMPLE_PATH.fullmatch(path) if kind == "add" and isinstance(path, str) else None
        if match is None:
            raise Refused(
                f"{name}: an operation {kind!r} on {path!r}{of_what(path, channels)} does more than add a signal sample"
            )
        factors |= check_sample(operation.get("value"), int(match["channel"]), channels, name)
    if poi not in factors:
        others = f" (they scale with {', '.join(map(repr, sorted(factors)))})" if factors else ""
        raise Refused(
            f"{name}: no sample scales with the parameter of interest {poi!r}{others}: a patch for another workspace?"
        )


def of_what(path: Any, channels: list[dict[str, Any]]) -> str:
    """Return in words which sample and channel of the workspace a path is about, or nothing."""
    match = BELOW_CHANNEL.match(path) if isinstance(path, str) else None
    if match is None or int(match["channel"]) >= len(channels):
        return ""
    channel, sample = channels[int(match["channel"])], match["sample"]
    known = sample is not None and int(sample) < len(channel["samples"])
    inside = f"the sample {channel['samples'][int(sample)]['name']} of " if known else ""
    return f", {inside}the channel {channel['name']},"


def check_removal(index: int, channels: list[dict[str, Any]], name: str) -> None:
    """Raise Refused unless the channel of that index is a validation region."""
    if index >= len(channels) or not channels[index]["name"].startswith(VALIDATION_REGION):
        what = channels[index]["name"] if index < len(channels) else f"number {index}"
        raise Refused(f"{name}: it removes the channel {what}, which is no validation region")


def check_sample(value: Any, index: int, channels: list[dict[str, Any]], name: str) -> set[str]:
    """Return the factors that a sample scales with; raise Refused if it does not fit its channel."""
    if index >= len(channels):
        raise Refused(f"{name}: it names channel {index}, the workspace has {len(channels)}: a patch for another one?")
    channel, known = channels[index]["name"], len(channels[index]["samples"][0]["data"])
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list) or len(data) != known:
        raise Refused(f"{name}: the signal in {channel} must have {known} bins: a patch for another workspace?")
    if not all(is_number(item) and item >= 0.0 for item in data):
        raise Refused(f"{name}: the signal in {channel} has a bin that is no finite number of at least 0")
    if value.get("name") in [one["name"] for one in channels[index]["samples"]]:
        raise Refused(f"{name}: the channel {channel} has a sample {value['name']!r} of the background already")
    modifiers = value.get("modifiers")
    if not isinstance(modifiers, list):
        raise Refused(f"{name}: the signal in {channel} has no list of modifiers")
    return {str(item.get("name")) for item in modifiers if isinstance(item, dict) and item.get("type") == "normfactor"}


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number (a truth value is none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def one_cross_section_fb(request: dict[str, Any]) -> float | None:
    """Return the cross section in fb, from `xsec_fb` or `xsec_pb`; None if neither is given."""
    if request["xsec_fb"] is not None and request["xsec_pb"] is not None:
        raise Refused("give xsec_fb or xsec_pb, not both")
    return request["xsec_fb"] if request["xsec_pb"] is None else request["xsec_pb"] * 1000.0


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the names whose numbers (masses) are closest to those of a name."""
    asked = [int(text) for text in re.findall(r"_(\d{1,5})(?=_|$)", name)]

    def distance(other: str) -> tuple[float, str]:
        numbers = [int(text) for text in re.findall(r"_(\d{1,5})(?=_|$)", other)]
        return sum((a - b) ** 2 for a, b in zip(asked, numbers)), other

    return sorted(known, key=distance)[:count]


def signal_yields(patch: list[dict[str, Any]], workspace: dict[str, Any]) -> dict[str, list[float]]:
    """Return the signal events per channel that a patch adds, as numbered when each operation is applied."""
    channels = [channel["name"] for channel in workspace["channels"]]
    events: dict[str, list[float]] = {}
    for operation in patch:
        index = int(operation["path"].split("/")[2])
        if operation["op"] == "remove":
            del channels[index]
        elif any(modifier["name"] == poi_of(workspace) for modifier in operation["value"]["modifiers"]):
            before = events.get(channels[index], [0.0] * len(operation["value"]["data"]))
            events[channels[index]] = [a + b for a, b in zip(before, operation["value"]["data"])]
    return events


def write(signals: list[dict[str, Any]], folder: Path) -> list[str]:
    """Write each signal as a file of its own; return the paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, signal in enumerate(signals):
        path = folder / f"{index:04d}.json"
        path.write_text(json.dumps(signal, allow_nan=False) + "\n", encoding="utf-8")
        paths.append(str(path))
    return paths
