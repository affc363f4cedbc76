"""Whatever stands in a layer, unpacking it takes little memory: measured in a process of its own."""

import gzip
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from recast.images import ensure_unpacked
from recast.layers import rootfs
from recast.layers.apply import Layer, apply_layers
from recast.layers.faults import LayerFault
from recast.layers.stream import Limits
from recast.layers.tree import remove_tree
from tests.images.handmade import image, item, tar
from tests.waiting import BOUND_S

MOST_BYTES = 64 << 20
"""A quarter of what a node may spend, for a quarter of the worst: so the test is quick."""
_UNPACK = """
import json, sys
from recast.layers.apply import Layer, apply_layers
from recast.layers.faults import LayerFault
from recast.layers.stream import Limits
from recast.layers.tree import remove_tree
layers, root = json.loads(sys.argv[1]), sys.argv[2]
try:
    said = apply_layers([Layer(path, "sha256:x", "") for path in layers], root, Limits())
except LayerFault as problem:
    said = [problem.code]  # all layers but the last are damaged, says the digest: what matters came before
remove_tree(root)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(json.dumps([int(peak.split()[1]) * 1024, said]))
"""


def write(path: Path, *parts: bytes) -> Path:
    """Write a layer, compressed: what repeats takes no room."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        for part in parts:
            file.write(part)
    return path


def _without_end(data: bytes) -> bytes:
    blocks = len(data) // 512
    while not data[(blocks - 1) * 512 : blocks * 512].strip(b"\0"):
        blocks -= 1
    return data[: blocks * 512]


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.USTAR_FORMAT)


def pax(kind: bytes, key: str, size: int) -> bytes:
    """Return a pax header with one record of about `size` bytes."""
    rest = f" {key}=".encode() + b"v" * size + b"\n"
    length = len(rest) + len(str(len(rest) + 8))
    record = str(length).encode() + rest
    assert len(record) == length
    return header("pax", length, kind) + record + bytes(-length % 512)


MB = 1 << 20
LONG = "/".join(["d" * 250] * 15)


def whiteout_with_a_body():
    return [header("a/.wh.x", 100 * MB), *[bytes(MB)] * 100]


def opaque_with_a_body():
    return [header("a/.wh..wh..opq", 100 * MB), *[bytes(MB)] * 100]


def a_root_with_a_body():
    return [header("./", 100 * MB, tarfile.REGTYPE), header("x", 100 * MB), *[bytes(MB)] * 100]


def global_headers_in_sum():
    for number in range(100):
        yield pax(b"g", f"k{number}", MB - 100)
        yield header(f"f{number}", 0)


def headers_in_sum():
    yield from (pax(b"x", f"k{number}", MB - 100) for number in range(100))
    yield header("f", 0)


def long_names_in_sum():
    for _ in range(40):
        yield from (header("l", MB, b"L"), b"n" * MB, header("l", MB, b"K"), b"n" * MB)


def pipes_with_long_names():
    return [_without_end(tar(item("fifo", f"{LONG}/pipe"))) * 100] * 200


def folders_with_long_names():
    return (_without_end(tar(item("dir", f"{LONG}/{number}"))) for number in range(2_000))


def many_files():
    return (header(f"a/{number}", 0) for number in range(3_000))


def many_files_hidden_again():
    yield from many_files()
    yield from (header("a/.wh..wh..opq", 0) for _ in range(100))


def a_sparse_map():
    return [pax(b"x", "GNU.sparse.map", MB - 200), header("f", 0)]


LAYERS = [
    whiteout_with_a_body,
    opaque_with_a_body,
    a_root_with_a_body,
    global_headers_in_sum,
    headers_in_sum,
    long_names_in_sum,
    pipes_with_long_names,
    folders_with_long_names,
    many_files,
    many_files_hidden_again,
    a_sparse_map,
]


@pytest.mark.parametrize("make", LAYERS, ids=lambda make: make.__name__)
def test_a_layer_takes_little_memory(make, tmp_path):
    layer = write(tmp_path / "layer", *make())
    (tmp_path / "root").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _UNPACK, json.dumps([str(layer)]), str(tmp_path / "root")],
        capture_output=True,
        text=True,
        check=False,
        timeout=BOUND_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    peak_bytes, said = json.loads(done.stdout)
    print(f"{make.__name__}: {layer.stat().st_size / 1e6:.1f} MB take {peak_bytes / 1e6:.0f} MB, {said[:2]}")
    assert peak_bytes < MOST_BYTES, (peak_bytes, said[:3])


def test_folders_that_cannot_all_be_remembered_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rootfs, "_FOLDERS_BYTES", 10_000)
    layer = write(tmp_path / "layer", *(header(f"{number}/", 0, tarfile.DIRTYPE) for number in range(30)))
    (tmp_path / "root").mkdir()
    with pytest.raises(LayerFault) as caught:
        apply_layers([Layer(layer, "sha256:x", "")], tmp_path / "root", Limits())
    assert caught.value.code == "image.bomb"


def test_what_is_left_out_is_named_up_to_a_number(store):
    layer = tar(*(item("fifo", f"p{number}") for number in range(150)))
    skipped = ensure_unpacked(store, image(store, layer)).skipped
    assert skipped[0] == "p0: a FIFO" and skipped[-1] == "... and 50 more" and len(skipped) == 101


def test_a_folder_of_thousands_is_removed(tmp_path):
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    for number in range(2500):
        (folder / str(number)).touch()
    (folder / "link").symlink_to(tmp_path)
    folder.chmod(0o500)
    remove_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    remove_tree(tmp_path / "a")
