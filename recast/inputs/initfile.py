"""A file that a version fixes for its init: of the bundle, or elsewhere under a checksum."""

from __future__ import annotations

import posixpath

from recast.inputs.filevalue import BadFile, parse_file

__all__ = ["checked_init", "is_elsewhere"]


def is_elsewhere(text: str) -> bool:
    """Return whether an entry of `init` is a URL, not a path of the bundle."""
    return text.startswith(("http://", "https://"))


def checked_init(text: str) -> str:
    """Return an entry of `init`: a path that stays inside of the bundle, or `URL#sha256=...`; raise ValueError."""
    if is_elsewhere(text):
        try:
            sound = bool(parse_file(text).sha256)
        except BadFile as problem:
            raise ValueError(f"{problem.what}; it takes {problem.allowed}") from None
        if not sound:
            raise ValueError("a file elsewhere needs its checksum: URL#sha256=...   (curl -sL URL | sha256sum)")
        return text
    if text in ("", ".", "..") or text != posixpath.normpath(text) or text.startswith(("/", "../")) or "\0" in text:
        raise ValueError("the path must be relative and stay inside the folder of the spec")
    return text
