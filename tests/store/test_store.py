"""Files by content, and the memory of steps that left them."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.errors import StoreError
from recast.store import ArtifactStore, CachedStep, StepCache

KEY = "sha256:" + "a" * 64


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


def cached(store: ArtifactStore, tmp_path: Path, text: str = "hello") -> tuple[CachedStep, Path]:
    (tmp_path / "file").write_text(text)
    artifact = store.add(tmp_path / "file", "out.txt")
    return CachedStep(KEY, (artifact,), {"n": 1}, "run /step/0"), store.path(artifact.digest)


def test_a_file_is_kept_once_and_read_only(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    first, second = store.add(tmp_path / "a", "x"), store.add(tmp_path / "b", "y")
    assert first.digest == second.digest
    assert store.read(first.digest, 100) == b"same"
    assert store.path(first.digest).stat().st_mode & 0o777 == 0o444
    assert not list((tmp_path / "store/tmp").iterdir())


def test_a_changed_or_missing_or_large_file_is_not_read(store: ArtifactStore, tmp_path: Path) -> None:
    _, path = cached(store, tmp_path)
    digest = "sha256:" + path.parent.name + path.name
    with pytest.raises(StoreError, match="larger than 3 bytes"):
        store.read(digest, 3)
    path.chmod(0o644)
    path.write_text("HELLO")
    with pytest.raises(StoreError, match="was changed"):
        store.read(digest, 100)
    path.unlink()
    with pytest.raises(StoreError, match="is missing"):
        store.read(digest, 100)


def test_only_regular_files_are_added(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be added") as problem:
        store.add(tmp_path, "x")
    assert problem.value.why == "it is a folder, and no file"
    with pytest.raises(StoreError, match="cannot be added"):
        store.add(tmp_path / "missing", "x")


def test_files_are_laid_out_at_their_paths_and_share_their_bytes(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    flat, deep = store.add(tmp_path / "file", "out.txt"), store.add(tmp_path / "file", "a/b/out.txt")
    folder = tmp_path / "run/work/step"
    for _ in range(2):
        store.lay_out([flat, deep], str(folder))
    assert (folder / "a/b/out.txt").read_text() == "hello"
    assert (folder / "out.txt").samefile(store.path(flat.digest))


def test_a_layout_that_fails_says_where_and_what_next(store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    artifact = store.add(tmp_path / "file", "out.txt")
    with pytest.raises(StoreError, match="cannot be linked into a folder") as problem:
        store.lay_out([artifact], str(tmp_path / "file/step"))
    assert problem.value.next_step


def test_a_step_whose_files_vanished_is_remembered_but_not_believed(store: ArtifactStore, tmp_path: Path) -> None:
    cache = StepCache(store)
    step, path = cached(store, tmp_path)
    path.unlink()
    cache.add([step])
    assert cache.look_up([KEY]) == {}
    cache.close()


def test_the_cache_remembers_the_newest(store: ArtifactStore, tmp_path: Path) -> None:
    cache = StepCache(store)
    old, _ = cached(store, tmp_path, "old")
    new, _ = cached(store, tmp_path, "new")
    cache.add([old])
    cache.add([new])
    assert cache.look_up([KEY, "sha256:other"]) == {KEY: new}
    cache.close()
    assert StepCache(store).look_up([KEY]) == {KEY: new}


@pytest.mark.parametrize("harm", ["gone", "shorter", "other content"])
def test_a_hit_whose_files_were_harmed_is_no_hit(store: ArtifactStore, tmp_path: Path, harm: str) -> None:
    cache = StepCache(store)
    step, path = cached(store, tmp_path)
    cache.add([step])
    path.chmod(0o644)
    if harm == "gone":
        path.unlink()
    else:
        path.write_text("hell" if harm == "shorter" else "HELLO")
    assert cache.look_up([KEY]) == {}
    cache.close()


def test_a_touched_file_with_its_content_is_a_hit(store: ArtifactStore, tmp_path: Path) -> None:
    cache = StepCache(store)
    step, path = cached(store, tmp_path)
    cache.add([step])
    path.touch()
    assert list(cache.look_up([KEY])) == [KEY]
    cache.close()


def test_what_is_taken_over_never_replaces_a_good_file_but_a_damaged_one(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    (tmp_path / "file").write_bytes(b"good")
    digest = store.add(tmp_path / "file", "file").digest
    inode = store.path(digest).stat().st_ino

    def take_over() -> None:
        (store.scratch / "new").write_bytes(b"good")
        store.take_over(store.scratch / "new", digest)
        assert not (store.scratch / "new").exists()

    take_over()
    assert store.path(digest).stat().st_ino == inode
    store.path(digest).chmod(0o644)
    store.path(digest).write_bytes(b"evil")
    take_over()
    assert store.path(digest).read_bytes() == b"good"
