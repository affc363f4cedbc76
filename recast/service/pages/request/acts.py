"""What a form on the page of a request says, as the action of the API that it is. Pure."""

from __future__ import annotations

from recast.errors import InputError
from recast.json_types import JsonDict
from recast.service.http.json_body import holds_nul
from recast.service.pages.posted.sent import Sent
from recast.strictjson import parse_json

__all__ = ["FIELDS", "said_by"]

_REASON = ("reason",)
FIELDS: dict[str, tuple[str, ...]] = {
    "submit": (),
    "accept": _REASON,
    "decline": _REASON,
    "withdraw": _REASON,
    "reopen": _REASON,
    "run": (),
    "cancel": _REASON,
    "rerun": ("points", "reason"),
    "answer": ("point", "results", "method", "reason"),
    "review": ("answers", "reason"),
    "reject": ("answers", "reason"),
    "release": _REASON,
    "comment": ("text",),
    "subscribe": (),
    "unsubscribe": (),
    "claim": _REASON,
    "unclaim": _REASON,
    "archive": ("analysis", "version"),
    "invite": ("user",),
    "uninvite": ("user",),
    "publish": ("audience",),
    "restrict": _REASON,
}
"""The fields of the form of each action; `amend` has a page of its own."""


def said_by(sent: Sent) -> JsonDict:
    """Return the action that a form asks for, as the API takes it; what was left empty is not said. Raises InputError.

    What the action needs and whether it may be done is judged where every action is.
    """
    action = sent.text("action")
    said: JsonDict = {"action": action}
    for name in FIELDS.get(action, ()):
        said |= _READ[name](sent) if name in _READ else _text(sent, name)
    return said


def _text(sent: Sent, name: str) -> JsonDict:
    found = sent.text(name).strip()
    return {name: found} if found else {}


def _answers(sent: Sent) -> JsonDict:
    """Return the answers that were ticked; none are named if all of the request are meant."""
    if sent.text("every"):
        return {}
    if not (ticked := sent.texts("answers")):
        raise _fault("answers", "Tick the answers that you mean, or say that you mean all.")
    return {"answers": list(ticked)}


def _points(sent: Sent) -> JsonDict:
    """Return the points that are named, with commas or spaces between them; all, if none are."""
    named = sent.text("points").replace(",", " ").split()
    return {"points": named} if named else {}


def _results(sent: Sent) -> JsonDict:
    written = sent.text("results").strip()
    try:
        found = parse_json(written) if written else []
        if holds_nul(found):
            raise ValueError("a text holds the character NUL")
    except ValueError as problem:
        raise _fault("results", f"This is not JSON: {problem!s:.200}") from None
    return {"results": found}


def _method(sent: Sent) -> JsonDict:
    return {"provenance": _text(sent, "method")}


_READ = {"answers": _answers, "points": _points, "results": _results, "method": _method}


def _fault(where: str, what: str) -> InputError:
    error = InputError("Something in the form cannot be taken", where=f"/{where}", code="request.invalid")
    error.faults = [{"where": f"/{where}", "what": what}]
    return error
