"""The parts of the forges' APIs that we use, scripted: statuses and comments, with each forge's rules and refusals."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["Api", "forge_api"]

_MOST_LETTERS, _MOST_STATUSES = 140, 1000
_STATES = {
    "github": ("pending", "success", "failure", "error"),
    "gitea": ("pending", "success", "failure", "error", "warning"),
    "gitlab": ("pending", "running", "success", "failed", "canceled", "skipped"),
}
_TOKENS = {
    "github": ("Authorization", "Bearer {}"),
    "gitea": ("Authorization", "token {}"),
    "gitlab": ("PRIVATE-TOKEN", "{}"),
}
_BASES = {"github": "", "gitea": "/api/v1", "gitlab": "/api/v4"}
_OTHER_TOKENS = {"github": ("token {}",), "gitea": ("Bearer {}",), "gitlab": ()}


@dataclass
class Api:
    """What a scripted forge was told. `faults` are statuses that it answers first, before it does anything."""

    dialect: str
    token: str
    project: str = "group/analysis"
    number: int = 17
    url: str = ""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)
    lost: int = 0
    """So many answers are lost after the forge has done what it was asked."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def base(self) -> str:
        """The address of the repository in the API."""
        if self.dialect == "gitlab":
            return f"{self.url}/api/v4/projects/{self.number}"
        return f"{self.url}{_BASES[self.dialect]}/repos/{self.project}"

    def final(self, commit: str, context: str = "recast") -> list[dict[str, Any]]:
        """The statuses of a commit that are no `pending` or `running`."""
        return [it for it in self.of(commit, context) if it["state"] not in ("pending", "running")]

    def of(self, commit: str, context: str = "recast") -> list[dict[str, Any]]:
        return [it for it in self.statuses if it["sha"] == commit and it["context"] == context]

    def answer(self, method: str, path: str, headers: Any, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append((method, path))
        if self.faults:
            return self.faults.pop(0), {"message": "fault"}
        name, form = _TOKENS[self.dialect]
        allowed = {it.format(self.token) for it in (form, *_OTHER_TOKENS[self.dialect])}
        if headers.get(name) not in allowed:
            return 401, {"message": "401 Unauthorized"}
        parts = urlsplit(path)
        below = self._below(unquote(parts.path))
        if below is None:
            return 404, {"message": "404 Not Found"}
        return self._route(method, below, parse_qs(parts.query), body)

    def _below(self, path: str) -> str | None:
        bases = [urlsplit(self.base).path]
        if self.dialect == "gitlab":
            bases.append(f"/api/v4/projects/{self.project}")
        return next((path[len(it) :] for it in bases if path == it or path.startswith(f"{it}/")), None)

    def _route(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, Any]:
        if path == "":
            return 200, {"id": self.number, "full_name": self.project, "name": "analysis", "url": self.base}
        if found := re.fullmatch(r"/statuses/([0-9a-f]{40})", path):
            return self._set(found[1], body) if method == "POST" else (200, self._listed(found[1]))
        if found := re.fullmatch(r"/(?:repository/)?commits/([0-9a-f]{40})/statuses", path):
            return 200, self._listed(found[1])
        if found := re.fullmatch(r"/(?:repository/)?commits/([0-9a-f]{40})", path):
            return 200, {"sha": found[1], "id": found[1], "url": f"{self.base}/commits/{found[1]}"}
        if found := re.fullmatch(r"/issues/(\d+)", path):
            return 200, {"number": int(found[1]), "url": f"{self.base}/issues/{found[1]}"}
        if found := re.fullmatch(r"/(?:issues|merge_requests)/(\d+)/(?:comments|notes)", path):
            return self._comments(method, int(found[1]), query, body)
        if found := re.fullmatch(r"/(?:issues/comments|merge_requests/\d+/notes)/(\d+)", path):
            return self._change(method, int(found[1]), body)
        return 404, {"message": "404 Not Found"}

    def _set(self, commit: str, body: dict[str, Any]) -> tuple[int, Any]:
        context = body.get("name" if self.dialect == "gitlab" else "context") or "default"
        state, description = body.get("state"), body.get("description") or ""
        if commit in self.forbidden:
            return 403, {"message": "403 Forbidden"}
        if state not in _STATES[self.dialect] or (self.dialect == "github" and len(description) > _MOST_LETTERS):
            return 422, {"message": "Validation Failed"}
        before = self.of(commit, context)
        if self.dialect == "github" and len(before) >= _MOST_STATUSES:
            return 422, {"message": "This SHA and context has reached the maximum number of statuses."}
        if self.dialect == "gitlab" and before and before[-1]["state"] == state:
            said = f"Cannot transition status via :{_VERBS[state]} from :{state} (Reason(s): Status cannot transition)"
            return 400, {"message": said}
        row = {
            "id": next(self.ids), "sha": commit, "context": context, "state": state, "description": description,
            "target_url": body.get("target_url"), "ref": body.get("ref"),
        }  # fmt: skip
        self.statuses.append(row)
        return 201, self._shown(row)

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        if self.dialect == "gitlab":
            return {
                **{k: row[k] for k in ("id", "sha", "description", "target_url", "ref")},
                "name": row["context"],
                "status": row["state"],
            }
        return {
            **row,
            ("status" if self.dialect == "gitea" else "state"): row["state"],
            "url": f"{self.base}/statuses/{row['sha']}",
        }

    def _listed(self, commit: str) -> list[Any]:
        return [self._shown(row) for row in reversed(self.statuses) if row["sha"] == commit]

    def _comments(self, method: str, number: int, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, Any]:
        rows = self.comments.setdefault(number, [])
        if method == "POST":
            if not body.get("body"):
                return 422, {"message": "Validation Failed"}
            rows.append({"id": next(self.ids), "body": body["body"], "mine": True})
            return 201, rows[-1]
        size = int((query.get("per_page") or query.get("limit") or ["30"])[0])
        page = int((query.get("page") or ["1"])[0])
        return 200, rows[(page - 1) * size : page * size]

    def _change(self, method: str, name: int, body: dict[str, Any]) -> tuple[int, Any]:
        row = next((it for rows in self.comments.values() for it in rows if it["id"] == name), None)
        if row is None:
            return 404, {"message": "404 Not Found"}
        if not row["mine"]:
            return 403, {"message": "403 Forbidden"}
        if method in ("PATCH", "PUT"):
            row["body"] = body["body"]
        return 200, row


_VERBS = {
    "pending": "enqueue",
    "running": "run",
    "success": "success",
    "failed": "drop",
    "canceled": "cancel",
    "skipped": "skip",
}


class _Handler(BaseHTTPRequestHandler):
    api: Api
    lock: threading.Lock

    def _any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(content) if content.startswith(b"{") else {}
        with self.lock:
            status, said = self.api.answer(self.command, self.path, self.headers, body)
            if status < 300 and self.api.lost and self.command != "GET":
                self.api.lost -= 1
                self.close_connection = True
                return
        answer = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_PUT = _any

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def forge_api(dialect: str, token: str, **given: Any) -> Iterator[Api]:
    """Serve a scripted API on loopback; its `url` and `base` are set."""
    api = Api(dialect, token, **given)
    handler = type("_Of", (_Handler,), {"api": api, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
