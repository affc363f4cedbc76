"""The cache of fetched content: folders by digest, and what each name last resolved to.

trees/<digest>/...       a folder of files, each checked against the record before it is used
records/<key>.json       what a name (a toplevel, an archive) was resolved to
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recast.atomic import become_folder, new_folder, replace_file
from recast.digests import digest_of, hex_of
from recast.errors import StoreError
from recast.json_types import JsonDict, JsonObject
from recast.masked import masked
from recast.plainfile import file_digest
from recast.remote.origin import Fetched, Origin

__all__ = ["Cache", "listing_digest", "sha256_of"]


class Cache:
    """The cache folder; safe with concurrent processes, and after a crash at any point."""

    def __init__(self, root: Path) -> None:
        self._trees = root / "trees"
        self._records = root / "records"

    def tree(self, digest: str, files: Mapping[str, str]) -> Path | None:
        """Return the folder with this digest if it contains exactly these files with these contents, else None."""
        folder = self._trees / hex_of(digest)
        return folder if _intact(folder, files) else None

    def keep(self, make: Callable[[Path], Mapping[str, str]]) -> tuple[str, dict[str, str], Path]:
        """Let `make` fill a new folder; return digest, files and the path of the folder.

        `make` returns the sha256 of each file by path. The folder appears under its digest when it is complete.
        """
        with self.scratch() as scratch:
            fresh = scratch / "tree"
            fresh.mkdir()
            files = dict(sorted(make(fresh).items()))
            digest = listing_digest(files)
            return digest, files, self._settle(fresh, digest, files)

    def _settle(self, fresh: Path, digest: str, files: Mapping[str, str]) -> Path:
        target = self._trees / hex_of(digest)
        if not _intact(target, files):
            with _writing(target):
                if target.exists():  # damaged
                    target.rename(fresh.with_name("damaged"))
                try:
                    become_folder(fresh, target)
                except OSError:  # another process was faster
                    if not _intact(target, files):
                        raise
        return target

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a new folder on the same disk, removed at the end."""
        with ExitStack() as stack:
            with _writing(self._trees):
                self._trees.mkdir(parents=True, exist_ok=True)
                folder = stack.enter_context(new_folder(self._trees, "new"))
            yield folder

    def fetched(self, name: str) -> Fetched | None:
        """Return what a name was last fetched as, if its record can be read and all its files exist unchanged."""
        record = self.record(name)
        try:
            origin = Origin.from_json(record) if record is not None else None
        except (TypeError, KeyError):
            return None
        path = self.tree(origin.digest, origin.files) if origin is not None else None
        return Fetched(path, origin) if path is not None else None

    def record(self, name: str) -> JsonDict | None:
        """Return the record of a name, None if there is none that can be read."""
        try:
            found = json.loads(self._place(name).read_bytes())
        except (OSError, ValueError):
            return None
        return found["record"] if isinstance(found, dict) and found.get("name") == masked(name) else None

    def note(self, name: str, record: JsonObject) -> None:
        """Record what a name resolves to, atomically; tokens in the name are not written."""
        path = self._place(name)
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, json.dumps({"name": masked(name), "record": record}, indent=1).encode())

    def _place(self, name: str) -> Path:
        return self._records / f"{hashlib.sha256(name.encode()).hexdigest()}.json"


def listing_digest(files: Mapping[str, str]) -> str:
    """Return the digest of files by path: that of `recast spec digest`, over lines `<sha256>  <path>`."""
    lines = "".join(f"{files[path]}  {path}\n" for path in sorted(files))
    return digest_of(lines.encode())


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    return hex_of(file_digest(path))


def _intact(folder: Path, files: Mapping[str, str]) -> bool:
    if not folder.is_dir():
        return False
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    if found != set(files):
        return False
    return all(not (folder / name).is_symlink() and sha256_of(folder / name) == files[name] for name in files)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise StoreError.of(
            problem,
            "The cache of fetched files cannot be written",
            path,
            "Free space or fix the permissions, or choose another folder: export XDG_CACHE_HOME=DIR",
        ) from problem
