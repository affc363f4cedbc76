"""From a request to a run that can be created: its open points, each with its inputs, in a scope of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recast.catalogue.ready import make_ready
from recast.desk.model import Point, Request
from recast.dispatch.settings import DispatchSettings
from recast.errors import InputError, RecastError
from recast.paths import Places
from recast.prepare import Options, PreparedRun, Source, find_source, prepare
from recast.prepare.arguments import site_options
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import InitData, init_data
from recast.prepare.startable import check_startable
from recast.scans.asked_points import declared_for_requests, inputs_of_point, together_in_scopes

__all__ = ["BadPoint", "Planned", "as_reason", "plan_points", "ready_source"]

Upload = Callable[[str], Path]
"""The digest of an upload of the requester -> its path; raises NotFound for those of others."""


@dataclass(frozen=True, slots=True)
class BadPoint:
    """A point whose inputs do not fit (any more): it is not run, and this is why."""

    point: str
    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A run for some points of a request, None if no point can be run, and the points that cannot."""

    prepared: PreparedRun | None
    bad: tuple[BadPoint, ...]


def plan_points(
    request: Request,
    points: Sequence[Point],
    run: str,
    folder: Path,
    settings: DispatchSettings,
    places: Places,
    upload: Upload,
    say: Callable[[str], None],
) -> Planned:
    """Return the run with a given id for some points of a request, its images made ready; only `folder` is written.

    A fault of one point is its own affair. Raises what keeps all of them from running.
    """
    source = ready_source(request, settings, places, say)
    good, bad = _inputs(source, points, upload)
    if not good:
        return Planned(None, tuple(bad))
    asked = {"id": request.id, "points": [point for point, _ in good]}
    whole, data = together_in_scopes(source, [found for _, found in good], folder, asked)
    options = _options(request, settings)
    prepared = prepare(whole, data, options, run=run, agent={})
    check_startable(prepared.plan, options.executor, options.runtime)
    return Planned(prepared, tuple(bad))


def ready_source(request: Request, settings: DispatchSettings, places: Places, say: Callable[[str], None]) -> Source:
    """Return exactly the version that the request names, with its images; raise InputError if it is another now."""
    source = find_source(f"{request.analysis}@{request.analysis_version}")
    version = source.version
    if version is None or (request.digest and version.digest != request.digest):
        raise InputError(
            f"{request.analysis}@{request.analysis_version} is not what was asked for",
            where=f"request {request.id}",
            why=f"The request names {request.digest}; here it is {version.digest if version else 'no version'}.",
            next_step="ask for it again: `rerun` takes what the analysis is now",
            code="version.other",
        )
    consent = (lambda *_: None) if settings.build_images else None
    ready = make_ready(version, places, say, consent) if consent else make_ready(version, places, say)
    return replace(source, version=ready, pins=ready.pins)


def _inputs(
    source: Source, points: Sequence[Point], upload: Upload
) -> tuple[list[tuple[str, InitData]], list[BadPoint]]:
    assert source.version is not None
    declared, hand = declared_for_requests(source.version), FileGrants(upload=upload, for_others=True)
    good, bad = list[tuple[str, InitData]](), list[BadPoint]()
    for point in points:
        try:
            inputs = inputs_of_point(source.version, declared, point.coordinates, point.inputs)
            good.append((point.id, init_data(source, inputs, None, {}, hand)))
        except InputError as problem:
            bad.append(BadPoint(point.id, "\n".join(it for it in (problem.what, problem.where, problem.why) if it)))
    return good, bad


def _options(request: Request, settings: DispatchSettings) -> Options:
    """Return how the site runs requests. What is not public is cached in a room of its own: nobody learns of it by how
    soon their answer is there.
    """
    options = site_options(settings.executor, settings.runtime, settings.max_parallel)
    return replace(options, cache_room="" if request.audience == "public" else f"request-{request.id}")


def as_reason(problem: RecastError) -> str:
    """Return an error as the reason of an ended run, without places on this machine."""
    return f"{problem.what} [{problem.code}]"
