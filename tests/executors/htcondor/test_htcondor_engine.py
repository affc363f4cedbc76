"""The engine against the real pool: who we are, what is refused, what is found again."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from recast.errors import CredentialsProblem, ExecutorError, RecastError
from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.system import Array, EngineState, Refused, Watched
from recast.executors.conformance import Case
from recast.executors.htcondor import HTCondorSystem
from recast.jobs import ContainerJob, FailureClass
from tests.executors.htcondor.runs import executor_on, settings_of
from tests.testbeds.htcondor.config import DOMAIN, HEAD
from tests.testbeds.htcondor.fixture import *  # noqa: F403
from tests.testbeds.htcondor.pool import Pool
from tests.waiting import until

pytestmark = pytest.mark.slow
T = TypeVar("T")


def with_engine(pool: Pool, what: Callable[[HTCondorSystem], Awaitable[T]], **settings: Any) -> T:
    """Connect an engine, do something with it, close it."""

    async def whole() -> T:
        engine = HTCondorSystem(settings_of(pool, **settings))
        try:
            await engine.connect()
            return await what(engine)
        finally:
            await engine.close()

    return asyncio.run(whole())


def problem_of(pool: Pool, **settings: Any) -> RecastError:
    """Return what connecting raises."""

    async def nothing(engine: HTCondorSystem) -> None:
        return None

    with pytest.raises(RecastError) as problem:
        with_engine(pool, nothing, **settings)
    return problem.value


def array_of(folder: Path, command: str, count: int = 2) -> Array:
    """Return an array of shell commands instead of workers."""
    (folder / "engine").mkdir(parents=True)
    (folder / "input.txt").write_text("hello")
    jobs = tuple(ContainerJob(f"t-{index}", None, "true", None, "sh", "/recast/run/s/0") for index in range(count))
    files = tuple((folder / "input.txt",) for _ in jobs)
    return Array(folder.name, folder, jobs, ("sh", "-c", command, "sh"), files)


# ---- who we are


def test_a_token_of_somebody_else_is_not_accepted(pool: Pool, tmp_path: Path) -> None:
    body = {"iss": DOMAIN, "sub": f"grid@{DOMAIN}", "iat": 1, "jti": "1"}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "POOL"}, body)] + [b"x" * 32]
    token = tmp_path / "tokens/pool"
    token.parent.mkdir()
    token.touch(mode=0o600)
    token.write_text(".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts))
    problem = problem_of(pool, token_dir=str(token.parent))
    assert isinstance(problem, CredentialsProblem), problem.why


def test_no_token(pool: Pool, tmp_path: Path) -> None:
    assert isinstance(problem_of(pool, token_dir=str(tmp_path)), CredentialsProblem)


def test_a_pool_that_is_not_there(pool: Pool) -> None:
    problem = problem_of(pool, collector="127.0.0.1:1")
    assert type(problem) is ExecutorError
    assert problem.next_step


def test_a_schedd_that_is_not_there(pool: Pool) -> None:
    assert type(problem_of(pool, schedd="nobody@nowhere")) is ExecutorError


# ---- what a job writes


def test_a_log_is_seen_while_its_job_runs(pool: Pool, tmp_path: Path) -> None:
    """And comes home whole, once: not again as the standard output that it is."""
    run_dir, store = tmp_path / "run", tmp_path / "store"
    case = Case(make=lambda: executor_on(pool, run_dir, store), store=store)
    # Only the driver ends it, so what is seen was written by a job that runs.
    job = case.job("echo first; echo second; while ! test -e go; do sleep 0.2; done; echo third")

    async def look(one: BatchExecutor) -> tuple[bytes | None, bytes | None]:
        await one.submit([job])
        seen = await one.peek(job.job_id, 0)
        while not seen or b"second" not in seen:
            await one.status([job.job_id])
            seen = await one.peek(job.job_id, 0)
            await asyncio.sleep(0.5)
        rest = await one.peek(job.job_id, 6)
        for work in Path("/").glob(f"{pool.folder}/node-*/execute/dir_*/scratch/attempt/work"[1:]):
            (work / "go").touch()
        async for batch in one.changes():
            if any(status.state.final for status in batch):
                break
        return rest, await one.peek(job.job_id, 0)

    assert case.drive(look) == (b"second\n", b"first\nsecond\nthird\n")
    assert not list(run_dir.rglob("payload.log"))


def test_a_job_that_is_not_there_writes_nothing(pool: Pool) -> None:
    async def look(engine: HTCondorSystem) -> bytes | None:
        return await engine.peek("999999.0", 0)

    assert with_engine(pool, look) is None


# ---- submissions


def test_an_expression_that_is_none_is_refused_for_good(pool: Pool, tmp_path: Path) -> None:
    async def submitted(engine: HTCondorSystem) -> None:
        await engine.submit(array_of(tmp_path / "a1", "true"))

    with pytest.raises(Refused) as problem:
        with_engine(pool, submitted, requirements="Memory > > 7")
    assert problem.value.failure is FailureClass.SPEC, problem.value.why


def test_arrays_are_found_by_their_names_until_long_after_their_end(pool: Pool, tmp_path: Path) -> None:
    array = array_of(tmp_path / f"find-{tmp_path.name}", "mkdir out; cp input.txt out")
    names = {array.name: array.folder, "another": tmp_path}

    async def first(engine: HTCondorSystem) -> str:
        return await engine.submit(array)

    async def second(engine: HTCondorSystem) -> list[dict[str, str]]:
        found = [await engine.find(names)]
        await engine.cancel([native])
        until(lambda: not pool.on(HEAD, "condor_q", native, "-af", "ClusterId").strip(), "an empty queue")
        return [*found, await engine.find({"another": tmp_path})]

    native = with_engine(pool, first)
    spooling = ("condor_q", native, "-constraint", "HoldReasonCode =?= 16", "-af", "ClusterId")
    until(lambda: not pool.on(HEAD, *spooling).strip(), "files at the schedd")
    assert with_engine(pool, second) == [{array.name: native}, {}]


def test_a_job_comes_home_and_is_forgotten(pool: Pool, tmp_path: Path) -> None:
    array = array_of(tmp_path / f"home-{tmp_path.name}", 'mkdir out; cp input.txt "out/$1"')

    async def whole(engine: HTCondorSystem) -> tuple[dict[str, str], list[EngineState]]:
        native = await engine.submit(array)
        watched, states = [Watched(array.name, array.folder, native, 2, set())], {}
        while not all(state.over for state in states.values()) or len(states) < 2:
            states |= {seen.index: seen.state for seen in await engine.survey(watched)}
        wanted = {f"{native}.{index}": tmp_path / f"job{index}" for index in range(2)}
        for folder in wanted.values():
            folder.mkdir()
        problems = await engine.collect(wanted)
        assert await engine.collect(wanted) == problems
        await engine.forget(list(wanted))
        until(lambda: not pool.on(HEAD, "condor_q", native, "-af", "ClusterId").strip(), "an empty queue")
        await engine.forget(list(wanted))
        books = await engine.autopsy(list(wanted))
        return problems, [books[each].state for each in wanted]

    assert with_engine(pool, whole) == ({}, [EngineState.ENDED, EngineState.ENDED])
    assert (tmp_path / "job1/out/1").read_text() == "hello"


def test_a_job_that_leaves_nothing_is_held_and_explained(pool: Pool, tmp_path: Path) -> None:
    array = array_of(tmp_path / f"none-{tmp_path.name}", "exit 3", count=1)

    async def whole(engine: HTCondorSystem) -> tuple[EngineState, FailureClass | None, str]:
        native = await engine.submit(array)
        watched = [Watched(array.name, array.folder, native, 1, set())]
        while True:
            for seen in await engine.survey(watched):
                if seen.state.over or seen.state is EngineState.HELD:
                    await engine.cancel([native])
                    return seen.state, seen.failure, seen.reason

    state, failure, reason = with_engine(pool, whole)
    assert (state, failure) == (EngineState.HELD, FailureClass.INFRASTRUCTURE)
    assert "left nothing to send back" in reason
