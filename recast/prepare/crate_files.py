"""The files of an untrusted crate, a folder or a zip: each one matches its metadata, or is refused."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn
from urllib.parse import unquote

from recast.atomic import new_folder
from recast.digests import digest_of, from_hex
from recast.errors import InputError
from recast.json_types import JsonObject
from recast.plainfile import open_plain, read_plain
from recast.strictjson import parse_json

__all__ = ["DESCRIPTOR", "CrateFiles", "crate_at", "open_crate", "refuse"]

DESCRIPTOR = "ro-crate-metadata.json"
_MOST_FILES, _MOST_BYTES = 100_000, 64 << 30
_LARGEST_DOCUMENT = 64 << 20
_LARGEST_TEXT = 64 << 20
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CrateFiles:
    """A crate's files by path, with sha256 and size from its metadata; `name` is what the user calls the crate."""

    name: str
    folder: Path
    digest: str
    listed: Mapping[str, tuple[str, int]]

    def by_digest(self) -> dict[str, str]:
        """Return the paths of the files by digest (`sha256:<hex>`)."""
        return {from_hex(sha256): path for path, (sha256, _) in self.listed.items()}

    def check(self) -> None:
        """Hash every file; raise InputError for the first that is missing, is not a plain file, or does not match."""
        for path in self.listed:
            for _ in self.pieces(path):
                pass

    def read(self, path: str) -> bytes:
        """Return the content of a file of at most 64 MiB, checked."""
        if path not in self.listed:
            refuse(self.name, f"it contains no {path}")
        if self.listed[path][1] > _LARGEST_TEXT:
            refuse(self.name, f"{path} has {self.listed[path][1]} bytes")
        return b"".join(self.pieces(path))

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes; raise InputError after the last one if they are not what the metadata says."""
        sha256, size = self.listed[path]
        actual, count = hashlib.sha256(), 0
        place = self.folder / path
        try:
            if not place.resolve().is_relative_to(self.folder.resolve()):
                refuse(self.name, f"{path!r} is outside of it")
            with open_plain(place, links=False) as file:
                while piece := file.read(_PIECE_BYTES):
                    count += len(piece)
                    if count > size:
                        break
                    actual.update(piece)
                    yield piece
        except OSError as problem:
            refuse(self.name, f"{path!r} cannot be read: {problem.strerror}")
        if count != size or actual.hexdigest() != sha256:
            refuse(self.name, f"{path!r} is not the file in its metadata ({size} bytes, sha256:{sha256})")


def crate_at(name: str) -> Path | None:
    """Return the folder or zip of a crate, named itself or by its metadata file; None if there is none."""
    path = Path(name)
    if path.name == DESCRIPTOR and path.is_file():
        return path.parent
    if (path / DESCRIPTOR).is_file() or (path.suffix == ".zip" and path.is_file()):
        return path
    return None


@contextmanager
def open_crate(path: Path) -> Iterator[CrateFiles]:
    """Open a crate; raise InputError (`crate.unsound`) for what is not a crate, `inputs.archive` for an unsafe zip."""
    if path.is_dir():
        yield _opened(str(path), path)
        return
    with new_folder(Path(tempfile.gettempdir()), "recast-crate", 0o700) as scratch:
        from recast.remote.unpack import Bounds, unpack

        unpack(path, scratch, Bounds(_MOST_FILES, _MOST_BYTES), str, links_refused=True)
        tops = [place.parent for place in (scratch / DESCRIPTOR, *sorted(scratch.glob(f"*/{DESCRIPTOR}")))]
        found = [top for top in tops if (top / DESCRIPTOR).is_file()]
        if len(found) != 1:
            refuse(str(path), f"it contains {len(found)} files called {DESCRIPTOR}")
        yield _opened(str(path), found[0])


def refuse(name: str, why: str) -> NoReturn:
    """Raise the error for a crate that cannot be run again."""
    raise InputError(
        "This is not a valid crate of a run",
        where=name,
        why=why[:1].upper() + why[1:600] + ".",
        next_step="Get it again from its author, who writes it with: recast results RUN --export ro-crate DIR",
        code="crate.unsound",
    )


def _opened(name: str, folder: Path) -> CrateFiles:
    try:
        content = read_plain(folder / DESCRIPTOR, _LARGEST_DOCUMENT, links=False)
        graph = parse_json(content)["@graph"]
        listed = dict(_file(name, item) for item in graph if _is_file(item))
    except OSError as problem:
        refuse(name, f"its {DESCRIPTOR} cannot be read: {problem.strerror}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        refuse(name, f"its {DESCRIPTOR} cannot be read: {problem!r:.200}")
    return CrateFiles(name, folder, digest_of(content), listed)


def _is_file(item: Any) -> bool:
    """Return whether an entity is a file in the crate with a checksum; others are on the web or not from RECAST."""
    kinds = item["@type"] if isinstance(item["@type"], list) else [item["@type"]]
    return "File" in kinds and "sha256" in item


def _file(name: str, item: JsonObject) -> tuple[str, tuple[str, int]]:
    path, sha256, size = unquote(item["@id"]), item["sha256"], int(item["contentSize"])
    pure = PurePosixPath(path)
    safe = (
        str(pure) == path and not pure.is_absolute() and ".." not in pure.parts and path.isprintable() and path != "."
    )
    if not safe or len(path) > 1000 or size < 0:
        refuse(name, f"its metadata names a file {path[:80]!r}, which is not inside it")
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        refuse(name, f"the checksum of {path!r} is not valid")
    return path, (sha256, size)
