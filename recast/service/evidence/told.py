"""The document about what an answer rests on. What is not known is said, and nothing is made up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from recast.desk.may import may
from recast.desk.model import Answer, Request
from recast.desk.objects import Run
from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.service.answers.told import answer_asked
from recast.service.asked import Asked
from recast.service.evidence.reproduce import reproduction

__all__ = ["evidence_told"]

_OF_THE_ANSWER = ("id", "authority", "state", "at", "analysis", "version", "digest", "reason", "run", "caveat")
_RELEASED = ("reviewed_at", "reviewer", "released_at", "statement")


def evidence_told(asked: Asked, id: str, answer_id: str) -> JsonDict:
    """Return what an answer rests on: version, steps, images, inputs, seeds, how to compute it again, signature."""
    request, point, answer = answer_asked(asked, id, answer_id)
    known = dict(answer.provenance) if answer.run else {}
    inputs = known.get("inputs")
    inputs = inputs if isinstance(inputs, Mapping) else {}
    reads_logs = may(asked.actor, "read-log", Run(request), asked.policy(request)).yes
    has_run = _has_run(asked, answer.run)
    steps = [_step(asked, answer.run if has_run else "", it, reads_logs) for it in _objects(known.get("steps"))]
    return {
        "request": request.id,
        "point": {"id": point.id, "coordinates": dict(point.coordinates), "inputs": dict(point.inputs)},
        "answer": {
            **{key: getattr(answer, key) for key in (*_OF_THE_ANSWER, *_RELEASED)},
            "results": list(answer.results),
        },
        "run_is_known": has_run,
        "steps": steps,
        "seeds": list(_objects(known.get("seeds"))),
        "inputs": dict(inputs),
        "provenance": {} if answer.run else dict(answer.provenance),
        "reproduce": reproduction(answer.analysis, answer.version, inputs, point.inputs),
        "statement": _statement(asked, request, answer),
        "logs": reads_logs,
        "unknown": list(_unknown(answer, steps, known, has_run=has_run)),
    }


def _step(asked: Asked, run: str, step: JsonObject, reads_logs: bool) -> JsonDict:
    """Return a step with its address in the API, if its run is known, and that of its log for those who may read it."""
    id = str(step.get("id"))
    has_log = bool(run) and reads_logs and bool(step.get("attempts"))
    return {
        **{key: step.get(key) for key in ("id", "image", "results", "cached", "attempts")},
        "step": asked.url(f"/runs/{quote(run, safe='')}/steps{quote(id)}") if run else None,
        "log": asked.url(f"/runs/{quote(run, safe='')}/log?step={quote(id)}") if has_log else None,
    }


def _statement(asked: Asked, request: Request, answer: Answer) -> JsonDict | None:
    if answer.state != "released" or not answer.statement:
        return None
    file = f"{request.id}-{answer.id}.json"
    return {
        "digest": answer.statement,
        "file": asked.url(f"/requests/{request.id}/answers/{answer.id}/statement"),
        "key": asked.url("/signing-key"),
        "verify": f"recast request verify {file} --key service.pub",
    }


def _has_run(asked: Asked, run: str) -> bool:
    try:
        return bool(run) and bool(asked.parts.ledger.runs.get(run).id)
    except NotFound:
        return False


def _unknown(answer: Answer, steps: list[JsonDict], known: JsonObject, *, has_run: bool) -> Iterator[str]:
    """Yield what nobody here can say of an answer, in words."""
    if not answer.run:
        yield "It was computed elsewhere: which image and which steps made it is known to whoever gave it."
        return
    if not has_run:
        yield f"The run {answer.run} is not known here any more."
    if not steps:
        yield "Which steps made it was not recorded: it is older than this record, or nothing ran."
    elif not known.get("seeds"):
        yield "None of the parameters of its steps is called a seed."
    if any(it["image"] is None for it in steps):
        yield "A step ran on the host itself, without an image."


def _objects(value: object) -> Iterator[JsonObject]:
    yield from (it for it in value if isinstance(it, Mapping)) if isinstance(value, (list, tuple)) else ()
