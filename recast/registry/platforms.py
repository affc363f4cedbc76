"""Select the image of an index for this machine. Pure, except for this machine's architecture."""

from __future__ import annotations

import platform as machine
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recast.errors import InputError, NotFound
from recast.images.manifest import Descriptor, read_descriptor
from recast.json_types import JsonDict

__all__ = ["IndexEntry", "check_platform", "choose", "host_platform", "read_entries"]

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "ppc64le": "ppc64le"}
_OFTEN_MEANT = {"arm64": "v8", "arm": "v7"}
"""The default variant of an architecture."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One image of an index; `platform` is `os/architecture[/variant]`."""

    descriptor: Descriptor
    platform: str


def host_platform() -> str:
    """Return the platform of this machine; containers are Linux."""
    return f"linux/{_MACHINES.get(machine.machine(), machine.machine())}"


def read_entries(document: JsonDict, where: str) -> list[IndexEntry]:
    """Return the images of an index; entries without a platform (attestations) are left out."""
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
    """Return the image for `os/architecture[/variant]`; raise NotFound, which names the available platforms.

    Without a variant, the usual one of the architecture is preferred.
    """
    machine, variant = _apart(platform)
    fitting = [entry for entry in entries if _apart(entry.platform)[0] == machine]
    usual = variant or _OFTEN_MEANT.get(machine.partition("/")[2], "")
    ranked = sorted(fitting, key=lambda entry: _apart(entry.platform)[1] not in (usual, ""))
    if ranked and (not variant or _apart(ranked[0].platform)[1] in (variant, "")):
        return ranked[0]
    raise _not_made(platform, (entry.platform for entry in entries), where)


def check_platform(found: str, wanted: str, where: str) -> None:
    """Raise NotFound if an image without an index is for another platform than requested."""
    if _apart(found)[0] != _apart(wanted)[0]:
        raise _not_made(wanted, [found], where)


def _apart(platform: str) -> tuple[str, str]:
    """Return `os/architecture` and the variant."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    if not system or not architecture:
        raise InputError("Not a platform", where=platform, why="Form: linux/amd64, linux/arm64/v8", code="usage")
    return f"{system}/{architecture}", variant


def _not_made(platform: str, there: Iterable[str], where: str) -> NotFound:
    return NotFound(
        f"The image is not available for {platform}",
        where=where,
        why=f"There is: {', '.join(sorted(set(there))) or 'no platform at all'}",
        next_step="Give one of these with --platform.",
        code="image.platform",
    )
