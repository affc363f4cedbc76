"""A PanDA system over the server of ours, with arrays on the disk and no executor around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from recast.executors.batch.system import Array, Sighting, Watched
from recast.executors.panda import PandaSystem
from recast.jobs import ContainerJob
from tests.executors.panda.fakepanda import FakePanda
from tests.executors.panda.settings import IMAGE, values
from tests.waiting import BOUND_S

T = TypeVar("T")


@dataclass
class Bench:
    panda: FakePanda
    path: Path
    given: dict[str, Any] = field(default_factory=dict)

    def system(self, **changed: Any) -> PandaSystem:
        return PandaSystem({**values(self.panda, self.path), **self.given, **changed})

    def array(self, name: str = "recast-run-1", count: int = 1, env: dict[str, str] | None = None) -> Array:
        folder = self.path / "arrays" / name
        (folder / "tasks").mkdir(parents=True, exist_ok=True)
        (folder / "worker.pyz").write_bytes(b"worker")
        jobs = []
        for index in range(count):
            job = ContainerJob(f"j-{name}-{index}", IMAGE, "true", None, "sh", "/recast/run/a", env=env or {})
            sources = [{"kind": "registry", "reference": f"registry.example.org/ana/image:1@{IMAGE}"}]
            task = {"version": 1, "job": job.as_json(), "image": {"digest": IMAGE, "sources": sources}}
            (folder / f"tasks/{index}.json").write_text(json.dumps(task))
            jobs.append(job)
        return Array(name, folder, tuple(jobs), ("python3",))

    def use(self, what: Callable[[PandaSystem], Awaitable[T]], **changed: Any) -> T:
        """Do something with a new system, within a bound of time."""

        async def whole() -> T:
            system = self.system(**changed)
            try:
                async with asyncio.timeout(BOUND_S):
                    return await what(system)
            finally:
                await system.close()

        return asyncio.run(whole())


def watched(array: Array, native_id: str, over: set[int] | None = None) -> Watched:
    return Watched(array.name, array.folder, native_id, len(array.jobs), over or set())


def by_index(sightings: list[Sighting]) -> dict[int, Sighting]:
    return {seen.index: seen for seen in sightings}
