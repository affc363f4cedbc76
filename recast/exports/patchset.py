"""Signals for a pyhf workspace as a patchset, schema 1.0.0 (scikit-hep.org/pyhf); pure, without pyhf."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from recast.json_types import JsonDict, JsonObject
from recast.results.cite import in_words
from recast.results.subject import Subject

__all__ = ["Signal", "digest", "documents", "fits", "is_patch", "is_workspace"]

Patch = Sequence[JsonObject]
_CHANNEL = re.compile(r"/channels/(\d{1,4})(/samples/(\d{1,4}|-))?")


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal by name: the patch that adds it, and its coordinates, such as masses in GeV."""

    name: str
    patch: Patch
    point: JsonObject = field(default_factory=dict)


def digest(workspace: JsonObject) -> str:
    """Return the sha256 of a workspace as pyhf computes it: of its JSON with sorted keys."""
    return hashlib.sha256(json.dumps(workspace, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


def is_workspace(document: Any) -> bool:
    """Return whether a JSON document is a pyhf workspace."""
    return isinstance(document, dict) and {"channels", "observations", "measurements"} <= document.keys()


def is_patch(document: Any) -> bool:
    """Return whether a JSON document is a JSON patch (RFC 6902) that changes channels of a workspace."""
    if not isinstance(document, list) or not document:
        return False
    return all(
        isinstance(item, dict) and "op" in item and _CHANNEL.match(str(item.get("path", ""))) for item in document
    )


def fits(patch: Patch, workspace: JsonObject) -> bool:
    """Return whether every channel that a patch names is in a workspace, and added samples have as many bins."""
    try:
        return all(_fits(item, workspace["channels"]) for item in patch)
    except (KeyError, IndexError, TypeError):
        return False


def _fits(item: JsonObject, channels: Sequence[JsonObject]) -> bool:
    found = _CHANNEL.match(item["path"])
    if found is None or int(found[1]) >= len(channels):
        return False
    value = item.get("value")
    if not found[2] or not isinstance(value, dict) or "data" not in value:
        return True
    return len(value["data"]) == len(channels[int(found[1])]["samples"][0]["data"])


def documents(signals: Sequence[Signal], workspace: JsonObject, subject: Subject) -> JsonDict:
    """Return the files for the signals of one workspace by name: `patchset.json`.

    Its labels are the coordinates common to all signals if they are unique, else a number. The patchset schema requires
    a HEPData record with seven digits: without one each signal is a separate JSON patch.
    """
    labels, values = _coordinates([signal.point for signal in signals])
    names = _names([signal.name for signal in signals])
    record = _record(subject)
    if record is None:
        return {f"{name}.json": list(signal.patch) for name, signal in zip(names, signals, strict=True)}
    patches = [
        {"metadata": {"name": name, "values": value, "signal": signal.name}, "patch": list(signal.patch)}
        for name, value, signal in zip(names, values, signals, strict=True)
    ]
    metadata = {
        "description": "".join(f"WARNING: {warning}. " for warning in subject.warnings)
        + f"Signals of run {subject.run} of {subject.reference} ({subject.digest}): "
        f"a reinterpretation with RECAST, authority: {subject.authority}. "
        f"Cite, the paper first: {'; '.join(in_words(subject))}",
        "digests": {"sha256": digest(workspace)},
        "labels": labels,
        "references": {"hepdata": record},
    }
    return {"patchset.json": {"version": "1.0.0", "metadata": metadata, "patches": patches}}


def _record(subject: Subject) -> str | None:
    known = str(subject.references.get("hepdata") or f"ins{subject.references.get('inspire')}")
    return known if re.fullmatch(r"ins\d{7}", known) else None


def _coordinates(points: Sequence[JsonObject]) -> tuple[list[str], list[list[Any]]]:
    """Return labels and values; numbers from 0 if the points have no coordinates, or the same ones."""
    labels = [key for key in (points[0] if points else {}) if re.fullmatch(r"\w+", key, re.ASCII) and key != "name"]
    labels = [key for key in labels if all(_is_plain(point.get(key)) for point in points)]
    values = [[point[key] for key in labels] for point in points]
    if labels and len({tuple(value) for value in values}) == len(values):
        return labels, values
    return ["number"], [[number] for number in range(len(points))]


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _names(names: Sequence[str]) -> list[str]:
    """Return unique names of letters, digits and `_`."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "signal"
        number, chosen = 2, plain
        while chosen in found:
            chosen, number = f"{plain}_{number}", number + 1
        found.append(chosen)
    return found
