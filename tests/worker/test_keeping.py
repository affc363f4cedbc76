"""What a job left goes into the store: whole, bounded, stoppable, whatever the payload left."""

import hashlib
import os
import signal
import sys
import time

import pytest

from recast.jobs import Resources
from recast.worker.failure import Failure, Stopped
from recast.worker.files.keeping import EMPTY_DIGEST, copy_checked, keep, keep_all
from recast.worker.files.outputs import Tree, matches, used_bytes
from recast.worker.processes.ear import Ear
from tests.waiting import BOUND_S, until
from tests.worker.test_worker_attempt import attempt, job, start, worker  # noqa: F401


def blob(store, digest):
    return store / "sha256" / digest[7:9] / digest[9:]


def test_what_was_just_hashed_replaces_what_lies_there(tmp_path):
    (tmp_path / "first").write_text("content")
    digest, _, _ = keep(str(tmp_path / "first"), str(tmp_path / "store"))
    os.unlink(tmp_path / "first")
    place = blob(tmp_path / "store", digest)
    place.chmod(0o644)
    place.write_text("CONTENT")
    for name in ("second", "third"):
        (tmp_path / name).write_text("content")
        assert keep(str(tmp_path / name), str(tmp_path / "store")) == (digest, 7, False)
        assert place.read_text() == "content"
        assert place.samefile(tmp_path / name)
    assert keep(str(tmp_path / "third"), str(tmp_path / "store")) == (digest, 7, False)
    assert os.listdir(place.parent) == [place.name]
    assert os.listdir(tmp_path / "store/tmp") == []


def test_a_file_with_other_names_is_copied(tmp_path):
    """A process on the host may link a file of its user: that may change later, and stays as it is."""
    (tmp_path / "users").write_text("content")
    os.link(tmp_path / "users", tmp_path / "out")
    digest, _, _ = keep(str(tmp_path / "out"), str(tmp_path / "store"))
    assert not blob(tmp_path / "store", digest).samefile(tmp_path / "users")
    assert (tmp_path / "users").stat().st_mode & 0o200
    (tmp_path / "users").write_text("CONTENT")
    assert blob(tmp_path / "store", digest).read_text() == "content"


def test_many_files_and_an_empty_folder(tmp_path):
    paths = [str(tmp_path / f"f{number}") for number in range(200)]
    for number, path in enumerate(paths):
        with open(path, "w") as file:
            file.write(str(number % 150))
    kept = keep_all([*paths, f"{tmp_path}/empty/"], str(tmp_path / "store"))
    for number, item in enumerate(kept[:-1]):
        assert item.digest == "sha256:" + hashlib.sha256(str(number % 150).encode()).hexdigest()
        assert blob(tmp_path / "store", item.digest).read_text() == str(number % 150)
    assert kept[-1] == (EMPTY_DIGEST, 0, False)
    assert blob(tmp_path / "store", EMPTY_DIGEST).read_bytes() == b""


@pytest.mark.parametrize("content", [b"", b"x", b"x" * (1 << 20), b"x" * ((1 << 20) + 1)], ids=len)
def test_content_of_any_size(tmp_path, content):
    (tmp_path / "f").write_bytes(content)
    assert keep(str(tmp_path / "f"), str(tmp_path / "store"))[:2] == (
        "sha256:" + hashlib.sha256(content).hexdigest(),
        len(content),
    )


@pytest.mark.parametrize("holes", ["begin", "middle", "end", "all"])
def test_holes_are_zeros_and_stay_holes(tmp_path, holes):
    path, size = tmp_path / "sparse", 8 << 20
    with path.open("wb") as file:
        file.truncate(size)
        if holes != "all":
            file.seek({"begin": size - 5, "middle": 0, "end": 0}[holes])
            file.write(b"hello")
        if holes == "middle":
            file.seek(size - 5)
            file.write(b"hello")
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    assert keep(str(path), str(tmp_path / "store"))[:2] == ("sha256:" + wanted, size)
    copy_checked(str(path), str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
    assert (tmp_path / "copy").stat().st_blocks * 512 < size // 2


def test_a_file_without_end_is_not_waited_for(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    over_s = time.monotonic() + 0.2

    def look():
        if time.monotonic() > over_s:
            raise Failure("walltime", "it is over")

    with pytest.raises(Failure, match="it is over"):
        keep(str(tmp_path / "huge"), str(tmp_path / "store"), look)
    assert time.monotonic() < over_s + BOUND_S


@pytest.mark.parametrize("links", [False, True], ids=["folders", "linked folders"])
def test_many_stars_lead_everywhere_once(tmp_path, links):
    folder = tmp_path / "work"
    for number in range(60):
        folder = folder / ("a" if number % 2 else "b")
        folder.mkdir(parents=True)
        (folder / "f.txt").touch()
    if links:
        (tmp_path / "work/l").symlink_to("b")
    tree = Tree(str(tmp_path / "work"), [])
    began = time.monotonic()
    found = matches(tree, [{"pattern": "/".join(["**", "*"] * 8) + "/**/*.txt", "required": False}])
    assert found
    found = matches(tree, [{"pattern": "/".join(["**"] * 8) + "/*.txt", "required": False}])
    assert len(found) >= 60
    assert time.monotonic() - began < BOUND_S, "it is a second on a quiet machine, and was for ever"


def test_a_path_that_fits_nowhere_else_is_the_jobs_fault(tmp_path):
    here = os.getcwd()
    os.makedirs(tmp_path / "work/d")
    try:
        os.chdir(tmp_path / "work/d")
        for _ in range(9):
            os.mkdir("x" * 250)
            os.chdir("x" * 250)
        os.close(os.open("file", os.O_CREAT))
    finally:
        os.chdir(here)
    with pytest.raises(Failure, match="longer than 2000 bytes") as problem:
        matches(Tree(str(tmp_path / "work"), []), [{"pattern": "d", "required": True}])
    assert problem.value.kind == "user"


def test_a_path_that_the_kernel_refuses_is_the_jobs_fault_too(worker, tmp_path):  # noqa: F811
    deep = "import os; [(os.mkdir('x' * 250), os.chdir('x' * 250)) for _ in range(20)]"
    outcome = attempt(worker, tmp_path, job(f'{sys.executable} -c "{deep}"', [".", "**"]))
    assert (outcome.failure, "output" in outcome.message) == ("user", True)


def test_a_file_that_cannot_be_read_is_the_jobs_fault(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "secret").write_text("x")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Failure, match=r"secret.* cannot be read: Permission denied") as problem:
        keep(str(tmp_path / "secret"), str(tmp_path / "store"))
    assert problem.value.kind == "user"


def limited(command, outputs, disk_mb):
    return job(command, outputs, resources=Resources(disk_mb=disk_mb, walltime_s=20))


@pytest.mark.parametrize(
    "command",
    [
        "for n in 1 2 3; do head -c 900000 /dev/zero > f$n; done",
        "for n in 1 2 3; do truncate -s 900000 f$n; done",
        "mkdir scratch; for n in 1 2 3; do head -c 900000 /dev/urandom > scratch/$n; done; echo > f1",
    ],
    ids=["written", "sparse", "not even kept"],
)
def test_the_bound_on_the_disk_is_for_all_that_a_job_leaves(worker, tmp_path, command):  # noqa: F811
    outcome = attempt(worker, tmp_path, limited(command, ["f1", "f*"], 1))
    assert outcome.failure == "user"
    assert "disk_mb" in outcome.message
    assert "in all" in outcome.message


def test_twenty_sparse_files_are_refused_at_once(worker, tmp_path):  # noqa: F811
    command = "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do truncate -s 9G f$n; done"
    began = time.monotonic()
    outcome = attempt(worker, tmp_path, limited(command, ["f*"], 10_000))
    assert (outcome.failure, "more than 10000 MB" in outcome.message) == ("user", True)
    assert time.monotonic() - began < BOUND_S


def test_who_ends_the_worker_is_heard_while_it_keeps(worker, tmp_path):  # noqa: F811
    running = start(worker, tmp_path, limited("truncate -s 1T f", ["f"], 2_000_000))
    until((tmp_path / "store").exists, "keeping")
    running.send_signal(signal.SIGTERM)
    assert running.wait(BOUND_S) != 0
    assert not (tmp_path / "attempt/outcome.json").exists()
    assert os.listdir(tmp_path / "store") in ([], ["tmp"])


def test_who_cancels_and_the_time_are_heard_while_files_are_copied(monkeypatch):
    with pytest.raises(Failure, match="cancelled"):
        Ear(lambda: True).listen()
    late = Ear(lambda: False)
    late.until_s = time.monotonic() - 1
    with pytest.raises(Failure, match="walltime_s") as problem:
        late.listen()
    assert problem.value.kind == "walltime"
    monkeypatch.setattr(signal, "sigpending", lambda: {signal.SIGTERM})
    with pytest.raises(Stopped):
        Ear(lambda: False).listen()


def test_links_count_once(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "loop").symlink_to(".")
    assert used_bytes(str(tmp_path), lambda: None)[1] < 150_000
