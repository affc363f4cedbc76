"""The steps of a run as its page lists them, and the form that searches, filters and sorts them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.links import query
from recast.service.pages.run.shown import count_of
from recast.service.pages.run.words import COLUMNS, SORTS, SORTS_INSIDE
from recast.service.pages.shape import items_of, text

__all__ = ["shown_steps"]

_DIGEST = 19
"""How much of a digest is shown: `sha256:` and twelve digits."""


def shown_steps(document: JsonObject, path: str, asked: Mapping[str, str], cursor: str, *, inside: bool) -> JsonDict:
    """Return the list of steps: what was asked for, what was found, and the addresses of the first and the next part.

    `inside`: the reader is told of nodes and reasons, too.
    """
    stages = [text(it.get("stage"), 300) for it in items_of(document.get("stages"))]
    after = text(document.get("next"), 12)
    return {
        "asked": dict(asked),
        "stages": stages,
        "states": COLUMNS,
        "sorts": list({**SORTS, **(SORTS_INSIDE if inside else {})}.items()),
        "shown": [_step(it, path) for it in items_of(document.get("steps"))],
        "found": count_of(document, "steps_found"),
        "inside": inside,
        "first": f"{query(path, asked)}#steps" if cursor else "",
        "after": f"{query(path, asked, cursor=after)}#steps" if after else "",
        "all": f"{path}#steps" if any(asked.values()) else "",
    }


def _step(step: JsonObject, path: str) -> JsonDict:
    name, image = text(step.get("id"), 300), text(step.get("image"), 300)
    return {
        "id": name,
        "address": f"{path}/steps/{quote(text(step.get('id'), 1000).lstrip('/'))}",
        "counted": text(step.get("counted"), 16) or text(step.get("state"), 16),
        "host": text(step.get("host"), 100),
        "attempts": count_of(step, "attempts"),
        "why": text(step.get("why"), 500) or text(step.get("reason"), 500),
        "image": image,
        "digest": image.rpartition("@")[2][:_DIGEST],
    }
