"""A folder of files named by their content: `sha256/<2 hex>/<62 hex>`. The worker writes the same layout."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from recast.atomic import replace_file
from recast.digests import digest_of, hex_of
from recast.errors import ArtifactDamaged, StoreError
from recast.jobs import Artifact
from recast.json_types import JsonDict
from recast.plainfile import file_digest, open_plain
from recast.store.stamps import known_of
from recast.worker.files.durable import sync_paths

if TYPE_CHECKING:
    from recast.store.remote_store import RemoteStore

__all__ = ["ArtifactStore"]

CHUNK_BYTES = 1 << 20


class ArtifactStore:
    """The local artifact store. Files in it are read-only; a file that was changed anyway is not used.

    A file may be at a URL instead (`far/<2>/<62>` records where, and its size): it is fetched and hashed when it is
    read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = os.path.abspath(root)
        self.known = known_of(Path(self._root))

    def path(self, digest: str) -> Path:
        """Return the path of the file with a digest, whether it exists or not."""
        return Path(self._name(digest))

    def add(self, source: Path, logical: str) -> Artifact:
        """Copy a file into the store; return it as an artifact with the logical path given.

        Raises StoreError for anything that is not a regular file, and if the disk is full or read-only.
        """
        try:
            import shutil

            temporary = self._temporary()
            with open_plain(source) as reader, temporary.open("xb") as writer:
                status = os.fstat(reader.fileno())
                shutil.copyfileobj(reader, writer, CHUNK_BYTES)
                writer.flush()
                os.fsync(writer.fileno())
            digest = file_digest(temporary)
            executable = bool(status.st_mode & stat.S_IXUSR)
            self._keep(temporary, digest, executable)
        except OSError as problem:
            raise StoreError(
                "A file cannot be added to the artifact store",
                where=str(source),
                why=problem.strerror or str(problem),
                next_step=f"check that {self.root} is writable and has room",
            ) from problem
        return Artifact(logical, digest, self.path(digest).stat().st_size, executable)

    def add_folder(self, logical: str) -> Artifact:
        """Return an empty folder as an artifact: its path ends in a slash, and it has the content of an empty file."""
        temporary = self._temporary()
        temporary.touch()
        digest = file_digest(temporary)
        self._keep(temporary, digest, executable=False)
        return Artifact(logical, digest, 0)

    def take_over(self, temporary: Path, digest: str) -> None:
        """Move a complete file in `scratch`, whose digest the caller has checked, to its path.

        A file that lies there with the right content stays: runs may be reading it. Raises OSError.
        """
        if self.stat(digest) is not None and self.sound(digest):
            temporary.unlink()
            return
        self._keep(temporary, digest, executable=False)

    @property
    def scratch(self) -> Path:
        """A folder on the same disk for incomplete files."""
        return self.root / "tmp"

    def read(self, digest: str, most_bytes: int) -> bytes:
        """Return the content of a stored file; raise StoreError if it is missing, changed or too large."""
        path = self._brought(digest)
        try:
            with path.open("rb") as reader:
                content = reader.read(most_bytes + 1)
        except OSError as problem:
            raise ArtifactDamaged("A stored file is missing", digest, where=str(path), why=str(problem)) from problem
        if len(content) > most_bytes:
            raise StoreError(f"A stored file is larger than {most_bytes} bytes", where=str(path))
        if digest_of(content) != digest:
            raise _changed(path, digest)
        return content

    def sound(self, digest: str, size: int | None = None) -> bool:
        """Return whether a stored file exists with its content; it is read only if its stamp is unknown."""
        judged = self.judged(digest, size)
        return self.hashed(digest) if judged is None else judged

    def judged(self, digest: str, size: int | None = None) -> bool | None:
        """Return whether a stored file is intact according to its stamp; None if it has to be hashed.

        A file at a URL is judged by its size alone: it is hashed when it is fetched.
        """
        status = self.stat(digest)
        if status is None:
            far = self._far(digest).get("size")
            return far is not None and size in (None, far)
        if size not in (None, status.st_size):
            return False
        return True if self.known.vouches(digest, status) else None

    def hashed(self, digest: str) -> bool:
        """Return whether a local file has its content, by reading it."""
        path = self.path(digest)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or file_digest(path) != digest:
                return False
        except OSError:
            return False
        self.known.note(digest, status)
        return True

    def lay_out(self, artifacts: Iterable[Artifact], folder: str) -> None:
        """Link stored files into a folder, each at its path, with symbolic links: hard links would change their stamps.

        Existing files are kept; for a remote file the link points to where it will be. Raises StoreError. Uses plain
        strings: this runs once per step, of which there may be ten thousand.
        """
        try:
            _make_folder(folder)
            for artifact in artifacts:
                if "/" in artifact.path:
                    os.makedirs(os.path.dirname(f"{folder}/{artifact.path}"), exist_ok=True)
                if artifact.path.endswith("/"):  # an empty folder
                    continue
                self._show(artifact, f"{folder}/{artifact.path}")
        except OSError as problem:
            raise StoreError(
                "A file from the artifact store cannot be linked into a folder",
                where=folder,
                why=problem.strerror or str(problem),
                next_step="check that the disk has room, then resume the run: nothing is lost",
            ) from problem

    # what is far

    def note_far(self, digest: str, size: int, url: str, token_file: str = "") -> None:
        """Record that a file of `size` bytes is in the store at a URL; the caller has checked this."""
        note = Path(self._far_name(digest))
        note.parent.mkdir(parents=True, exist_ok=True)
        replace_file(note, json.dumps({"size": size, "url": url, "token_file": token_file}).encode())

    def far_url(self, digest: str) -> str:
        """Return the URL of the store with a file that is not local, empty if it is local or unknown."""
        return self._far(digest).get("url", "") if self.stat(digest) is None else ""

    def is_far(self, digest: str) -> bool:
        """Return whether the store at the recorded URL has a file; raise StoreError if it does not respond."""
        note = self._far(digest)
        return bool(note) and self._blobs(note).has(digest, note["size"])

    def size(self, digest: str) -> int | None:
        """Return the size in bytes of a stored file, local or remote; None if it is unknown."""
        status = self.stat(digest)
        return status.st_size if status is not None else self._far(digest).get("size")

    def local(self, digest: str) -> Path:
        """Return the local path of a stored file, after fetching a remote one. Raises StoreError if it changed."""
        path = self._brought(digest)
        if path.exists() and not self.sound(digest):
            raise _changed(path, digest)
        return path

    def _brought(self, digest: str) -> Path:
        path = self.path(digest)
        note = {} if path.exists() else self._far(digest)
        if note:
            temporary = self._temporary()
            self._blobs(note).fetch(digest, note["size"], temporary)
            sync_paths([str(temporary)])
            self._keep(temporary, digest, executable=False)
        return path

    def _blobs(self, note: JsonDict) -> RemoteStore:
        from recast.store.remote_store import RemoteStore

        return RemoteStore(note["url"], os.environ.get("RECAST_STORE_TOKEN_FILE") or note["token_file"])

    def _far(self, digest: str) -> JsonDict:
        """Return the record of a remote file: `url`, `size`, `token_file`; empty if there is none."""
        try:
            with open(self._far_name(digest), encoding="utf-8") as file:
                note: JsonDict = json.load(file)
        except (FileNotFoundError, ValueError):
            return {}
        return note

    def _far_name(self, digest: str) -> str:
        name = hex_of(digest)
        return f"{self._root}/far/{name[:2]}/{name[2:]}"

    def _show(self, artifact: Artifact, destination: str) -> None:
        try:
            os.symlink(self._name(artifact.digest), destination)
        except FileExistsError:
            return

    def stat(self, digest: str) -> os.stat_result | None:
        """Return the status of a stored file, None if it is not there."""
        try:
            return os.stat(self._name(digest))
        except OSError:
            return None

    def _name(self, digest: str) -> str:
        name = hex_of(digest)
        return f"{self._root}/sha256/{name[:2]}/{name[2:]}"

    def _temporary(self) -> Path:
        folder = self.scratch
        folder.mkdir(parents=True, exist_ok=True)
        return folder / os.urandom(8).hex()

    def _keep(self, temporary: Path, digest: str, executable: bool) -> None:
        """Move a file that was just hashed to its path, replacing what is there, which may be damaged."""
        final = self.path(digest)
        temporary.chmod(0o555 if executable else 0o444)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(final)
        self.known.note(digest, final.stat())


def _make_folder(folder: str) -> None:
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
    except FileExistsError:
        return


def _changed(path: Path, digest: str) -> ArtifactDamaged:
    return ArtifactDamaged(
        "A stored file was changed",
        digest,
        where=str(path),
        why=f"Its content is no longer {digest}.",
        next_step="recast resume RUN produces it again, or start a new run: the cache never provides damaged files",
    )
