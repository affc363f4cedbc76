"""Inputs are verified before a job goes out, and what is lost is made again: here, and behind a URL."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from recast.driver.remake import Remake
from recast.engine import Engine
from recast.engine.commands import Submit
from recast.engine.events import Event, OutputsLost, StepFailed
from recast.executors.batch.input_staging import InputStaging
from recast.jobs import Artifact, ContainerJob, FailureClass
from recast.store import ArtifactStore
from recast.store.remote_store import RemoteStore
from tests.engine import test_lost_outputs as lost

CONTENT = b"events"
FILE = Artifact("out", "sha256:" + hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


@pytest.fixture
def engine() -> Engine:
    """An engine whose first step has left the file, and whose second one is to be submitted."""
    made = lost.chain()
    lost.end(made, "/map/0", left=FILE)
    made.commands()
    return made


def far_place(tmp_path: Path) -> Path:
    return tmp_path / "far/sha256" / FILE.digest[7:9] / FILE.digest[9:]


def asked(engine: Engine, store: ArtifactStore, *inputs: Artifact) -> tuple[int, list[Event]]:
    """Return how many jobs may go out, and what was recorded."""
    told: list[Event] = []
    job = ContainerJob("run-2-2", None, "true", None, "sh", "/recast/run/last", inputs=inputs)
    remake = Remake(engine, store, lambda event: (told.append(event), engine.handle(event))[0])
    left = asyncio.run(remake.with_sound_inputs([Submit("/last/0", job, 2, "")]))
    return len(left), told


def test_a_sound_input_goes_out(engine: Engine, store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    store.add(tmp_path / "file", "out")
    assert asked(engine, store, FILE) == (1, [])


def test_a_damaged_input_waits_for_its_step(engine: Engine, store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    store.add(tmp_path / "file", "out")
    path = store.path(FILE.digest)
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(b"EVENTS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    left, (event,) = asked(engine, store, FILE)
    assert left == 0
    assert isinstance(event, OutputsLost)
    assert (event.step, event.lost, event.waiting) == ("/map/0", (FILE.digest,), ("/last/0",))


def test_an_input_of_nobody_fails_the_step_by_its_name(engine: Engine, store: ArtifactStore) -> None:
    missing = Artifact("/recast/run/init/data.root", "sha256:" + "0" * 64, 3)
    left, (event,) = asked(engine, store, missing)
    assert left == 0
    assert isinstance(event, StepFailed)
    assert "data.root" in event.reason
    assert missing.digest in event.reason


@pytest.mark.parametrize("harm", ["flipped", "gone", "none"])
def test_what_is_only_far_is_fetched_once_a_job_could_not_use_it(
    engine: Engine, store: ArtifactStore, tmp_path: Path, harm: str
) -> None:
    url = f"file://{tmp_path}/far"
    (tmp_path / "made").write_bytes(CONTENT)
    RemoteStore(url).offer(FILE.digest, tmp_path / "made")
    store.note_far(FILE.digest, FILE.size, url)
    assert asked(engine, store, FILE) == (1, []), "its size is right, and nobody has complained"
    if harm == "flipped":
        far_place(tmp_path).write_bytes(b"EVENTS")
    elif harm == "gone":
        far_place(tmp_path).unlink()
    engine.runs["/last/0"].tries[FailureClass.STAGING] = 1
    left, told = asked(engine, store, FILE)
    assert (left, [type(event) for event in told]) == ((1, []) if harm == "none" else (0, [OutputsLost]))


def test_a_copy_that_a_job_could_not_use_is_replaced(engine: Engine, store: ArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    store.add(tmp_path / "file", "out")
    job = ContainerJob("run-2-2", None, "true", None, "sh", "/recast/run/last", inputs=(FILE,))
    afar = InputStaging(store, RemoteStore(f"file://{tmp_path}/far"), 1)
    afar.prepare([job])
    os.unlink(far_place(tmp_path))
    far_place(tmp_path).write_bytes(b"EVENTS")
    afar.prepare([job])
    assert far_place(tmp_path).read_bytes() == b"EVENTS", "it was offered, and nobody has complained"
    engine.runs["/last/0"].tries[FailureClass.STAGING] = 1
    assert asked(engine, store, FILE) == (1, [])
    afar.prepare([job])
    assert far_place(tmp_path).read_bytes() == CONTENT
