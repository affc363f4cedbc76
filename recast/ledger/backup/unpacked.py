"""The files of a back-up: unpacked aside, and moved to their places when all of the back-up is known to be whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from recast.errors import StoreError
from recast.ledger.backup.archive import Hashing, Member, damaged
from recast.ledger.ledger import Ledger
from recast.plainfile import file_digest
from recast.worker.files.durable import sync_paths, sync_tree

__all__ = ["Unpacked", "check_places"]

_MARK = ".restore-"


class Unpacked:
    """Folders beside the places where uploads, keys and runs go, so that moving there is renaming.

    What was placed goes away again at the end unless it is `kept`; what was not placed always does.
    """

    def __init__(self, ledger: Ledger, runs: Path) -> None:
        self._store, self._keys, self._runs = ledger.uploads.store, ledger.beside, runs
        self._stack, self._placed = ExitStack(), ExitStack()
        self._aside: dict[str, Path] = {}
        self.counts = {"uploads": 0, "runs": 0}

    def __enter__(self) -> Self:
        """Make the folders; raise OSError."""
        with ExitStack() as stack:
            for kind, place in (("uploads", self._store.scratch), ("keys", self._keys), ("runs", self._runs)):
                place.mkdir(parents=True, exist_ok=True, mode=0o700 if kind == "keys" else 0o777)
                self._aside[kind] = Path(stack.enter_context(TemporaryDirectory(prefix=_MARK, dir=place)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._placed.close()
        self._stack.close()

    def add(self, member: Member, file: Hashing) -> None:
        """Unpack a member; raise OSError, or StoreError for an upload that is not what it is named by."""
        kind, _, rest = member.name.partition("/")
        if kind == "uploads":
            if member.digest != f"sha256:{rest}":
                raise damaged(Path(member.name), "its content is not what it is named by")
            self.counts["uploads"] += 1
        self.counts["runs"] += kind == "runs" and rest.endswith("/journal.sqlite")
        path = self._aside[kind] / rest
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
            shutil.copyfileobj(file, stream)

    def place(self) -> None:
        """Move all files to their places; raise OSError. Nothing that lies there is replaced."""
        for upload in sorted(self._aside["uploads"].iterdir()):
            sync_paths([str(upload)])
            self._store.take_over(upload, f"sha256:{upload.name}")
        for kind, place in (("keys", self._keys), ("runs", self._runs)):
            sync_tree(str(self._aside[kind]))
            for made in sorted(self._aside[kind].iterdir()):
                self._move(made, place / made.name)
            sync_paths([str(place)])

    def kept(self) -> None:
        """Let all that was placed stay."""
        self._placed.pop_all()

    def _move(self, made: Path, path: Path) -> None:
        if path.exists():  # a key that is the same one: `check_places` has looked
            return
        made.rename(path)
        self._placed.callback(_remove, path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def check_places(members: Mapping[str, Member], ledger: Ledger, runs: Path) -> None:
    """Raise StoreError if a key or a run of a back-up would replace what is there: that may be newer, or in use."""
    for member in members.values():
        kind, _, rest = member.name.partition("/")
        if kind == "keys":
            key = ledger.beside / rest
            if key.exists() and file_digest(key) != member.digest:
                raise _in_the_way(key, "It signs the answers of a service, and the back-up has another one.")
        elif kind == "runs":
            folder = runs / rest.partition("/")[0]
            if folder.exists() or folder.is_symlink():
                raise _in_the_way(folder, "It may be newer than the back-up, or a run that goes on.")


def _in_the_way(path: Path, why: str) -> StoreError:
    return StoreError(
        "Something of a service lies where the back-up would go",
        where=str(path),
        why=why,
        next_step="move it away, or restore into a new place: RECAST_HOME=DIR recast serve restore FILE",
        code="backup.not-empty",
    )
