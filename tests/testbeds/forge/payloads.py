"""The bodies of deliveries as each forge writes them, made from a real repository."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ZEROS", "Project", "event_name", "push", "request"]

ZEROS = "0" * 40
_MOST_COMMITS = 20


@dataclass(frozen=True)
class Project:
    """A repository of the forge: where it lies, its path and number, and the address of the forge."""

    folder: Path
    path: str
    number: int
    url: str
    dialect: str

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments], capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.strip()

    def peeled(self, name: str) -> str:
        return self.git("rev-parse", "--verify", f"{name}^{{commit}}")

    def commits(self, before: str, after: str) -> list[dict[str, Any]]:
        """The commits of a push, the oldest first."""
        span = [after] if before == ZEROS else [f"{before}..{after}"]
        lines = self.git("log", "--reverse", "--format=%H%x1f%aI%x1f%an%x1f%ae%x1f%s", *span).splitlines()
        return [self._commit(line) for line in lines]

    def _commit(self, line: str) -> dict[str, Any]:
        name, when, who, mail, subject = line.split("\x1f")
        person = {"name": who, "email": mail, "username": "pusher"}
        common = {
            "id": name, "message": subject, "timestamp": when, "url": f"{self.url}/{self.path}/commit/{name}",
            "author": person, "added": [], "modified": [], "removed": [],
        }  # fmt: skip
        own: dict[str, dict[str, Any]] = {
            "github": {"tree_id": name, "committer": person, "distinct": True},
            "gitlab": {"title": subject},
            "gitea": {"committer": person, "verification": None},
        }
        return {**common, **own[self.dialect]}

    @property
    def document(self) -> dict[str, Any]:
        owner, _, name = self.path.rpartition("/")
        user = {"login": owner, "username": owner, "name": owner, "id": 1, "email": "o@example.org", "full_name": owner}
        return {
            "id": self.number, "name": name, "full_name": self.path, "private": False, "fork": False, "owner": user,
            "html_url": f"{self.url}/{self.path}", "url": f"{self.url}/{self.path}",
            "clone_url": f"{self.url}/{self.path}.git", "ssh_url": f"git@127.0.0.1:{self.path}.git",
            "git_http_url": f"{self.url}/{self.path}.git", "git_ssh_url": f"git@127.0.0.1:{self.path}.git",
            "default_branch": "main", "path_with_namespace": self.path, "namespace": owner,
            "web_url": f"{self.url}/{self.path}", "description": "", "visibility_level": 20,
        }  # fmt: skip


def event_name(dialect: str, ref: str) -> str:
    """The forge's own word for a push to a ref."""
    return "tag_push" if dialect == "gitlab" and ref.startswith("refs/tags/") else "push"


def push(dialect: str, project: Project, ref: str, before: str, after: str) -> dict[str, Any]:
    """The body for a push of one ref; ZEROS for what was not or is not there."""
    gone = after == ZEROS
    head = "" if gone else project.peeled(after)
    since = before if before == ZEROS or gone else project.peeled(before)
    commits = [] if gone else project.commits(since, head)
    last = None if gone else project.commits(ZEROS, head)[-1]
    who = {"login": "pusher", "username": "pusher", "id": 7, "name": "A Pusher", "email": "p@example.org"}
    if dialect == "gitlab":
        kind = event_name(dialect, ref)
        shown = commits[-_MOST_COMMITS:] or ([last] if last and kind == "tag_push" else [])
        return {
            "object_kind": kind, "event_name": kind, "before": before, "after": after, "ref": ref,
            "ref_protected": False, "checkout_sha": head or None, "message": None, "user_id": 7,
            "user_name": "A Pusher", "user_username": "pusher", "project_id": project.number,
            "project": project.document, "repository": project.document, "commits": shown,
            "total_commits_count": len(commits), "push_options": {},
        }  # fmt: skip
    body: dict[str, Any] = {
        "ref": ref, "before": before, "after": after, "compare": f"{project.url}/{project.path}/compare",
        "commits": commits, "head_commit": last, "repository": project.document, "pusher": who, "sender": who,
    }  # fmt: skip
    if dialect == "github":
        forced = not gone and before != ZEROS and since not in project.git("rev-list", head).split()
        return {**body, "created": before == ZEROS, "deleted": gone, "forced": forced, "base_ref": None}
    return {**body, "compare_url": body["compare"], "total_commits": len(commits)}


def request(
    dialect: str, project: Project, number: int, head: str, *, fork: bool, before: str = "", action: str = "opened"
) -> dict[str, Any]:
    """The body for a pull or merge request; `action` is GitHub's word."""
    source = (
        Project(project.folder, f"somebody/{project.path.rpartition('/')[2]}", 99, project.url, dialect)
        if fork
        else project
    )
    last = project.commits(ZEROS, head)[-1]
    base = project.peeled("refs/heads/main")
    when, user = last["timestamp"], {"login": "somebody", "id": 8, "full_name": "Some Body", "email": "s@example.org"}
    if dialect == "gitlab":
        what: dict[str, Any] = {
            "id": 1000 + number, "iid": number, "title": "a change", "description": "", "state": "opened",
            "action": {"opened": "open", "synchronize": "update", "reopened": "reopen", "closed": "close"}[action],
            "source_branch": "change", "target_branch": "main", "source_project_id": source.number,
            "target_project_id": project.number, "source": source.document, "target": project.document,
            "last_commit": last, "url": f"{project.url}/{project.path}/-/merge_requests/{number}", "created_at": when,
        }  # fmt: skip
        if before:
            what["oldrev"] = before
        if action == "closed":
            what["state"] = "closed"
        return {
            "object_kind": "merge_request", "event_type": "merge_request", "user": user, "project": project.document,
            "repository": project.document, "object_attributes": what, "labels": [], "changes": {},
        }  # fmt: skip
    word = {"synchronize": "synchronized"}.get(action, action) if dialect == "gitea" else action
    pull = {
        "id": 1000 + number, "number": number, "title": "a change", "body": "", "state": "open", "user": user,
        "commits": 1, "created_at": when, "updated_at": when, "mergeable": True, "merged": False,
        "html_url": f"{project.url}/{project.path}/pulls/{number}",
        "_links": {"html": {"href": f"{project.url}/{project.path}/pull/{number}"}},
        "base": {"ref": "main", "sha": base, "repo": project.document, "repo_id": project.number},
        "head": {"ref": "change", "sha": head, "repo": source.document, "repo_id": source.number},
    }  # fmt: skip
    body = {"action": word, "number": number, "pull_request": pull, "repository": project.document, "sender": user}
    return {**body, "before": before, "after": head} if before and dialect == "github" else body
