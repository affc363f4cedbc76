"""Logs are read in pieces from the place that is asked for, however long they are."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recast.operations.logs import LONGEST_LINE_BYTES, start_of_tail, whole_lines
from tests.conftest import Recast
from tests.runs.told import stage
from tests.waiting import BOUND_S

MEMORY_BYTES = 700 << 20


@given(st.lists(st.binary(max_size=50) | st.just(b"x" * (LONGEST_LINE_BYTES + 9)), max_size=6))
def test_no_byte_is_lost(pieces: list[bytes]) -> None:
    cut = list(whole_lines(pieces))
    assert b"".join(cut) == b"".join(pieces)
    assert all(piece.endswith(b"\n") or len(piece) <= LONGEST_LINE_BYTES for piece in cut[:-1])


@given(st.lists(st.sampled_from(["", "a", "bc" * 40]), max_size=8), st.booleans(), st.integers(0, 10))
def test_the_last_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[str], ended: bool, wanted: int) -> None:
    file = tmp_path_factory.mktemp("log") / "log"
    text = "\n".join(lines) + ("\n" if ended and lines else "")
    file.write_text(text)
    expected = "".join(text.splitlines(keepends=True)[-wanted:] if wanted else [])
    assert text[start_of_tail(file, wanted) :] == expected
    assert start_of_tail(file, None) == 0 == start_of_tail(file.with_name("none"), 3)


def test_a_log_of_many_gigabytes(recast: Recast, tmp_path: Path) -> None:
    none = {"publisher_type": "constant-pub", "publish": {"x": 1}}
    (tmp_path / "w.yml").write_text(yaml.safe_dump({"stages": [stage("a", {}, "echo first", none)]}))
    assert recast("run", "w.yml", "--allow-host-process", cwd=tmp_path).code == 0
    log = next((tmp_path / "home/runs").glob("*/jobs/*/log"))
    os.truncate(log, 8 << 30)  # without taking the disk
    with log.open("ab") as file:
        file.write(b"\nthe end\n")
    done = subprocess.run(
        [sys.executable, "-m", "recast", "logs", "last", "--tail", "1"],
        capture_output=True,
        timeout=BOUND_S,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
    )
    assert (done.returncode, done.stdout) == (0, b"the end\n"), done.stderr
    whole = subprocess.Popen(
        [sys.executable, "-m", "recast", "logs", "last", "--raw"],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
    )
    assert whole.stdout is not None
    assert len(whole.stdout.read(64 << 20)) == 64 << 20
    whole.stdout.close()
    whole.kill()
    whole.wait(BOUND_S)
