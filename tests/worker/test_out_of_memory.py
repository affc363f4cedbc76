"""The rule of the class memory, and what its witnesses are worth."""

import os
import signal

import pytest

from recast.worker.failure import Failure
from recast.worker.limits.outofmemory import ran_out_of_memory
from recast.worker.log import Log
from recast.worker.processes.process import End
from recast.worker.verdict import judge

RESOURCES = {"memory_mb": 200, "disk_mb": 10, "walltime_s": 5}


@pytest.mark.parametrize("status", [0, 1 << 8, 137 << 8, signal.SIGKILL], ids=["0", "1", "137", "SIGKILL"])
def test_a_kill_in_the_payloads_own_group_decides_whatever_it_exits_with(status):
    code = End(status, 0, 0.0, "").code
    assert ran_out_of_memory(in_group=True, code=code)
    assert ran_out_of_memory(engine_says=True, code=code)


@pytest.mark.parametrize(
    ("status", "believed"),
    [(0, False), (1 << 8, False), (137 << 8, True), (signal.SIGKILL, True), (signal.SIGSEGV, False)],
    ids=["0", "1", "137", "SIGKILL", "SIGSEGV"],
)
def test_a_kill_somewhere_on_the_machine_is_believed_of_who_was_killed(status, believed):
    code = End(status, 0, 0.0, "").code
    assert ran_out_of_memory(code=code, kills_anywhere=True) is believed
    assert not ran_out_of_memory(code=code)


@pytest.mark.parametrize(
    ("is_limit_above", "words"), [(False, "used more than 200 MB"), (True, "for a limit above its own")]
)
def test_whose_limit_it_was_is_told(tmp_path, is_limit_above, words):
    with pytest.raises(Failure, match=words) as caught:
        judge(End(0, 0, 0.0, "memory"), RESOURCES, Log(str(tmp_path / "log")), is_limit_above=is_limit_above)
    assert caught.value.kind == "memory"


def test_what_is_only_likely_is_told_as_such(tmp_path):
    log = Log(str(tmp_path / "log"))
    with pytest.raises(Failure, match="probably used more than 200 MB") as caught:
        judge(End(9, 0, 0.0, "memory"), RESOURCES, log, is_limit_above=False, is_supposed=True)
    assert caught.value.kind == "memory"


def test_an_exit_code_is_told_as_a_shell_would():
    assert [End(status, 0, 0.0, "").code for status in (0, 3 << 8, signal.SIGTERM)] == [0, 3, 143]
    assert os.WIFSIGNALED(signal.SIGTERM)
