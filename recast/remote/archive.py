"""Input archives: a local or remote zip or tar.gz becomes a folder whose files inputs may name.

Like yadage's `inputarchive` and `archivematch`, but checked, limited in size, recorded, and unpacked once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from recast.errors import InputError, NetworkError, NotFound
from recast.json_types import JsonDict
from recast.remote.cache import Cache, sha256_of
from recast.remote.client import Client
from recast.remote.folders import Folders
from recast.remote.hosts import hosts, shown
from recast.remote.members import members
from recast.remote.origin import utc_now
from recast.remote.toplevel import remote_cache_folder
from recast.remote.unpack import MOST_PATH_BYTES, Bounds, unpack

__all__ = ["InputArchive", "input_archive"]

MOST_DOWNLOAD_BYTES = 16 << 30
BOUNDS = Bounds(most_files=100_000, most_bytes=64 << 30)
_CHECKSUM = re.compile(r"#sha256=([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class InputArchive:
    """An unpacked archive: its folder, and what a run records about it.

    `sha256` is that of the archive, `digest` that of the unpacked files by path, `fetched` is UTC (empty for a local
    file), `note` says if the server could not be reached.
    """

    path: Path
    location: str
    sha256: str
    match: str
    digest: str
    fetched: str = ""
    note: str = ""

    def as_json(self) -> JsonDict:
        """Return the record."""
        keys = ("location", "sha256", "match", "digest", "fetched", "note")
        return {key: getattr(self, key) for key in keys}


def input_archive(text: str, match: str | None = None, named: Iterable[str] | None = None) -> InputArchive:
    """Return an archive as a folder; `text` is a file or an http(s) URL, optionally followed by `#sha256=...`.

    `match` is a pattern that exactly one folder of the archive must match; only what is below it is unpacked. `named`
    is as for `recast.remote.local_toplevel`. Raises InputError for an archive that is invalid or has another checksum,
    and what fetching raises.
    """
    location, expected = _split(text)
    pattern = f"{match.rstrip('/')}/" if match else ""
    task = _Task(Cache(remote_cache_folder()), location, expected, pattern)
    if location.startswith(("http://", "https://")):
        return task.remote(Client(hosts(), [location] if named is None else named))
    return task.local(Path(location))


def _split(text: str) -> tuple[str, str]:
    location, mark, rest = text.partition("#")
    found = _CHECKSUM.fullmatch(mark + rest)
    if mark and not found and (location.startswith("http") or "sha256" in rest):
        raise InputError(
            "The checksum of the input archive is malformed",
            where=f"#{rest:.100}",
            next_step="write #sha256= and 64 hexadecimal digits, as sha256sum prints them",
            code="inputs.checksum",
        )
    return (location, found[1].lower()) if found else (text, "")


class _Task:
    """Turns one archive into a folder."""

    def __init__(self, cache: Cache, location: str, expected: str, pattern: str) -> None:
        self._cache, self._location, self._expected, self._pattern = cache, location, expected, pattern

    def local(self, path: Path) -> InputArchive:
        """Return a local archive's folder."""
        if not path.is_file():
            raise NotFound(f"There is no input archive {str(path)!r}", next_step="Check --input-archive.")
        return self._folder(path, sha256_of(path))

    def remote(self, client: Client) -> InputArchive:
        """Return a remote archive's folder; an unchanged archive that is already here is not fetched again."""
        if self._expected and (here := self._unpacked(self._expected)) is not None:
            return here
        name = f"archive {self._location}"
        known = self._cache.record(name) or {}
        here = self._unpacked(known.get("sha256", ""))
        try:
            found, headers = self._fetch(client, _conditions(known) if here else {})
        except NetworkError as problem:
            if here is None:
                raise
            note = f"{problem.what[:1].lower()}{problem.what[1:]}; continuing with the archive of {known['fetched']}"
            return replace(here, fetched=known["fetched"], note=note)
        if found is None:
            assert here is not None
            return replace(here, fetched=known["fetched"])
        now = utc_now()
        kept: dict[str, str] = {key: headers[key] for key in ("etag", "last-modified") if key in headers}
        self._cache.note(name, {"sha256": found.sha256, "fetched": now, **kept})
        return replace(found, fetched=now)

    def _fetch(self, client: Client, conditions: dict[str, str]) -> tuple[InputArchive | None, dict[str, str]]:
        """Return the archive, None if the server says that it has not changed, and the response's headers."""
        with self._cache.scratch() as scratch:
            file = scratch / "archive"
            answer = client.download(self._location, file, MOST_DOWNLOAD_BYTES, conditions)
            return None if answer.status == 304 else self._folder(file, sha256_of(file)), dict(answer.headers)

    def _unpacked(self, sha256: str) -> InputArchive | None:
        record = self._cache.record(f"unpacked {sha256} {self._pattern}") if sha256 else None
        path = self._cache.tree(record["digest"], record["files"]) if record else None
        if record is None or path is None:
            return None
        return InputArchive(path, shown(self._location), sha256, self._pattern, record["digest"])

    def _folder(self, archive: Path, sha256: str) -> InputArchive:
        if self._expected not in ("", sha256):
            raise InputError(
                "The input archive does not have the given checksum",
                where=shown(self._location),
                why=f"Its sha256 is {sha256}, not {self._expected}.",
                next_step="Find out why it changed; then write the new checksum.",
                code="inputs.checksum",
            )
        here = self._unpacked(sha256)
        if here is not None:
            return here
        digest, files, path = self._cache.keep(lambda folder: self._unpack(archive, folder))
        self._cache.note(f"unpacked {sha256} {self._pattern}", {"digest": digest, "files": files})
        return InputArchive(path, shown(self._location), sha256, self._pattern, digest)

    def _unpack(self, archive: Path, folder: Path) -> dict[str, str]:
        try:
            wanted = _below(_match(archive, self._pattern)) if self._pattern else str
            files = unpack(archive, folder, BOUNDS, wanted, links_refused=True).files
            if not files:
                raise InputError("The input archive contains no files", next_step="Check the archive.")
        except InputError as problem:
            problem.where = shown(self._location)
            raise
        return files


def _conditions(known: JsonDict) -> dict[str, str]:
    named = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {header: known[key] for key, header in named.items() if key in known}


def _match(archive: Path, pattern: str) -> str:
    """Return the only folder of an archive that matches a pattern, ending with a slash."""
    folders = _folders(archive)
    found = sorted(folder for folder in folders if fnmatchcase(folder, pattern))
    if len(found) == 1:
        return found[0]
    listed = ", ".join((found or sorted(folders))[:12]) or "none"
    raise InputError(
        f"{len(found) or 'no'} folders of the input archive match {pattern!r}, instead of one",
        why=f"{'They are' if found else 'Its folders are'}: {listed}",
        next_step="Give a pattern that matches one: --archive-match 'FOLDER/'",
        code="inputs.archive-match",
    )


def _folders(archive: Path) -> set[str]:
    """Return the folders of an archive as written in its member names, ending with a slash."""
    folders = Folders(archive)
    with members(archive) as found:
        for count, member in enumerate(found):
            if count >= BOUNDS.most_files:
                break  # unpacking reports it
            folders.add(member.name.rstrip("/")[:MOST_PATH_BYTES], itself=member.kind == "folder")
    return {f"{folder}/" for folder in folders.all()}


def _below(base: str) -> Callable[[str], str | None]:
    return lambda name: name[len(base) :] if name.startswith(base) else None
