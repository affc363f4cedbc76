"""A request on a terminal: its state, its points with their answers, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterator

from recast.cli.output import emit, say
from recast.json_types import JsonDict, JsonObject

__all__ = ["emit_request"]


def emit_request(document: JsonDict, output: str) -> None:
    """Print a request: as lines, as the document of the service, or a row for each point."""
    if output == "table":
        for line in _lines(document):
            say(line)
        return
    rows = list(_rows(document))
    emit(document, rows, ("point", "state", "coordinates", "answer", "authority", "answer_state", "verdict"), output)


def _lines(document: JsonObject) -> Iterator[str]:
    about = document.get("analysis") or document.get("wanted") or "no analysis yet"
    yield f"{document['id']}  {document['state']}  {document['audience']}"
    yield f"  {about}{_at(document.get('version'))}: {document.get('title') or 'no title'}"
    if document.get("state_reason"):
        yield f"  because  {document['state_reason']}"
    if document["state"] == "submitted" and document.get("expires"):
        yield f"  expires  {document['expires']}"
    yield f"  points   {len(document['points'])}: {_counts(document)}"
    for row in _rows(document):
        yield f"    {row['point']}  {row['coordinates']}  {row['state']}{_told(row)}"
    yield from _moved(document)
    for comment in document.get("comments") or ():
        yield f"  {comment['at']} {comment['by']}: {comment['text']}"
    can = [it["action"] for it in document["allowed"] if it["may"]]
    yield f"  you may  {', '.join(can) or 'read it'}"


def _moved(document: JsonObject) -> Iterator[str]:
    """Yield what moved between the versions that a point was answered with."""
    for point in document["points"]:
        if change := point.get("moved"):
            yield f"  moved    {point['id']}: from {change['from']['version']} to {change['to']['version']}"
            yield from (
                f"    {it['quantity']}  {it['before']} -> {it['after']}{_percent(it['relative'])}"
                for it in change["limits"]
            )
            if not change["limits"]:
                yield "    nothing that can be compared" if any(change["reason"]) else "    nothing"


def _percent(change: float | None) -> str:
    return "" if change is None else f" ({change:+.1%})"


def _counts(document: JsonObject) -> str:
    states = [point["state"] for point in document["points"]]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or "none"


def _rows(document: JsonObject) -> Iterator[JsonDict]:
    """Yield a row for each answer of each point, or one for a point without answers."""
    for point in document["points"]:
        coordinates = ", ".join(f"{name}={value}" for name, value in point["coordinates"].items())
        row = {"point": point["id"], "state": point["state"], "coordinates": coordinates, "reason": point.get("reason")}
        answers: list[JsonObject] = point["answers"] or [{}]
        for answer in answers:
            yield {
                **row,
                "answer": answer.get("id"),
                "authority": answer.get("authority"),
                "answer_state": answer.get("state"),
                "verdict": _verdict(answer),
                "caveat": answer.get("caveat") or "",
            }


def _verdict(answer: JsonObject) -> str:
    if answer.get("withheld"):
        return "not released yet"
    words = [str(result["verdict"]) for result in answer.get("results") or () if result.get("verdict")]
    return "; ".join(words) or answer.get("reason") or ""


def _told(row: JsonObject) -> str:
    parts = [row["reason"]] if row["reason"] and not row["answer"] else []
    if row["answer"]:
        parts.append(f"{row['answer']} ({row['authority']}, {row['answer_state']})")
    parts += [row["verdict"]] if row["verdict"] else []
    parts += [f"CAVEAT {row['caveat']}"] if row["caveat"] else []
    return "".join(f"  {part}" for part in parts)


def _at(version: str | None) -> str:
    return f"@{version}" if version else ""
