"""Which image of an index runs here. Pure but for the name of this machine."""

from __future__ import annotations

import platform as machine
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recast.errors import InputError, NotFound
from recast.images.manifest import Descriptor, read_descriptor

__all__ = ["IndexEntry", "choose", "host_platform", "read_entries"]

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "ppc64le": "ppc64le"}
_OFTEN_MEANT = {"arm64": "v8", "arm": "v7"}
"""The variant that an architecture has if nothing is said."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One image of an index; `platform` is `os/architecture[/variant]`."""

    descriptor: Descriptor
    platform: str


def host_platform() -> str:
    """Return the platform of this machine; containers are Linux."""
    return f"linux/{_MACHINES.get(machine.machine(), machine.machine())}"


def read_entries(document: dict[str, Any], where: str) -> list[IndexEntry]:
    """Return the images of an index; entries of no platform (attestations) are left out."""
    items = document.get("manifests")
    entries = []
    for item in items if isinstance(items, list) else []:
        descriptor = read_descriptor(item, where)
        said = item.get("platform")
        parts = [said.get(key) for key in ("os", "architecture", "variant")] if isinstance(said, dict) else []
        words = [word for word in parts if isinstance(word, str) and word]
        if len(words) >= 2 and "unknown" not in words:
            entries.append(IndexEntry(descriptor, "/".join(words)))
    return entries


def choose(entries: Sequence[IndexEntry], platform: str, where: str) -> IndexEntry:
    """Return the image for `os/architecture[/variant]`; raise NotFound that names the platforms there are."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    if not system or not architecture:
        raise InputError("Not a platform", where=platform, why="Form: linux/amd64, linux/arm64/v8", code="usage")
    fitting = [entry for entry in entries if entry.platform.split("/")[:2] == [system, architecture]]
    wanted = variant or _OFTEN_MEANT.get(architecture, "")
    exact = [
        entry
        for entry in fitting
        if "/".join(entry.platform.split("/")[2:]) in ((wanted,) if variant else (wanted, ""))
    ]
    if exact or (fitting and not variant):
        return (exact or fitting)[0]
    raise NotFound(
        f"The image is not made for {platform}",
        where=where,
        why=f"There is: {', '.join(sorted({entry.platform for entry in entries})) or 'no platform at all'}",
        next_step="Give one of these with --platform.",
        code="image.platform",
    )
