"""A folder of a plain web server: the workflow's file, and every file that a `$ref` leads to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from recast.errors import NetworkError, NotFound, SpecError
from recast.remote.cache import Cache
from recast.remote.client import Client
from recast.remote.origin import Fetched, Origin, utc_now
from recast.remote.scheme import WebToplevel
from recast.spec.source import MAX_FILE_BYTES, parse

__all__ = ["fetch_web"]

MOST_FILES = 500
_LOCK = "images.lock.json"  # pins of the images, if the spec's authors wrote them


def fetch_web(toplevel: WebToplevel, workflow: str, client: Client, cache: Cache) -> Fetched:
    """Return a folder with the workflow and what it refers to; nothing outside of the toplevel is fetched.

    Without a network, the files that were fetched last are used if they are here, and `origin.note` says so.
    """
    name = f"web {toplevel.url} {workflow}"
    try:
        digest, files, path = cache.keep(lambda folder: _Walk(toplevel, client, folder).fetch(workflow))
    except NetworkError as problem:
        found = _recorded(cache, name)
        if found is None or found.origin is None:
            raise
        note = f"{problem.what[:1].lower()}{problem.what[1:]}; going on with the files of {found.origin.fetched}"
        return Fetched(found.path, replace(found.origin, note=note))
    origin = Origin(toplevel.url, toplevel.url.partition(":")[0], digest, files, fetched=utc_now())
    cache.note(name, origin.as_json())
    return Fetched(path, origin)


def _recorded(cache: Cache, name: str) -> Fetched | None:
    record = cache.record(name)
    try:
        origin = Origin.from_json(record) if record is not None else None
    except (TypeError, KeyError):
        return None
    path = cache.tree(origin.digest, origin.files) if origin is not None else None
    return Fetched(path, origin) if path is not None else None


class _Walk:
    """One walk over the references, file by file, as the loader will follow them."""

    def __init__(self, toplevel: WebToplevel, client: Client, folder: Path) -> None:
        self._toplevel, self._client, self._folder = toplevel, client, folder
        self._files: dict[str, str] = {}

    def fetch(self, workflow: str) -> dict[str, str]:
        root = _below("", workflow)
        if root is None:
            raise NotFound(f"The workflow {workflow!r} lies outside of the toplevel", where=self._toplevel.url)
        # References in the root file are relative to the toplevel, in every other file to that file.
        todo, seen = [(root, "")], set()
        while todo:
            file, base = todo.pop()
            if (file, base) in seen:
                continue
            seen.add((file, base))
            content = self._content(file, needed=file == root)
            todo += [(target, posixpath.dirname(target)) for target in _targets(content, file, base)]
        self._content(_LOCK, needed=False)
        return self._files

    def _content(self, file: str, *, needed: bool) -> bytes:
        """Return a file's bytes; one that is not there is left to the loader, which knows the line that wants it."""
        place = self._folder / file
        if file in self._files:
            return place.read_bytes()
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
        self._write(place, content)
        self._files[file] = _sha256(content)
        return content

    def _write(self, place: Path, content: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o444)


def _targets(content: bytes, file: str, base: str) -> Iterator[str]:
    """Return the files that a file refers to, below the toplevel; what is no YAML is left to the loader."""
    try:
        todo: list[Any] = [parse(content, file).value] if content else []
    except SpecError:
        return
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                target = _below(base, unquote(reference.partition("#")[0]))
                if target is not None:
                    yield target
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _below(base: str, path: str) -> str | None:
    """Return a reference's file relative to the toplevel, None if it names none, or one elsewhere."""
    if not path or path.startswith("/") or "://" in path or "\\" in path or "\0" in path:
        return None
    file = posixpath.normpath(posixpath.join(base, path))
    return None if file in (".", "..") or file.startswith("../") else file


def _sha256(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()
