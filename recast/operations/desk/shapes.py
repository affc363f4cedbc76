"""The form of what a service answers, as far as it is relied upon: another program at that address, or a broken or
hostile service, is told from ours before anything of its answer is used.

A form is a type; several in a tuple (None among them); `[form]` for a list of any length; or a dict for an object that
has these keys, of which those that end in `?` may be missing or null. What else an object has is left alone, so that a
newer service may say more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recast.json_types import JsonValue

__all__ = [
    "BEGUN",
    "LOGIN",
    "MADE",
    "PENDING",
    "REQUEST",
    "ROW",
    "TOKEN",
    "UPLOAD",
    "WATCHING",
    "WAYS",
    "Shape",
    "fault_of",
    "page_of",
]

Shape = Any

_NUMBER = (int, float)
_CHANGE = {"quantity": str, "before": object, "after": object, "relative": (*_NUMBER, None)}
_MOVED = {"from": {"version": str}, "to": {"version": str}, "limits": [_CHANGE], "reason": [str]}
_ANSWER = {"id": str, "authority": str, "state": str, "results?": [dict], "reason?": str, "caveat?": str}
_POINT = {
    **{"id": str, "state": str, "coordinates": dict, "inputs?": dict, "reason?": str},
    **{"answers": [_ANSWER], "moved?": _MOVED},
}

REQUEST: Shape = {
    **{"id": str, "state": str, "audience": str},
    **dict.fromkeys(("analysis?", "version?", "wanted?", "title?", "state_reason?", "expires?"), str),
    "points": [_POINT],
    "comments?": [{"at": str, "by": str, "text": str}],
    "allowed": [{"action": str, "may": bool}],
}
"""A request, as `recast request show` prints it."""

ROW: Shape = {"id": str, "points?": dict}
"""A request in a list."""

TOKEN: Shape = {"id": str, "scopes": [str]}
"""A token in a list."""

MADE: Shape = {"id": str, "token": (str, None), "expires": str}
"""A new token; the secret is null if the answer with it was lost."""

UPLOAD: Shape = {"upload": str}
WATCHING: Shape = {"watching": [str]}
WAYS: Shape = {"local?": bool, "oidc?": dict}
"""The ways to log in."""

BEGUN: Shape = {
    **{"device": str, "user_code": str, "verification_uri": str, "verification_uri_complete?": str},
    **{"interval_s": _NUMBER, "expires_in_s": _NUMBER},
}
"""A login with a code that a person enters elsewhere."""

PENDING: Shape = {"more_s?": _NUMBER}
"""Nobody has confirmed it yet."""

LOGIN: Shape = {"token": str, "token_id": str, "expires": str, "user?": str}
"""A login that was confirmed."""


def page_of(item: Shape) -> Shape:
    """Return the form of one page of a list."""
    return {"items": [item], "next": (str, None)}


def fault_of(value: JsonValue, shape: Shape) -> str:
    """Return where and how a value differs from a form, an empty text if it does not."""
    return next(_faults(value, shape, ""), "")


def _faults(value: JsonValue, shape: Shape, at: str) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from _of_object(value, shape, at)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{at or 'the document'} is not a list"
        else:
            for number, item in enumerate(value):
                yield from _faults(item, shape[0], f"{at}/{number}")
    elif not _is_one(value, shape if isinstance(shape, tuple) else (shape,)):
        yield f"{at or 'the document'} is of another type"


def _of_object(value: JsonValue, shape: dict[str, Shape], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at or 'the document'} is not an object"
        return
    for key, form in shape.items():
        name, may_miss = key.removesuffix("?"), key.endswith("?")
        if name not in value and not may_miss:
            yield f"{at}/{name} is missing"
        elif not may_miss or value.get(name) is not None:
            yield from _faults(value[name], form, f"{at}/{name}")


def _is_one(value: JsonValue, types: tuple[Any, ...]) -> bool:
    if value is None or isinstance(value, bool):
        return (None if value is None else bool) in types or object in types
    return isinstance(value, tuple(kind for kind in types if kind is not None))
