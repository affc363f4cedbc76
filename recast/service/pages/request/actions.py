"""What its reader may do with a request, as forms that say what they do; and what not, with why and who could."""

from __future__ import annotations

from dataclasses import dataclass

from recast.json_types import JsonObject
from recast.service.pages.posted.posting import Faults
from recast.service.pages.posted.sent import Sent
from recast.service.pages.request.acts import FIELDS
from recast.service.pages.shape import items_of, text, texts
from recast.service.pages.words import ACTIONS, AUDIENCES

__all__ = ["Entry", "Shown", "shown_actions", "written"]

_LONGEST = {"reason": 10_000, "text": 10_000, "results": 40_000, "points": 20_000, "method": 2000}
_AREAS = frozenset({"reason", "text", "results"})
_NEEDED = {
    "decline": "reason", "restrict": "reason", "comment": "text", "archive": "analysis",
    "invite": "user", "uninvite": "user", "publish": "audience", "answer": "point method",
}  # fmt: skip
_LABELS = {
    "reason": "Reason",
    "reject reason": "Reason; needed if they are not sound",
    "text": "What you want to say",
    "points": "Points by id, such as p1 p3; empty for all, “failed” for those that failed",
    "point": "Point, by its id",
    "results": "Results as JSON: a list, as in the document of this page; empty if there are none",
    "method": "How it was computed",
    "analysis": "Analysis that answers it",
    "version": "Version of it; empty for the one that stands for it",
    "user": "Their id: it is on their account page",
    "audience": "Who may read it",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a form: `kind` is line, area or choice."""

    name: str
    kind: str
    label: str
    needed: bool
    most: int
    value: str = ""
    faults: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An action: its words, what it does, its fields; if it may not be done, why not, and who could."""

    action: str
    label: str
    does: str
    why: str = ""
    who: str = ""
    entries: tuple[Entry, ...] = ()
    refused: bool = False


def shown_actions(
    document: JsonObject, sent: Sent | None = None, faults: Faults | None = None
) -> tuple[list[Shown], list[Shown]]:
    """Return what may be done with a request and what not; what was refused holds what was typed, and its faults."""
    tried = sent.text("action") if sent and faults else ""
    open_, closed = [], []
    for it in items_of(document.get("allowed")):
        name = text(it.get("action"), 40)
        label, does = ACTIONS.get(name, (name.capitalize(), ""))
        if _changes_nothing(name, document):
            continue
        if it.get("may") is not True:
            closed.append(Shown(name, label, does, text(it.get("why"), 300), text(it.get("who"), 300)))
            continue
        typed = sent if name == tried or {name, tried} == {"review", "reject"} else None
        entries = tuple(_entry(name, key, document, typed, faults) for key in FIELDS.get(name, ()) if key != "answers")
        open_.append(Shown(name, label, does, entries=entries, refused=typed is not None))
    return open_, closed


def _changes_nothing(action: str, document: JsonObject) -> bool:
    """Return whether things are already as an action would make them: nobody is offered to follow what they follow."""
    follows, readers = document.get("subscribed") is True, texts(document.get("readers"), 1)
    same = {
        "subscribe": follows,
        "unsubscribe": not follows,
        "uninvite": not readers,
        "unclaim": not text(document.get("claimed_by")),
    }
    return same.get(action, False)


def written(sent: Sent) -> list[tuple[str, str]]:
    """Return what was written into a form whose action cannot be done any more: it is shown, to be taken from there."""
    names = (name for name in FIELDS.get(sent.text("action"), ()) if name in _LABELS)
    return [(_LABELS[name], sent.text(name)) for name in names if sent.text(name)]


def _entry(action: str, name: str, document: JsonObject, sent: Sent | None, faults: Faults | None) -> Entry:
    options = _options(action, name, document)
    return Entry(
        name,
        "choice" if options else "area" if name in _AREAS else "line",
        _LABELS.get(f"{action} {name}") or _LABELS[name],
        name in _NEEDED.get(action, "").split(),
        _LONGEST.get(name, 200),
        sent.text(name) if sent else text(document.get("audience")) if name == "audience" else "",
        faults.at.get(name, ()) if sent and faults else (),
        options,
    )


def _options(action: str, name: str, document: JsonObject) -> tuple[tuple[str, str], ...]:
    if name == "audience":
        return tuple((key, f"{key}: {words}") for key, words in AUDIENCES.items())
    if action == "uninvite":
        return tuple((user, user) for user in texts(document.get("readers"), 200, 100))
    return ()
