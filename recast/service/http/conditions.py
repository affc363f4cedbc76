"""Conditional requests: the version of a document as its ETag, and what If-Match and If-None-Match say of it."""

from __future__ import annotations

import hashlib
import re

from recast.errors import UsageError

__all__ = ["etag", "unchanged", "wanted_version"]

_STRONG = re.compile(r'"(\d{1,9})(?:-[0-9a-f]{16})?"')
_NEVER = 0
"""No document has this version, so a tag that is none of ours fits nothing."""


def etag(version: int, content: bytes) -> str:
    """Return the ETag of a version as one reader is shown it: that depends on who they are, and on the card."""
    return f'"{version}-{hashlib.sha256(content).hexdigest()[:16]}"'


def wanted_version(if_match: str | None) -> int | None:
    """Return the version that If-Match asks for; None if any will do. Raises UsageError for more than one tag.

    A weak tag, or one that we never gave, fits no version. Of the others the number counts: the rest says who read it.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    if "," in if_match:
        raise UsageError(
            "If-Match names several versions",
            where="If-Match",
            next_step='If-Match: "N", with the ETag of the document',
        )
    found = _STRONG.fullmatch(if_match.strip())
    return int(found[1]) if found else _NEVER


def unchanged(if_none_match: str | None, tag: str) -> bool:
    """Return whether the reader has what a tag stands for already."""
    tags = [it.strip().removeprefix("W/") for it in (if_none_match or "").split(",")]
    return "*" in tags or tag in tags
