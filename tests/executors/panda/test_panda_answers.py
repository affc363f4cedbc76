"""What a server may answer, and what is made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.executors.batch.system import EngineState
from recast.executors.panda.answers import Answer, Job, answer, jobs, submission, tasks
from recast.executors.panda.failures import failure_of, words_of
from recast.executors.panda.states import job_state, task_is_over
from recast.jobs import FailureClass

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["PandaID", "jediTaskID", "jobStatus", "jobParameters", "Files", "taskName", "status"])


@given(st.binary(max_size=80))
def test_any_bytes_are_an_answer_or_a_value_error(body: bytes) -> None:
    try:
        answer(body)
    except ValueError:
        return


@given(st.lists(st.dictionaries(NAMES, JSON, max_size=7), max_size=3) | JSON)
def test_any_list_is_read_or_a_value_error(data: Any) -> None:
    for parse in (tasks, jobs):
        try:
            for found in parse(data):
                assert found.task > 0
        except ValueError:
            continue


@pytest.mark.parametrize("body", [b"<html><body>It works!</body></html>", b"", b"[]", b'{"success": "yes"}', b"null"])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError):
        answer(body)


def said(success: bool, message: str, data: Any) -> Answer:
    return answer(json.dumps({"success": success, "message": message, "data": data}).encode())


def test_codes_of_a_submission() -> None:
    new = submission(said(True, "succeeded. new jediTaskID=5", 5))
    assert new.is_new and new.task == 5
    for code, words in (
        (1, "jediTaskID=5 is already queued for outDS=x. "),
        (2, "jediTaskID=5 is in the ready state"),
    ):
        there = submission(said(False, words, code))
        assert there.is_there and not there.is_new and there.task == 5
    again = submission(said(True, "reactivation accepted. jediTaskID=5 (currently in done state) will be", 5))
    assert again.is_again and not again.is_new and again.task == 5
    refused = submission(said(False, "Type error: task_parameters", None))
    assert not (refused.is_there or refused.is_new or refused.is_again)


@pytest.mark.parametrize(("message", "data"), [("fine", None), ("new jediTaskID=5", 6), ("", True), ("", -3)])
def test_a_submission_that_says_nothing_is_not_believed(message: str, data: Any) -> None:
    with pytest.raises(ValueError):
        submission(said(True, message, data))


@pytest.mark.parametrize(
    ("entry", "index"),
    [
        ({"jobParameters": "--sourceURL x -a y --index job-7 --inside /srv"}, 7),
        ({"jobParameters": "--index 000007:job-7"}, 7),
        ({"jobParameters": None, "Files": [{"lfn": "000003:job-3"}]}, 3),
        ({"Files": [{"lfn": "job-3/../../x"}, "?", {}]}, None),
        ({"jobParameters": ["--index job-7"]}, None),
        ({}, None),
    ],
)
def test_which_job_of_its_task_it_is(entry: dict[str, Any], index: int | None) -> None:
    (job,) = jobs([{"PandaID": 1, "jediTaskID": 2, **entry}, None])
    assert job.index == index


def test_words_are_one_line_without_control_sequences() -> None:
    (job,) = jobs(
        [
            {
                "PandaID": 1,
                "jediTaskID": 2,
                "jobStatus": "failed",
                "pilotErrorCode": "1305",
                "pilotErrorDiag": "a\x1b[2Jb\nc",
            }
        ]
    )
    assert words_of(job) == "PanDA says failed; pilot 1305: a [2Jb c"


def ended(exit_code: int | None = None, status: str = "failed", **errors: int) -> Job:
    return Job(1, 2, 0, status, exit_code=exit_code, errors={name: (code, "") for name, code in errors.items()})


@pytest.mark.parametrize(
    ("job", "failure"),
    [
        (ended(7, pilot=1305), FailureClass.USER),
        (ended(7), FailureClass.USER),
        (ended(127), FailureClass.INFRASTRUCTURE),
        # The phase after the payload has failed as well, and hides that the payload had.
        (ended(7, pilot=1357), FailureClass.USER),
        (ended(pilot=1357), FailureClass.INFRASTRUCTURE),
        *((ended(255, pilot=code), FailureClass.INFRASTRUCTURE) for code in (1306, 1307, 1308, 1309, 1325, 1340, 1345)),
        *((ended(pilot=code), FailureClass.INFRASTRUCTURE) for code in (1348, 1356, 1360, 1372, 1384, 1149)),
        (ended(137, pilot=1212), FailureClass.MEMORY),
        (ended(pilot=1235), FailureClass.MEMORY),
        (ended(pilot=1213), FailureClass.WALLTIME),
        (ended(pilot=1098), FailureClass.DISK),
        (ended(pilot=1144), FailureClass.CANCELLED),
        (ended(pilot=1201), FailureClass.LOST),
        (ended(status="cancelled", taskBuffer=100), FailureClass.CANCELLED),
        (ended(jobDispatcher=100), FailureClass.LOST),
        (ended(brokerage=100), FailureClass.SUBMISSION),
        (ended(pilot=999_999), None),
        (ended(), None),
    ],
)
def test_why_a_job_ended(job: Job, failure: FailureClass | None) -> None:
    assert failure_of(job) is failure


@pytest.mark.parametrize(
    ("code", "failure"),
    [(86, FailureClass.INFRASTRUCTURE), (87, FailureClass.STAGING), (7, FailureClass.LOST), (137, FailureClass.LOST)],
)
def test_our_worker_without_an_outcome_is_no_fault_of_the_payload(code: int, failure: FailureClass) -> None:
    assert failure_of(ended(code, pilot=1305), is_own=True) is failure
    assert failure_of(ended(code, pilot=1306), is_own=True) is FailureClass.INFRASTRUCTURE


def test_states() -> None:
    assert job_state("holding") is EngineState.RUNNING and job_state("sent") is EngineState.WAITING
    assert all(job_state(name).over for name in ("finished", "failed", "cancelled", "closed"))
    assert job_state("something new") is EngineState.RUNNING
    assert task_is_over("finished") and task_is_over("exhausted") and not task_is_over("registered")
