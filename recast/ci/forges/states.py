"""A status of a commit in the words of each forge, and the requests that set and read it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from recast.ci.checkout.refs import short
from recast.ci.forges.events import Dialect
from recast.json_types import JsonDict, JsonValue
from recast.masked import masked
from recast.terminal_safe import one_line

__all__ = ["LETTERS", "STATES", "Asked", "Status", "is_there", "look", "refused_as_same", "tell"]

LETTERS = 140
"""GitHub's limit of a description; it suffices for the others."""

_GITHUB = ("pending", "pending", "success", "failure", "error")
_GITEA = ("pending", "pending", "success", "failure", "error")
_GITLAB = ("pending", "running", "success", "failed", "canceled")
_COLUMN = {
    "queued": 0,
    "held": 0,
    "running": 1,
    "passed": 2,
    "nothing-to-do": 2,
    "failed": 3,
    "moved": 3,
    "undecided": 3,
    "broken": 3,
    "refused": 3,
    "blocked": 4,
    "superseded": 4,
}
_ROWS: Mapping[Dialect, tuple[str, ...]] = {"github": _GITHUB, "gitea": _GITEA, "gitlab": _GITLAB}
STATES: Mapping[Dialect, Mapping[str, str]] = {
    dialect: {word: row[place] for word, place in _COLUMN.items()} for dialect, row in _ROWS.items()
}
"""Forge -> our word -> the forge's state. What is not the commit's fault never becomes a failure of the commit."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is said of a commit: a word (`queued`, `held`, `running`, or one for a commit), a sentence, a page.

    `context` tells it from the statuses of others; `ref` is the full name of the ref.
    """

    word: str
    sentence: str
    context: str
    ref: str = ""
    url: str = ""

    @property
    def description(self) -> str:
        """Return word and sentence in one line of at most 140 characters, without secrets."""
        text = one_line(masked(f"{self.word}: {self.sentence}" if self.sentence else self.word))
        return text if len(text) <= LETTERS else text[: LETTERS - 3] + "..."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a forge."""

    method: str
    url: str
    body: JsonDict | None = None


def tell(dialect: Dialect, base: str, commit: str, status: Status) -> Asked:
    """Return the request that sets a status. `base` is the address of the repository in the forge's API."""
    state = STATES[dialect][status.word]
    if dialect == "gitlab":
        body: JsonDict = {"state": state, "name": status.context, "description": status.description}
        if status.ref.startswith(("refs/heads/", "refs/tags/")):
            body["ref"] = short(status.ref)
    else:
        body = {"state": state, "context": status.context, "description": status.description}
    if status.url:
        body["target_url"] = status.url
    return Asked("POST", f"{base}/statuses/{commit}", body)


def look(dialect: Dialect, base: str, commit: str) -> Asked:
    """Return the request for the statuses of a commit, the newest first where the forge sorts them."""
    if dialect == "gitlab":
        return Asked("GET", f"{base}/repository/commits/{quote(commit)}/statuses?all=true&order_by=id&sort=desc")
    return Asked("GET", f"{base}/commits/{quote(commit)}/statuses")


def is_there(dialect: Dialect, answer: JsonValue, status: Status) -> bool:
    """Return whether the newest status of our context, in the answer to `look`, is this one already."""
    rows = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    ours = [row for row in rows if status.context in (row.get("name"), row.get("context"))]
    newest = max(ours, key=lambda row: row["id"] if isinstance(row.get("id"), int) else 0, default=None)
    return (
        newest is not None
        and STATES[dialect][status.word] in (newest.get("status"), newest.get("state"))
        and newest.get("description") == status.description
    )


def refused_as_same(dialect: Dialect, code: int, answer: JsonValue, status: Status) -> bool:
    """Return whether GitLab refuses a status because it is the current one: `running` from `running` is a 400."""
    said = answer.get("message") if isinstance(answer, dict) else None
    state = STATES[dialect][status.word]
    return (
        dialect == "gitlab"
        and code == 400
        and "Cannot transition status" in str(said)
        and f"from :{state}" in str(said)
    )
