"""What all test-beds have in common, on one that is a process which sleeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.testbeds.bed import Bed
from tests.testbeds.command import parser, run
from tests.testbeds.keeper import keep
from tests.testbeds.leases import are_held, take
from tests.testbeds.processes import BedProblem, alive, born, end, free_ports, marked, sees, spawn
from tests.waiting import until

_JOIN = """\
import sys
from pathlib import Path
from tests.testbeds.test_bed import SleepingBed
SleepingBed(Path(sys.argv[1])).start()
print("joined", flush=True)
sys.stdin.read()
"""


class SleepingBed(Bed):
    """A bed whose daemon does nothing; it cannot start if a file `broken` is beside it."""

    @property
    def env(self) -> dict[str, str]:
        return {"SLEEPS_IN": str(self.folder)}

    def _make(self) -> None:
        (self.folder / "log").mkdir()
        if (self.folder.parent / "broken").exists():
            (self.folder / "log/daemon.log").write_text("the disk is full\n")
            raise BedProblem("the daemon does not start")

    def _begin(self) -> None:
        self.note("daemon", spawn(["sleep", "1000"], self.folder, self.folder / "log/daemon.log", {}))

    def _end(self) -> None:
        end(marked(self.folder))


@pytest.fixture
def bed(tmp_path: Path) -> SleepingBed:
    return SleepingBed(tmp_path / "bed")


def test_it_is_started_once_and_nothing_is_left_when_it_stops(bed: SleepingBed) -> None:
    with bed.owned():
        assert bed.running()
        daemon, keeper = bed.pid("daemon"), bed.pid("keeper")
        assert not bed.start()
        assert (bed.pid("daemon"), bed.pid("keeper")) == (daemon, keeper)
    assert not (bed.running() or alive(daemon) or alive(keeper))
    assert list(bed.folder.parent.iterdir()) == []


def test_one_user_leaves_and_the_other_still_has_it(bed: SleepingBed) -> None:
    with bed.owned():
        with subprocess.Popen(
            [sys.executable, "-c", _JOIN, bed.folder],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "joined\n"
            bed.leave()
            assert not bed.end_if_unwanted()
        assert bed.end_if_unwanted()
        assert not bed.running()


def test_a_process_that_joined_it_twice_has_it_until_it_left_twice(bed: SleepingBed) -> None:
    with bed.joined():
        with bed.joined():
            pass
        assert not bed.end_if_unwanted()
    assert bed.end_if_unwanted()


def test_its_keeper_ends_it_when_the_last_user_is_gone(bed: SleepingBed) -> None:
    with bed.owned():
        daemon = bed.pid("daemon")
        end([bed.pid("keeper")])
        bed.leave()
        keep(bed, grace_s=0)
        assert not (alive(daemon) or bed.folder.exists())


def test_a_keeper_that_was_replaced_ends_without_a_word(bed: SleepingBed) -> None:
    with bed.owned():
        keeper = bed.pid("keeper")
        bed.note("keeper", bed.pid("daemon"))
        until(lambda: not alive(keeper), "the keeper goes on")
        assert bed.running()


def test_a_bed_without_keeper_is_begun_anew(bed: SleepingBed) -> None:
    with bed.owned():
        daemon = bed.pid("daemon")
        end([bed.pid("keeper")])
        assert not bed.running()
        assert bed.start()
        assert not alive(daemon)


def test_a_lease_outlives_who_took_it(tmp_path: Path) -> None:
    leases = tmp_path / "leases"
    take(leases, life_s=1000)
    (ours,) = leases.iterdir()
    # A number that nobody has: process ids end below it.
    ours = ours.rename(leases / "4999999-1-")
    assert are_held(leases)
    ours.write_text("0")
    assert not are_held(leases)
    assert not ours.exists()


def test_a_process_is_not_taken_for_an_earlier_one_of_its_number(tmp_path: Path, bed: SleepingBed) -> None:
    leases = tmp_path / "leases"
    leases.mkdir()
    (leases / f"{os.getpid()}-1-").write_text("0")
    assert not are_held(leases)
    (bed.folder / "pids").mkdir(parents=True)
    (bed.folder / "pids/daemon").write_text(f"{os.getpid()} 1")
    assert bed.pid("daemon") == 0
    bed.note("daemon", os.getpid())
    assert bed.pid("daemon") == os.getpid()
    assert int(born(os.getpid())) > 1


def test_a_bed_that_cannot_start_shows_its_logs_and_leaves_nothing(bed: SleepingBed) -> None:
    (bed.folder.parent / "broken").touch()
    with pytest.raises(BedProblem, match=r"(?s)does not start.*daemon\.log:\nthe disk is full"):
        bed.start()
    assert not (bed.running() or bed.folder.exists())


def test_by_hand_it_is_started_looked_at_and_stopped(bed: SleepingBed, capsys: pytest.CaptureFixture[str]) -> None:
    def call(what: str) -> tuple[int, str]:
        code = run(bed, parser("sleeping", "A bed.").parse_args([what, "--hours=1"]))
        return code, capsys.readouterr().out

    there = (0, f"export SLEEPS_IN={bed.folder}\n")
    with bed.owned():
        assert [call("start"), call("start"), call("status")] == [there] * 3
        bed.leave()
        assert [call("stop"), call("status")] == [(0, ""), (1, "")]


def test_a_bed_at_the_same_path_in_a_container_is_another_one(bed: SleepingBed) -> None:
    with bed.owned():
        hide = f"mount -t tmpfs hidden {bed.folder.parent} && mkdir {bed.folder} && exec sleep 1000"
        log = bed.folder / "log/daemon.log"
        theirs = spawn(["unshare", "--mount", "sh", "-c", hide], bed.folder, log, {})
        until(lambda: not sees(theirs, bed.folder), "the other sees our folder")
        assert marked(bed.folder) == [bed.pid("daemon")]
        for _ in ("it is there", "it is gone"):
            bed.stop()
            assert alive(theirs)
        end([theirs])


def test_free_ports_differ() -> None:
    names = [f"port{number}" for number in range(50)]
    assert len(set(free_ports(names).values())) == len(names)
