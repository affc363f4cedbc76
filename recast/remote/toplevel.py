"""Turn a toplevel's text into a local folder, for all commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recast.errors import UsageError
from recast.paths import places
from recast.remote.origin import Fetched
from recast.remote.scheme import GitToplevel, parse_toplevel, workflow_file

__all__ = ["local_toplevel", "remote_cache_folder"]


def remote_cache_folder() -> Path:
    """Return the cache folder of fetched content; it can be removed at any time."""
    return places().cache_dir / "remote"


def local_toplevel(text: str, workflow: str = "workflow.yml", named: Iterable[str] | None = None) -> Fetched:
    """Return a toplevel as a local folder, fetched if it is remote.

    `text` is a folder, `github:...`, `gitlab-cern:...`, `from-github/...` or a URL. `workflow` is the file that will be
    loaded: from a web server only that file and what it refers to are fetched. `named` are the URLs that the user gave,
    the only ones that may lead to addresses in the local network; by default `text` itself is one, so pass `()` for a
    text from a file. Raises UsageError, NetworkError, PermissionDenied or NotFound.
    """
    place = parse_toplevel(text) if not Path(text).is_dir() else None
    if place is None:
        return Fetched(Path(text))
    from recast.remote.cache import Cache
    from recast.remote.client import Client
    from recast.remote.hosts import hosts

    client = Client(hosts(), [place.text] if named is None and not isinstance(place, GitToplevel) else named or ())
    cache = Cache(remote_cache_folder())
    if isinstance(place, GitToplevel):
        from recast.remote.git import fetch_git

        return fetch_git(place, client, cache)
    from recast.remote.web import fetch_web

    if "#" in workflow:
        raise UsageError("A workflow's name has no '#'", where=workflow, next_step="Give the file's name alone.")
    return fetch_web(place, workflow_file(workflow), client, cache)
