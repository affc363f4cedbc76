"""Who waited for what on the disk, in this process: so that a test can ask what a power cut would have taken."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from recast.worker.files import durable

__all__ = ["Recorder", "recording"]


class Recorder:
    """Which files and folders were waited for (`fsync`), and which were renamed or linked before that (`unsynced`).

    What is written again after it was waited for is not noticed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._synced: set[tuple[int, int]] = set()
        self.unsynced: list[str] = []
        self.waits = 0

    def has(self, path: Path | str) -> bool:
        """Return whether a file, or the names in a folder, would be there after a power cut."""
        found = os.stat(path)
        return (found.st_dev, found.st_ino) in self._synced

    def synced(self, fd: int) -> None:
        """Note that a file or a folder was waited for."""
        found = os.fstat(fd)
        self.waits += 1
        self._synced.add((found.st_dev, found.st_ino))

    def all_synced(self) -> None:
        """Note that everything was waited for that is there now."""
        for parent, folders, names in os.walk(self._root):
            for name in (".", *folders, *names):
                with suppress(OSError):
                    found = os.lstat(f"{parent}/{name}")
                    self._synced.add((found.st_dev, found.st_ino))

    def named(self, source: Any, target: Any) -> None:
        """Judge a rename or a link: whatever it makes visible has to be on the disk."""
        found = [os.fspath(source)]
        if os.path.isdir(source) and not os.path.islink(source):
            found += [f"{parent}/{name}" for parent, _, names in os.walk(source) for name in names]
        self.unsynced += [
            f"{path} -> {os.fspath(target)}"
            for path in found
            if os.path.isfile(path) and not os.path.islink(path) and not self.has(path)
        ]


@contextmanager
def recording(root: Path) -> Iterator[Recorder]:
    """Record while the block runs; a `syncfs` or `sync` counts for everything below `root`."""
    recorder = Recorder(root)

    def noting(do: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
        def noted(*arguments: Any, **more: Any) -> Any:
            answer = do(*arguments, **more)
            note(*arguments)
            return answer

        return noted

    def naming(do: Callable[..., None]) -> Callable[..., None]:
        def named(source: Any, target: Any, **more: Any) -> None:
            if not more:  # else it is a file without a name (`recast.atomic`), which is waited for before
                recorder.named(source, target)
            do(source, target, **more)

        return named

    with (
        mock.patch.object(os, "fsync", noting(os.fsync, recorder.synced)),
        mock.patch.object(os, "sync", noting(os.sync, recorder.all_synced)),
        mock.patch.object(durable, "_syncfs", noting(durable._syncfs, lambda _: recorder.all_synced())),
        mock.patch.object(os, "rename", naming(os.rename)),
        mock.patch.object(os, "replace", naming(os.replace)),
        mock.patch.object(os, "link", naming(os.link)),
    ):
        yield recorder
