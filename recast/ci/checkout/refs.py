"""Names of refs and commits as untrusted text: what is accepted, and what each ref is. Pure."""

from __future__ import annotations

import re
from typing import Literal

from recast.terminal_safe import is_invisible, is_utf8

__all__ = ["ZEROS", "RefKind", "fault_of_ref", "is_commit", "kind_of", "request_of", "short"]

RefKind = Literal["branch", "tag", "request", "other"]

MOST_BYTES = 1000
ZEROS = "0" * 40
"""What a forge sends in place of a commit that is not there."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REQUEST = re.compile(r"refs/(?:pull|merge-requests)/([1-9][0-9]{0,9})/head")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def is_commit(text: str) -> bool:
    """Return whether a text is the full name of an object: 40 or 64 hexadecimal digits, not all zeros."""
    return _COMMIT.fullmatch(text) is not None and text.strip("0") != ""


def kind_of(ref: str) -> RefKind:
    """Return what a ref is by its name; `request` is the head of a pull or merge request."""
    if ref.startswith("refs/heads/"):
        return "branch"
    if ref.startswith("refs/tags/"):
        return "tag"
    return "request" if _REQUEST.fullmatch(ref) else "other"


def request_of(ref: str) -> int | None:
    """Return the number of the request whose head a ref is, None for any other ref."""
    found = _REQUEST.fullmatch(ref)
    return int(found[1]) if found else None


def short(ref: str) -> str:
    """Return the name of a branch or tag without its prefix; any other ref unchanged."""
    return re.sub(r"^refs/(?:heads|tags)/", "", ref)


def fault_of_ref(ref: str) -> str:
    """Return what is wrong with the full name of a ref, an empty string if it is sound.

    The rules are those of git check-ref-format, with a limit on the length and without invisible characters; no part
    begins with a dash, so that no program can take it for an option.
    """
    if not is_utf8(ref) or len(ref.encode()) > MOST_BYTES:
        return f"it is not UTF-8, or longer than {MOST_BYTES} bytes"
    if not ref.startswith("refs/"):
        return "it does not begin with refs/"
    if _FORBIDDEN.search(ref) or any(map(is_invisible, ref)):
        return "it contains characters that git does not allow, or invisible ones"
    parts = ref.split("/")
    if len(parts) < 3 or any(not part or part[0] in ".-" or part.endswith((".", ".lock")) for part in parts):
        return "one of its parts is empty, begins with a dot or dash, or ends with a dot or .lock"
    return "a part of it is @" if "@" in parts else ""
