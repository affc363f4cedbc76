"""Where groups are made on version 2: a small kernel of files stands for the real one, which `make machines` asks."""

import errno
import os
import socket
import struct
import threading
from pathlib import Path

import pytest

from recast.worker.limits import cgroup, hierarchy, place, scope
from recast.worker.limits.cgroup import Group, lift_cpu, sweep
from recast.worker.limits.hierarchy import take_hierarchy
from recast.worker.limits.place import Lack, Place
from recast.worker.limits.systemd import Refused, is_delegated, start_scope

ALL = "cpuset cpu io memory pids"
SESSION = "/user.slice/user-1000.slice/session-3.scope"
APP = "/user.slice/user-1000.slice/user@1000.service/app.slice"


class Kernel:
    """Groups as folders; processes move by writes, and a group that has some hands nothing on."""

    def __init__(self, folder, monkeypatch):
        self.mount = folder
        self.delegated = set()
        self.make("/", ALL, is_root=True)
        (folder / "mounts").write_text(f"cgroup2 {folder} cgroup2 rw,nosuid 0 0\n")
        for module in (hierarchy, cgroup):
            monkeypatch.setattr(module, "write_text", self.write)
        monkeypatch.setattr(os, "makedirs", lambda path, exist_ok=False: self.made(path))
        for module in (hierarchy, scope):
            monkeypatch.setattr(module, "is_handed_over", lambda place: place.path in self.delegated)

    def make(self, path, controllers="", is_root=False, processes=()):
        folder = self.mount / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        files = {"cgroup.procs": "".join(f"{pid}\n" for pid in processes), "cgroup.controllers": controllers}
        files["cgroup.subtree_control"] = controllers if is_root else ""
        if not is_root:
            files |= {"cgroup.type": "domain", "memory.max": "max", "cpu.max": "max 100000", "pids.max": "max"}
            files |= {"memory.events": "oom 0\noom_kill 0\n", "memory.peak": "0\n", "memory.swap.max": "max"}
        for name, text in files.items():
            (folder / name).write_text(text)
        return folder

    def made(self, path):
        if not os.path.isdir(path):
            above = os.path.dirname(path)
            self.make(os.path.relpath(path, self.mount), (self.mount / above / "cgroup.subtree_control").read_text())

    def write(self, path, text):
        folder, name = os.path.split(path)
        if name == "cgroup.procs":
            self._move(folder, os.getpid() if text == "0" else int(text))
        elif name == "cgroup.subtree_control":
            if folder != str(self.mount) and Path(folder, "cgroup.procs").read_text():
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
            there = {*Path(path).read_text().split(), *text.replace("+", "").split()}
            Path(path).write_text(" ".join(sorted(there)))
        else:
            with open(path, "r+") as file:
                file.truncate()
                file.write(text)

    def _move(self, folder, pid):
        for procs in self.mount.rglob("cgroup.procs"):
            left = [line for line in procs.read_text().split() if line != str(pid)]
            procs.write_text("".join(f"{line}\n" for line in left))
        with open(f"{folder}/cgroup.procs", "a") as file:
            file.write(f"{pid}\n")

    def where(self, pid):
        (found,) = [p.parent for p in self.mount.rglob("cgroup.procs") if str(pid) in p.read_text().split()]
        return "/" + str(found.relative_to(self.mount)).removeprefix(".")

    def take(self, ask=None):
        own = self.mount / "own"
        own.write_text(f"0::{self.where(os.getpid())}\n")
        files = {"mounts": str(self.mount / "mounts"), "own": str(own)}
        return take_hierarchy(may_ask=ask is not None, ask=ask or scope.own_scope, **files)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    return Kernel(tmp_path, monkeypatch)


@pytest.fixture
def stranger():
    """A process of another session, as whoever else runs in a group."""
    import subprocess

    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process.pid
    process.kill()
    process.wait()


def test_a_delegated_group_is_divided_and_what_is_in_it_goes_one_level_down(kernel):
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid(), os.getppid()])
    kernel.delegated.add(APP + "/run-1.scope")
    found = kernel.take()
    assert found.usable and found.lack is None
    assert set(found.folders.values()) == {f"{kernel.mount}{APP}/run-1.scope"}
    assert kernel.where(os.getppid()) == kernel.where(os.getpid()) == f"{APP}/run-1.scope/recast-rest-{os.getpid()}"


def test_a_second_worker_uses_what_the_first_one_divided(kernel):
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid()])
    kernel.delegated.add(APP + "/run-1.scope")
    first, second = kernel.take(), kernel.take()
    assert second.folders == first.folders
    assert second.rest == first.rest == f"{kernel.mount}{kernel.where(os.getpid())}"


def test_a_group_holds_its_limits_and_is_left_without_a_trace(kernel):
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid()])
    kernel.delegated.add(APP + "/run-1.scope")
    found = kernel.take()
    group = Group(found)
    group.hold({"memory_mb": 200, "cpus": 0.5})
    folder = kernel.mount / kernel.where(os.getpid()).lstrip("/")
    limits = {name: (folder / name).read_text() for name in ("memory.max", "memory.swap.max", "cpu.max", "pids.max")}
    assert limits == {
        "memory.max": "200000000",
        "memory.swap.max": "0",
        "cpu.max": "50000 100000",
        "pids.max": "1024",
    }
    assert not group.was_out_of_memory()
    (folder / "memory.events").write_text("oom 1\noom_kill 1\n")
    assert group.was_out_of_memory()
    lift_cpu(found, os.getpid())
    assert (folder / "cpu.max").read_text() == "max 100000"
    group.hold({"memory_mb": 300, "cpus": 0.5})
    assert not group.was_out_of_memory()  # that was the payload before
    group.remove()
    assert f"{kernel.mount}{kernel.where(os.getpid())}" == found.rest


def test_a_limit_that_cannot_be_written_is_no_limit(kernel):
    """systemd takes controllers away from groups that it did not delegate: that must not pass in silence."""
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid()])
    kernel.delegated.add(APP + "/run-1.scope")
    group = Group(kernel.take())
    group.hold({"memory_mb": 200, "cpus": 1})
    (kernel.mount / kernel.where(os.getpid()).lstrip("/") / "memory.max").unlink()
    with pytest.raises(FileNotFoundError):
        group.hold({"memory_mb": 300, "cpus": 1})


def test_a_unit_that_is_not_delegated_is_not_divided(kernel):
    """Whoever owns it: a service is stopped by systemd when the kernel kills anything in it for memory."""
    kernel.make("/system.slice/mine.service", ALL, processes=[os.getpid()])
    found = kernel.take()
    assert found.folders == {} and "mine.service is not delegated" in found.lack.why
    assert kernel.where(os.getpid()) == "/system.slice/mine.service"
    assert list((kernel.mount / "system.slice/mine.service").glob("recast-*")) == []


def test_others_in_a_group_are_left_where_they_are(kernel, stranger):
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid(), stranger])
    kernel.delegated.add(APP + "/run-1.scope")
    assert "others run" in kernel.take().lack.why
    assert kernel.where(stranger) == kernel.where(os.getpid()) == APP + "/run-1.scope"


def test_a_job_of_a_batch_system_stays_within_it_and_is_divided_there(kernel):
    """As HTCondor hands a job's group to its owner; a delegation by systemd is that of the unit above."""
    job = "/system.slice/condor.service/htcondor/slot1_1"
    kernel.make(job, "cpu memory pids", processes=[os.getpid()])
    found = kernel.take()
    assert set(found.folders.values()) == {str(kernel.mount) + job}


def test_a_group_of_somebody_else_stays_as_it_is(kernel, monkeypatch):
    kernel.make("/system.slice/slurmstepd.scope/job_1/step_0/user/task_0", ALL, processes=[os.getpid()])
    monkeypatch.setattr(place.Place, "is_writable", False)
    asked = []
    found = kernel.take(lambda place: asked.append(place) or scope._objection(place))
    assert asked and "did not hand it to us" in found.lack.why and found.folders == {}


def test_the_groups_of_root_without_systemd_are_below_the_root(kernel):
    kernel.make("/", ALL, is_root=True, processes=[os.getpid()])
    found = kernel.take()
    assert set(found.folders.values()) == {str(kernel.mount)} and found.lack is None
    assert kernel.where(os.getpid()) == "/"


def test_a_controller_that_is_not_handed_on_is_told(kernel):
    kernel.make(APP + "/run-1.scope", "memory pids", processes=[os.getpid()])
    kernel.delegated.add(APP + "/run-1.scope")
    found = kernel.take()
    assert sorted(found.folders) == ["memory", "pids"]
    assert "cpu" in found.lack.why and "Delegate=cpu memory pids" in found.lack.next_step


def test_a_session_asks_for_a_group_and_divides_that(kernel):
    kernel.make(SESSION, ALL, processes=[os.getpid()])

    def ask(asker):
        assert asker.path == SESSION
        kernel.make(APP + "/recast-1.scope", ALL)
        kernel.delegated.add(APP + "/recast-1.scope")
        kernel._move(f"{kernel.mount}{APP}/recast-1.scope", os.getpid())
        return Place(str(kernel.mount), APP + "/recast-1.scope")

    found = kernel.take(ask)
    assert set(found.folders.values()) == {f"{kernel.mount}{APP}/recast-1.scope"}
    assert kernel.where(os.getpid()).startswith(APP + "/recast-1.scope/recast-rest-")


def test_a_sweep_takes_what_dead_workers_left(kernel, stranger):
    import subprocess

    gone = subprocess.Popen(["true"])
    gone.wait()
    kernel.make(APP + "/run-1.scope", ALL, processes=[os.getpid()])
    kernel.delegated.add(APP + "/run-1.scope")
    found = kernel.take()
    home = kernel.mount / APP.lstrip("/") / "run-1.scope"
    for name in (f"recast-rest-{gone.pid}", f"recast-worker-{gone.pid}", f"recast-worker-{stranger}"):
        (home / name).mkdir()
    sweep(found)
    left = sorted(path.name for path in home.glob("recast-*"))
    assert left == sorted([f"recast-rest-{os.getpid()}", f"recast-worker-{stranger}"])


# whom we ask ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def as_user(kernel, monkeypatch):
    """Be user 1000, whose manager runs (or not), and who lingers (or not)."""

    def become(uid=1000, *, runs=True, lingers=False):
        monkeypatch.setattr(os, "geteuid", lambda: uid)
        stat = os.stat

        def seen(path, *args, **more):
            if str(path).endswith("systemd/private"):
                if not runs:
                    raise FileNotFoundError(path)
                return os.stat_result([0, 0, 0, 0, uid, 0, 0, 0, 0, 0])
            return stat(path, *args, **more)

        monkeypatch.setattr(os, "stat", seen)
        monkeypatch.setattr(scope, "_lingers", lambda: lingers)

    return become


def objection(kernel, path):
    return scope._objection(Place(str(kernel.mount), path))


def test_a_session_of_ours_asks_our_manager(kernel, as_user, stranger):
    kernel.make(SESSION, ALL, processes=[stranger])
    as_user()
    assert objection(kernel, SESSION) is None
    as_user(runs=False)
    assert "and it is not running" in objection(kernel, SESSION).why


def test_cron_asks_a_manager_only_if_that_outlives_the_login(kernel, as_user, stranger):
    kernel.make("/system.slice/cron.service", ALL, processes=[stranger])
    as_user(lingers=True)
    assert objection(kernel, "/system.slice/cron.service") is None
    as_user()
    lack = objection(kernel, "/system.slice/cron.service")
    assert "and it ends when you log out" in lack.why and lack.next_step.startswith("sudo loginctl enable-linger ")


def test_limits_are_not_left(kernel, as_user):
    """Neither those of the unit nor those between it and the place where we would be put."""
    folder = kernel.make(APP + "/run-1.scope", ALL)
    as_user()
    assert objection(kernel, APP + "/run-1.scope") is None
    (folder / "memory.max").write_text("500000000")
    lack = objection(kernel, APP + "/run-1.scope")
    assert "has limits that jobs must not leave" in lack.why and "-p Delegate=yes" in lack.next_step

    for unit, start in (
        ("/system.slice/run-u28.service", "systemd-run --pipe --wait -p Delegate=yes -p MemoryMax=... recast run ..."),
        ("/system.slice/mine.service", "systemctl edit mine.service   # write [Service] and Delegate=yes"),
    ):
        (kernel.make(unit, ALL, processes=[os.getpid()]) / "memory.max").write_text("500000000")
        as_user(uid=0)
        assert objection(kernel, unit).next_step.startswith(start)

    kernel.make("/system.slice/cron.service", ALL)
    slice_folder = kernel.make("/system.slice", ALL)
    (slice_folder / "cpu.max").write_text("50000 100000")
    as_user(lingers=True)
    assert "/system.slice has limits" in objection(kernel, "/system.slice/cron.service").why
    as_user(uid=0)  # is put into the same slice
    assert objection(kernel, "/system.slice/cron.service") is None


def test_a_service_that_runs_others_is_not_left(kernel, as_user, stranger):
    """A batch system's daemon without groups of its own, a CI runner: their jobs are theirs to keep together."""
    kernel.make("/system.slice/slurmd.service", ALL, processes=[stranger])
    as_user(uid=0)
    assert "runs others, too" in objection(kernel, "/system.slice/slurmd.service").why
    kernel.make("/system.slice/mine.service", ALL, processes=[os.getpid()])
    assert objection(kernel, "/system.slice/mine.service") is None
    kernel.delegated.add("/system.slice/mine.service")
    assert "did not hand" in objection(kernel, "/system.slice/mine.service").why


def test_which_manager_and_which_slice(kernel, as_user, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    session = Place(str(kernel.mount), "/user.slice/user-0.slice/session-1.scope")
    as_user(uid=0)
    assert (scope._address(session), session.slice_name) == ("/run/systemd/private", "user-0.slice")
    of_root = Place(str(kernel.mount), "/user.slice/user-0.slice/user@0.service/app.slice/x.service")
    assert scope._address(of_root) == "/run/user/0/systemd/private"
    as_user()
    assert scope._address(Place(str(kernel.mount), SESSION)) == "/run/user/1000/systemd/private"
    below = Place(str(kernel.mount), APP + "/x.service/recast-rest-7")
    assert (Place(str(kernel.mount), APP + "/x.service").unit, below.unit) == ("x.service", "")


# how we ask ----------------------------------------------------------------------------------------------------------


def manager(path, answers, heard):
    """Be a systemd manager at `path` for one call."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen(1)

    def serve():
        connection, _ = listening.accept()
        with listening, connection:
            line = b""
            while not line.endswith(b"\r\n"):
                line += connection.recv(1)
            connection.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
            while not line.endswith(b"BEGIN\r\n"):
                line += connection.recv(1)
            heard.append(line)
            heard.append(connection.recv(65536))
            for answer in answers:
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def padded(data, size):
    return data + bytes(-len(data) % size)


def message(kind, body, member=""):
    fields = padded(struct.pack("<B", 5) + b"\1u\0" + struct.pack("<I", 1), 8)
    if member:
        fields += padded(struct.pack("<B", 3) + b"\1s\0" + text(member), 8)
    fields += struct.pack("<B", 8) + b"\1g\0" + b"\1s\0"
    return struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), 7, len(fields)) + padded(fields, 8) + body


def removed(unit, result):
    body = padded(struct.pack("<I", 9) + text("/job/9"), 4) + padded(text(unit), 4) + text(result)
    return message(4, body, "JobRemoved")


def test_a_scope_is_asked_for_and_awaited(tmp_path):
    heard = []
    answers = [removed("other.scope", "done"), message(2, text("/job/9")), removed("ours.scope", "done")]
    thread = manager(tmp_path / "private", answers, heard)
    start_scope(str(tmp_path / "private"), "ours.scope", 4242, "app.slice", 77)
    thread.join()
    assert heard[0] == b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\nBEGIN\r\n"
    call = heard[1]
    body_bytes, _, fields_bytes = struct.unpack_from("<III", call, 4)
    assert len(call) == 16 + fields_bytes + -fields_bytes % 8 + body_bytes
    for part in (b"StartTransientUnit", b"ssa(sv)a(sa(sv))", b"ours.scope", b"Delegate", b"app.slice"):
        assert part in call
    assert struct.pack("<II", 4, 4242) in call and struct.pack("<Q", 77) in call


@pytest.mark.parametrize(
    ("answer", "handed_over"),
    [
        (message(2, b"\1b\0\0" + struct.pack("<I", 1)), True),
        (message(2, b"\1b\0\0" + struct.pack("<I", 0)), False),
        (message(3, text("No such unit")), False),
    ],
)
def test_a_manager_tells_whether_a_unit_is_delegated(tmp_path, answer, handed_over):
    heard = []
    thread = manager(tmp_path / "private", [answer], heard)
    assert is_delegated(str(tmp_path / "private"), "run-r8f.scope") is handed_over
    thread.join()
    for part in (b"/org/freedesktop/systemd1/unit/run_2dr8f_2escope", b"org.freedesktop.systemd1.Scope", b"Delegate"):
        assert part in heard[1]
    assert not is_delegated(str(tmp_path / "nobody"), "run-r8f.scope")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([message(3, text("Access denied"))], "Access denied"),
        ([message(2, text("/job/9")), removed("ours.scope", "failed")], "failed"),
        ([], "hung up"),
    ],
)
def test_a_refusal_is_told(tmp_path, answers, why):
    thread = manager(tmp_path / "private", answers, [])
    with pytest.raises(Refused, match=why):
        start_scope(str(tmp_path / "private"), "ours.scope", 1, "", None)
    thread.join()


def test_nobody_answers(kernel, as_user):
    kernel.make(SESSION, ALL, processes=[os.getpid()])
    as_user()
    found = scope.own_scope(Place(str(kernel.mount), SESSION))
    assert isinstance(found, Lack) and "systemd gave us no group" in found.why
    assert found.next_step == "systemd-run --user --scope -p Delegate=yes recast run ..."
