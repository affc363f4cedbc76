"""The bodies of deliveries, one function for each forge: an untrusted document becomes an event. Pure."""

from __future__ import annotations

from recast.ci.checkout.refs import kind_of
from recast.ci.forges.events import Dialect, Event
from recast.ci.forges.fields import Odd, commit, flag, maybe_commit, number, ref, repository, text, there
from recast.json_types import JsonValue

__all__ = ["event_of"]

_REQUEST_ACTIONS = {"github": ("opened", "synchronize", "reopened"), "gitea": ("opened", "synchronized", "reopened")}
_GITLAB_KINDS = {"Push Hook": "push", "Tag Push Hook": "tag_push", "Merge Request Hook": "merge_request"}
_GITLAB_ACTIONS = ("open", "reopen", "update")


def event_of(dialect: Dialect, name: str, document: JsonValue) -> Event:
    """Return what a document says, given the forge and the event that the headers name; raise Odd if it does not fit
    its event.
    """
    if not isinstance(document, dict):
        raise Odd("it is not a JSON object")
    return _gitlab(name, document) if dialect == "gitlab" else _github(dialect, name, document)


def _github(dialect: Dialect, name: str, document: JsonValue) -> Event:
    """Read a document of GitHub, Gitea or Forgejo, whose pushes are alike."""
    if name == "ping":
        path = repository(document, "repository", "full_name") if there(document, "repository") is not None else ""
        return Event("ping", path)
    path = repository(document, "repository", "full_name")
    if name == "push":
        return _push(path, document)
    if name == "pull_request":
        return _pull_request(dialect, path, document)
    return Event("ignored", path, why="It is not a push or a pull request.")


def _push(path: str, document: JsonValue) -> Event:
    name, before, after = ref(document, "ref"), maybe_commit(document, "before"), maybe_commit(document, "after")
    if flag(document, "deleted") not in (None, not after):
        raise Odd("deleted and after contradict each other")
    if flag(document, "created") not in (None, not before):
        raise Odd("created and before contradict each other")
    return _of_ref(path, name, before, after)


def _of_ref(path: str, name: str, before: str, after: str) -> Event:
    kind = kind_of(name)
    if not before and not after:
        raise Odd("before and after are both empty")
    if kind not in ("branch", "tag"):
        return Event("ignored", path, name, before, after, why="It is neither a branch nor a tag.")
    if not after:
        return Event("deleted", path, name, before)
    return Event("tag" if kind == "tag" else "push", path, name, before, after)


def _pull_request(dialect: Dialect, path: str, document: JsonValue) -> Event:
    action = text(document, "action")
    if action not in _REQUEST_ACTIONS[dialect]:
        return Event("ignored", path, why="Nothing was pushed to the pull request.")
    count, pull = number(document, "number"), there(document, "pull_request")
    if there(pull, "number") not in (None, count):
        raise Odd("number and pull_request.number contradict each other")
    base = repository(pull, "base", "repo", "full_name")
    if base != path:
        raise Odd("pull_request.base is another repository")
    # A repository that was forked from another is no fork of itself: only the two paths say what this request is.
    fork = there(pull, "head", "repo", "full_name") != base
    before = maybe_commit(document, "before") if there(document, "before") is not None else ""
    return Event(
        "request", path, f"refs/pull/{count}/head", before, commit(pull, "head", "sha"), number=count, fork=fork
    )


def _gitlab(name: str, document: JsonValue) -> Event:
    path = repository(document, "project", "path_with_namespace")
    kind = there(document, "object_kind")
    if name not in _GITLAB_KINDS:
        return Event("ignored", path, why="It is not a push or a merge request.")
    if kind != _GITLAB_KINDS[name]:
        raise Odd("object_kind is not what the header says")
    if kind == "merge_request":
        return _merge_request(path, document)
    event = _of_ref(path, ref(document, "ref"), maybe_commit(document, "before"), maybe_commit(document, "after"))
    if (kind == "tag_push") != event.ref.startswith("refs/tags/"):
        raise Odd("ref is not what object_kind says")
    if (there(document, "checkout_sha") is None) != (event.kind == "deleted"):
        raise Odd("checkout_sha and after contradict each other")
    return event


def _merge_request(path: str, document: JsonValue) -> Event:
    what = there(document, "object_attributes")
    action = there(what, "action")
    if action not in _GITLAB_ACTIONS or (action == "update" and there(what, "oldrev") is None):
        return Event("ignored", path, why="Nothing was pushed to the merge request.")
    count = number(what, "iid")
    if repository(what, "target", "path_with_namespace") != path:
        raise Odd("object_attributes.target is another project")
    fork = there(what, "source_project_id") != there(what, "target_project_id") or (
        there(what, "source", "path_with_namespace") != path
    )
    before = maybe_commit(what, "oldrev") if action == "update" else ""
    return Event(
        "request",
        path,
        f"refs/merge-requests/{count}/head",
        before,
        commit(what, "last_commit", "id"),
        number=count,
        fork=fork,
    )
