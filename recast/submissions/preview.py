"""What would be sent, and nothing is: the jobs of a run, and how its batch system would be told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.engine import Engine, Policy
from recast.engine.commands import Fail, Submit
from recast.engine.events import RunCreated
from recast.errors import SpecError
from recast.executors.registry import executor_class
from recast.jobs import ContainerJob
from recast.jq import jq
from recast.json_types import JsonDict, JsonObject
from recast.prepare import PreparedRun

__all__ = ["Preview", "preview_of"]

_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Preview:
    """The jobs, and for a batch system that can say it (title, what it is sent), for each array of jobs."""

    jobs: tuple[ContainerJob, ...]
    sent: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> JsonDict:
        """Return both as a JSON object."""
        return {
            "jobs": [job.as_json() for job in self.jobs],
            "sent": [{"title": title, "text": text} for title, text in self.sent],
        }


def preview_of(prepared: PreparedRun, values: JsonObject) -> Preview:
    """Return what a run would submit first; raise SpecError if a job cannot be made, UsageError for a wrong setting.

    `values` are the settings of the executor, all of them. Names that are drawn by lot at the submission (of jobs and
    arrays) are those of a run that never is.
    """
    jobs = _jobs(prepared)
    executor = prepared.request.executor
    if executor == "local":
        return Preview(jobs)
    system = executor_class(executor)
    show = getattr(system, "preview", None)
    if show is None:
        return Preview(jobs)
    return Preview(jobs, tuple(show(values, jobs, _names(prepared))))


def _jobs(prepared: PreparedRun) -> tuple[ContainerJob, ...]:
    policy = Policy(most_in_flight=_MOST, use_cache=False)
    engine = Engine(prepared.plan, policy, jq)
    engine.handle(RunCreated(0.0, prepared.plan.run))
    found = []
    for command in engine.commands():
        if isinstance(command, Fail):
            raise SpecError(command.reason)
        if isinstance(command, Submit):
            found.append(command.job)
    return tuple(found)


def _names(prepared: PreparedRun) -> dict[str, str]:
    """Return what images are called, by digest."""
    references = (prepared.plan.overrides.image(name) for name in _references(prepared))
    return {name.rpartition("@")[2]: name for name in references if "@" in name}


def _references(prepared: PreparedRun) -> Sequence[str]:
    from recast.registry.pins import images_of

    return images_of(prepared.plan.workflow)
