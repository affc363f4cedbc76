"""Files and folders that appear whole or not at all; nothing stays of writers that are killed, at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recast import atomic as whole
from recast.atomic import copy_file, new_file, new_folder, replace_file, whole_file

KILLED = """
import os, signal, sys
from pathlib import Path
from recast import atomic as whole
if sys.argv[2] == "named":
    whole._UNNAMED = 0
if sys.argv[3] == "folder":
    with whole.new_folder(Path(sys.argv[1]), "it") as folder:
        (folder / "deep").mkdir()
        os.kill(os.getpid(), signal.SIGKILL)
with whole.whole_file(Path(sys.argv[1]) / "it") as stream:
    stream.write(b"x" * 100_000)
    stream.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder: Path, how: str, what: str = "file") -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, folder, how, what], check=False)
    assert done.returncode == -signal.SIGKILL


def age(folder: Path, seconds: float = 3600) -> None:
    for path in folder.iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


@pytest.fixture(params=["unnamed", "named"])
def how(request, monkeypatch) -> str:
    if request.param == "named":
        monkeypatch.setattr(whole, "_UNNAMED", 0)
    return request.param


def test_a_file_appears_whole_and_replaces_what_was_there(tmp_path, how):
    path = tmp_path / "it"
    for content in (b"one", b"two" * 1000):
        replace_file(path, content)
        assert path.read_bytes() == content
        assert os.listdir(tmp_path) == ["it"]
    copy_file(path, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_nothing_appears_if_writing_fails(tmp_path, how):
    (tmp_path / "it").write_bytes(b"old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "it") as stream:
        stream.write(b"new")
        raise RuntimeError
    with new_file(tmp_path) as file:
        file.stream.write(b"never named")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"it": b"old"}


def test_of_a_killed_writer_nothing_stays(tmp_path):
    killed(tmp_path, "unnamed")
    assert list(tmp_path.iterdir()) == []


def test_where_names_are_needed_the_next_writer_sweeps(tmp_path, how):
    killed(tmp_path, "named")
    (tmp_path / ".other.0123.tmp").write_bytes(b"of another file")
    assert len(list(tmp_path.iterdir())) == 2
    age(tmp_path)
    whole._sweep(tmp_path, "it")
    assert [path.name for path in tmp_path.iterdir()] == [".other.0123.tmp"]


def test_folders_of_killed_writers_are_swept_and_those_of_living_ones_are_not(tmp_path):
    killed(tmp_path, "named", "folder")
    age(tmp_path)
    with new_folder(tmp_path, "it") as mine:
        assert [path.name for path in tmp_path.iterdir()] == [mine.name]
        age(tmp_path)
        with new_folder(tmp_path, "it") as other:
            assert mine.is_dir()
            other.rename(tmp_path / "done")
    assert [path.name for path in tmp_path.iterdir()] == ["done"]


def test_what_is_young_or_a_link_is_left_alone(tmp_path):
    kept = tmp_path / "precious"
    kept.mkdir()
    (tmp_path / ".it.0a.tmp").symlink_to(kept)
    killed(tmp_path, "named", "folder")
    with new_folder(tmp_path, "it"):
        pass
    assert kept.is_dir()
    assert len(list(tmp_path.iterdir())) == 3


def test_the_marks_of_names_are_no_patterns(tmp_path):
    (tmp_path / ".ab.01.tmp").write_bytes(b"")
    age(tmp_path)
    whole._sweep(tmp_path, "a*")
    whole._sweep(tmp_path, "[a]b")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_is_followed_and_a_pipe_is_written(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    replace_file(Path("/dev/null"), b"nothing")
    assert not Path("/dev/null").is_file()
