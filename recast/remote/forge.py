"""Requests to the forges' APIs: the commit of a ref, and the files of a commit.

GitHub: REST API, "Get a commit" (media type sha) and "Download a repository archive (tar)".
GitLab: REST API v4, "Get a single commit" and "Get file archive".
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from recast.errors import NetworkError, NotFound
from recast.remote.client import Client
from recast.remote.hosts import shown
from recast.remote.scheme import GitToplevel
from recast.strictjson import parse_json

__all__ = ["archive_url", "commit_of"]

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def commit_of(toplevel: GitToplevel, client: Client) -> str:
    """Return the current commit of a ref; raise NotFound, PermissionDenied or NetworkError."""
    if toplevel.is_commit:
        return toplevel.ref
    url = _commit_url(toplevel, client)
    try:
        commit = _commit(toplevel, client, url)
    except NotFound as problem:
        raise NotFound(
            f"There is no {toplevel.ref!r} in {toplevel.repository}, or no such repository",
            where=toplevel.text,
            why=f"{problem.why} ({shown(url)})",
            next_step=problem.next_step,
            code="not-found.ref",
        ) from problem
    if not _COMMIT.fullmatch(commit):
        raise NetworkError(
            "The forge's response contains no commit",
            where=shown(url),
            why=f"It answers {commit[:80]!r}.",
            next_step="Check the URL.",
        )
    return commit


def archive_url(toplevel: GitToplevel, commit: str, client: Client) -> str:
    """Return the URL of the files of a commit, as a tar.gz with one folder at its root."""
    base = client.hosts.apis[toplevel.scheme]
    if toplevel.scheme == "github":
        return f"{base}/repos/{toplevel.repository}/tarball/{commit}"
    query = {"sha": commit} | ({"path": toplevel.subfolder} if toplevel.subfolder else {})
    return f"{_project(base, toplevel)}/repository/archive.tar.gz?{urlencode(query)}"


def _commit_url(toplevel: GitToplevel, client: Client) -> str:
    base, ref = client.hosts.apis[toplevel.scheme], quote(toplevel.ref, safe="")
    if toplevel.scheme == "github":
        return f"{base}/repos/{toplevel.repository}/commits/{ref}"
    return f"{_project(base, toplevel)}/repository/commits/{ref}"


def _commit(toplevel: GitToplevel, client: Client, url: str) -> str:
    if toplevel.scheme == "github":
        answer = client.get(url, {"Accept": "application/vnd.github.sha"})
        return answer.content.decode("ascii", errors="replace").strip()
    try:
        return str(parse_json(client.get(url).content)["id"])
    except (ValueError, KeyError, TypeError) as problem:
        raise NetworkError("The forge's answer is not JSON with an id", where=shown(url), why=str(problem)) from problem


def _project(base: str, toplevel: GitToplevel) -> str:
    return f"{base}/projects/{quote(toplevel.repository, safe='')}"
