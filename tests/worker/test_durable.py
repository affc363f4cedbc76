"""What is said to be there is on the disk before it is said: each file, and each name that leads to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.worker.files import durable, keeping
from recast.worker.files.durable import MOST_WAITS, sync_paths, sync_tree
from recast.worker.files.keeping import keep_all
from tests.powercut.recorder import Recorder, recording


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Recorder]:
    with recording(tmp_path) as recorder:
        yield recorder


def test_many_are_waited_for_together(tmp_path: Path, disk: Recorder) -> None:
    for number in range(MOST_WAITS + 1):
        (tmp_path / f"{number}").touch()
    sync_paths([str(tmp_path / "1"), str(tmp_path)])
    assert disk.has(tmp_path / "1")
    assert disk.has(tmp_path)
    assert not disk.has(tmp_path / "2")
    sync_tree(str(tmp_path))
    assert disk.waits == 2
    assert disk.has(tmp_path / "2")


def test_a_tree_is_waited_for_with_its_folders(tmp_path: Path, disk: Recorder) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").touch()
    (tmp_path / "a/l").symlink_to("nowhere")
    sync_tree(str(tmp_path))
    assert all(disk.has(tmp_path / name) for name in ("", "a", "a/b", "a/b/c"))


def test_a_disk_that_fails_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    (tmp_path / "a").write_text("a")
    with pytest.raises(OSError, match="Input/output"):
        keep_all([str(tmp_path / "a")], str(tmp_path / "store"))


def twins(folder: Path) -> list[str]:
    """Leave a file with two names: it is copied into the store, and shares nothing with it."""
    (folder / "a").write_text("twin")
    os.link(folder / "a", folder / "b")
    return ["a", "b"]


def known(folder: Path) -> list[str]:
    """Leave a content that the store has already, twice."""
    (folder / "first").write_text("content")
    keep_all([str(folder / "first")], str(folder.parent / "store"))
    for name in ("second", "third"):
        (folder / name).write_text("content")
    return ["second", "third"]


def many(folder: Path) -> list[str]:
    for number in range(MOST_WAITS + 1):
        (folder / f"{number}").write_text(f"{number % 7}")
    return [f"{number}" for number in range(MOST_WAITS + 1)]


@pytest.mark.parametrize("leave", [twins, known, many])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["one disk", "another disk"])
def test_files_of_a_step_are_on_the_disk_when_their_names_are_in_the_store(
    tmp_path: Path,
    disk: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    leave: Callable[[Path], list[str]],
    elsewhere: bool,
) -> None:
    work, store = tmp_path / "work", tmp_path / "store"
    work.mkdir()
    names = leave(work)
    disk.unsynced.clear()
    if elsewhere:
        device = keeping._Aside.__init__

        def far(self: Any, store: str) -> None:
            device(self, store)
            self.device = -1

        monkeypatch.setattr(keeping._Aside, "__init__", far)
    keep_all([str(work / name) for name in names], str(store))
    for name in names:
        assert disk.has(work / name), name
    for blob in (store / "sha256").rglob("*"):
        assert blob.is_dir() or disk.has(blob), blob
    assert disk.unsynced == []


def test_without_syncfs_all_disks_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Recorder
) -> None:
    monkeypatch.setattr(durable, "_syncfs", lambda fd: False)
    durable.sync_file_systems([str(tmp_path)])
    assert disk.has(tmp_path)
