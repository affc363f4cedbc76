"""Shell-like patterns over a listing of relative paths: `*`, `?`, `[...]`, and `**` for any depth."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["has_magic", "matches", "tree"]


def has_magic(pattern: str) -> bool:
    """Say whether a string is a pattern rather than a path."""
    return any(char in pattern for char in "*?[")


def matches(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the files and folders of a listing that match, sorted; hidden ones only for a pattern that says so."""
    accepts = _compiled(pattern).fullmatch
    candidates: set[str] = set()
    for path in paths:
        path = path.removesuffix("/")  # an empty folder
        candidates.add(path)
        while "/" in path:
            path = path.rpartition("/")[0]
            candidates.add(path)
    return sorted(path for path in candidates if accepts(path))


def tree(folder: str, paths: Iterable[str]) -> list[str]:
    """Return the files of a listing below a folder (`""` is all of them)."""
    prefix = folder.rstrip("/") + "/" if folder.strip("/") else ""
    return [path for path in paths if path.startswith(prefix)]


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    for segment in pattern.strip("/").split("/"):
        parts.append(r"(?:(?!\.)[^/]+/)*" if segment == "**" else _segment(segment) + "/")
    return re.compile("".join(parts).removesuffix("/"))


def _segment(segment: str) -> str:
    visible = "" if segment.startswith(".") else r"(?!\.)"
    out, i = [visible], 0
    while i < len(segment):
        char = segment[i]
        closing = segment.find("]", i + 2) if char == "[" else -1
        if closing > 0:
            body = segment[i + 1 : closing].replace("\\", r"\\")
            out.append(f"[{'^' + body[1:] if body[0] == '!' else body}]")
            i = closing
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char))
        i += 1
    return "".join(out)
