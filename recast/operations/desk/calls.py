"""What is asked of a service about requests and tokens, one function a verb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from recast.desk.transitions import JUDGEMENTS
from recast.errors import InputError, MovedOn, NetworkError, RecastError, SpecError
from recast.inputs.numbers import refuse_odd_bases
from recast.json_types import JsonDict
from recast.operations.desk import shapes
from recast.operations.desk.logins import is_token
from recast.operations.desk.request_file import with_uploads
from recast.operations.desk.server import Server, odd, path_of
from recast.plainfile import read_plain
from recast.spec.jsonable import read_json

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
    made = server.post("/requests", _handed_in(server, document, folder, say))
    found: JsonDict = made.fitting(shapes.REQUEST)
    return found


def amend_request(
    server: Server, request: str, document: JsonDict, folder: Path, say: Callable[[str], None]
) -> JsonDict:
    """Change a request that is not accepted yet; raises MovedOn if somebody else changed it meanwhile."""
    path = path_of("requests", request)
    now = server.get(path)
    changed = _handed_in(server, document, folder, say)
    changed.pop("audience", None) if changed.get("audience") == now.fitting(shapes.REQUEST)["audience"] else None
    found: JsonDict = server.patch(path, changed, if_match=now.etag).fitting(shapes.REQUEST)
    return found


def requests(server: Server, **query: str | None) -> Iterator[JsonDict]:
    """Yield the requests that may be seen, newest first; `query` narrows them (state, analysis, mine)."""
    return server.pages("/requests", shapes.ROW, **query)


def show_request(server: Server, request: str) -> JsonDict:
    """Return a request: its points, answers, and what may be done."""
    found: JsonDict = server.get(path_of("requests", request)).fitting(shapes.REQUEST)
    return found


def act(server: Server, request: str, action: str, *, revision: int | None = None, **data: Any) -> JsonDict:
    """Do one action on a request and return it; raises Refused with the why, MovedOn if it is too late.

    What is a judgement is about the request as it was read: at `revision`, if that is given, else just now. MovedOn
    (`desk.changed`) says that somebody has changed it since.
    """
    said = {key: value for key, value in data.items() if value not in (None, "", [], ())}
    path = path_of("requests", request)
    read = _as_read(server, path, revision) if action in JUDGEMENTS or revision is not None else ""
    found: JsonDict = server.post(f"{path}/actions", {"action": action, **said}, if_match=read).fitting(shapes.REQUEST)
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
    """Give answers that were computed elsewhere, one by one; return the request after the last.

    If one is refused, the error says which, and that those before it were given.
    """
    found: JsonDict = {}
    for number, answer in enumerate(answers, 1):
        try:
            found = act(server, request, "answer", **answer)
        except RecastError as problem:
            if len(answers) > 1:
                before = f"; the {number - 1} before it were given" if number > 1 else ""
                problem.where = f"answer {number} of {len(answers)}, point {answer['point']!s:.40}{before}"
            raise
    return found


def read_answers(path: Path) -> list[JsonDict]:
    """Return the answers in a file (one, or a list; YAML or JSON); what they say is judged by the service."""
    try:
        text = read_plain(path).decode("utf-8-sig")
        found = read_json(text, str(path))
    except OSError as problem:
        raise InputError("The answers cannot be read", where=str(path), why=problem.strerror or "") from problem
    except UnicodeDecodeError as problem:
        raise InputError("The answers cannot be read", where=str(path), why=str(problem)) from problem
    except SpecError as problem:
        why = f"{problem.what}. {problem.why}".strip()
        raise InputError("The answers cannot be read", where=problem.where, why=why) from problem
    refuse_odd_bases(text, str(path))
    answers = found if isinstance(found, list) else [found]
    if not answers or not all(isinstance(answer, dict) and answer.get("point") for answer in answers):
        raise InputError(
            "An answer says which `point` it is about", where=str(path), next_step="recast help request.invalid"
        )
    return [dict(answer) for answer in answers]


def statement(server: Server, request: str, answer: str) -> bytes:
    """Return the file of a released answer: statement and signature.

    Raises NetworkError if the service gives another file.
    """
    from recast.operations.desk.released import released_in  # few commands need all that signs

    told = server.get(path_of("requests", request, "answers", answer, "statement"))
    try:
        found = released_in(told.content).document
    except ValueError as problem:
        raise odd(told.url, str(problem)) from problem
    if found.get("request") != request or found.get("answer") != answer:
        raise odd(told.url, "it is a statement about another answer")
    return told.content


def watch(server: Server, analysis: str, *, on: bool) -> None:
    """Let the user be told of an analysis' public requests, or no longer."""
    path = path_of("analyses", analysis, "watch")
    _ = server.put(path) if on else server.delete(path)


def watching(server: Server) -> list[str]:
    """Return the analyses that the user watches."""
    return list(server.get("/me").fitting(shapes.WATCHING)["watching"])


def tokens(server: Server) -> Iterator[JsonDict]:
    """Yield the tokens of the user."""
    return server.pages("/tokens", shapes.TOKEN)


def make_token(server: Server, name: str, scopes: list[str], expires_in_s: int) -> JsonDict:
    """Return a new token with its secret, which is never shown again; raises NetworkError if the secret was lost."""
    told = server.post("/tokens", {"name": name, "scopes": scopes, "expires_in_s": expires_in_s})
    found: JsonDict = told.fitting(shapes.MADE)
    if found["token"] is None:  # the first answer was lost, and a repeated one has no secret
        revoke_token(server, found["id"])
        raise NetworkError(
            "The secret of the token was lost on its way, and it is revoked",
            where=server.address,
            next_step=f"recast token new {name}",
        )
    if not is_token(found["token"]):
        raise odd(told.url, "/token is none")
    return found


def revoke_token(server: Server, token: str) -> None:
    """Make a token invalid."""
    server.delete(path_of("tokens", token))


def _handed_in(server: Server, document: JsonDict, folder: Path, say: Callable[[str], None]) -> JsonDict:
    def send(path: Path) -> str:
        say(f"hands in {path.name}")
        return str(server.upload("/uploads", _content(path), path.name).fitting(shapes.UPLOAD)["upload"])

    return with_uploads(document, folder, send)


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, _LARGEST_UPLOAD)
    except OSError as problem:
        raise InputError("A file cannot be handed in", where=str(path), why=problem.strerror or "") from problem
