"""What HTCondor's ads, hold codes and log events mean to us; and whatever they hold, it is read or passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recast.executors.batch.system import EngineState
from recast.executors.htcondor.ads import constraint_of, entry_of, host_of, job_key, quoted, sighting_of
from recast.executors.htcondor.holds import Advice, judge_hold, judge_removal
from recast.executors.htcondor.userlog import LogReader, events_of, seen_in
from recast.jobs import FailureClass

# ---- holds


@pytest.mark.parametrize(
    ("code", "subcode", "reason", "advice", "failure"),
    [
        (1, 0, "via condor_hold (by user grid)", Advice.ASK, None),
        (3, 0, "The job attribute PeriodicHold expression 'x' evaluated to TRUE", Advice.FAIL, "infrastructure"),
        (12, 2, "reading from file out: No such file", Advice.FAIL, "infrastructure"),
        (12, 28, "No space left on device", Advice.FAIL, "disk"),
        (12, 110, "Connection timed out", Advice.RELEASE, None),
        (13, 2, "No such file", Advice.FAIL, "staging"),
        (13, 104, "Connection reset by peer", Advice.RELEASE, None),
        (16, 0, "Spooling input data files", Advice.WAIT, None),
        (21, 0, "the startd held it", Advice.FAIL, "infrastructure"),
        (26, 0, "SYSTEM_PERIODIC_HOLD: MemoryUsage > RequestMemory", Advice.FAIL, "memory"),
        (26, 0, "Job runtime longer than MaxRuntime", Advice.FAIL, "walltime"),
        (34, 102, "Docker job has gone over memory limit of 100 Mb", Advice.FAIL, "memory"),
        (34, 104, "disk usage exceeded request_disk", Advice.FAIL, "disk"),
        (46, 0, "The job exceeded allowed job duration of 60", Advice.FAIL, "walltime"),
        (4242, 0, "", Advice.FAIL, "infrastructure"),
    ],
)
def test_holds(code: int, subcode: int, reason: str, advice: Advice, failure: str | None) -> None:
    verdict = judge_hold(code, subcode, reason)
    assert (verdict.advice, verdict.failure) == (advice, failure)
    assert reason in verdict.words or code == 16


def test_a_transfer_is_tried_again_only_so_often() -> None:
    advice = [judge_hold(13, 104, "reset", holds).advice for holds in (1, 2, 3, 4)]
    assert advice == [Advice.RELEASE, Advice.RELEASE, Advice.FAIL, Advice.FAIL]
    assert judge_hold(13, 104, "reset", 3).failure is FailureClass.STAGING


@given(st.integers(), st.integers(), st.text(), st.integers())
def test_any_hold_has_words_and_only_a_failing_one_a_failure(code: int, subcode: int, reason: str, holds: int) -> None:
    verdict = judge_hold(code, subcode, reason, holds)
    assert verdict.words
    assert "\n" not in verdict.words
    assert (verdict.failure is not None) == (verdict.advice is Advice.FAIL)


def test_removals() -> None:
    assert judge_removal("via condor_rm (by user grid)")[0] is FailureClass.LOST
    policy = "The system macro SYSTEM_PERIODIC_REMOVE expression 'RemoteWallClockTime > 9' evaluated to TRUE"
    assert judge_removal(policy)[0] is FailureClass.WALLTIME


# ---- ads


def ad(**more: Any) -> dict[str, Any]:
    return {"ClusterId": 12, "ProcId": 3, **more}


@pytest.mark.parametrize(
    ("given_ad", "state", "reason", "host"),
    [
        (ad(JobStatus=1), EngineState.WAITING, "", ""),
        (ad(JobStatus=1, NumJobStarts=2), EngineState.WAITING, "started 2 times", ""),
        (
            ad(JobStatus=2, RemoteHost="slot1_2@node-a@node-a.recast.test"),
            EngineState.RUNNING,
            "",
            "node-a.recast.test",
        ),
        (ad(JobStatus=4, ExitCode=0, LastRemoteHost="slot1@b.org"), EngineState.ENDED, "", "b.org"),
        (ad(JobStatus=4, ExitCode=3), EngineState.ENDED, "exit code 3", ""),
        (ad(JobStatus=4, ExitBySignal=True, ExitSignal=9), EngineState.ENDED, "signal 9", ""),
        (ad(JobStatus=5, HoldReasonCode=16), EngineState.WAITING, "on their way", ""),
        (ad(JobStatus=5, HoldReasonCode=13, HoldReasonSubCode=104), EngineState.WAITING, "input could not", ""),
        (ad(JobStatus=5, HoldReasonCode=1, HoldReason="lunch"), EngineState.HELD, "lunch", ""),
        (ad(JobStatus=6), EngineState.RUNNING, "", ""),
        (ad(JobStatus=7), EngineState.RUNNING, "suspended", ""),
        (ad(), EngineState.WAITING, "", ""),
    ],
)
def test_ads(given_ad: dict[str, Any], state: EngineState, reason: str, host: str) -> None:
    seen = sighting_of(given_ad, "name")
    assert (seen.array, seen.index, seen.native_id, seen.state, seen.host) == ("name", 3, "12.3", state, host)
    assert reason in seen.reason


def test_a_removed_job_is_over() -> None:
    seen = sighting_of(ad(JobStatus=3, RemoveReason="via condor_rm"), "name")
    assert (seen.state, seen.failure) == (EngineState.ENDED, FailureClass.LOST)


def test_the_books_say_why_a_job_was_held_that_we_removed() -> None:
    entry = entry_of(ad(JobStatus=3, RemoveReason="recast", LastHoldReasonCode=34, LastHoldReason="memory"))
    assert entry.failure is FailureClass.MEMORY
    assert entry_of(ad(JobStatus=3, LastHoldReasonCode=16)).failure is FailureClass.LOST
    assert entry_of(ad(JobStatus=4, LastHoldReasonCode=13)).failure is None


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 60), st.floats(), st.text())
_NAMES = ["JobStatus", "HoldReasonCode", "HoldReasonSubCode", "HoldReason", "NumHolds", "RemoteHost", "ExitCode"]


@example({"LastHoldReasonCode": float("inf")})
@given(st.dictionaries(st.sampled_from([*_NAMES, "LastHoldReasonCode", "RemoveReason", "ExitSignal"]), _VALUES))
def test_any_ad_is_understood(given_ad: dict[str, Any]) -> None:
    assert sighting_of(ad(**given_ad), "name").native_id == entry_of(ad(**given_ad)).native_id == "12.3"


def test_hosts() -> None:
    assert host_of({"RemoteHost": "node.org"}) == "node.org"
    assert host_of({}) == ""


# ---- constraints


def test_neighbours_share_a_term() -> None:
    assert constraint_of([f"7.{index}" for index in range(1000)]) == "(ClusterId == 7 && ProcId >= 0 && ProcId <= 999)"
    assert constraint_of(["7.1", "8"]) == "(ClusterId == 7 && ProcId >= 1 && ProcId <= 1) || (ClusterId == 8)"
    assert constraint_of([]) == "false"


@given(st.sets(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 30)))))
def test_a_constraint_names_exactly_the_jobs(wanted: set[tuple[int, int | None]]) -> None:
    text = constraint_of([f"{c}" if p is None else f"{c}.{p}" for c, p in wanted])
    python = text.replace("&&", "and").replace("||", "or").replace("false", "False")
    for cluster in range(4):
        for process in range(32):
            found = eval(python, {"ClusterId": cluster, "ProcId": process})
            assert found == ((cluster, None) in wanted or (cluster, process) in wanted)


@pytest.mark.parametrize("text", ["", "x", "1.", ".1", "1.2.3", "-1", "1 || true", "1\n", "٣.1", "1" * 13])
def test_what_is_no_job_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a job of HTCondor"):
        job_key(text)


@given(st.text())
def test_no_text_gets_out_of_its_quotes(text: str) -> None:
    inner = quoted(text)[1:-1]
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")


# ---- the event log

_LOG = """\
000 (007.000.000) 2026-11-22 22:24:21 Job submitted from host: <127.0.0.1:9618?alias=head.recast.test>
...
000 (007.001.000) 2026-11-22 22:24:21 Job submitted from host: <127.0.0.1:9618?alias=head.recast.test>
...
001 (007.000.000) 2026-11-22 22:24:22 Job executing on host: <127.0.0.1:26287?addrs=1&alias=node-a.recast.test>
\tSlotName: slot1_1@node-a@node-a.recast.test
\tCpusProvisioned = 1
...
005 (007.000.000) 2026-11-22 22:24:30 Job terminated.
\t(1) Normal termination (return value 3)
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Run Remote Usage
...
012 (007.001.000) 2026-11-22 22:24:30 Job was held.
\tTransfer input files failure: Connection reset by peer
\tCode 13 Subcode 104
...
"""


def test_a_log_as_it_grows(tmp_path: Path) -> None:
    reader, path = LogReader(tmp_path / "log", "name"), tmp_path / "log"
    assert reader.read() == []
    seen = {}
    for end in range(0, len(_LOG) + 1, 7):
        path.write_text(_LOG[:end])
        seen |= {sighting.index: sighting for sighting in reader.read()}
    path.write_text(_LOG)
    seen |= {sighting.index: sighting for sighting in reader.read()}
    assert (seen[0].state, seen[0].reason) == (EngineState.ENDED, "its worker ended with exit code 3")
    assert (seen[1].state, reader.to_release, reader.cluster) == (EngineState.WAITING, {"7.1"}, 7)
    assert reader.read() == []


@pytest.mark.parametrize(
    ("text", "state", "reason", "host"),
    [
        ("001 (1.0.0) D Job executing on host: <1.2.3.4:5?alias=n.org>", EngineState.RUNNING, "", "n.org"),
        ("004 (1.0.0) D Job was evicted.", EngineState.WAITING, "evicted it", ""),
        ("007 (1.0.0) D Shadow exception!", EngineState.WAITING, "evicted it", ""),
        ("005 (1.0.0) D Job terminated.\n\t(0) Abnormal termination (signal 9)", EngineState.ENDED, "signal 9", ""),
        ("009 (1.0.0) D Job was aborted.\n\tvia condor_rm (by user x)", EngineState.ENDED, "condor_rm", ""),
        ("010 (1.0.0) D Job was suspended.", EngineState.RUNNING, "suspended", ""),
        ("012 (1.0.0) D Job was held.\n\tover memory\n\tCode 34 Subcode 0", EngineState.HELD, "over memory", ""),
        ("013 (1.0.0) D Job was released.", EngineState.WAITING, "", ""),
    ],
)
def test_events(text: str, state: EngineState, reason: str, host: str) -> None:
    (event,) = events_of(text + "\n...\n")
    seen = seen_in(event, "name")
    assert seen is not None
    assert (seen.state, seen.native_id, seen.host) == (state, "1.0", host)
    assert reason in seen.reason


def test_an_event_that_changes_nothing() -> None:
    (event,) = events_of("006 (1.0.0) D Image size of job updated: 12\n...\n")
    assert seen_in(event, "name") is None


@given(st.lists(st.sampled_from([*_LOG.splitlines(), "", "...", "x", "005 (007.000", "012 (9.9.9) D y"])), st.text())
def test_any_log_is_read_or_passed_over(lines: list[str], tail: str) -> None:
    for event in events_of("\n".join(lines) + tail):
        seen = seen_in(event, "name")
        assert seen is None or seen.native_id == f"{event.cluster}.{event.process}"
