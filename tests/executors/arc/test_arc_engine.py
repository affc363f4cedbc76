"""The engine against a real computing element: who is let in, what is refused and why, what is found again."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from recast.errors import CredentialsProblem, ExecutorError, RecastError
from recast.executors.arc import ArcSystem
from recast.executors.arc.index import Index, note
from recast.executors.arc.sending import create, wishes
from recast.executors.batch.system import Array, EngineState, Watched
from recast.executors.conformance import Case
from recast.jobs import JobState
from tests.executors.arc.runs import PYTHON, engine, executor
from tests.testbeds.arc import ArcBed
from tests.testbeds.arc.authority import Authority
from tests.testbeds.arc.fixture import *  # noqa: F403
from tests.waiting import BOUND_S

pytestmark = pytest.mark.slow
T = TypeVar("T")


def asked(one: ArcSystem, what: Callable[[ArcSystem], Awaitable[T]]) -> T:
    async def whole() -> T:
        try:
            async with asyncio.timeout(BOUND_S):
                return await what(one)
        finally:
            await one.close()

    return asyncio.run(whole())


def test_a_job_by_a_bearer_token(arc: ArcBed, tmp_path: Path) -> None:
    token, run_dir, store = tmp_path / "token", tmp_path / "run", tmp_path / "store"
    with arc.issuer() as issuer:
        token.write_text(issuer.token())
        case = Case(make=lambda: executor(arc, run_dir, store, proxy="/none", token_file=str(token)), store=store)
        (status,) = case.run(case.job("echo hello > x", ["x"]))
    assert status.state is JobState.DONE
    assert status.outcome is not None and status.outcome.succeeded


def test_a_proxy_is_delegated(arc: ArcBed, tmp_path: Path) -> None:
    """The job finds a proxy of the user's proxy, whose key was made at the computing element."""
    store = tmp_path / "store"
    settings = {"delegate": True, "runtime_environments": "ENV/PROXY"}
    case = Case(make=lambda: executor(arc, tmp_path / "run", store, **settings), store=store)
    jobs = [case.job("openssl x509 -in ../../user.proxy -noout -issuer | sed s/issuer/subject/ > x", ["x"])]
    (status,) = case.run(*jobs)
    assert status.outcome is not None and status.outcome.succeeded, status
    said = case.blob(status.outcome.outputs[0].digest).read_text()
    ours = ["openssl", "x509", "-in", str(arc.proxy), "-noout", "-subject"]
    assert said == subprocess.run(ours, capture_output=True, text=True, check=True).stdout


def test_who_is_not_known_there(arc: ArcBed, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    stranger.found()
    proxy = stranger.proxy(stranger.sign("stranger"), tmp_path / "proxy", 3600)
    # A-REX sends an alert and shuts the connection; either may be seen first.
    with pytest.raises(RecastError, match=r"cut the connection|does not accept the proxy") as cut:
        asked(engine(arc, proxy=str(proxy)), ArcSystem.connect)
    assert "arcproxy" in cut.value.next_step
    known = arc.authority.proxy(arc.authority.sign("nobody"), tmp_path / "nobody", 3600)
    with pytest.raises(CredentialsProblem, match="does not accept the proxy") as caught:
        asked(engine(arc, proxy=str(known)), ArcSystem.connect)
    assert caught.value.next_step.startswith("arcproxy")


def test_a_computing_element_that_nobody_has_signed_for(arc: ArcBed, tmp_path: Path) -> None:
    other = Authority(tmp_path)
    other.found()
    with pytest.raises(ExecutorError, match="not who it should be"):
        asked(engine(arc, ca_dir=str(other.certificates)), ArcSystem.connect)


@pytest.mark.parametrize("endpoint", ["https://localhost:1/arex", "http://localhost:1/arex", "nonsense", "https://[/"])
def test_an_endpoint_that_is_none(arc: ArcBed, endpoint: str) -> None:
    with pytest.raises(ExecutorError):
        asked(engine(arc, endpoints=endpoint), ArcSystem.connect)


def test_one_of_two_computing_elements_is_down(arc: ArcBed, tmp_path: Path) -> None:
    both = f"https://localhost:1/arex, {arc.endpoint}"
    store = tmp_path / "store"
    case = Case(make=lambda: executor(arc, tmp_path / "run", store, endpoints=both), store=store)
    statuses = case.run(*(case.job("echo hello > x", ["x"]) for _ in range(2)))
    assert {status.state for status in statuses} == {JobState.DONE}


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"queue": "nosuch"}, "queue nosuch"), ({"queue": "a\nb"}, "control character")],
)
def test_jobs_that_are_not_taken(arc: ArcBed, tmp_path: Path, settings: dict[str, Any], words: str) -> None:
    """They are not tried again, and each says why."""
    store = tmp_path / "store"
    case = Case(make=lambda: executor(arc, tmp_path / "run", store, **settings), store=store)
    statuses = case.run(*(case.job("true") for _ in range(3)))
    for status in statuses:
        assert words in f"{status}", status
        assert "spec" in f"{status}", status


def test_a_runtime_environment_that_is_not_there(arc: ArcBed, tmp_path: Path) -> None:
    """The words of the computing element tell which."""
    store = tmp_path / "store"
    case = Case(make=lambda: executor(arc, tmp_path / "run", store, runtime_environments="APPS/NONE"), store=store)
    (status,) = case.run(case.job("true"))
    assert "APPS/NONE" in f"{status}", status


def test_a_log_is_seen_while_its_job_runs(arc: ArcBed, tmp_path: Path) -> None:
    store = tmp_path / "store"
    case = Case(make=lambda: executor(arc, tmp_path / "run", store), store=store)
    job = case.job("echo first; echo second; sleep 600")

    async def look(one: Any) -> tuple[bytes, bytes]:
        await one.submit([job])
        seen = None
        while not seen or b"second" not in seen:
            await one.status([job.job_id])
            seen = await one.peek(job.job_id, 0)
            await asyncio.sleep(0.2)
        rest = await one.peek(job.job_id, 6), await one.peek(job.job_id, 1000)
        await one.cancel([job.job_id])
        return rest

    assert case.drive(look) == (b"second\n", b"")


# a crash in the middle of a submission -------------------------------------------------------------------------


def array_of(folder: Path, jobs: int) -> Array:
    """Return an array of jobs that leave an outcome, each with a worker that needs nothing of us."""
    folder.mkdir()
    worker = folder / "worker.pyz"
    worker.write_text("import os, sys; os.mkdir('out'); open('out/outcome.json', 'w').write(sys.argv[-1])")
    job = Case(make=lambda: None, store=folder).job("true")  # type: ignore[arg-type, return-value]
    files = tuple((worker,) for _ in range(jobs))
    return Array(folder.name, folder, (job,) * jobs, (PYTHON, "worker.pyz"), files)


def test_jobs_whose_ids_were_never_noted_are_thrown_away(arc: ArcBed, tmp_path: Path) -> None:
    """They wait for files that nobody sends: the array counts as not submitted, and none of it ever runs."""
    array = array_of(tmp_path / "unnoted-array", 2)

    async def crashed_and_back(one: ArcSystem) -> tuple[dict[str, str], set[str]]:
        element = one._element(arc.endpoint)
        await element.connect()
        made = await create(element, wishes(array, "", (), 0))
        found = await one.find({array.name: array.folder})
        left = set(made)
        while left:
            left &= (await element.states()).keys()
            await asyncio.sleep(0.2)
        return found, left

    assert asked(engine(arc), crashed_and_back) == ({}, set())


def test_files_that_were_not_sent_are_sent_by_the_next_driver(arc: ArcBed, tmp_path: Path) -> None:
    """The array is known by its ids; a job that has its files already gets none again."""
    array = array_of(tmp_path / "unsent-array", 3)

    async def crashed(one: ArcSystem) -> None:
        element = one._element(arc.endpoint)
        await element.connect()
        jobs = tuple(await create(element, wishes(array, "", (), 0)))
        note(array.folder, Index(arc.endpoint, jobs, tuple(tuple(map(str, names)) for names in array.files)))
        await element.put(jobs[0], "worker.pyz", array.files[0][0])

    async def back(one: ArcSystem) -> list[str]:
        native_id = (await one.find({array.name: array.folder}))[array.name]
        over: set[int] = set()
        while len(over) < 3:
            seen = await one.survey([Watched(array.name, array.folder, native_id, 3, over)])
            over |= {sighting.index for sighting in seen if sighting.state is EngineState.ENDED}
            await asyncio.sleep(0.2)
        ids = [one.native_id(native_id, index) for index in range(3)]
        homes = {each: tmp_path / str(index) for index, each in enumerate(ids)}
        for home in homes.values():
            home.mkdir()
        assert await one.collect(homes) == {}
        await one.forget(ids)
        return [(home / "out/outcome.json").read_text() for home in homes.values()]

    asked(engine(arc), crashed)
    assert asked(engine(arc), back) == ["0", "1", "2"]


@pytest.mark.parametrize("how", ["never there", "emptied"])
def test_a_file_that_the_computing_element_has_lost_is_sent_again(
    arc: ArcBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The note says that all was sent, and the job waits.

    A request of a killed driver that A-REX comes to late empties a file that it has down as being there.
    """
    monkeypatch.setattr("recast.executors.arc.system._SEND_AGAIN_S", 1.0)
    array = array_of(tmp_path / f"lost-{how[:5]}", 1)
    rest = tmp_path / "rest"
    rest.write_bytes(b"more than nothing")
    array = replace(array, files=((*array.files[0], rest),))

    async def waits(one: ArcSystem) -> None:
        element = one._element(arc.endpoint)
        await element.connect()
        (job,) = jobs = tuple(await create(element, wishes(array, "", (), 0)))
        if how == "emptied":
            empty = arc.folder / "sessions" / job / rest.name
            empty.touch()
            os.chown(empty, empty.parent.stat().st_uid, empty.parent.stat().st_gid)
            (arc.folder / "control" / f"job.{job}.input_status").write_text(f"/{rest.name}\n")
            assert rest.name in await element.diagnose(job, "input_status")
        await element.put(job, "worker.pyz", array.files[0][0])
        files = tuple(tuple(map(str, names)) for names in array.files)
        note(array.folder, Index(arc.endpoint, jobs, files, sent=True))
        native_id = (await one.find({array.name: array.folder}))[array.name]
        seen = {EngineState.WAITING}
        async with asyncio.timeout(BOUND_S):
            while EngineState.ENDED not in seen:
                watched = Watched(array.name, array.folder, native_id, 1, set())
                seen = {sighting.state for sighting in await one.survey([watched])}
                await asyncio.sleep(0.2)

    asked(engine(arc), waits)
