"""What happened to a request, as its pages tell it: when, by whom, what, and the words that went with it. Pure."""

from __future__ import annotations

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.request.shown import People
from recast.service.pages.shape import mapping, text, texts
from recast.service.pages.words import AUDIENCES, EVENTS

__all__ = ["shown_event"]

_LONGEST_WORDS = 2000
_MOST_NAMED = 20


def shown_event(event: JsonObject, people: People) -> JsonDict:
    """Return what pages show of an event."""
    kind, data = text(event.get("kind"), 40), mapping(event.get("data"))
    return {
        "number": text(event.get("number"), 12),
        "at": text(event.get("at"), 40),
        "by": "" if kind == "completed" else people.name(text(event.get("by"))),  # it follows by itself
        "what": EVENTS.get(kind, kind),
        "said": text(data.get("text"), _LONGEST_WORDS) or text(data.get("reason"), _LONGEST_WORDS),
        "about": list(filter(None, _about(data))),
    }


def _about(data: JsonObject) -> list[str]:
    audience, analysis, version = (text(data.get(key), 200) for key in ("audience", "analysis", "version"))
    points, answers = (_named(data.get(key)) for key in ("points", "answers"))
    point, answer, run = text(data.get("point"), 20), mapping(data.get("answer")), text(data.get("run"), 80)
    return [
        audience and f"{audience}: {AUDIENCES.get(audience, '')}",
        " ".join(filter(None, (analysis, version))),
        points and f"points {points}",
        point and f"point {point}",
        (answers and f"answers {answers}") or (text(answer.get("id"), 20) and f"answer {text(answer.get('id'), 20)}"),
        _named(list(mapping(data.get("statements")))),
        run and f"run {run}",
        text(data.get("caveat"), 500),
        text(data.get("user"), 80),
    ]


def _named(value: object) -> str:
    """Return the ids in a list, and how many more there are."""
    if not isinstance(value, (list, tuple)):
        return ""
    named = ", ".join(texts(value, _MOST_NAMED, 40))
    return f"{named} and {len(value) - _MOST_NAMED} more" if len(value) > _MOST_NAMED else named
