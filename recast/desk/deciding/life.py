"""From draft to acceptance, and the ways out: what the actions of a request's life write down."""

from __future__ import annotations

from collections.abc import Callable

from recast.desk.asking import Asked, wrong
from recast.desk.deadlines import deadlines, next_reminder
from recast.desk.deciding.quota import check_quota
from recast.desk.document import Draft, amended_document, as_document, read_draft
from recast.errors import InputError
from recast.json_types import JsonDict

__all__ = ["LIFE"]

_MOST_TOLD = 50


def _draft(asked: Asked) -> JsonDict:
    return _written(asked, read_draft(asked.data))


def _amend(asked: Asked) -> JsonDict | None:
    request = asked.request
    draft = read_draft(amended_document(request, asked.data))
    if draft.audience != request.audience and (request.state != "draft" or request.restricted):
        raise wrong("The audience of this request is changed by `publish`")
    new, before = _written(asked, draft), _written(asked, read_draft(as_document(request)))
    if any(point.answers for point in request.points) and any(
        new[key] != before[key] for key in ("analysis", "points")
    ):
        raise wrong("Points that have answers stay as they are: ask about others in a new request")
    if request.state == "submitted":
        _check_complete(asked, _missing(asked, new))
    if new == before:
        return None
    return {key: value for key, value in new.items() if key != "points" or value != before[key]}


def _written(asked: Asked, draft: Draft) -> JsonDict:
    """Return the data of an event that says what is asked, with ids of the points and what the service knows of it."""
    points = [
        {"id": f"p{number}", "coordinates": dict(point.coordinates), "inputs": dict(point.inputs)}
        for number, point in enumerate(draft.points, 1)
    ]
    about = {
        key: getattr(draft, key) for key in ("analysis", "version", "wanted", "title", "model", "reason", "audience")
    }
    return {**about, "axes": list(draft.axes), "points": points, "collaboration": asked.facts.collaboration}


def _submit(asked: Asked) -> JsonDict:
    request, facts = asked.request, asked.facts
    _check_complete(asked, _missing(asked, as_document(request)))
    pinned = {"version": request.analysis_version or facts.version, "digest": facts.digest}
    return {**pinned, **deadlines(asked.now, has_contact=facts.has_contact)}


def _check_complete(asked: Asked, faults: list[str]) -> None:
    if not faults:
        return
    more = [f"and {len(faults) - _MOST_TOLD} more"] * (len(faults) > _MOST_TOLD)
    raise InputError(
        "The request cannot be submitted like this",
        where=asked.request.id,
        why="\n".join([*faults[:_MOST_TOLD], *more]),
        next_step="Amend it, then submit it again.",
        code="request.incomplete",
    )


def _missing(asked: Asked, document: JsonDict) -> list[str]:
    """Return what keeps a document from being submitted: what it lacks, and the faults of its points."""
    analysis, wanted = document.get("analysis"), document.get("wanted")
    found = ["it names no analysis, and no search that is wanted"] * (not analysis and not wanted)
    if analysis and not asked.facts.digest:
        name = _named(analysis, document.get("version") or "")
        found.append(f"there is no analysis {name} here; `wanted` asks for one that nobody has archived")
    return [*found, *["it has no points"] * (not document["points"]), *asked.facts.faults]


def _named(analysis: str, version: str) -> str:
    return f"{analysis}@{version}" if version else analysis


def _accept(asked: Asked) -> JsonDict:
    request, facts = asked.request, asked.facts
    if not request.analysis:
        raise wrong("Nobody has archived this search: `archive` names the analysis that answers it")
    check_quota(asked, "accept")
    pinned = {"version": request.analysis_version or facts.version, "digest": request.digest or facts.digest}
    if not pinned["digest"]:
        raise wrong(f"There is no analysis {_named(request.analysis, request.analysis_version)} here any more")
    return {"reason": asked.text("reason"), **pinned}


def _because(asked: Asked) -> JsonDict:
    return {"reason": asked.text("reason", needed=True)}


def _maybe_because(asked: Asked) -> JsonDict:
    return {"reason": asked.text("reason")}


def _reopen(asked: Asked) -> JsonDict:
    """A draft belongs to no run: what one that still goes on says of its points is about what was asked before."""
    running = [point.id for point in asked.request.points if point.state == "running"]
    return {"reason": asked.text("reason"), **({"detached": running} if running else {})}


def _remind(asked: Asked) -> JsonDict | None:
    if not asked.request.reminds or asked.now < asked.request.reminds:
        return None
    return {"reminds": next_reminder(asked.now, asked.request.expires)}


def _expire(asked: Asked) -> JsonDict | None:
    if not asked.request.expires or asked.now < asked.request.expires:
        return None
    silent = "no contact of the analysis decided in time" if asked.facts.has_contact else "the analysis has no contact"
    return {"reason": silent if asked.request.analysis else "nobody has archived the search in time"}


def _archive(asked: Asked) -> JsonDict:
    if asked.request.analysis:
        raise wrong("The request names an analysis already")
    if not asked.facts.digest:
        raise wrong("There is no such version of an analysis here")
    analysis = asked.text("analysis", needed=True, most=200, lines=False)
    pinned = {"version": asked.facts.version, "digest": asked.facts.digest}
    return {"analysis": analysis, "collaboration": asked.facts.collaboration, **pinned}


LIFE: dict[str, Callable[[Asked], JsonDict | None]] = {
    "draft": _draft,
    "amend": _amend,
    "submit": _submit,
    "accept": _accept,
    "decline": _because,
    "withdraw": _maybe_because,
    "remind": _remind,
    "expire": _expire,
    "reopen": _reopen,
    "archive": _archive,
}
