"""condor_tail and what it says, by a program that stands for it; the real one is in test_htcondor_engine.py."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from recast.errors import ExecutorError
from recast.executors.htcondor.tail import tail


def look(tmp_path: Path, script: str, offset: int = 0) -> bytes | None:
    program = tmp_path / "condor_tail"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return asyncio.run(tail(str(program), os.environ, "schedd@here", "7.0", offset))


def test_it_asks_the_schedd_for_the_job(tmp_path: Path) -> None:
    assert look(tmp_path, 'echo "$@"') == b"-name schedd@here -maxbytes 1048576 7.0\n"


def test_from_an_offset_on(tmp_path: Path) -> None:
    assert look(tmp_path, "printf abcdef", 4) == b"ef"
    assert look(tmp_path, "printf abcdef", 6) == b""


def test_a_long_log_is_asked_for_whole(tmp_path: Path) -> None:
    """The program gives the end of a file and does not say where that begins."""
    log = tmp_path / "log"
    log.write_bytes(b"a" * 5_000_000 + b"the end")
    assert look(tmp_path, f'tail -c "$4" {log}', 5_000_000) == b"the end"
    assert look(tmp_path, f'tail -c "$4" {log}') == log.read_bytes()


def test_a_job_that_has_just_ended(tmp_path: Path) -> None:
    assert look(tmp_path, "echo 'No such job: 7.0' >&2; exit 1") is None


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'Failed to send GET_JOB_CONNECT_INFO to schedd' >&2; exit 1", "GET_JOB_CONNECT_INFO"),
        ("head -c 999999999 /dev/zero | head -c $4", "longer than 67 MB"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path: Path, script: str, why: str) -> None:
    with pytest.raises(ExecutorError, match="cannot be shown while it runs") as problem:
        look(tmp_path, script)
    assert why in problem.value.why
    assert "when the job has ended" in problem.value.why


def test_without_the_program(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError) as problem:
        asyncio.run(tail("no-such-program", os.environ, "schedd@here", "7.0", 0))
    assert "no-such-program" in problem.value.why
    assert "RECAST_HTCONDOR_CONDOR_TAIL" in problem.value.next_step
