"""A power cut costs a moment's work and never leaves a wrong file: what `work/` shows is what the journal tells of."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from recast.driver.touched import Touched
from recast.errors import StoreError
from recast.rundir import RunDirectory, RunOrder
from recast.store import ArtifactStore
from recast.worker.files.durable import MOST_WAITS
from tests.conftest import Recast
from tests.powercut.check import check
from tests.powercut.disk import Disk, disk
from tests.powercut.recorder import recording
from tests.powercut.workflow import write_workflow
from tests.waiting import BOUND_S

NUMBERS = (1, 2)


def run(recast: Recast, spec: Path, workdir: Path, *more: str) -> None:
    numbers = f"numbers={list(NUMBERS)}"
    start = ("run", "workflow.yml", "--toplevel", spec, "-q", "-p", numbers, "--allow-host-process")
    answer = recast(*start, "--workdir", workdir, *more)
    assert answer.code == 0, answer.err


def sound(workdir: Path, store: Path) -> bool:
    found = check(workdir, store)
    assert found["wrong"] == []
    assert found["state"] == "succeeded"
    return bool(found["files"] > 100 * len(NUMBERS))


def as_after_a_boot(workdir: Path) -> None:
    """Let the journal be older than the machine's last start."""
    for path in workdir.glob("journal.sqlite*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def attempt_of(workdir: Path, step: str) -> Path:
    return (workdir / "work" / step).resolve()


# what resume puts back --------------------------------------------------------------------------------------------


def test_what_is_shown_is_put_back(recast: Recast, home: Path, tmp_path: Path) -> None:
    spec, workdir, again = write_workflow(tmp_path / "spec"), tmp_path / "run", tmp_path / "cached"
    run(recast, spec, workdir)
    run(recast, spec, again)
    assert sound(workdir, home / "artifacts")
    for place in (workdir, again):
        plain = (place / "work/plain_0/plain").resolve() if place == again else attempt_of(workdir, "plain_0") / "plain"
        if place == workdir:
            plain.unlink()
            plain.touch()  # the name was on the disk, and its content was not
        shutil.rmtree(place / "work/twins_0") if place == again else (place / "work/twins_0").unlink()
        many = place / "work/many_1/many/7"
        many.unlink()
        if place == again:
            many.symlink_to("/nowhere")
        shutil.rmtree(place / "work/many_1/many/empty", ignore_errors=True)
        assert check(place, home / "artifacts")["wrong"]
        answer = recast("resume", place)
        assert answer.code == 0, answer.err
        assert "restored " in answer.err
        assert sound(place, home / "artifacts")
    assert "restored " not in recast("resume", workdir).err


def test_a_file_of_the_right_size_is_read_after_a_boot(recast: Recast, home: Path, tmp_path: Path) -> None:
    spec, workdir = write_workflow(tmp_path / "spec"), tmp_path / "run"
    run(recast, spec, workdir)
    shared = attempt_of(workdir, "slow_0") / "slow/b"
    content = shared.read_bytes()
    shared.unlink()
    shared.write_bytes(bytes(len(content)))  # its size was on the disk, and its content was not
    as_after_a_boot(workdir)
    assert recast("resume", workdir).code == 0
    assert shared.read_bytes() == content
    assert sound(workdir, home / "artifacts")


def test_a_run_that_was_cut_off_makes_again_what_the_store_has_lost(recast: Recast, home: Path, tmp_path: Path) -> None:
    """Nothing needs the file any more, so nobody but the resume notices."""
    spec, workdir = write_workflow(tmp_path / "spec"), tmp_path / "run"
    run(recast, spec, workdir)
    store = ArtifactStore(home / "artifacts")
    with sqlite3.connect(workdir / "journal.sqlite") as database:
        database.execute("DELETE FROM events WHERE kind = 'RunEnded'")
    database.close()
    lost = attempt_of(workdir, "large_0") / "large"
    digest = "sha256:" + hashlib.sha256(lost.read_bytes()).hexdigest()
    store.path(digest).unlink()
    as_after_a_boot(workdir)
    answer = recast("resume", workdir)
    assert answer.code == 0, answer.err
    assert store.path(digest).exists()
    assert sound(workdir, home / "artifacts")


def test_a_link_of_the_jobs_leads_nobody_out(recast: Recast, home: Path, tmp_path: Path) -> None:
    spec, workdir, outside = write_workflow(tmp_path / "spec"), tmp_path / "run", tmp_path / "outside"
    run(recast, spec, workdir)
    outside.mkdir()
    folder = attempt_of(workdir, "slow_0") / "slow"
    shutil.rmtree(folder)
    folder.symlink_to(outside)
    assert recast("resume", workdir).code == 0
    assert list(outside.iterdir()) == []


# what is waited for -----------------------------------------------------------------------------------------------


def test_all_names_are_on_the_disk_before_the_run_has_ended(tmp_path: Path) -> None:
    directory, store = RunDirectory(tmp_path / "run"), ArtifactStore(tmp_path / "store")
    (directory.jobs / "a/work/deep/er").mkdir(parents=True)
    (directory.jobs / "a/work/deep/er/file").write_text("x")
    artifact = store.add(directory.jobs / "a/work/deep/er/file", "deep/er/file")
    directory.link_work("scope/step", "a")
    store.lay_out([artifact], str(directory.work / "cached"))
    with recording(tmp_path) as recorder:
        touched = Touched(directory, store)
        touched.left("scope/step", "a", [artifact])
        touched.shown("cached", [artifact])
        touched.settle()
        folders = ["jobs", "jobs/a", "jobs/a/work", "jobs/a/work/deep/er", "work", "work/scope", "work/cached/deep/er"]
        for folder in folders:
            assert recorder.has(directory.path / folder), folder
        assert recorder.has(directory.path)
        assert recorder.has(store.path(artifact.digest).parent)
        before = recorder.waits
        for number in range(MOST_WAITS + 1):
            touched.shown(f"cached-{number}", [artifact])
        touched.settle()
        assert recorder.waits == before


def test_a_disk_that_fails_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(fd: int) -> None:
        raise OSError(5, "Input/output error")

    directory = RunDirectory(tmp_path)
    touched = Touched(directory, ArtifactStore(tmp_path / "store"))
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StoreError, match="cannot be written") as caught:
        touched.settle()
    assert caught.value.next_step


def test_a_run_that_exists_is_found_after_a_power_cut(tmp_path: Path) -> None:
    (tmp_path / "runs/a").mkdir(parents=True)
    with recording(tmp_path) as recorder:
        RunDirectory(tmp_path / "runs/a").write_request(RunOrder("a", 0.0, "workflow.yml", {}, {}))
        assert recorder.has(tmp_path / "runs/a/request.json")
        assert recorder.has(tmp_path / "runs/a")
        assert recorder.has(tmp_path / "runs")


# the power is cut -------------------------------------------------------------------------------------------------


@pytest.fixture
def cuttable(tmp_path: Path) -> Iterator[Disk]:
    try:
        with disk(tmp_path) as made:
            yield made
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no loop device can be mounted here: {problem}")


_BOOTED = ["unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"]
"""A machine that was started again sees no process from before; its `resume` would end those of its jobs."""


def at(home: Path, *arguments: str | Path, machine: Sequence[str] = ()) -> subprocess.Popen[str]:
    """Start the command line with its home on a disk that is cut."""
    command = [*machine, sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**os.environ, "RECAST_HOME": str(home)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def started(disk: Disk, spec: Path, name: str, numbers: int) -> subprocess.Popen[str]:
    start = ("run", "workflow.yml", "--toplevel", spec, "-q", "-p", f"numbers={list(range(numbers))}")
    return at(disk.path / "home", *start, "--allow-host-process", "--max-parallel", "2", "--workdir", disk.path / name)


@pytest.mark.slow
def test_the_power_is_cut_right_after_the_run(home: Path, tmp_path: Path, cuttable: Disk) -> None:
    """All that is on the disk is what was waited for, unless somebody else on this machine waits for everything."""
    spec = write_workflow(tmp_path / "spec")
    for name in ("fresh", "cached"):
        driver = started(cuttable, spec, name, 2)
        _, said = driver.communicate(timeout=BOUND_S)
        assert driver.returncode == 0, said
    with cuttable.cut() as place:
        for name in ("fresh", "cached"):
            assert sound(place / name, place / "home/artifacts")


@pytest.mark.slow
def test_the_power_is_cut_while_it_runs(home: Path, tmp_path: Path, cuttable: Disk) -> None:
    """Whatever a cut leaves, in the middle of a run: resuming makes all of it whole."""
    driver = started(cuttable, write_workflow(tmp_path / "spec"), "run", 6)
    resumed = 0
    while driver.poll() is None and resumed < 3:
        with cuttable.cut() as place:
            if (place / "run/request.json").exists() and (place / "run/journal.sqlite").exists():
                resumed += 1
                as_after_a_boot(place / "run")
                after = at(place / "home", "resume", place / "run", machine=_BOOTED)
                _, said = after.communicate(timeout=BOUND_S)
                assert after.returncode == 0, said
                assert sound(place / "run", place / "home/artifacts")
    _, said = driver.communicate(timeout=BOUND_S)
    assert driver.returncode == 0, said
