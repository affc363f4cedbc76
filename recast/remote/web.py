"""Fetch a folder from a plain web server: the workflow's file, and every file that a `$ref` leads to."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from recast.errors import NetworkError, NotFound
from recast.remote.cache import Cache
from recast.remote.client import Client
from recast.remote.follow import follow
from recast.remote.origin import Fetched, Origin, utc_now
from recast.remote.scheme import WebToplevel
from recast.spec.source import MAX_FILE_BYTES

__all__ = ["fetch_web"]

MOST_FILES = 500
_LOCK = "images.lock.json"  # pins of the images, if the spec's authors wrote them


def fetch_web(toplevel: WebToplevel, workflow: str, client: Client, cache: Cache) -> Fetched:
    """Return a folder with the workflow and what it refers to; nothing outside the toplevel is fetched.

    Without a network, the files that were fetched last are used if they are here, and `origin.note` says so.
    """
    name = f"web {toplevel.url} {workflow}"
    try:
        digest, files, path = cache.keep(lambda folder: _Walk(toplevel, client, folder).fetch(workflow))
    except NetworkError as problem:
        found = cache.fetched(name)
        if found is None or found.origin is None:
            raise
        note = f"{problem.what[:1].lower()}{problem.what[1:]}; going on with the files of {found.origin.fetched}"
        return Fetched(found.path, replace(found.origin, note=note))
    origin = Origin(toplevel.url, toplevel.url.partition(":")[0], digest, files, fetched=utc_now())
    cache.note(name, origin.as_json())
    return Fetched(path, origin)


class _Walk:
    """One fetch: the files so far."""

    def __init__(self, toplevel: WebToplevel, client: Client, folder: Path) -> None:
        self._toplevel, self._client, self._folder = toplevel, client, folder
        self._files: dict[str, str] = {}

    def fetch(self, workflow: str) -> dict[str, str]:
        """Fetch the workflow and what it leads to; return the sha256 of each file."""
        root = posixpath.normpath(workflow)
        if root.startswith(("/", "../")):
            raise NotFound(f"The workflow {workflow!r} lies outside of the toplevel", where=self._toplevel.url)
        follow(root, lambda file: self._content(file, needed=file == root))
        self._content(_LOCK, needed=False)
        return self._files

    def _content(self, file: str, *, needed: bool) -> bytes:
        """Return a file's bytes; one that is not there is left to the loader, which knows the line that wants it."""
        place = self._folder / file
        if len(self._files) >= MOST_FILES:
            raise NetworkError(
                f"The workflow refers to more than {MOST_FILES} files",
                where=self._toplevel.url,
                next_step="Download the folder and give it: --toplevel DIR",
            )
        try:
            content = self._client.get(self._toplevel.url + quote(file), most_bytes=MAX_FILE_BYTES).content
        except NotFound:
            if needed:
                raise
            return b""
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o444)
        self._files[file] = hashlib.sha256(content).hexdigest()
        return content
