"""What is said about an image: artifacts such as an SBOM, which name the image as their subject.

Registries list them as referrers. A layout, and a registry without that list, finds them by a tag made of the digest:
`NAME:sha256-<hex>.sbom`.
"""

from __future__ import annotations

import re

from recast.images.reference import digest_hex, parse_reference

__all__ = ["note_name", "subject_of"]

_NOTE = re.compile(r"sha256-([0-9a-f]{64})(?:\.[a-z]+)?")


def note_name(name: str, digest: str, kind: str) -> str:
    """Return the name under which a store keeps what is said about image `digest` of `name` (any tag of it)."""
    return f"{parse_reference(name).name}:sha256-{digest_hex(digest)}.{kind}"


def subject_of(name: str) -> str | None:
    """Return the digest of the image that a name speaks about, None if it is the name of an image itself."""
    match = _NOTE.fullmatch(name.rpartition(":")[2])
    return f"sha256:{match[1]}" if match else None
