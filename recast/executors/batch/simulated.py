"""A batch system that is not there: it takes jobs, lets them wait, and ends them as told. For tests and limits."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from recast.executors.batch.settings import COMMON
from recast.executors.batch.system import Array, EngineState, Sighting, Traits, Watched
from recast.executors.settings import Setting
from recast.jobs import ContainerJob, Outcome
from recast.json_types import JsonObject

__all__ = ["SimulatedSystem", "succeed"]


class SimulatedSystem:
    """Ends up to `per_survey` jobs each time it is asked, in the order in which they came; 0 lets all of them wait.

    `end` makes the outcome of a job; it is written where the worker would have put it. `calls` counts what it was
    asked, by name.
    """

    name = "simulated"
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("per_survey", "number of jobs that end with each survey", int, 1000),
        Setting("array_size", "maximum number of jobs in one submission", int, 1000),
        Setting("poll_s", "longest interval between two surveys", float, 0.05),
        *COMMON,
    )

    def __init__(self, values: JsonObject, end: Callable[[ContainerJob], Outcome] | None = None) -> None:
        self._per_survey: int = values["per_survey"]
        self._end = end or succeed
        self._waiting: dict[tuple[str, int], tuple[ContainerJob, Path]] = {}
        self._ended: set[tuple[str, int]] = set()
        self.calls: dict[str, int] = {}
        self.traits = Traits(
            array_size=values["array_size"], poll_s=values["poll_s"], quick_poll_s=min(0.05, values["poll_s"])
        )

    def _called(self, name: str) -> None:
        self.calls[name] = self.calls.get(name, 0) + 1

    async def connect(self) -> None:
        """Do nothing: it is always there."""

    async def submit(self, array: Array) -> str:
        """Take an array."""
        self._called("submit")
        jobs = array.folder.parent.parent / "jobs"
        self._waiting.update({(array.name, index): (job, jobs / job.job_id) for index, job in enumerate(array.jobs)})
        return array.name

    async def find(self, folders: Mapping[str, Path]) -> dict[str, str]:
        """Return the arrays that this very object was given."""
        self._called("find")
        known = {name for name, _ in self._waiting} | {name for name, _ in self._ended}
        return {name: name for name in folders if name in known}

    def native_id(self, array: str, index: int) -> str:
        """Return `<array>.<index>`."""
        return f"{array}.{index}"

    async def survey(self, arrays: Sequence[Watched]) -> list[Sighting]:
        """End some jobs and tell which."""
        self._called("survey")
        ending = list(self._waiting)[: self._per_survey]
        for key in ending:
            job, folder = self._waiting.pop(key)
            folder.mkdir(parents=True)
            (folder / "outcome.json").write_text(json.dumps(self._end(job).as_json()))
        self._ended.update(ending)
        return [Sighting(name, index, EngineState.ENDED, f"{name}.{index}", host="nowhere") for name, index in ending]

    async def autopsy(self, native_ids: Sequence[str]) -> dict[str, Sighting]:
        """Return nothing: it keeps no books."""
        return {}

    async def collect(self, native_ids: Mapping[str, Path]) -> dict[str, str]:
        """Do nothing: files are shared."""
        return {}

    async def forget(self, native_ids: Sequence[str]) -> None:
        """Do nothing."""

    async def cancel(self, native_ids: Sequence[str]) -> None:
        """Let jobs go that wait."""
        self._called("cancel")
        for native_id in native_ids:
            name, _, index = native_id.rpartition(".")
            self._waiting.pop((name, int(index)), None)
            self._ended.add((name, int(index)))

    async def peek(self, native_id: str, offset: int) -> bytes | None:
        """Return nothing: jobs here say nothing."""
        return None

    async def close(self) -> None:
        """Do nothing."""


def succeed(job: ContainerJob) -> Outcome:
    """Return an outcome without outputs that says that all went well."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return Outcome(job.job_id, 0, None, now, now, "nowhere", "simulated", 1_000_000, 0.1, job.image)
