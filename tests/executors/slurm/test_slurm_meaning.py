"""What Slurm's states, reasons, logs and refusals mean."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.errors import CredentialsProblem
from recast.executors.batch.system import EngineState, Refused, Watched
from recast.executors.slurm.answers import Row
from recast.executors.slurm.refusal import refusal
from recast.executors.slurm.seen import Seen, ended_as, running_though_over
from recast.executors.slurm.states import verdict, verdict_of_log
from recast.jobs import FailureClass


@pytest.mark.parametrize(
    ("state", "reason", "exit_code", "failure"),
    [
        ("TIMEOUT", "TimeLimit", "0:0", FailureClass.WALLTIME),
        ("OUT_OF_MEMORY", "OutOfMemory", "0:125", FailureClass.MEMORY),
        ("NODE_FAIL", "NodeDown", "1:0", FailureClass.INFRASTRUCTURE),
        ("PREEMPTED", "None", "0:15", FailureClass.INFRASTRUCTURE),
        ("CANCELLED by 1000", "", "0:0", FailureClass.LOST),
        ("CANCELLED+", "", "0:0", FailureClass.LOST),
        ("FAILED", "NonZeroExitCode", "127:0", FailureClass.INFRASTRUCTURE),
        ("FAILED", "JobLaunchFailure", "0:53", FailureClass.INFRASTRUCTURE),
        ("FAILED", "BadConstraints", "0:0", FailureClass.SPEC),
        ("COMPLETED", "None", "0:0", None),
    ],
)
def test_ends(state: str, reason: str, exit_code: str, failure: FailureClass | None) -> None:
    said = verdict(state, reason, exit_code)
    assert (said.state, said.failure) == (EngineState.ENDED, failure)
    assert said.reason.startswith(f"Slurm says {state}")


@pytest.mark.parametrize(
    ("state", "reason", "expected", "failure"),
    [
        ("PENDING", "Priority", EngineState.WAITING, None),
        ("PENDING", "QOSMaxJobsPerUserLimit", EngineState.WAITING, None),
        ("PENDING", "PartitionTimeLimit", EngineState.HELD, None),
        ("PENDING", "JobHeldAdmin", EngineState.HELD, None),
        ("PENDING", "QOSMaxMemoryPerJob", EngineState.HELD, None),
        ("PENDING", "launch failed requeued held", EngineState.HELD, FailureClass.INFRASTRUCTURE),
        ("REQUEUE_HOLD", "job requeued in held state", EngineState.HELD, FailureClass.INFRASTRUCTURE),
        ("COMPLETING", "None", EngineState.RUNNING, None),
        ("SUSPENDED", "None", EngineState.RUNNING, None),
    ],
)
def test_what_is_not_over(state: str, reason: str, expected: EngineState, failure: FailureClass | None) -> None:
    said = verdict(state, reason)
    assert (said.state, said.failure) == (expected, failure)


def test_a_list_of_nodes_that_changes_is_no_news() -> None:
    first, second = (verdict("PENDING", f"ReqNodeNotAvail, UnavailableNodes:{n}") for n in ("a1", "a2"))
    assert first == second and first.reason == "ReqNodeNotAvail"


@given(st.text(), st.text(), st.text())
def test_any_state_is_understood_or_refused(state: str, reason: str, exit_code: str) -> None:
    with suppress(ValueError):
        assert verdict(state, reason, exit_code).reason.isprintable()
    verdict_of_log(reason)


def test_the_node_tells_what_the_books_do_not() -> None:
    killed = "slurmstepd-node1: error: StepId=18.batch exceeded memory limit (413646848 > 52428800), being killed\n"
    timed = "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-11-22T22:27:11 DUE TO TIME LIMIT ***\n"
    assert [said.failure for text in (killed, timed) if (said := verdict_of_log(text))] == ["memory", "walltime"]
    assert verdict_of_log("recast worker: payload exceeded memory limit") is None


SURE = [
    ("Batch job submission failed: Invalid partition name specified", FailureClass.SPEC),
    ("Batch job submission failed: Invalid qos specification", FailureClass.SPEC),
    ("Batch job submission failed: Requested node configuration is not available", FailureClass.SPEC),
    ("Batch job submission failed: Invalid account or account/partition combination specified", FailureClass.SPEC),
    (
        "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time "
        "limits)",
        FailureClass.SUBMISSION,
    ),
    ("Batch job submission failed: Unable to contact slurm controller (connect failure)", FailureClass.SUBMISSION),
    ("Batch job submission failed: Required partition not available (inactive or drain)", FailureClass.SUBMISSION),
    ("Invalid --mem specification", FailureClass.SPEC),
]


@pytest.mark.parametrize(("said", "failure"), SURE)
def test_refusals_that_are_sure(said: str, failure: FailureClass) -> None:
    error = refusal(f"sbatch: error: {said}\n")
    assert isinstance(error, Refused)
    assert error.failure is failure


@pytest.mark.parametrize(
    "said",
    [
        "Batch job submission failed: Socket timed out on send/recv operation",
        "Batch job submission failed: Zero Bytes were transmitted or received",
        "Batch job submission failed: something new",
        "",
    ],
)
def test_what_may_have_come_through_is_no_refusal(said: str) -> None:
    assert not isinstance(refusal(f"sbatch: error: {said}\n" if said else ""), Refused)


def test_an_expired_token_asks_for_a_new_one() -> None:
    assert isinstance(refusal("sbatch: error: auth/jwt: token expired"), CredentialsProblem)


ARRAY = Watched("recast-a", None, "7", 6, frozenset({5}))  # type: ignore[arg-type]


def row(indexes: tuple[int, ...] | None, state: str, reason: str = "", name: str = "recast-a", base: str = "7") -> Row:
    return Row(base, indexes, state, "n1" if state == "RUNNING" else "", name, reason)


def test_waiting_is_no_news_and_what_is_missing_is_over() -> None:
    sightings = Seen().news([row((0, 1, 2), "PENDING", "Priority"), row((3,), "RUNNING")], [ARRAY])
    assert [(s.index, s.state, s.native_id) for s in sightings] == [
        (3, EngineState.RUNNING, "7_3"),
        (4, EngineState.ENDED, "7_4"),
    ]


def test_a_held_job_is_told_once_and_so_is_its_release() -> None:
    seen, rest = Seen(), row((1, 2, 3, 4), "PENDING", "Priority")
    held, still = ([row((0,), "PENDING", "JobHeldUser"), rest], [row((0,), "PENDING", "Resources"), rest])
    states = [[s.state for s in seen.news(rows, [ARRAY])] for rows in (held, held, still, still)]
    assert states == [[EngineState.HELD], [], [EngineState.WAITING], []]


def test_an_array_of_another_number_is_not_ours_whatever_its_name() -> None:
    others = [row((0,), "RUNNING", base="8"), row((1,), "RUNNING", name="recast-b")]
    assert {s.state for s in Seen().news(others, [ARRAY])} == {EngineState.ENDED}


def test_two_arrays_of_one_number_are_told_apart() -> None:
    """A scheduler that was killed before it wrote its state down counts from where it was before."""
    second = Watched("recast-b", None, "7", 6, frozenset())  # type: ignore[arg-type]
    rows = [row(tuple(range(6)), "PENDING", "Priority", name="recast-b")]
    ended = {s.array for s in Seen().news(rows, [ARRAY, second]) if s.state is EngineState.ENDED}
    assert ended == {"recast-a"}


def test_tasks_cancelled_while_they_waited_have_one_record_for_all() -> None:
    rows = [row(None, "CANCELLED"), row((0,), "COMPLETED"), row((1,), "RUNNING")]
    found = ended_as(rows, [("7", 0), ("7", 1), ("7", 2), ("9", 0)])
    assert {key: s.failure for key, s in found.items()} == {"7_0": None, "7_2": FailureClass.LOST}


@given(st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_each_job_that_is_not_over_is_waiting_running_or_ended(waiting: set[int], running: set[int]) -> None:
    rows = [row(tuple(waiting - running), "PENDING", "Priority"), row(tuple(running), "RUNNING")]
    ended = {s.index for s in Seen().news(rows, [ARRAY]) if s.state is EngineState.ENDED}
    assert ended == set(range(6)) - waiting - running - {5}


def test_a_task_that_runs_although_it_is_over_is_a_phantom() -> None:
    rows = [row((4, 5), "RUNNING"), row((5,), "COMPLETING"), row((5,), "RUNNING", base="8")]
    assert running_though_over(rows, [ARRAY]) == ["7_5"]
