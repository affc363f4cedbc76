"""`recast shell`: in a step's place, with a terminal and without."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

import pytest
import yaml

from recast.images import ImageStore
from tests.busybox import add_busybox, environment, pin, write_spec
from tests.conftest import Recast
from tests.processes import command, every
from tests.waiting import BOUND_S, NotInTime, until


@pytest.fixture
def ran(recast: Recast, home: Path, tmp_path: Path) -> str:
    """A run of one step in a container that reads one file, and of another step that failed before a third one."""
    spec = write_spec(
        tmp_path / "spec",
        "cat {input} > {out}; test -e /nothing",
        {"input": {"step": "init", "output": "input"}, "out": "{workdir}/out.txt"},
        {"out": "out.txt"},
        memory_mb=50,
    )
    document = yaml.safe_load((spec / "workflow.yml").read_text())
    later = {"input": {"step": "work", "output": "out"}}
    for name, lives_in in (("later", environment()), ("host", {"environment_type": "localproc-env"})):
        body = {
            "process": {"process_type": "string-interpolated-cmd", "cmd": "cat {input}"},
            "environment": lives_in,
            "publisher": {"publisher_type": "constant-pub", "publish": {"done": "yes"}},
        }
        scheduler = {"scheduler_type": "singlestep-stage", "parameters": later, "step": body}
        document["stages"].append({"name": name, "dependencies": ["work"], "scheduler": scheduler})
    (spec / "workflow.yml").write_text(yaml.safe_dump(document))
    pin(spec, add_busybox(ImageStore(home / "images")))
    (tmp_path / "init").mkdir()
    (tmp_path / "init" / "data.txt").write_text("what was handed in\n")
    given = ["--toplevel", spec, "--initdir", tmp_path / "init", "-p", "input=data.txt", "--allow-host-process"]
    answer = recast("run", "workflow.yml", *given, "-q")
    assert answer.code == 1, answer.err
    return answer.out.strip()


def test_one_command_in_the_place_of_a_step(recast: Recast, home: Path, ran: str) -> None:
    text = (
        'sh -c "$RECAST_COMMAND"; cat out.txt; echo $FROM_IMAGE; ls; echo > new; '
        "for place in /bin/x /recast/run/init/x; do echo > $place || echo refused; done; wc -l < /proc/net/dev"
    )
    done = recast("shell", ran, "/work/0", "--command", text)
    assert done.code == 0, done.err
    lines = [line for line in done.out.splitlines() if not line.startswith("sh:")]
    assert lines == ["what was handed in", "yes", "out.txt", "refused", "refused", "3"]
    shown = {path.name for path in (home / "runs" / ran).iterdir()}
    assert not any("shell" in name for name in shown)
    failed = recast("shell", "last", "work", "--command", "echo before; exit 7")
    assert (failed.code, failed.out) == (1, "before\n")
    assert "exit code 7" in failed.err
    eats = recast("shell", "last", "work", "--command", "dd if=/dev/zero of=/tmp/x bs=1M count=60")
    assert eats.code == 1


def test_where_there_is_no_place_to_be_in(recast: Recast, ran: str) -> None:
    waits = recast("shell", ran, "later", "--command", "ls")
    assert (waits.code, "waits for /work/0" in waits.err) == (3, True)
    host = recast("shell", ran, "host", "--command", "ls")
    assert (host.code, "runs on the host" in host.err) == (3, True)
    assert recast("shell", ran, "nobody", "--command", "ls").code == 6
    no_terminal = recast("shell", ran, "work")
    assert (no_terminal.code, "--command" in no_terminal.err) == (2, True)


def test_a_shell_on_a_terminal(ran: str) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "recast", "shell", ran, "work"])
    _until(terminal, b"# ")
    sleep = f"sleep 1000{pid}"
    os.write(terminal, f"{sleep}\n".encode())
    until(lambda: runs(sleep), sleep)
    # Ctrl-C goes to what runs in the container, and ends it; one that comes too early for it is typed again.
    until(lambda: not runs(sleep) or not os.write(terminal, b"\x03"), f"the end of {sleep}")
    _until(terminal, b"# ")
    os.write(terminal, b"echo $((6*7)) $(tty)\n")
    _until(terminal, b"42 /")
    os.write(terminal, b"\x04")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)


def runs(line: str) -> bool:
    return any(command(each) == line.split() for each in every())


def _until(terminal: int, mark: bytes) -> bytes:
    said, give_up_at = b"", time.monotonic() + BOUND_S
    while mark not in said:
        if time.monotonic() > give_up_at:
            raise NotInTime(f"{mark!r} in {said!r}")
        if select.select([terminal], [], [], 0.2)[0]:
            said += os.read(terminal, 65536)
    return said
