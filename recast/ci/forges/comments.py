"""Our comment on a request in the words of each forge: one comment, found by its seal and updated in place. Pure."""

from __future__ import annotations

import hashlib
import hmac

from recast.ci.forges.events import Dialect
from recast.ci.forges.states import Asked
from recast.json_types import JsonValue
from recast.masked import masked

__all__ = ["MOST_BYTES", "body_of", "change", "create", "find", "ours", "seal"]

MOST_BYTES = 60_000
"""GitHub takes 65,536 characters."""


def seal(token: str, base: str, number: int) -> str:
    """Return what our comment on a request begins with, invisible to readers.

    Nobody without the token can write it first, and have our verdict put into a comment that stays theirs to change.
    """
    sealed = hmac.new(token.encode(), f"{base}#{number}".encode(), hashlib.sha256).hexdigest()[:32]
    return f"<!-- recast-ci {sealed} -->"


def body_of(summary: str, begin: str) -> str:
    """Return the text of the comment: its seal, then the summary without secrets, cut off if it is too long."""
    text = masked(summary)
    content = text.encode("utf-8", "replace")
    if len(content) > MOST_BYTES:
        text = content[:MOST_BYTES].decode("utf-8", "ignore") + "\n\n(cut off)"
    return f"{begin}\n{text}"


def find(dialect: Dialect, base: str, number: int, page: int) -> Asked:
    """Return the request for a page (from 1) of a request's comments, 100 on each where the forge allows that."""
    if dialect == "gitlab":
        return Asked("GET", f"{base}/merge_requests/{number}/notes?per_page=100&page={page}&sort=asc")
    size = "limit=50" if dialect == "gitea" else "per_page=100"
    return Asked("GET", f"{base}/issues/{number}/comments?{size}&page={page}")


def ours(answer: JsonValue, begin: str) -> list[int]:
    """Return the ids of the comments that begin with our seal, in the answer to `find`, the oldest first.

    Whoever has read ours can copy its seal into a later one; that one is never reached.
    """
    rows = answer if isinstance(answer, list) else []
    return [
        row["id"]
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("id"), int) and str(row.get("body", "")).startswith(begin)
    ]


def create(dialect: Dialect, base: str, number: int, body: str) -> Asked:
    """Return the request that writes a new comment."""
    kind = f"merge_requests/{number}/notes" if dialect == "gitlab" else f"issues/{number}/comments"
    return Asked("POST", f"{base}/{kind}", {"body": body})


def change(dialect: Dialect, base: str, number: int, comment: int, body: str) -> Asked:
    """Return the request that replaces the text of a comment."""
    if dialect == "gitlab":
        return Asked("PUT", f"{base}/merge_requests/{number}/notes/{comment}", {"body": body})
    return Asked("PATCH", f"{base}/issues/comments/{comment}", {"body": body})
