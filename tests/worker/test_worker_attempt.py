"""One attempt by the real zipapp, in a Python of its own."""

import ast
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recast.executors.bundle import build_worker, worker_bytes
from recast.jobs import Artifact, ContainerJob, FailureClass, Outcome, OutputPattern, Resources
from recast.worker.payload import host_payload, shell_safe
from tests.processes import command, every
from tests.waiting import until

SOURCES = [Path(__file__).parents[2] / "recast" / room for room in ("worker", "layers")]


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    return build_worker(tmp_path_factory.mktemp("worker"))


def job(command, outputs=(), **changed):
    values = {
        "job_id": "j1",
        "image": None,
        "command": command,
        "script": None,
        "interpreter": "sh",
        "workdir": "/recast/run/stage/1",
        "outputs": tuple(OutputPattern(pattern) for pattern in outputs),
        "resources": Resources(walltime_s=20),
    }
    return ContainerJob(**{**values, **changed})


def start(worker, folder, what, **popen):
    task = {
        "job": what.as_json(),
        "attempt_dir": str(folder / "attempt"),
        "store": str(folder / "store"),
        "runtime": {"name": "host", "argv": None, "cgroup": False},
        "image_digest": None,
    }
    (folder / "task.json").write_text(json.dumps(task))
    argv = [sys.executable, "-I", "-S", "-E", str(worker), "run", str(folder / "task.json")]
    return subprocess.Popen(argv, **popen)


def attempt(worker, folder, what):
    folder.mkdir(exist_ok=True)
    assert start(worker, folder, what).wait(30) == 0
    return Outcome.from_json(json.loads((folder / "attempt/outcome.json").read_text()))


def test_an_attempt_leaves_its_folder_as_promised(worker, tmp_path):
    outcome = attempt(worker, tmp_path, job("echo out; echo err >&2; echo hello > x", ["x"]))
    assert outcome.succeeded
    assert outcome.runtime == "host"
    assert outcome.host == os.uname().nodename
    assert sorted(path.name for path in (tmp_path / "attempt").iterdir()) == ["log", "outcome.json", "work"]
    assert (tmp_path / "attempt/log").read_text() == "out\nerr\n"
    assert (tmp_path / "attempt").stat().st_mode & 0o777 == 0o700


def test_an_attempt_folder_is_never_used_twice(worker, tmp_path):
    first = attempt(worker, tmp_path, job("echo 1 > x", ["x"]))
    assert first.succeeded
    assert start(worker, tmp_path, job("echo 2 > x", ["x"])).wait(30) == 1
    assert (tmp_path / "attempt/work/x").read_text() == "1\n"
    assert Outcome.from_json(json.loads((tmp_path / "attempt/outcome.json").read_text())) == first


def test_signals_and_exit_codes_are_told_apart(worker, tmp_path):
    died = attempt(worker, tmp_path / "a", job("kill -SEGV $$"))
    assert (died.failure, died.signal, died.exit_code) == (FailureClass.USER, signal.SIGSEGV, None)
    assert "SIGSEGV" in died.message
    killed = attempt(worker, tmp_path / "b", job("kill -9 $$"))
    assert (killed.failure, killed.signal) == (FailureClass.USER, signal.SIGKILL)
    piped = attempt(worker, tmp_path / "c", job("yes | head -1"))
    assert piped.succeeded  # SIGPIPE works as everywhere


def test_nothing_secret_is_inherited(worker, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    outcome = attempt(worker, tmp_path, job("env > env.txt", ["env.txt"], env={"WANTED": "1"}))
    assert outcome.succeeded
    names = {line.split("=")[0] for line in (tmp_path / "attempt/work/env.txt").read_text().splitlines()}
    assert names <= {"PATH", "HOME", "LANG", "TMPDIR", "RECAST_JOB_ID", "WANTED", "PWD", "OLDPWD", "SHLVL", "_"}


def test_logical_paths_are_rewritten_for_host_processes(worker, tmp_path):
    folder = tmp_path / "a run; with 'odd' $(names)"
    command = "echo $HERE > here; echo /recast/run/stage/10 > other; cd /recast/run/stage/1"
    command += " && echo hi > /recast/run/stage/1/x"
    outcome = attempt(worker, folder, job(command, ["x", "here"], env={"HERE": "/recast/run/stage/1/x"}))
    assert outcome.succeeded, outcome.message
    assert (folder / "attempt/work/here").read_text().endswith("/work/x\n")
    assert (folder / "attempt/work/other").read_text().endswith("/in/stage/10\n")


def test_rewriting_keeps_words_whole():
    def rewritten(text):
        return host_payload(job(text).as_json(), "/W", "/I").argv[2]

    assert rewritten("cat /recast/run/stage/1/a /recast/run/stage/1") == "cat /W/a /W"
    assert rewritten("cat /recast/run/stage/10 /recast/run/init/a") == "cat /I/stage/10 /I/init/a"
    assert rewritten("--in=/recast/run/stage/1:/recast/run") == "--in=/W:/I"
    assert rewritten("/data/recast/run/x /recast/runs") == "/data/recast/run/x /recast/runs"
    assert rewritten("'/recast/run/stage/1'größe") == "'/W'größe"
    assert shell_safe("/a/b-1_2.x") and not shell_safe("/a b") and not shell_safe("/a;b")


def test_inputs_are_staged_and_removed_again(worker, tmp_path):
    import hashlib

    name = hashlib.sha256(b"data").hexdigest()
    blob = tmp_path / "store/sha256" / name[:2] / name[2:]
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"data")
    blob.chmod(0o444)
    inputs = (
        Artifact("/recast/run/init/a", f"sha256:{name}", 4),
        Artifact("/recast/run/init/tool", f"sha256:{name}", 4, executable=True),
        Artifact("/recast/run/stage/1/own", f"sha256:{name}", 4),
    )
    command = "cat /recast/run/init/a own > x; test -x /recast/run/init/tool && echo more >> own"
    outcome = attempt(worker, tmp_path, job(command, ["x"], inputs=inputs))
    assert outcome.succeeded, outcome.message
    assert (tmp_path / "attempt/work/x").read_text() == "datadata"
    assert not (tmp_path / "attempt/in").exists()
    assert blob.read_bytes() == b"data"


@pytest.mark.parametrize("path", ["/etc/x", "/recast/run/../x", "/recast/run/stage/1/../../x", "/recast/run/"])
def test_inputs_cannot_be_staged_elsewhere(worker, tmp_path, path):
    outcome = attempt(worker, tmp_path, job("true", inputs=(Artifact(path, "sha256:" + "a" * 64, 1),)))
    assert outcome.failure is FailureClass.STAGING


def test_a_blob_of_another_size_is_not_used(worker, tmp_path):
    blob = tmp_path / "store/sha256/aa" / ("a" * 62)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"cut")
    outcome = attempt(worker, tmp_path, job("true", inputs=(Artifact("/recast/run/i", "sha256:" + "a" * 64, 9),)))
    assert outcome.failure is FailureClass.STAGING
    assert "3 bytes in the store, 9 were recorded" in outcome.message


def test_a_stump_in_the_store_is_replaced(worker, tmp_path):
    import hashlib

    name = hashlib.sha256(b"hello\n").hexdigest()
    blob = tmp_path / "store/sha256" / name[:2] / name[2:]
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"he")
    assert attempt(worker, tmp_path, job("echo hello > x", ["x"])).succeeded
    assert blob.read_bytes() == b"hello\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_of_class_disk(worker, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        what = job("head -c 600000 /dev/zero > x; head -c 600000 /dev/urandom > y; true", ["x"])
        process = start(worker, small, what)
        assert process.wait(30) == 0
        what = json.loads((small / "attempt/outcome.json").read_text()) if process.returncode == 0 else {}
    except (FileNotFoundError, json.JSONDecodeError):
        what = None  # not even the outcome had room: then there is none
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert what is None or what["failure"] in ("disk", None)


def test_the_worker_told_to_end_writes_no_outcome(worker, tmp_path):
    process = start(worker, tmp_path, job("sleep 4711.5 & setsid sleep 4711.5 & echo go > go; wait"))
    until(lambda: (tmp_path / "attempt/work/go").exists())
    process.terminate()
    assert process.wait(10) == 1
    assert not (tmp_path / "attempt/outcome.json").exists()
    assert not running("4711.5")


def test_a_program_that_is_not_there_is_the_users_fault(worker, tmp_path):
    what = job(None, script="x", interpreter="no-such-shell -e")
    outcome = attempt(worker, tmp_path, what)
    assert outcome.failure is FailureClass.USER
    assert "no-such-shell" in outcome.message


def test_a_command_beyond_the_kernels_limit_is_told(worker, tmp_path):
    outcome = attempt(worker, tmp_path, job("true " + "x" * 200_000))
    assert outcome.failure is FailureClass.SPEC


def test_the_zipapp_is_the_same_bytes_each_time():
    assert worker_bytes() == worker_bytes()


@pytest.mark.parametrize(
    "path", [p for room in SOURCES for p in sorted(room.rglob("*.py"))], ids=lambda path: path.stem
)
def test_the_worker_is_python_39_and_standard_library_only(path):
    stdlib = sys.stdlib_module_names | {"compression"}  # from Python 3.14 on; asked for and done without
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in stdlib or name.startswith(("recast.worker", "recast.layers")), name


def running(mark):
    return [pid for pid in every() if mark in command(pid)]
