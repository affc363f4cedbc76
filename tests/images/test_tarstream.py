"""Our tar reader against Python's tarfile as the writer."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.layers.faults import LayerFault
from recast.layers.tarstream import Entry, entries, read_exactly
from tests.images.handmade import item, tar

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=150)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def contents(layer: bytes) -> list[tuple[Entry, bytes]]:
    stream = io.BytesIO(layer)
    return [(entry, read_exactly(stream, entry.size)) for entry in entries(stream)]


@given(
    path=PATHS,
    link=PATHS,
    content=st.binary(max_size=1100),
    owner=st.integers(0, 2**32 - 2),
    mtime=st.integers(-(2**40), 2**60),
    form=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
)
def test_it_reads_what_tarfile_writes(path: str, link: str, content: bytes, owner: int, mtime: int, form: int) -> None:
    layer = tar(
        item("file", path, content, uid=owner, gid=owner, mtime=mtime, mode=0o4711),
        item("link", "l", link=link),
        format=form,
    )
    (file, data), (symlink, _) = contents(layer)
    assert (file.name, data, file.kind) == (path, content, "0")
    assert (file.uid, file.gid, file.mode, file.mtime_ns) == (
        owner,
        owner,
        0o4711,
        min(max(mtime, 0), 2**34 - 1) * 10**9,
    )
    assert (symlink.kind, symlink.link) == ("2", link)


def test_ustar_splits_long_names() -> None:
    path = "/".join(["folder" * 10] * 3) + "/file"
    assert contents(tar(item("file", path), format=tarfile.USTAR_FORMAT))[0][0].name == path


def test_global_records_hold_for_all_and_own_ones_win() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers={"mtime": "5"}) as archive:
        archive.addfile(item("file", "a", mtime=1)[0])
        archive.addfile(item("file", "b", mtime=2.25)[0])
    assert [entry.mtime_ns for entry, _ in contents(buffer.getvalue())] == [5 * 10**9, 2_250_000_000]


@given(st.binary(min_size=1, max_size=2000))
def test_garbage_is_an_error_and_never_anything_else(data: bytes) -> None:
    try:
        contents(data)
    except LayerFault as problem:
        assert problem.code == "image.layer"


@given(position=st.integers(0, 1535), value=st.integers(0, 255))
def test_a_changed_byte_never_crashes(position: int, value: int) -> None:
    layer = bytearray(tar(item("file", "a", b"x", pax_headers={"comment": "y"}), item("link", "l", link="a")))
    layer[position] = value
    try:
        contents(bytes(layer))
    except LayerFault as problem:
        assert problem.code == "image.layer"


@pytest.mark.parametrize("field", ["uid", "gid"])
def test_owners_that_no_system_has(field: str) -> None:
    for number in (2**32 - 1, 2**60):
        with pytest.raises(LayerFault):
            contents(tar(item("file", "a", **{field: number})))


def test_a_negative_size() -> None:
    layer = bytearray(tar(item("file", "a", b"x" * 600)))
    layer[124:136] = b"\xff" * 11 + b"\x00"
    layer[148:156] = b" " * 8
    layer[148:156] = b"%06o\0 " % sum(layer[:512])
    with pytest.raises(LayerFault) as caught:
        contents(bytes(layer))
    assert "negative" in caught.value.why


def test_sparse_files_are_refused() -> None:
    layer = tar(item("file", "a", b"x", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}))
    with pytest.raises(LayerFault, match="tar stream"):
        contents(layer)
