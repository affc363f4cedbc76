"""What an answer rests on, as its page shows it. Pure."""

from __future__ import annotations

from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.service.pages.request.answers import shown_point
from recast.service.pages.shape import compact, items_of, mapping, text, texts
from recast.service.pages.step.shown import address_of
from recast.service.pages.words import ANSWER_STATES, AUTHORITIES

__all__ = ["shown_evidence"]

_LONGEST_VALUE = 300


def shown_evidence(document: JsonObject, base: str) -> JsonDict:
    """Return what the page of an answer shows."""
    point, answer = mapping(document.get("point")), mapping(document.get("answer"))
    request, id, state = text(document.get("request"), 60), text(answer.get("id"), 20), text(answer.get("state"))
    (shown,) = shown_point({**point, "answers": [answer]})["answers"]
    run, authority = text(answer.get("run"), 100), text(answer.get("authority"))
    reproduce = mapping(document.get("reproduce"))
    return {
        "id": id,
        "request": request,
        "point": text(point.get("id"), 20),
        "coordinates": _named(point.get("coordinates")),
        "answer": shown,
        "state": state,
        "state_words": ANSWER_STATES.get(state, state),
        "authority_words": AUTHORITIES.get(authority, authority),
        "analysis": text(answer.get("analysis"), 200),
        "version": text(answer.get("version"), 80),
        "digest": text(answer.get("digest"), 80),
        "caveat": text(answer.get("caveat"), 500),
        "run": run,
        "steps": [_step(it, run, base) for it in items_of(document.get("steps"))],
        "seeds": [
            (text(it.get("step")), text(it.get("name")), compact(it.get("value")))
            for it in items_of(document.get("seeds"))
        ],
        "inputs": [_input(name, value) for name, value in mapping(document.get("inputs")).items()],
        "provenance": _named(document.get("provenance")),
        "command": text(reproduce.get("command"), 20_000),
        "missing": text(reproduce.get("missing")),
        "files": [
            {key: text(it.get(key)) for key in ("input", "file", "digest")} for it in items_of(reproduce.get("files"))
        ],
        "statement": {name: text(value) for name, value in mapping(document.get("statement")).items()},
        "logs": document.get("logs") is True,
        "unknown": texts(document.get("unknown")),
        "path": f"{base}/requests/{quote(request, safe='')}/answers/{quote(id, safe='')}",
    }


def _step(step: JsonObject, run: str, base: str) -> JsonDict:
    id = text(step.get("id"), 1000)
    return {
        "id": id,
        "address": address_of(base, run, id) if step.get("step") else "",
        "image": text(step.get("image"), 100) or "no image: a process on the host",
        "results": ", ".join(texts(step.get("results"))),
        "cached": step.get("cached") is True,
        "has_log": step.get("log") is not None,
    }


def _input(name: str, value: JsonValue) -> JsonDict:
    """Return an input: a value, or a file by its name and digest."""
    file = mapping(value) if isinstance(value, dict) else {}
    told = "too long to be shown here" if "too_long" in file else text(file.get("file")) if file else ""
    return {
        "name": text(name, 100),
        "value": told or compact(value, _LONGEST_VALUE),
        "digest": text(file.get("digest"), 80),
    }


def _named(values: JsonValue) -> list[tuple[str, str]]:
    return [(text(name, 100), compact(value, _LONGEST_VALUE)) for name, value in mapping(values).items()][:50]
