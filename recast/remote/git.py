"""Fetch a folder of a repository at one commit: the ref is resolved once, the commit's files are fetched once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recast.errors import InputError, NetworkError, NotFound
from recast.remote.cache import Cache
from recast.remote.client import Client
from recast.remote.forge import archive_url, commit_of
from recast.remote.hosts import shown
from recast.remote.origin import Fetched, Origin, utc_now
from recast.remote.scheme import GitToplevel
from recast.remote.unpack import Bounds, Unpacked, unpack

__all__ = ["fetch_git"]

MOST_ARCHIVE_BYTES = 512 << 20
BOUNDS = Bounds(most_files=50_000, most_bytes=1 << 30)


def fetch_git(toplevel: GitToplevel, client: Client, cache: Cache) -> Fetched:
    """Return the folder with the files of the ref's current commit.

    Without a network, the last known commit is used if its files are here, and `origin.note` says so.
    """
    commit, resolved, note = _resolve(toplevel, client, cache)
    name = f"commit {client.hosts.apis[toplevel.scheme]} {replace(toplevel, ref=commit).text}"
    found = cache.fetched(name)
    if found is None:
        origin, path = _download(toplevel, commit, client, cache)
        cache.note(name, origin.as_json())
        found = Fetched(path, origin)
    assert found.origin is not None
    origin = replace(found.origin, toplevel=toplevel.text, ref=toplevel.ref, resolved=resolved, note=note)
    return Fetched(found.path, origin)


def _resolve(toplevel: GitToplevel, client: Client, cache: Cache) -> tuple[str, str, str]:
    """Return the commit of a ref, when it was resolved, and a note if the forge could not be reached."""
    name = f"ref {client.hosts.apis[toplevel.scheme]} {toplevel.text}"
    try:
        commit, now = commit_of(toplevel, client), utc_now()
    except NetworkError as problem:
        known = cache.record(name)
        if known is None:
            raise
        reason = f"{problem.what[:1].lower()}{problem.what[1:]}"
        note = f"{reason}; continuing with the commit of {toplevel.ref} from {known['resolved']}"
        return known["commit"], known["resolved"], note
    if not toplevel.is_commit:
        cache.note(name, {"commit": commit, "resolved": now})
    return commit, now, ""


def _download(toplevel: GitToplevel, commit: str, client: Client, cache: Cache) -> tuple[Origin, Path]:
    url = archive_url(toplevel, commit, client)
    done = Unpacked()
    with cache.scratch() as scratch:
        archive = scratch / "archive"
        client.download(url, archive, MOST_ARCHIVE_BYTES)

        def make(folder: Path) -> dict[str, str]:
            nonlocal done
            done = _unpack(archive, folder, toplevel, url)
            return done.files

        digest, files, path = cache.keep(make)
    return (
        Origin(
            toplevel=toplevel.text,
            scheme=toplevel.scheme,
            digest=digest,
            files=files,
            fetched=utc_now(),
            repository=toplevel.repository,
            ref=toplevel.ref,
            commit=commit,
            subfolder=toplevel.subfolder,
            left_out=tuple(sorted(done.left_out)),
        ),
        path,
    )


def _unpack(archive: Path, folder: Path, toplevel: GitToplevel, url: str) -> Unpacked:
    try:
        done = unpack(archive, folder, BOUNDS, lambda name: _below(name, toplevel.subfolder), links_refused=False)
    except InputError as problem:
        raise NetworkError(
            "The forge sent an archive that cannot be unpacked",
            where=shown(url),
            why=problem.why,
            next_step="Try again, or clone the repository and give its folder: --toplevel DIR",
            code="network.archive",
        ) from problem
    if not done.files:
        raise NotFound(
            f"The repository has no files below {toplevel.subfolder or '/'!r} at this commit",
            where=toplevel.text,
            next_step="Check the folder after the last colon.",
            code="not-found.remote",
        )
    return done


def _below(name: str, subfolder: str) -> str | None:
    """Return a member's path below the subfolder, None outside it and for hidden files.

    The archive's first folder is named by the forge. Hidden files are not part of a spec (`recast.spec.bundle_files`).
    """
    _, _, path = name.partition("/")
    if subfolder:
        if not path.startswith(subfolder + "/"):
            return None
        path = path[len(subfolder) + 1 :]
    return None if not path or any(part.startswith(".") for part in path.split("/")) else path
