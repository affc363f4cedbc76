"""Jobs on nodes that do not see our disks: large files stay behind a URL until somebody reads them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recast.errors import StoreError, UsageError
from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import TaskContext
from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import Artifact, JobState, Outcome
from recast.site import Site
from recast.store import ArtifactStore, CachedStep, StepCache
from recast.worker.remote import web
from tests.executors.sandboxed import Nodes, SandboxedEngine
from tests.testbeds.ceph import CephBed
from tests.testbeds.ceph.fixture import *  # noqa: F403
from tests.worker.webstore import WebStore, web_store

LARGE = 200_000
FILL = f"head -c {LARGE} /dev/zero > large; echo small > small"


class Far:
    """A run's folders over nodes with a store behind a URL, and executors over them."""

    def __init__(self, tmp_path: Path, server: WebStore) -> None:
        self.nodes = Nodes(tmp_path / "nodes", shared=False)
        self.server, self.path = server, tmp_path
        self.node, self.token = "one-node", ""
        self.store = ArtifactStore(tmp_path / "store")
        self.case = Case(make=self.executor, store=tmp_path / "store")
        self.local = Case(
            make=lambda: LocalExecutor(tmp_path / "local", tmp_path / "store", 2, worker_dir=tmp_path / "w"),
            store=tmp_path / "store",
        )

    def executor(self, url: str = "") -> BatchExecutor:
        node = {"cache": str(self.path / self.node), "cache_mb": 100, "wait_s": 20}
        around = TaskContext("", "", (), Site(), node, url or self.server.url, self.token, 100_000)
        engine = SandboxedEngine(self.nodes)
        return BatchExecutor(engine, self.path / "run", self.path / "store", around, python=sys.executable)

    def made(self) -> Outcome:
        """Run a job that leaves a large and a small file."""
        (end,) = self.case.run(self.case.job(FILL, ["large", "small"]))
        assert end.outcome is not None and end.outcome.succeeded, end
        return end.outcome


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    with web_store() as server:
        made = Far(tmp_path, server)
        yield made
        made.nodes.close()


def input_of(artifact: Artifact) -> Artifact:
    return replace(artifact, path="/recast/run/stage/1/in")


def test_a_large_output_stays_and_is_hashed_when_it_is_read(far: Far) -> None:
    large, small = far.made().outputs
    assert far.store.stat(small.digest) and not far.store.stat(large.digest)
    assert far.store.size(large.digest) == LARGE
    assert far.server.count("PUT") == 1 and far.server.count("GET") == 0
    assert far.store.read(large.digest, LARGE) == bytes(LARGE)
    assert far.server.count("GET") == 1
    assert far.store.read(large.digest, LARGE) == bytes(LARGE)
    assert far.server.count("GET") == 1


def test_a_run_shows_what_is_not_here_and_then_what_is(far: Far) -> None:
    outputs = far.made().outputs
    far.store.lay_out(outputs, str(far.path / "shown"))
    assert (far.path / "shown/small").read_text() == "small\n"
    assert (far.path / "shown/large").is_symlink() and not (far.path / "shown/large").exists()
    far.store.local(outputs[0].digest)
    assert (far.path / "shown/large").stat().st_size == LARGE


@pytest.mark.parametrize(("node", "fetched"), [("one-node", 0), ("another", 1)])
def test_each_node_fetches_it_once_and_the_driver_never(far: Far, node: str, fetched: int) -> None:
    large = input_of(far.made().outputs[0])
    far.node = node
    jobs = [far.case.job("wc -c < /recast/run/stage/1/in > n", ["n"], inputs=(large,)) for _ in range(4)]
    for end in far.case.run(*jobs):
        assert end.outcome is not None and end.outcome.succeeded, end
        assert far.store.read(end.outcome.outputs[0].digest, 100).split() == [str(LARGE).encode()]
    assert far.server.count("GET") == fetched and not far.store.stat(large.digest)


def test_a_large_input_is_sent_once_for_all_jobs(far: Far) -> None:
    large = far.case.put(b"x" * LARGE, "/recast/run/stage/1/in")
    jobs = [far.case.job("test -s /recast/run/stage/1/in", inputs=(large,)) for _ in range(4)]
    for end in far.case.run(*jobs):
        assert end.outcome is not None and end.outcome.succeeded, end
    assert far.server.count("PUT") == 1 and far.server.count("GET") == 1
    assert far.nodes.bytes_sent < 4 * LARGE  # the worker and the tasks alone


def test_a_token_goes_along_and_is_in_no_command(far: Far) -> None:
    far.server.token = "sesame"
    (far.path / "token").write_text("sesame")
    far.token = str(far.path / "token")
    large = far.made().outputs[0]
    assert far.store.read(large.digest, LARGE) == bytes(LARGE)
    said = [path.read_text() for path in (far.path / "run").rglob("*.json")]
    assert said and not any("sesame" in text for text in said)


def test_a_step_on_this_machine_gets_it_too(far: Far) -> None:
    large = input_of(far.made().outputs[0])
    (end,) = far.local.run(far.local.job("test -s /recast/run/stage/1/in", inputs=(large,)))
    assert end.outcome is not None and end.outcome.succeeded, end
    assert far.store.stat(large.digest)


def test_a_lie_about_it_is_found_when_it_is_read(far: Far) -> None:
    large = far.made().outputs[0]
    (name,) = far.server.files
    far.server.files[name] = b"?" * LARGE
    with pytest.raises(StoreError, match="has other bytes than"):
        far.store.read(large.digest, LARGE)
    assert not far.store.stat(large.digest)


def test_a_step_with_such_an_output_is_cached(far: Far) -> None:
    outputs = far.made().outputs
    cache = StepCache(far.store)
    cache.add([CachedStep("key", outputs, None, "run step")])
    assert cache.look_up(["key"])["key"].outputs == outputs
    cache.close()


def test_a_store_that_is_down_when_the_job_comes_home_loses_nothing(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAUSES_S", (0.0, 0.0, 0.0))
    looked: list[str] = []
    size = web.ask

    def ill(method: str, url: str, *rest: object, **more: object) -> object:
        looked.append(method)
        if len(looked) <= 8:
            raise web.Passing("it is down")
        return size(method, url, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("recast.worker.remote.put.ask", ill)
    (end,) = far.case.run(far.case.job(FILL, ["large"]))
    assert end.state is JobState.DONE and end.outcome is not None and end.outcome.succeeded
    assert len(looked) == 9


def test_a_store_that_nodes_cannot_reach_is_refused_at_once(far: Far) -> None:
    with pytest.raises(UsageError, match="Nodes cannot reach"):
        far.executor("gs://bucket/folder")


@pytest.mark.slow
def test_in_an_object_store(far: Far, ceph: CephBed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes have no key: what a job may do there is signed, and only we can read it."""
    for name, value in ceph.env.items():
        monkeypatch.setenv(name, value)
    far.server.url = f"s3://{ceph.bucket}/{far.path.name}"
    large = input_of(far.made().outputs[0])
    assert not far.store.stat(large.digest) and far.store.size(large.digest) == LARGE
    far.node = "another"
    more = far.case.put(b"x" * LARGE, "/recast/run/stage/1/more")
    job = far.case.job("cat /recast/run/stage/1/* | wc -c > n", ["n"], inputs=(large, more))
    (end,) = far.case.run(job)
    assert end.outcome is not None and end.outcome.succeeded, end
    assert far.store.read(end.outcome.outputs[0].digest, 100).split() == [str(2 * LARGE).encode()]
    assert far.store.read(large.digest, LARGE) == bytes(LARGE)
    tasks = list((far.path / "run").rglob("tasks/*.json"))
    assert tasks and not any(ceph.env["AWS_SECRET_ACCESS_KEY"] in path.read_text() for path in tasks)
    assert {path.stat().st_mode & 0o777 for path in tasks} == {0o600}


def test_empty_folders_go_to_nodes_and_come_back(far: Far) -> None:
    (end,) = far.case.run(far.case.job("mkdir -p d/e d/f; echo x > d/f/x", ["d"]))
    assert end.outcome is not None
    assert end.outcome.succeeded, end
    assert [item.path for item in end.outcome.outputs] == ["d/e/", "d/f/x"]
    given = [replace(item, path=f"/recast/run/made/{item.path}") for item in end.outcome.outputs]
    for case in (far.case, far.local):
        command = "cd /recast/run/made/d/e && cat ../f/x && ls -a | wc -l"
        (end,) = case.run(case.job(command, [], inputs=tuple(given)))
        assert end.outcome is not None
        assert end.outcome.succeeded, end
