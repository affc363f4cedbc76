"""Layers become a root folder: whiteouts, links, ownership, times, and once only."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.errors import ImageCorrupt, NotFound
from recast.images import ImageStore, ensure_unpacked
from tests.images.handmade import MTIME, image, item, tar, tree
from tests.waiting import BOUND_S

MOUNTS = {"dev": None, "proc": None, "recast": None, "recast/run": None, "tmp": None}


def unpacked(store: ImageStore, *layers: bytes, **options: object) -> dict[str, bytes | None]:
    root = ensure_unpacked(store, image(store, *layers, **options)).rootfs  # type: ignore[arg-type]
    return {name: content for name, content in tree(root).items() if name not in MOUNTS}


@pytest.mark.parametrize("compress", [False, True])
def test_files_folders_and_links(store: ImageStore, compress: bool) -> None:
    layer = tar(
        item("dir", "a"),
        item("file", "a/f", b"one"),
        item("link", "a/l", link="f"),
        item("hard", "b/h", link="a/f"),
        item("file", "deep/er/f", b"two"),
    )
    assert unpacked(store, layer, compress=compress) == {
        "a": None,
        "a/f": b"one",
        "a/l": b"-> f",
        "b": None,
        "b/h": b"one",
        "deep": None,
        "deep/er": None,
        "deep/er/f": b"two",
    }


def test_an_empty_image_has_mount_points(store: ImageStore) -> None:
    root = ensure_unpacked(store, image(store)).rootfs
    assert tree(root) == MOUNTS


def test_hard_links_share_an_inode(store: ImageStore) -> None:
    layer = tar(item("file", "a", b"x"), item("hard", "b", link="./a"))
    root = ensure_unpacked(store, image(store, layer)).rootfs
    assert (root / "a").stat().st_ino == (root / "b").stat().st_ino


def test_replacing_one_name_leaves_its_hard_link_alone(store: ImageStore) -> None:
    lower = tar(item("file", "a", b"old"), item("hard", "b", link="a"))
    assert unpacked(store, lower, tar(item("file", "a", b"new"))) == {"a": b"new", "b": b"old"}


def test_whiteouts_hide_what_is_below(store: ImageStore) -> None:
    lower = tar(item("file", "d/x", b"1"), item("file", "d/y", b"2"), item("file", "gone/z", b"3"))
    upper = tar(item("file", "d/.wh.x"), item("file", ".wh.gone"), item("file", ".wh.never-was"))
    assert unpacked(store, lower, upper) == {"d": None, "d/y": b"2"}


@pytest.mark.parametrize("opaque_first", [True, False])
def test_an_opaque_folder_keeps_only_its_own_layer(store: ImageStore, opaque_first: bool) -> None:
    lower = tar(item("file", "d/old", b"1"), item("file", "d/sub/old", b"2"), item("file", "e", b"3"))
    own = [item("file", "d/new", b"4"), item("file", "d/sub/new", b"5")]
    opaque = item("file", "d/.wh..wh..opq")
    upper = tar(*([opaque, *own] if opaque_first else [*own, opaque]))
    assert unpacked(store, lower, upper) == {
        "d": None,
        "d/new": b"4",
        "d/sub": None,
        "d/sub/new": b"5",
        "e": b"3",
    }


def test_kinds_replace_each_other(store: ImageStore) -> None:
    lower = tar(item("file", "a", b"1"), item("file", "b/f", b"2"), item("link", "c", link="b"))
    upper = tar(item("dir", "a"), item("file", "b", b"3"), item("dir", "c"), item("file", "c/f", b"4"))
    assert unpacked(store, lower, upper) == {"a": None, "b": b"3", "c": None, "c/f": b"4"}


def test_a_path_through_a_link_inside_the_root_is_followed(store: ImageStore) -> None:
    lower = tar(item("dir", "usr/bin"), item("link", "bin", link="usr/bin"), item("dir", "run"))
    upper = tar(item("file", "bin/tool", b"x"), item("link", "var/run", link="/run"))
    third = tar(item("file", "var/run/pid", b"1"))
    found = unpacked(store, lower, upper, third)
    assert found["usr/bin/tool"] == b"x"
    assert found["run/pid"] == b"1"
    assert found["bin"] == b"-> usr/bin"


def test_modes_and_times(store: ImageStore) -> None:
    layer = tar(
        item("dir", "d", mode=0o1777),
        item("file", "d/f", b"x", mode=0o640),
        item("link", "d/l", link="nowhere"),
        item("dir", "locked", mode=0o500),
        item("file", "locked/f", b"y"),
        item("file", "half", mtime=MTIME + 0.5),
    )
    root = ensure_unpacked(store, image(store, layer)).rootfs
    assert (root / "d").stat().st_mode & 0o7777 == 0o1777
    assert (root / "d/f").stat().st_mode & 0o7777 == 0o640
    assert (root / "locked").stat().st_mode & 0o7777 == 0o500
    assert {(root / name).lstat().st_mtime for name in ("d", "d/f", "d/l", "locked")} == {MTIME}
    assert (root / "half").stat().st_mtime == MTIME + 0.5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_ownership(store: ImageStore) -> None:
    owner = {"uid": 1234, "gid": 4321}
    layer = tar(item("dir", "d", **owner), item("file", "d/f", **owner), item("link", "d/l", link="f", **owner))
    root = ensure_unpacked(store, image(store, layer)).rootfs
    for name in ("d", "d/f", "d/l"):
        found = (root / name).lstat()
        assert (found.st_uid, found.st_gid) == (1234, 4321)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root tries")
def test_a_namespace_without_the_owner(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "chown", refuse)
    assert unpacked(store, tar(item("file", "f", b"x", uid=1234))) == {"f": b"x"}


def test_setuid_is_dropped_and_devices_are_left_out(store: ImageStore) -> None:
    layer = tar(
        item("file", "su", b"x", mode=0o6755),
        item("char", "dev/null", devmajor=1, devminor=3),
        item("block", "dev/sda"),
        item("fifo", "pipe"),
    )
    result = ensure_unpacked(store, image(store, layer))
    assert (result.rootfs / "su").stat().st_mode & 0o7777 == 0o755
    assert not (result.rootfs / "dev/null").exists()
    assert not (result.rootfs / "pipe").exists()
    assert result.skipped == ("dev/null: a character device", "dev/sda: a block device", "pipe: a FIFO")


def test_what_the_configuration_says(store: ImageStore) -> None:
    config = {"Env": ["PATH=/bin", "A=b=c", "broken", "EMPTY="], "WorkingDir": "/w", "User": "me"}
    digest = image(store, config=config)
    for _ in range(2):
        result = ensure_unpacked(store, digest)
        assert result.env == {"PATH": "/bin", "A": "b=c", "EMPTY": ""}
        assert (result.workdir, result.user, result.digest) == ("/w", "me", digest)


def test_the_second_call_unpacks_nothing(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = image(store, tar(item("file", "f", b"x")))
    first = ensure_unpacked(store, digest)
    monkeypatch.setattr("recast.images.unpack._unpack", None)
    monkeypatch.setattr(ImageStore, "read_blob", None)
    assert ensure_unpacked(store, digest) == first


def test_leftovers_of_a_crash_are_cleared(store: ImageStore) -> None:
    digest = image(store, tar(item("file", "f", b"x")))
    partial = store.root / "unpacked" / (digest.removeprefix("sha256:") + ".partial")
    (partial / "rootfs").mkdir(parents=True)
    (partial / "rootfs" / "stale").write_text("x")
    root = ensure_unpacked(store, digest).rootfs
    assert set(tree(root)) == {"f", *MOUNTS}
    assert not partial.exists()


def _unpack_in_process(root: Path, digest: str, answers: multiprocessing.Queue[str]) -> None:
    answers.put(str(ensure_unpacked(ImageStore(root), digest).rootfs))


def test_two_at_once(store: ImageStore) -> None:
    digest = image(store, tar(*(item("file", f"d/{i}", b"x" * i) for i in range(300))))
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[str] = context.Queue()
    both = [context.Process(target=_unpack_in_process, args=(store.root, digest, answers)) for _ in range(2)]
    for process in both:
        process.start()
    roots = {answers.get(timeout=BOUND_S) for _ in both}
    for process in both:
        process.join(30)
    assert len(roots) == 1
    assert len(tree(Path(roots.pop()))) == 301 + len(MOUNTS)


def test_a_blob_that_changed_after_unpacking_is_noticed(store: ImageStore) -> None:
    layer = tar(item("file", "f", b"x"))
    digest = image(store, layer)
    ensure_unpacked(store, digest)
    path = store.blob_path(store.manifest(digest).layers[0].digest)
    path.write_bytes(layer[:-1] + b"!")
    with pytest.raises(ImageCorrupt, match=path.name):
        ensure_unpacked(store, digest)


def test_an_unknown_digest(store: ImageStore) -> None:
    with pytest.raises(NotFound):
        ensure_unpacked(store, "sha256:" + "0" * 64)


NAMES = st.sampled_from(["a", "b", "a/b", "a/c", "b/a", "a/b/c"])
ENTRIES = st.one_of(
    st.tuples(st.just("file"), NAMES, st.binary(max_size=4)),
    st.tuples(st.just("dir"), NAMES, st.just(b"")),
    st.tuples(st.just("whiteout"), NAMES, st.just(b"")),
)
LAYERS = st.lists(st.dictionaries(NAMES, ENTRIES, max_size=4), max_size=4)


def model(layers: list[list[tuple[str, str, bytes]]]) -> dict[str, bytes | None]:
    """What layers mean, as simply as it can be said: a dictionary of paths."""
    state: dict[str, bytes | None] = {}

    def drop(path: str) -> None:
        for known in [known for known in state if known == path or known.startswith(path + "/")]:
            del state[known]

    for layer in layers:
        for kind, path, content in layer:
            parents = [path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1)]
            for parent in parents:
                state.setdefault(parent, None)
            if kind == "whiteout":
                drop(path)
            elif kind == "dir":
                if state.get(path) is not None:
                    drop(path)
                state[path] = None
            else:
                drop(path)
                state[path] = content
    return state


def _sound(layers: list[list[tuple[str, str, bytes]]]) -> bool:
    """Leave out what tools disagree about: a file as a parent, one layer that adds and hides the same path."""
    for end in range(len(layers)):
        below = model(layers[:end])
        for position, (kind, path, _) in enumerate(layers[end]):
            now = {**below, **model([layers[end][:position]])}
            parents = [path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1)]
            if any(now.get(parent) is not None for parent in parents):
                return False
            if kind == "whiteout" and any(
                other == path or other.startswith(path + "/") or path.startswith(other + "/")
                for other_kind, other, _ in layers[end]
                if other_kind != "whiteout"
            ):
                return False
    return True


@settings(max_examples=60, deadline=None)
@given(layers=LAYERS)
def test_layers_mean_what_the_model_says(
    tmp_path_factory: pytest.TempPathFactory, layers: list[dict[str, tuple[str, str, bytes]]]
) -> None:
    plain = [[(kind, path, content) for path, (kind, _, content) in layer.items()] for layer in layers]
    plain = [sorted(layer, key=lambda entry: entry[1]) for layer in plain]
    if not _sound(plain):
        return
    tars = [
        tar(
            *(
                item("file", "/".join([*path.split("/")[:-1], ".wh." + path.split("/")[-1]]))
                if kind == "whiteout"
                else item(kind, path, content)
                for kind, path, content in layer
            )
        )
        for layer in plain
    ]
    store = ImageStore(tmp_path_factory.mktemp("store"))
    assert unpacked(store, *tars) == model(plain)
