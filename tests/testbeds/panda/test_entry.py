"""The request entry of panda-server: who is let in, what is taken, as its own client and ours see it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.testbeds.panda.bed import VENV, PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.waiting import BOUND_S, until

TASK: dict[str, Any] = {
    "taskName": "user.jdoe.entry/",
    "uniqueTaskName": True,
    "vo": "wlcg",
    "prodSourceLabel": "user",
    "processingType": "test",
    "architecture": "",
    "transUses": "",
    "transHome": None,
    "transPath": "http://pandaserver.cern.ch/trf/user/nothing",
    "noInput": True,
    "nEvents": 1,
    "nEventsPerJob": 1,
    "log": {
        "dataset": "user.jdoe.entry.log/",
        "container": "user.jdoe.entry.log/",
        "type": "template",
        "param_type": "log",
        "value": "user.jdoe.entry.log.$JEDITASKID.${SN}.log.tgz",
    },
    "jobParameters": [{"type": "constant", "value": "--index job-0"}],
}


def call(
    bed: PandaBed, path: str, content: Any = None, token: str = "", headers: Mapping[str, str] | None = None
) -> Any:
    """Ask the entry as anybody could."""
    said = {"Accept": "application/json", "Content-Type": "application/json", "Origin": "wlcg"}
    said |= {"Authorization": f"Bearer {token}"} if token else {}
    body = None if content is None else json.dumps(content).encode()
    request = Request(f"{bed.url}/api/v1/{path}", body, {**said, **(headers or {})})
    with urlopen(request, timeout=BOUND_S) as answer:
        return json.load(answer)


def submit(bed: PandaBed, name: str, **changed: Any) -> Any:
    task = {**TASK, "taskName": name, **changed}
    return call(bed, "task/submit", {"task_parameters": task, "parent_tid": None}, bed.token())


def named(bed: PandaBed, name: str) -> dict[str, Any]:
    return next(task for task in bed.ask("tasks") if task["name"] == name)


@pytest.fixture(autouse=True)
def _takes_in(own_panda: PandaBed) -> None:
    own_panda.ask("takes_in", yes=True)


@pytest.mark.parametrize(
    ("claims", "life_s", "why"),
    [
        ({}, -60, "expired"),
        ({"groups": ["somebody-else"]}, 600, "Not a member"),
        ({"iss": "https://elsewhere.example.org"}, 600, "issuer"),
        ({"aud": "another", "sub": "another"}, 600, "client_id"),
    ],
)
def test_a_token_that_is_not_good_is_refused(
    own_panda: PandaBed,
    claims: dict[str, Any],
    life_s: float,
    why: str,
) -> None:
    with pytest.raises(HTTPError) as refused:
        call(own_panda, "task/get_status?task_id=1", token=own_panda.token(life_s, **claims))
    with refused.value as said:
        assert said.code == 403
        assert why in said.read().decode()


def test_a_token_signed_by_another_key_is_refused(own_panda: PandaBed) -> None:
    head, claims, signature = own_panda.token().split(".")
    forged = f"{head}.{claims}.{'A' * len(signature)}"
    with pytest.raises(HTTPError, match="403") as refused:
        call(own_panda, "task/get_status?task_id=1", token=forged)
    refused.value.close()


def test_nobody_without_a_token_submits(own_panda: PandaBed) -> None:
    said = call(own_panda, "task/submit", {"task_parameters": TASK, "parent_tid": None})
    assert (said["success"], said["message"]) == (False, "SSL secure connection is required")


def test_types_are_checked_by_the_signature(own_panda: PandaBed) -> None:
    said = call(own_panda, "task/submit", {"task_parameters": "text", "parent_tid": None}, own_panda.token())
    assert said["success"] is False
    assert "Type error" in said["message"]


def test_a_name_is_one_task_while_it_lives_and_starts_again_when_it_has_ended(
    own_panda: PandaBed,
) -> None:
    name = "user.jdoe.once/"
    own_panda.ask("takes_in", yes=False)
    first = submit(own_panda, name)
    assert first["message"] == f"succeeded. new jediTaskID={first['data']}"
    assert (again := submit(own_panda, name))["data"] == 1, again
    own_panda.ask("takes_in", yes=True)
    until(lambda: named(own_panda, name)["status"] == "ready")
    assert (again := submit(own_panda, name))["data"] == 2, again
    for job in named(own_panda, name)["jobs"]:
        own_panda.ask("job", job=job, jobStatus="finished")
    assert named(own_panda, name)["status"] == "done"
    assert (again := submit(own_panda, name))["success"] is True, again
    assert named(own_panda, name)["starts"] == 2


def test_the_job_is_made_by_code_of_panda(own_panda: PandaBed) -> None:
    task = submit(own_panda, "user.jdoe.list/", pfnList=["job-0", "job-1"], jobParameters=[
        {"type": "constant", "value": "--sourceURL ${SURL} --index ${IN}"},
    ], sourceURL="https://cache.example.org", maxAttempt=1)["data"]  # fmt: skip
    until(lambda: named(own_panda, "user.jdoe.list/")["status"] == "ready")
    jobs = call(own_panda, f"task/get_job_descriptions?task_id={task}", token=own_panda.token())["data"]
    words = [job["jobParameters"] for job in jobs]
    assert words == [f"--sourceURL https://cache.example.org --index job-{index}" for index in range(2)]
    assert [file["lfn"] for job in jobs for file in job["Files"] if file["type"] == "pseudo_input"] == [
        "000000:job-0", "000001:job-1",
    ]  # fmt: skip


def test_a_task_without_its_parts_is_broken_and_says_so(own_panda: PandaBed) -> None:
    submit(own_panda, "user.jdoe.broken/", jobParameters=None)
    until(lambda: named(own_panda, "user.jdoe.broken/")["status"] == "broken")


def test_panda_client_submits_and_finds(own_panda: PandaBed) -> None:
    program = (
        "import json, sys\n"
        "from pandaclient import Client\n"
        "submitted = Client.insertTaskParams(json.loads(sys.argv[1]))\n"
        "print(json.dumps([submitted, Client.getJobIDsJediTasksInTimeRange('2020-01-01 00:00:00')], default=str))\n"
    )
    task = json.dumps({**TASK, "taskName": "user.jdoe.client/"})
    env = {**own_panda.client_env, "PANDA_AUTH_ID_TOKEN": own_panda.token(), "PATH": "/usr/bin:/bin"}
    argv = [str(VENV / "bin/python"), "-W", "ignore", "-c", program, task]
    said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert said.returncode == 0, said.stderr
    (status, answer), (found_status, found) = json.loads(said.stdout.splitlines()[-1])
    assert (status, found_status, answer[0]) == (0, 0, 0), said.stdout
    assert f"new jediTaskID={named(own_panda, 'user.jdoe.client/')['task']}" in answer[1]
    assert isinstance(found, dict)
    assert {"user.jdoe.once/"} <= {task["taskName"] for task in found.values()}


def test_a_job_and_a_task_are_ended_by_their_owner(own_panda: PandaBed) -> None:
    name = "user.jdoe.ended/"
    task = submit(own_panda, name, pfnList=["job-0", "job-1"])["data"]
    until(lambda: named(own_panda, name)["status"] == "ready")
    first, second = named(own_panda, name)["jobs"]
    assert call(own_panda, "job/kill", {"job_ids": [first]}, own_panda.token())["success"]
    jobs = call(own_panda, "job/get_description", {"job_ids": [first, second, 1]}, own_panda.token())["data"]
    assert [job and job["jobStatus"] for job in jobs] == ["cancelled", "activated", None]
    other = own_panda.token(name="John Roe", preferred_username="jroe")
    assert call(own_panda, "task/kill", {"task_id": task}, other)["success"] is False
    assert call(own_panda, "task/kill", {"task_id": task}, own_panda.token())["success"]
    assert named(own_panda, name)["status"] == "aborted"
    assert call(own_panda, "task/kill", {"task_id": task}, own_panda.token())["data"] == 4
