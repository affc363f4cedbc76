"""The poller and the registry."""

import asyncio

import pytest

from recast.errors import ExecutorError, UsageError
from recast.executors.local import LocalExecutor
from recast.executors.poller import changes
from recast.executors.protocol import Capabilities, JobStatus
from recast.executors.registry import executor_class, executors
from recast.jobs import JobState


class Scripted:
    """An executor that is polled: each answer is what one `status` says."""

    capabilities = Capabilities(pushes=False, poll_interval_s=2.0)

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def status(self, job_ids):
        self.asked.append(list(job_ids))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [JobStatus(job_id, answer[job_id]) for job_id in job_ids]


def collect(executor, wanted, jobs=("a", "b")):
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    async def whole():
        stream = changes(executor, lambda: set(jobs), sleep)
        batches = [await anext(stream) for _ in range(wanted)]
        await stream.aclose()
        return [{status.job_id: status.state for status in batch} for batch in batches]

    return asyncio.run(whole()), pauses


def test_only_changes_are_told_and_all_jobs_are_asked_at_once():
    q, r, d = JobState.QUEUED, JobState.RUNNING, JobState.DONE
    executor = Scripted({"a": q, "b": q}, {"a": q, "b": q}, {"a": r, "b": q}, {"a": r, "b": d})
    told, pauses = collect(executor, 3)
    assert told == [{"a": q, "b": q}, {"a": r}, {"b": d}]
    assert executor.asked == [["a", "b"]] * 4
    assert pauses == [2.0, 2.0, 2.0]


def test_an_engine_that_cannot_be_asked_is_asked_more_rarely_and_loses_nothing():
    silence = ExecutorError("no answer")
    executor = Scripted({"a": JobState.RUNNING}, *[silence] * 9, {"a": JobState.UNKNOWN}, {"a": JobState.DONE})
    told, pauses = collect(executor, 2, ["a"])
    assert told == [{"a": JobState.RUNNING}, {"a": JobState.DONE}]
    assert pauses == [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0, 2.0]


def test_nobody_is_asked_about_nothing():
    executor = Scripted()

    async def whole():
        naps = iter(range(3))

        async def sleep(_):
            if next(naps) == 2:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await anext(changes(executor, lambda: (), sleep))

    asyncio.run(whole())
    assert executor.asked == []


def test_the_local_executor_is_registered():
    assert "local" in [entry.name for entry in executors()]
    assert executor_class("local") is LocalExecutor
    with pytest.raises(UsageError, match="'cloud'"):
        executor_class("cloud")


def test_a_broken_plugin_is_named(monkeypatch):
    from recast.executors import registry

    broken = registry.Registered("broken", "no.such.module:Thing", "recast-broken")
    monkeypatch.setattr(registry, "executors", lambda: [broken])
    with pytest.raises(ExecutorError) as caught:
        executor_class("broken")
    assert "recast-broken" in caught.value.next_step
