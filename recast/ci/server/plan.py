"""What follows from what a remote has: which pipelines must exist, and which one is next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from recast.ci.checkout import Head
from recast.ci.checkout.refs import kind_of, request_of, short
from recast.ci.server.model import Known, Request, Waiting, Wanted
from recast.ci.server.settings import Repository

__all__ = ["Found", "choose", "compare_refs"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a remote found: refs as they are now, and the pipelines that must exist."""

    refs: dict[str, Known]
    wanted: tuple[Wanted, ...]


def compare_refs(
    repository: Repository,
    heads: Mapping[str, Head],
    known: Mapping[str, Known],
    requests: Mapping[int, Request],
    heard: Collection[str] = (),
    *,
    first: bool,
) -> Found:
    """Return what changed. `heard` are refs whose present commit a delivery named; `first` says that this repository
    was never looked at: what is there then is known, and only the trusted branch (or all branches) is judged.
    """
    now: dict[str, Known] = {}
    wanted: list[Wanted] = []
    for ref, head in heads.items():
        before = known.get(ref)
        fork = _is_fork(ref, requests)
        now[ref] = Known(head.object, head.commit, fork=fork)
        if before == now[ref] and ref not in heard:
            continue
        if first and ref not in heard and not _is_judged_first(repository, ref):
            continue
        wanted.append(_wanted(repository, ref, head, before, fork))
    gone = {ref: Known(it.object, it.commit, True, it.fork) for ref, it in known.items() if ref not in heads}
    return Found({**now, **gone}, tuple(wanted))


def _is_fork(ref: str, requests: Mapping[int, Request]) -> bool:
    """Return whether a ref is the head of a request that is not known to come from the repository itself."""
    number = request_of(ref)
    return number is not None and (number not in requests or requests[number].fork)


def _is_judged_first(repository: Repository, ref: str) -> bool:
    return ref == repository.trusted_ref or (repository.at_first == "branches" and kind_of(ref) == "branch")


def _wanted(repository: Repository, ref: str, head: Head, before: Known | None, fork: bool) -> Wanted:
    kind = kind_of(ref)
    if kind == "tag":
        lane = f"tag:{short(ref)}"
        if before is not None and before.object != head.object:
            sentence = f"the tag {short(ref)} was moved from {before.commit[:10]}; a version never changes"
            return Wanted(head.commit, lane, ref, "tag", "done", word="refused", sentence=sentence)
        return Wanted(head.commit, lane, ref, "tag")
    if not fork:
        return Wanted(head.commit, "commit", ref, "request" if kind == "request" else "push")
    if repository.forks == "untrusted":
        return Wanted(head.commit, "fork", ref, "request", trusted=False)
    if repository.forks == "refuse":
        sentence = "requests from forks are not analysed here"
        return Wanted(head.commit, "fork", ref, "request", "done", trusted=False, word="refused", sentence=sentence)
    return Wanted(head.commit, "fork", ref, "request", "held", trusted=False)


def choose(waiting: Iterable[Waiting], running: Iterable[tuple[str, str]], parallel: int) -> Waiting | None:
    """Return the pipeline to start next, None if there is none or no place is free.

    `running` are (repository, commit) of those that run. A repository has one pipeline at a time, since its commits
    share most of their jobs: the second finds in the cache what the first has made. The repository that was served
    longest ago is next, of its refs the one that was served longest ago.
    """
    busy = [repository for repository, _ in running]
    if len(busy) >= parallel:
        return None
    free = [it for it in waiting if it.repository not in busy]
    return min(free, key=lambda it: (it.repository_served, it.ref_served, it.created, it.id), default=None)
