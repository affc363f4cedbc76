"""Arrays at a PanDA server: submitted once, seen in few questions, found again, ended."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from recast.errors import CredentialsProblem, ExecutorError, UsageError
from recast.executors.batch.system import EngineState, Refused, Sighting
from recast.executors.panda import PandaSystem, system
from recast.jobs import Bind, FailureClass
from tests.executors.panda.bench import Bench, by_index, watched
from tests.executors.panda.fakepanda import FakeJob, FakePanda, fake_panda


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with fake_panda(tmp_path / "nodes") as panda:
        yield Bench(panda, tmp_path)


# in -----------------------------------------------------------------------------------------------------------------


def test_an_array_is_one_task_with_its_sandbox(bench: Bench) -> None:
    array = bench.array(count=3)
    assert bench.use(lambda system: system.submit(array)) == "1"
    parameters = bench.panda.tasks[1].parameters
    assert parameters["container_name"].startswith("docker://registry.example.org/ana/image@sha256:abab")
    (name,) = bench.panda.cache
    assert f"-a {name}" in [item["value"] for item in parameters["jobParameters"]]
    with tarfile.open(fileobj=BytesIO(bench.panda.cache[name])) as archive:
        assert archive.getnames() == ["worker.pyz", "tasks/0.json", "tasks/1.json", "tasks/2.json"]
    assert bench.panda.origins == {"wlcg:pilot"}


def test_a_live_name_is_the_same_task_and_an_ended_one_is_not_started_again(bench: Bench) -> None:
    array = bench.array()

    async def twice(system: PandaSystem) -> list[str]:
        first = await system.submit(array)
        return [first, await system.submit(array)]

    assert bench.use(twice) == ["1", "1"]
    bench.panda.finish(bench.panda.jobs[1001], "finished")
    assert bench.panda.tasks[1].status == "done"
    assert bench.use(lambda system: system.submit(array)) == "1"
    assert bench.panda.tasks[1].status == "done" and len(bench.panda.tasks) == 1
    assert bench.panda.count("task/submit") == 1


def test_a_name_that_no_list_shows_yet_is_still_the_same_task(bench: Bench) -> None:
    """Between submission and refinement a task is in no list; the server says whose the name is."""
    array = bench.array()
    bench.use(lambda system: system.submit(array))
    hidden = json.dumps({"success": True, "message": "", "data": {}}).encode()
    bench.panda.before = lambda path: (200, hidden, {}) if "modified_since" in path else None
    assert bench.use(lambda system: system.submit(array)) == "1"
    assert len(bench.panda.tasks) == 1 and bench.panda.count("task/submit") == 2


def test_if_an_ended_task_is_started_again_all_the_same_it_is_killed(bench: Bench) -> None:
    """The list failed, the name was not in it: PanDA starts its jobs a second time, which nobody decided on."""
    array = bench.array()
    bench.use(lambda system: system.submit(array))
    bench.panda.finish(bench.panda.jobs[1001], "failed")
    hidden = json.dumps({"success": True, "message": "", "data": {}}).encode()
    bench.panda.before = lambda path: (200, hidden, {}) if "modified_since" in path else None
    assert bench.use(lambda system: system.submit(array)) == "1"
    assert bench.panda.tasks[1].status == "aborted" and bench.panda.count("task/kill") == 1


def test_half_a_list_is_none(bench: Bench) -> None:
    """A server whose database fails answers with an empty list."""
    array = bench.array()
    hidden = json.dumps({"success": True, "message": "", "data": {}}).encode()

    async def look(system: PandaSystem) -> None:
        native = await system.submit(array)
        await system.survey([watched(array, native)])
        bench.panda.before = lambda path: (200, hidden, {}) if "modified_since" in path else None
        await system.find({"another": bench.path})

    with pytest.raises(ExecutorError, match="half a list"):
        bench.use(look)


@pytest.mark.parametrize(
    ("code", "message", "failure"),
    [
        (None, "Type error: task_parameters should be dict", FailureClass.SPEC),
        (10, "Too many active tasks for somebody 1001>1000", FailureClass.SUBMISSION),
        (11, "failed to find parent", FailureClass.SPEC),
    ],
)
def test_a_task_that_the_server_does_not_take(
    bench: Bench, code: int | None, message: str, failure: FailureClass
) -> None:
    body = json.dumps({"success": False, "message": message, "data": code}).encode()
    bench.panda.before = lambda path: (200, body, {}) if path == "task/submit" else None
    with pytest.raises(Refused) as caught:
        bench.use(lambda system: system.submit(bench.array()))
    assert caught.value.failure is failure and message in caught.value.why and caught.value.next_step


def test_a_server_that_fails_over_a_task_leaves_open_whether_it_has_it(bench: Bench) -> None:
    body = json.dumps({"success": False, "message": "database error", "data": 4}).encode()
    bench.panda.before = lambda path: (200, body, {}) if path == "task/submit" else None
    with pytest.raises(ExecutorError, match="failed over a task") as caught:
        bench.use(lambda system: system.submit(bench.array()))
    assert not isinstance(caught.value, Refused)


def test_what_the_pilot_cannot_give_is_refused_before_anything_is_sent(bench: Bench) -> None:
    from dataclasses import replace

    array = bench.array()
    job = array.jobs[0]
    for changed in (
        replace(job, binds=(Bind("/data", "/data"),)),
        replace(job, needs=("kerberos",)),
        replace(job, texts={"/etc/x": "y"}),
        replace(job, image=None),
    ):
        with pytest.raises(Refused, match="cannot start a job") as caught:
            bench.use(lambda system, jobs=(changed,): system.submit(replace(array, jobs=jobs)))  # type: ignore[misc]
        assert caught.value.failure is FailureClass.SPEC and "--panda-mode own" in caught.value.next_step
    assert not bench.panda.asked


def test_an_image_in_no_registry_is_refused(bench: Bench) -> None:
    array = bench.array()
    path = array.folder / "tasks/0.json"
    task = json.loads(path.read_text())
    task["image"]["sources"] = [{"kind": "cvmfs", "path": "/cvmfs/x"}]
    path.write_text(json.dumps(task))
    with pytest.raises(Refused, match="no way to the image"):
        bench.use(lambda system: system.submit(array))


def test_a_secret_of_ours_reaches_neither_sandbox_nor_parameters(bench: Bench) -> None:
    with pytest.raises(Refused, match="secret") as caught:
        bench.use(lambda system: system.submit(bench.array(env={"TOKEN": "sesame"})))
    assert "sesame" not in caught.value.why + caught.value.what + caught.value.where
    bench.use(lambda system: system.submit(bench.array("recast-run-2")))
    sent = json.dumps([task.parameters for task in bench.panda.tasks.values()])
    assert "sesame" not in sent and not any(b"sesame" in content for content in bench.panda.cache.values())


def test_a_sandbox_that_is_too_large_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.executors.panda.sandbox.MOST_SANDBOX_BYTES", 100)
    with pytest.raises(Refused, match="too large") as caught:
        bench.use(lambda system: system.submit(bench.array()))
    assert "--panda-array-size" in caught.value.next_step


def test_a_job_avoids_the_sites_where_it_failed_unless_there_is_one_only(bench: Bench) -> None:
    from dataclasses import replace

    for number, (site, expected) in enumerate(((None, ["BAD", "WORSE"]), ("BAD", ["WORSE"])), 1):
        array = replace(bench.array(f"recast-run-{number}"), avoid_hosts=("node7@BAD", "plain"))
        bench.use(lambda system, array=array: system.submit(array), site=site, excluded_sites="WORSE")  # type: ignore[misc]
        assert bench.panda.tasks[number].parameters["excludedSite"] == expected


def test_a_store_is_compulsory(bench: Bench) -> None:
    with pytest.raises(UsageError, match="needs a store") as caught:
        bench.use(lambda system: system.connect(), store_url="")
    assert "--panda-store-url" in caught.value.next_step


# lost replies -------------------------------------------------------------------------------------------------------


class Cut(ExecutorError):
    """A reply that was lost, after the server had done what it was asked."""


class Losing:
    """A session straight into the server of ours; `loses` says for each answer whether it gets lost."""

    def __init__(self, panda: FakePanda, loses: Any) -> None:
        self.panda, self.loses, self.endpoint, self.lost = panda, loses, "losing", 0

    async def ask(self, method: str, path: str, content: bytes = b"", *_: Any, **__: Any) -> tuple[int, bytes]:
        from urllib.parse import parse_qs, urlsplit

        from tests.executors.panda.fakepanda import _answer

        if "upload" in path:
            return 200, b'{"success": true, "message": "", "data": null}'
        query = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
        with self.panda.lock:
            body = _answer(self.panda, urlsplit(path).path[1:], query, json.loads(content) if content else {})
        if self.loses(path):
            self.lost += 1
            raise Cut("lost")
        return 200, json.dumps(body).encode()

    def nonsense(self, why: str) -> ExecutorError:
        return ExecutorError(why)

    async def close(self) -> None:
        return None


async def insist(system: PandaSystem, array: Any, tries: int) -> str:
    """Submit as `Submission` does: look up what is not sure, then submit again."""
    is_sure = True
    for _ in range(tries):
        try:
            if not is_sure:
                found = await system.find({array.name: array.folder})
                if array.name in found:
                    return found[array.name]
                is_sure = True
            return await system.submit(array)
        except Cut:
            is_sure = False
    raise AssertionError("too many tries")


@pytest.mark.parametrize("lost", ["submit", "any", "late"])
def test_a_thousand_lost_replies_in_a_row_make_no_second_task(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """One array, of whose submission every reply is lost; lists are lost too, or do not show the task yet."""
    import random

    chance = random.Random(2026)
    left = [1000]

    def loses(path: str) -> bool:
        counts = {"submit": "task/submit" in path, "any": chance.random() < 0.7, "late": "task/submit" in path}[lost]
        left[0] -= counts
        return counts and left[0] >= 0

    session = Losing(bench.panda, loses)
    if lost != "any":
        real = session.ask

        async def ask(method: str, path: str, *rest: Any, **more: Any) -> tuple[int, bytes]:
            status, body = await real(method, path, *rest, **more)
            hides = "modified_since" in path and left[0] > 0
            return (status, b'{"success": true, "message": "", "data": {}}') if hides else (status, body)

        monkeypatch.setattr(session, "ask", ask)
    monkeypatch.setattr(system, "Session", lambda *_: session)
    assert bench.use(lambda each: insist(each, bench.array(), 5000)) == "1"
    assert len(bench.panda.tasks) == 1
    if lost != "any":
        assert session.lost == 1000


def test_a_hundred_arrays_with_a_lost_reply_each_are_a_hundred_tasks(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()

    def loses(path: str) -> bool:
        is_first = "task/submit" in path and len(bench.panda.tasks) not in seen
        seen.add(len(bench.panda.tasks))
        return is_first

    monkeypatch.setattr(system, "Session", lambda *_: Losing(bench.panda, loses))
    first = bench.array()

    async def all_of_them(each: PandaSystem) -> list[str]:
        from dataclasses import replace

        return [await insist(each, replace(first, name=f"recast-run-{number}"), 5) for number in range(100)]

    natives = bench.use(all_of_them)
    assert len(set(natives)) == len(bench.panda.tasks) == 100


# meanwhile ----------------------------------------------------------------------------------------------------------


def test_a_survey_is_two_questions_and_one_for_each_task_that_changed(bench: Bench) -> None:
    arrays = [bench.array(f"recast-run-{number}", 50) for number in range(3)]

    async def look(system: PandaSystem) -> list[int]:
        seen = [watched(array, await system.submit(array)) for array in arrays]
        counts = []
        for _ in range(4):
            before = len(bench.panda.asked)
            sightings = await system.survey(seen)
            assert len(sightings) == 150
            counts.append(len(bench.panda.asked) - before)
            if len(counts) == 2:
                bench.panda.touch(bench.panda.tasks[1], "running")  # nothing but its time
                bench.panda.touch(bench.panda.tasks[2], "throttled")
        return counts

    assert bench.use(look) == [4, 2, 3, 2]


def sighted(bench: Bench, count: int, do: Any = lambda: None, **changed: Any) -> dict[int, Sighting]:
    """Return what is seen of an array after something was done to its jobs."""
    array = bench.array(count=count)

    async def look(system: PandaSystem) -> dict[int, Sighting]:
        seen = [watched(array, await system.submit(array))]
        await system.survey(seen)
        do()
        await system.survey(seen)
        return by_index(await system.survey(seen))

    return bench.use(look, **changed)


def job(bench: Bench, index: int) -> FakeJob:
    return bench.panda.jobs[1001 + index]


def test_half_of_the_jobs_of_a_finished_task_have_failed(bench: Bench) -> None:
    def end() -> None:
        bench.panda.finish(job(bench, 0), "finished")
        bench.panda.finish(job(bench, 1), "failed", transExitCode="7", pilotErrorCode=1305, pilotErrorDiag="exit 7")

    seen = sighted(bench, 2, end)
    assert bench.panda.tasks[1].status == "finished"
    assert (seen[0].state, seen[0].failure) == (EngineState.ENDED, None)
    assert (seen[1].state, seen[1].failure) == (EngineState.ENDED, FailureClass.USER)
    assert "exit code 7" in seen[1].reason and seen[1].native_id == "1.1" and seen[1].host == "node1@SITE_A"


def test_holding_is_running_up_to_a_limit(bench: Bench) -> None:
    def hold() -> None:
        job(bench, 0).status = "holding"

    assert sighted(bench, 1, hold)[0].state is EngineState.RUNNING
    bench.panda.tasks.clear()
    bench.panda.jobs.clear()
    seen = sighted(bench, 1, hold, holding_s=1e-9)[0]
    assert (seen.state, seen.failure) == (EngineState.HELD, FailureClass.INFRASTRUCTURE) and "holding_s" in seen.reason


def test_a_task_that_no_site_takes_is_given_up_if_asked_for(bench: Bench) -> None:
    def nobody() -> None:
        bench.panda.jobs.clear()
        bench.panda.touch(bench.panda.tasks[1], "pending")

    array = bench.array()

    async def look(system: PandaSystem) -> Sighting:
        native = await system.submit(array)
        nobody()
        await system.survey([watched(array, native)])
        (seen,) = await system.survey([watched(array, native)])
        return seen

    assert bench.use(look).state is EngineState.WAITING
    bench.panda.tasks.clear()
    seen = bench.use(look, waiting_s=1e-9)
    assert (seen.state, seen.failure) == (EngineState.HELD, FailureClass.INFRASTRUCTURE)
    assert "no site took it" in seen.reason


@pytest.mark.parametrize(
    ("status", "failure"), [("broken", FailureClass.SPEC), ("exhausted", FailureClass.INFRASTRUCTURE)]
)
def test_a_task_that_ends_without_jobs(bench: Bench, status: str, failure: FailureClass) -> None:
    array = bench.array()

    async def look(system: PandaSystem) -> Sighting:
        native = await system.submit(array)
        bench.panda.jobs.clear()
        bench.panda.touch(bench.panda.tasks[1], status)
        (seen,) = await system.survey([watched(array, native)])
        return seen

    seen = bench.use(look)
    assert (seen.state, seen.failure) == (EngineState.ENDED, failure) and status in seen.reason


def test_a_job_that_panda_moves_to_another_site_waits(bench: Bench) -> None:
    def move() -> None:
        job(bench, 0).status = "closed"

    assert sighted(bench, 1, move)[0].state is EngineState.WAITING


def test_tasks_are_found_by_name_by_the_next_driver(bench: Bench) -> None:
    arrays = {f"recast-run-{number}": bench.path for number in range(3)}
    for name in list(arrays)[:2]:
        bench.use(lambda system, name=name: system.submit(bench.array(name)))  # type: ignore[misc]
    assert bench.use(lambda system: system.find(arrays)) == {"recast-run-0": "1", "recast-run-1": "2"}


def test_a_task_in_no_list_yet_is_found_by_the_next_driver(bench: Bench) -> None:
    """It was submitted a moment ago, and the driver ended: the server says whose the name is."""
    array = bench.array()
    bench.use(lambda system: system.submit(array))
    hidden = json.dumps({"success": True, "message": "", "data": {}}).encode()
    bench.panda.before = lambda path: (200, hidden, {}) if "modified_since" in path else None
    assert bench.use(lambda system: system.find({array.name: array.folder})) == {array.name: "1"}
    assert len(bench.panda.tasks) == 1


def test_a_submission_that_never_arrived_is_made_by_the_next_driver(bench: Bench) -> None:
    array = bench.array()

    def cut(path: str) -> None:
        if path == "task/submit":
            raise ConnectionAbortedError

    bench.panda.before = cut  # type: ignore[assignment]
    with pytest.raises(ExecutorError, match="cut the connection"):
        bench.use(lambda system: system.submit(array))
    assert not bench.panda.tasks
    bench.panda.before = lambda path: None
    assert bench.use(lambda system: system.find({array.name: array.folder})) == {array.name: "1"}


def test_an_array_that_was_never_about_to_be_submitted_is_not_found(bench: Bench) -> None:
    array = bench.array()
    assert bench.use(lambda system: system.find({array.name: array.folder})) == {}
    assert not bench.panda.count("task/submit")


def test_a_note_of_long_ago_submits_nothing(bench: Bench) -> None:
    array = bench.array()
    bench.use(lambda system: system.submit(array))
    bench.panda.tasks.clear()
    os.utime(array.folder / "engine/panda.json", (0, 0))
    assert bench.use(lambda system: system.find({array.name: array.folder})) == {}


# out ----------------------------------------------------------------------------------------------------------------


def test_some_jobs_are_killed_by_themselves_and_all_with_their_task(bench: Bench) -> None:
    array = bench.array(count=3)

    async def end(system: PandaSystem) -> None:
        native = await system.submit(array)
        await system.survey([watched(array, native)])
        await system.cancel([f"{native}.0"])
        assert [each.status for each in bench.panda.jobs.values()] == ["cancelled", "activated", "activated"]
        await system.cancel([f"{native}.1", f"{native}.2"])

    bench.use(end)
    assert bench.panda.count("job/kill") == 1 and bench.panda.count("task/kill") == 1
    assert bench.panda.tasks[1].status == "aborted"


def test_a_job_that_panda_has_not_made_yet_is_killed_when_it_has(bench: Bench) -> None:
    array = bench.array(count=2)

    async def end(system: PandaSystem) -> None:
        native = await system.submit(array)
        await system.cancel([f"{native}.1"])
        await system.survey([watched(array, native)])

    bench.use(end)
    assert [each.status for each in bench.panda.jobs.values()] == ["activated", "cancelled"]


# who we are, and who answers ----------------------------------------------------------------------------------------


def test_a_token_that_is_renewed_meanwhile_is_used(bench: Bench) -> None:
    async def renew(system: PandaSystem) -> None:
        await system.connect()
        bench.panda.tokens = {"newer"}
        with pytest.raises(CredentialsProblem, match="does not accept the bearer token") as caught:
            await system.connect()
        assert "expired" in caught.value.why and "sesame" not in str(caught.value.as_json())
        (bench.path / "token").write_text("newer-and-longer")
        bench.panda.tokens = {"newer-and-longer"}
        await system.connect()

    bench.use(renew)


HTML = b"<html><body>Maintenance</body></html>"


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        ((200, HTML, {"Content-Type": "text/html"}), "answers nonsense"),
        ((503, HTML, {}), "answers 503"),
        ((403, b"ERROR : method get_tasks_modified_since is forbidden", {}), "answers 403"),
        ((302, b"", {"Location": "https://login.example.org/"}), "answers 302"),
        ((200, b'{"success": true, "data": {"1": ["x"]}}', {}), "answers nonsense"),
        ((200, b'{"success": true, "data": {"1": {"jediTaskID": "../x"}}}', {}), "answers nonsense"),
        ((200, b"[" * 100_000, {}), "answers nonsense"),
        ((200, b'{"success": false, "message": "database error in the PanDA server"}', {}), "does not answer"),
    ],
)
def test_a_server_that_answers_something_else(
    bench: Bench, answer: tuple[int, bytes, dict[str, str]], match: str
) -> None:
    bench.panda.before = lambda path: answer
    with pytest.raises(ExecutorError, match=match) as caught:
        bench.use(lambda system: system.connect())
    assert bench.panda.url in caught.value.where


def test_an_answer_without_end_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.executors.grid.session.MOST_ANSWER_BYTES", 1000)
    monkeypatch.setattr("recast.executors.grid.session.Session.read.__defaults__", (1000,), raising=False)
    bench.panda.before = lambda path: (200, b" " * 100_000, {})
    with pytest.raises(ExecutorError, match="answers nonsense"):
        bench.use(lambda system: system.connect())


def test_no_token_goes_in_the_clear(bench: Bench) -> None:
    with pytest.raises(ExecutorError, match="in the clear"):
        bench.use(lambda system: system.connect(), server="http://panda.example.org")
