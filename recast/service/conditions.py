"""Conditional requests: the version of a document as its ETag, and what If-Match and If-None-Match say of it."""

from __future__ import annotations

import re

from recast.errors import UsageError

__all__ = ["etag", "unchanged", "wanted_version"]

_STRONG = re.compile(r'"(\d{1,9})"')
_NEVER = 0
"""No document has this version, so a tag that is none of ours fits nothing."""


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def wanted_version(if_match: str | None) -> int | None:
    """Return the version that If-Match asks for; None if any will do. Raises UsageError for more than one tag.

    A weak tag, or one that we never gave, fits no version.
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


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Return whether the reader has this version already."""
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return "*" in tags or etag(version) in tags
