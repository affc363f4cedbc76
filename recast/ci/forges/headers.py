"""The headers of a delivery: which forge sent it, which event it is, and its id. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recast.ci.forges.events import Dialect, Refusal

__all__ = ["Head", "read_head", "unique"]

_EVENTS: tuple[tuple[Dialect, tuple[str, ...]], ...] = (
    ("gitea", ("x-gitea-event", "x-forgejo-event", "x-gogs-event")),
    ("gitlab", ("x-gitlab-event",)),
    ("github", ("x-github-event",)),
)
_IDS: dict[Dialect, tuple[str, ...]] = {
    "gitea": ("x-gitea-delivery", "x-forgejo-delivery", "x-gogs-delivery", "x-github-delivery"),
    "gitlab": ("idempotency-key", "webhook-id", "x-gitlab-event-uuid"),
    "github": ("x-github-delivery",),
}
MOST_ID_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of a delivery by their names in lower case, and what they say."""

    headers: dict[str, str]
    dialect: Dialect
    event: str
    id: str


def unique(headers: Iterable[tuple[str, str]]) -> dict[str, str] | Refusal:
    """Return the headers by their names in lower case; refuse one that comes twice with different values."""
    found: dict[str, str] = {}
    for name, value in headers:
        lower, bare = name.lower(), value.strip()
        if found.setdefault(lower, bare) != bare and lower.startswith(("x-", "webhook-", "idempotency", "content-")):
            return Refusal("contradictory", "A header comes twice, with different values.")
    return found


def read_head(headers: Iterable[tuple[str, str]]) -> Head | Refusal:
    """Return which forge sent a delivery, its event and its id.

    Gitea and Forgejo also send the headers of Gogs and GitHub, which must then say the same. Everything else that looks
    like two forges at once is refused.
    """
    found = unique(headers)
    if isinstance(found, Refusal):
        return found
    events = {dialect: {found[name] for name in names if name in found} for dialect, names in _EVENTS}
    dialects: list[Dialect] = [dialect for dialect, said in events.items() if said]
    if dialects == ["gitea", "github"] and "x-gitea-event" not in found and "x-forgejo-event" not in found:
        return Refusal("contradictory", "It has headers of Gogs and of GitHub, but none of Gitea or Forgejo.")
    if dialects == ["gitea", "github"] and events["gitea"] == events["github"]:
        dialects = ["gitea"]
    if len(dialects) > 1 or any(len(said) > 1 for said in events.values()):
        return Refusal("contradictory", "Its headers are those of two forges, or of two events.")
    if not dialects:
        return Refusal("dialect", "It has no header that names an event of GitLab, GitHub, Gitea or Forgejo.")
    dialect = dialects[0]
    ids = [found[name] for name in _IDS[dialect] if found.get(name)]
    if not ids or len(ids[0]) > MOST_ID_LETTERS:
        return Refusal("dialect", "It has no id, or one that is too long.")
    if dialect == "gitea" and len(set(ids)) > 1:
        return Refusal("contradictory", "Its headers give two ids.")
    return Head(found, dialect, events[dialect].pop(), ids[0])
