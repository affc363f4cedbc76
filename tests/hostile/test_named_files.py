"""Files that somebody names: a device, a pipe, a folder or /proc is refused with words, and at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recast.errors import InputError, RecastError, StoreError, UsageError
from recast.plainfile import open_plain, read_plain
from recast.prepare.inputs import user_inputs
from recast.prepare.what_file import spectrum_of
from recast.scans.points import read_points
from recast.spec.digest import _sha256
from recast.store import ArtifactStore
from recast.tomlfile import read_toml
from tests.conftest import Recast
from tests.waiting import BOUND_S

NO_FILES = ["/dev/zero", "/proc/self/maps", "pipe", "folder"]


@pytest.fixture(params=NO_FILES)
def no_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    return tmp_path / request.param


def test_it_is_refused_wherever_it_is_named(no_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inputs file cannot be read") as inputs:
        user_inputs([no_file], [], {})
    assert inputs.value.why.startswith("it ")
    for name, read in {
        "points": lambda: read_points(no_file),
        "settings": lambda: read_toml(no_file, "The configuration"),
        "spectrum": lambda: spectrum_of(no_file),
    }.items():
        with pytest.raises((InputError, UsageError), match="cannot be read") as problem:
            read()
        assert problem.value.why, name


def test_a_store_takes_no_device(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path):
        with pytest.raises(StoreError, match="cannot be added"):
            store.add(path, "x")


def test_a_file_of_a_version_is_no_link_and_no_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    for name in ("pipe", "link"):
        with pytest.raises(RecastError):
            _sha256(tmp_path / name)
    with pytest.raises(OSError, match="symbolic links"):
        open_plain(tmp_path / "link", links=False)


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="more than"):
        read_plain(tmp_path / "large")
    with pytest.raises(InputError, match="inputs file cannot be read") as problem:
        user_inputs([tmp_path / "large"], [], {})
    assert "1099511627776 bytes" in problem.value.why


def test_inputs_from_dev_zero_end_in_words(recast: Recast, tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text("stages: []")
    answer = recast("run", "workflow.yml", "--toplevel", tmp_path, "--inputs", "/dev/zero", timeout=BOUND_S)
    assert answer.code in (2, 3)
    assert "/dev/zero" in answer.err
    assert "Traceback" not in answer.err
