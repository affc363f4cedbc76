"""What a pilot starts believes nothing: not its words, not a sandbox, not what an archive calls its files."""

from __future__ import annotations

import ast
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from recast.worker.panda import transformation
from recast.worker.panda.transformation import NO_JOB, Wrong, main, obtain, parsed, unpack
from tests.worker.webstore import web_store

NAME = "jobO.12345678-1234-1234-1234-123456789abc.tar.gz"
WORDS = ["--sourceURL", "http://127.0.0.1:1", "-a", NAME, "--sha256", "ab" * 32, "--index", "job-7"]


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """Return an archive of members: name, kind, content (the target of a link)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, kind, content in members:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = content.decode() if kind != tarfile.REGTYPE else ""
            entry.size = len(content) if kind == tarfile.REGTYPE else 0
            packed.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


GOOD = archive(("worker.pyz", tarfile.REGTYPE, b"worker"), ("tasks/7.json", tarfile.REGTYPE, b"{}"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(transformation, "_PAUSES_S", (0, 0))
    return tmp_path


@pytest.mark.parametrize(
    ("more", "phase"), [([], "own"), (["--preprocess"], "preprocess"), (["--postprocess"], "postprocess")]
)
def test_words_of_a_phase_and_what_pilots_add(more: list[str], phase: str) -> None:
    found, given = parsed([*more, *WORDS, "--inside", "/srv", "--usePFCTurl", "--inputGUIDs", "['x']", "-j", ""])
    assert (found, given["--index"], given["--inside"]) == (phase, "7", "/srv")


@pytest.mark.parametrize("index", ["job-7", "000007:job-7", "['job-7']"])
def test_an_index_as_panda_may_write_it(index: str) -> None:
    assert parsed([*WORDS[:-1], index])[1]["--index"] == "7"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("-a", "../../etc/passwd"),
        ("-a", "jobO.x.tar.gz"),
        ("--sha256", "ab"),
        ("--index", "7"),
        ("--index", "${IN}"),
        ("--sourceURL", "file:///etc"),
        ("--sourceURL", "${SURL}"),
        ("--inside", "/srv;id"),
        ("--inside", "srv"),
    ],
)
def test_words_that_are_none(name: str, value: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS, name, value]) == NO_JOB
    assert name in capfd.readouterr().err


def test_a_sandbox_that_came_along_is_hashed(here: Path) -> None:
    digest = hashlib.sha256(GOOD).hexdigest()
    (here / NAME).write_bytes(GOOD)
    assert obtain(NAME, digest, "http://127.0.0.1:1") == GOOD
    (here / NAME).write_bytes(GOOD + b"x")
    with pytest.raises(Wrong, match="cannot be had"):
        obtain(NAME, digest, "http://127.0.0.1:1")


def test_a_sandbox_from_the_server_is_hashed() -> None:
    with web_store() as server:
        root = server.url.partition("/store")[0]
        place = f"{server.url.removeprefix(root)}/cache/{NAME}"
        server.files[place] = GOOD
        assert obtain(NAME, hashlib.sha256(GOOD).hexdigest(), server.url) == GOOD
        server.files[place] = b"other"
        with pytest.raises(Wrong, match="other bytes"):
            obtain(NAME, hashlib.sha256(GOOD).hexdigest(), server.url)
        assert server.count("GET") == 3


def test_nothing_but_the_worker_and_the_own_task_is_unpacked(here: Path) -> None:
    content = archive(
        ("../escape", tarfile.REGTYPE, b"x"),
        ("/tmp/escape", tarfile.REGTYPE, b"x"),
        ("tasks/8.json", tarfile.REGTYPE, b"another's"),
        ("worker.pyz", tarfile.SYMTYPE, b"/etc/passwd"),
        ("worker.pyz", tarfile.REGTYPE, b"worker"),
        ("tasks/7.json", tarfile.REGTYPE, b"{}"),
    )
    unpack(content, "7", "recast")
    found = sorted(str(path.relative_to(here)) for path in here.rglob("*") if not path.is_dir())
    assert found == ["recast/tasks/7.json", "recast/worker.pyz"]
    assert (here / "recast/worker.pyz").read_bytes() == b"worker"


def test_a_link_that_the_payload_left_is_not_written_through(here: Path) -> None:
    unpack(GOOD, "7", "recast")
    (here / "recast/worker.pyz").unlink()
    (here / "victim").write_bytes(b"mine")
    os.symlink(here / "victim", here / "recast/worker.pyz")
    unpack(GOOD, "7", "recast")
    assert (here / "victim").read_bytes() == b"mine" and not (here / "recast/worker.pyz").is_symlink()


@pytest.mark.parametrize("content", [b"", b"no archive", GOOD[:40], archive(("worker.pyz", tarfile.REGTYPE, b"x"))])
def test_a_sandbox_without_what_is_needed(content: bytes) -> None:
    with pytest.raises((Wrong, OSError, EOFError)):
        unpack(content, "7", "recast")


def test_it_stands_for_itself() -> None:
    """It is hosted somewhere and started alone: nothing of ours is there."""
    tree = ast.parse(Path(transformation.__file__).read_text())
    names: list[Any] = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = [alias.name for node in names for alias in node.names] + [getattr(node, "module", "") for node in names]
    assert not [name for name in modules if str(name).startswith("recast")]
