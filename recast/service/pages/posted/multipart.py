"""Forms with files (`multipart/form-data`, RFC 7578), as browsers send them and in no other way. Pure.

A body is in memory, and bounded, before it comes here, so that one split finds its parts: no state, no temporary files,
linear in time. What no browser sends is refused: parts in parts, encodings of mail, several values in a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Part", "boundary_of", "parts_of"]

_LONGEST_HEAD = 2000
_BOUNDARY = re.compile(r';\s*boundary=(?:"([0-9A-Za-z\'()+_,./:=? -]{1,70})"|([0-9A-Za-z\'()+_,./:=?-]{1,70}))\s*$')
_NAMED = re.compile(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?', re.IGNORECASE)
_ESCAPED = {"%22": '"', "%0D": "\r", "%0A": "\n"}


@dataclass(frozen=True, slots=True)
class Part:
    """One field; `file` is the name of a file, None if it is none."""

    name: str
    file: str | None
    content: bytes = field(repr=False)


def boundary_of(content_type: str) -> bytes:
    """Return what separates the parts; raise ValueError."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ValueError("it does not say what separates its parts")
    return (found[1] or found[2]).encode("ascii")


def parts_of(body: bytes, boundary: bytes, most: int) -> Iterator[Part]:
    """Yield the parts of a body, so many at most; raise ValueError for whatever is not as browsers send it."""
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, most + 2)
    if first or not parts or parts[-1] not in (b"--", b"--\r\n"):
        raise ValueError(f"it is cut off, or has more than {most} fields")
    for part in parts[:-1]:
        head, empty, content = part.partition(b"\r\n\r\n")
        if not empty or not head.startswith(b"\r\n") or len(head) > _LONGEST_HEAD:
            raise ValueError("a part has no head, or one that is too long")
        yield _part(head[2:].decode(), content)


def _part(head: str, content: bytes) -> Part:
    lines = (line.partition(":") for line in head.split("\r\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    found = _NAMED.fullmatch(headers.get("content-disposition", ""))
    if found is None or "content-transfer-encoding" in headers:
        raise ValueError("a part has no name, or an encoding")
    name, file = found.groups()
    return Part(_plain(name), None if file is None else _plain(file), content)


def _plain(text: str) -> str:
    """Return a name without the three escapes that browsers use."""
    return re.sub("%22|%0D|%0A", lambda it: _ESCAPED[it[0]], text)
