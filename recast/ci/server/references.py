"""The reference that a pipeline is compared with: never one that its own commit could have changed to its liking."""

from __future__ import annotations

import threading
from pathlib import Path

from recast.atomic import replace_file
from recast.ci.checkout import fetch_commit
from recast.ci.checkout.process import run_git
from recast.ci.server.model import Pipeline
from recast.ci.server.places import ServerPlaces
from recast.ci.server.settings import Repository

__all__ = ["LOCK_NAME", "reference_for"]

LOCK_NAME = "reference.lock.json"


def reference_for(
    repository: Repository,
    places: ServerPlaces,
    pipeline: Pipeline,
    trusted_commit: str,
    folder: Path,
    fetching: threading.Lock,
) -> Path | None:
    """Return the file of the reference: what the trusted branch's pipelines have moved, else what that branch has in
    git, written to `folder`; None for the one in the checkout.

    `trusted_commit` is the head of the trusted branch, an empty string if it has none. Raises as `fetch_commit`.
    """
    moved = places.reference(repository.name)
    if moved.exists():
        return moved
    if pipeline.ref == repository.trusted_ref or not trusted_commit or trusted_commit == pipeline.commit:
        return None
    mirror = places.mirror(repository.name)
    with fetching:
        if not fetch_commit(repository.remote, repository.trusted_ref, trusted_commit, mirror, repository.limits):
            return None
        content = run_git(["cat-file", "blob", f"{trusted_commit}:{LOCK_NAME}"], mirror, repository.limits)
    if content.code != 0:
        return None
    path = folder / LOCK_NAME
    replace_file(path, content.out)
    return path
