"""What is asked of a service about requests and tokens, one function a verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from recast.desk.transitions import JUDGEMENTS
from recast.errors import InputError, MovedOn, SpecError
from recast.json_types import JsonDict
from recast.operations.desk.request_file import with_uploads
from recast.operations.desk.server import Server, path_of
from recast.plainfile import read_plain
from recast.spec.source import parse

__all__ = [
    "act",
    "amend_request",
    "give_answers",
    "history",
    "make_token",
    "new_request",
    "read_answers",
    "requests",
    "revoke_token",
    "show_request",
    "statement",
    "tokens",
    "watch",
    "watching",
]

_LARGEST_UPLOAD = 512 << 20


def new_request(server: Server, document: JsonDict, folder: Path, say: Callable[[str], None]) -> JsonDict:
    """Make a draft from a document; files that its points name (`file:…`, in `folder`) are handed in first."""
    found: JsonDict = server.post("/requests", _handed_in(server, document, folder, say)).document
    return found


def amend_request(
    server: Server, request: str, document: JsonDict, folder: Path, say: Callable[[str], None]
) -> JsonDict:
    """Change a request that is not accepted yet; raises MovedOn if somebody else changed it meanwhile."""
    path = path_of("requests", request)
    now = server.get(path)
    changed = _handed_in(server, document, folder, say)
    changed.pop("audience", None) if changed.get("audience") == now.document["audience"] else None
    found: JsonDict = server.patch(path, changed, if_match=now.etag).document
    return found


def requests(server: Server, **query: str | None) -> Iterator[JsonDict]:
    """Yield the requests that may be seen, newest first; `query` narrows them (state, analysis, mine)."""
    return server.pages("/requests", **query)


def show_request(server: Server, request: str) -> JsonDict:
    """Return a request: its points, answers, and what may be done."""
    found: JsonDict = server.get(path_of("requests", request)).document
    return found


def act(server: Server, request: str, action: str, *, revision: int | None = None, **data: Any) -> JsonDict:
    """Do one action on a request and return it; raises Refused with the why, MovedOn if it is too late.

    What is a judgement is about the request as it was read: at `revision`, if that is given, else just now. MovedOn
    (`desk.changed`) says that somebody has changed it since.
    """
    said = {key: value for key, value in data.items() if value not in (None, "", [], ())}
    path = path_of("requests", request)
    read = _as_read(server, path, revision) if action in JUDGEMENTS or revision is not None else ""
    found: JsonDict = server.post(f"{path}/actions", {"action": action, **said}, if_match=read).document
    return found


def _as_read(server: Server, path: str, revision: int | None) -> str:
    """Return the ETag of a request as it is now; raises MovedOn if that is not the revision which somebody has read."""
    now = server.get(path)
    if revision is not None and now.document["revision"] != revision:
        raise MovedOn(
            f"Request {now.document['id']} has changed meanwhile",
            where=f"revision {revision}",
            why=f"It is at revision {now.document['revision']}.",
            next_step="recast request show ID, then decide again",
            code="desk.changed",
        )
    return now.etag


def history(server: Server, request: str) -> Iterator[JsonDict]:
    """Yield the events of a request as far as they may be seen, oldest first."""
    return server.pages(path_of("requests", request) + "/history")


def give_answers(server: Server, request: str, answers: list[JsonDict]) -> JsonDict:
    """Give answers that were computed elsewhere, one by one; return the request after the last."""
    found: JsonDict = {}
    for answer in answers:
        found = act(server, request, "answer", **answer)
    return found


def read_answers(path: Path) -> list[JsonDict]:
    """Return the answers in a file (one, or a list; YAML or JSON); what they say is judged by the service."""
    try:
        found = parse(read_plain(path).decode(), str(path)).value
    except OSError as problem:
        raise InputError("The answers cannot be read", where=str(path), why=problem.strerror or "") from problem
    except (SpecError, UnicodeDecodeError) as problem:
        raise InputError("The answers cannot be read", where=str(path), why=str(problem)) from problem
    answers = found if isinstance(found, list) else [found]
    if not answers or not all(isinstance(answer, dict) and answer.get("point") for answer in answers):
        raise InputError(
            "An answer says which `point` it is about", where=str(path), next_step="recast help request.invalid"
        )
    return [dict(answer) for answer in answers]


def statement(server: Server, request: str, answer: str) -> bytes:
    """Return the file of a released answer: statement and signature."""
    return server.get(path_of("requests", request, "answers", answer, "statement")).content


def watch(server: Server, analysis: str, *, on: bool) -> None:
    """Let the user be told of an analysis' public requests, or no longer."""
    path = path_of("analyses", analysis, "watch")
    _ = server.put(path) if on else server.delete(path)


def watching(server: Server) -> list[str]:
    """Return the analyses that the user watches."""
    return list(server.get("/me").document["watching"])


def tokens(server: Server) -> Iterator[JsonDict]:
    """Yield the tokens of the user."""
    return server.pages("/tokens")


def make_token(server: Server, name: str, scopes: list[str], expires_in_s: int) -> JsonDict:
    """Return a new token with its secret, which is never shown again."""
    found: JsonDict = server.post("/tokens", {"name": name, "scopes": scopes, "expires_in_s": expires_in_s}).document
    return found


def revoke_token(server: Server, token: str) -> None:
    """Make a token invalid."""
    server.delete(path_of("tokens", token))


def _handed_in(server: Server, document: JsonDict, folder: Path, say: Callable[[str], None]) -> JsonDict:
    def send(path: Path) -> str:
        say(f"hands in {path.name}")
        found: Mapping[str, Any] = server.upload("/uploads", _content(path), path.name).document
        return str(found["upload"])

    return with_uploads(document, folder, send)


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, _LARGEST_UPLOAD)
    except OSError as problem:
        raise InputError("A file cannot be handed in", where=str(path), why=problem.strerror or "") from problem
