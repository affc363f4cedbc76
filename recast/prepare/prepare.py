"""From a source and inputs to a run that can be created: everything is checked, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast._version import __version__
from recast.catalogue.entries.local_workflow import Source
from recast.engine import RunPlan
from recast.engine.overrides import NO_OVERRIDES, RunOverrides
from recast.errors import StoreError
from recast.jobs import Artifact
from recast.json_types import JsonObject
from recast.plainfile import file_digest
from recast.prepare.agent import this_agent
from recast.prepare.init_dir import linked_parts
from recast.prepare.inputs import InitData
from recast.prepare.preflight import check
from recast.rundir import RunOrder, new_run_id, now
from recast.site import site_policies, this_site
from recast.workflow import MOST_STEPS
from recast.workflow.interpolate import as_request
from recast.workflow.until import ended

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion
    from recast.prepare.override_words import OverrideFlags

__all__ = ["Options", "PreparedRun", "check_can_start", "plan_of", "prepare", "with_images"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: executor and runtime by name (None: the default), limits on jobs and steps, and permissions.

    `executor_settings` are all settings of the executor, without secrets; `words` are the overrides of the spec.
    `until` names the stage that the run ends with. `cache_room` is the circle whose steps the run shares, empty for
    everybody.
    """

    executor: str = "local"
    runtime: str | None = None
    max_parallel: int | None = None
    use_cache: bool = True
    allow_host_process: bool = False
    most_steps: int = MOST_STEPS
    executor_settings: JsonObject = field(default_factory=dict)
    words: OverrideFlags | None = None
    until: str | None = None
    cache_room: str = ""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that can be created: its request, its plan, and the files that init refers to."""

    source: Source
    request: RunOrder
    plan: RunPlan
    files: list[tuple[str, Path]]


def prepare(
    source: Source, data: InitData, options: Options, *, run: str = "", agent: Mapping[str, str] | None = None
) -> PreparedRun:
    """Assemble a run, and check that it can run; nothing is written.

    `run` is its id, if that was chosen before; `agent` is who asks for it (`recast.prepare.agent`), by default what the
    environment says.
    """
    files = {path: _artifact(path, place) for path, place in data.files.items()}
    version = source.version
    overrides, settings = _overrides(source, options)
    request = RunOrder(
        run=run or new_run_id(),
        created=now(),
        workflow=source.path,
        inputs=data.values,
        given=data.given,
        analysis=version.analysis if version else None,
        version=version.version if version else None,
        digest=version.digest if version else None,
        init_files=tuple(artifact.as_json() for artifact in files.values()),
        pins={**source.pins, **overrides.digests},
        results=_results(version, source, options.until) if version else (),
        executor=options.executor,
        runtime=options.runtime,
        max_parallel=options.max_parallel,
        use_cache=options.use_cache,
        allow_host_process=options.allow_host_process,
        untrusted_inputs=version is not None or source.quotes_inputs,
        sub_files={
            name: [_artifact(path, place).as_json() for path, place in listing.items()]
            for name, listing in data.sub_files.items()
        },
        most_steps=options.most_steps,
        origin={**(source.origin or {}), "files": data.origins} if data.origins else source.origin,
        agent=this_agent() if agent is None else agent,
        software=f"recast {__version__}",
        executor_settings=settings,
        overrides=overrides.as_json(),
        until=options.until,
        cache_room=options.cache_room,
    )
    plan = plan_of(request, source)
    if options.runtime is not None:
        from recast.prepare.site_rules import check_runtime

        check_runtime(plan, options.runtime)
    check(plan, allow_host_process=options.allow_host_process, provides=this_site().provides)
    files_of_subs = ((path, place) for listing in data.sub_files.values() for path, place in listing.items())
    return PreparedRun(source, request, plan, [*data.files.items(), *files_of_subs])


def check_can_start(source: Source, options: Options, say: Callable[[str], None] = lambda _: None) -> None:
    """Raise RuntimeUnavailable or UsageError if runs of a source could not start their containers; nothing is written.

    `say` is called with the reason why a preferred runtime is skipped.
    """
    from recast.prepare.startable import check_startable

    overrides, _ = _overrides(source, options)
    check_startable(RunPlan("", source.workflow, {}, {}, overrides=overrides), options.executor, options.runtime, say)


def with_images(prepared: PreparedRun, version: PublishedVersion) -> PreparedRun:
    """Return the run with the images of its version, which were made ready after the run was prepared."""
    overrides = RunOverrides.from_json(prepared.request.overrides)
    source = replace(prepared.source, version=version, pins=version.pins)
    request = replace(prepared.request, pins={**version.pins, **overrides.digests})
    return replace(prepared, source=source, request=request, plan=plan_of(request, source))


def _results(version: PublishedVersion, source: Source, until: str | None) -> tuple[JsonObject, ...]:
    """Return the results that a run is to produce: those that the version declares for the stages up to `until`."""
    declared = tuple(result.as_json() for result in version.declared_results)
    if until is None:  # a scan wraps the workflow in one whose stages are not the version's
        return declared
    known = {stage.name for stage in ended(source.workflow, until).stages}
    return tuple(result for result in declared if re.split(r"[.\[]", result["stage"])[0] in known)


def _overrides(source: Source, options: Options) -> tuple[RunOverrides, JsonObject]:
    """Return the user's overrides of the spec, and the executor's settings limited to what the site allows.

    Raises UsageError, or PermissionDenied if a site rule forbids one.
    """
    overrides, settings = NO_OVERRIDES, options.executor_settings
    if options.words is not None:
        from recast.prepare.override_words import overrides_of

        overrides = overrides_of(options.words, source.workflow)
        from recast.prepare.granted import check_granted

        check_granted(overrides, options.executor, options.runtime)
    if policies := site_policies():
        from recast.prepare.site_rules import capped, check_allowed

        check_allowed(policies, source.workflow, overrides, options.runtime)
        settings = capped(policies, settings)
    return overrides, settings


def plan_of(request: RunOrder, source: Source) -> RunPlan:
    """Return the engine's plan of a request."""
    files = {item["path"]: Artifact.from_json(item) for item in request.init_files}
    inputs = as_request(request.inputs) if request.untrusted_inputs else request.inputs
    return RunPlan(
        run=request.run,
        workflow=ended(source.workflow, request.until),
        inputs=inputs,
        given=request.given,
        files=files,
        pins=request.pins,
        sub_files={
            name: {item["path"]: Artifact.from_json(item) for item in items}
            for name, items in request.sub_files.items()
        },
        most_steps=request.most_steps,
        overrides=RunOverrides.from_json(request.overrides),
    )


def _artifact(path: str, place: Path) -> Artifact:
    try:
        status = place.stat()
        executable = bool(status.st_mode & 0o100)
        return Artifact(path, file_digest(place), status.st_size, executable, linked_parts(path, place))
    except OSError as problem:
        raise StoreError("An input file cannot be read", where=str(place), why=problem.strerror or "") from problem
