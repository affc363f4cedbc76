"""Make a run of what was prepared, and drive it to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from recast.names import check_name
from recast.paths import Places
from recast.prepare import PreparedRun
from recast.prepare.passwords import password_like
from recast.prepare.prepare import with_images
from recast.prepare.startable import check_startable
from recast.reports.run_end import failure_of
from recast.rundir import RunDirectory
from recast.runs import OpenRun, create
from recast.runs.drive import drive

if TYPE_CHECKING:
    from recast.catalogue.ready import Consent
    from recast.engine import Engine
    from recast.executors.protocol import Executor

__all__ = ["begin_run", "drive_run"]


def begin_run(
    prepared: PreparedRun,
    places: Places,
    *,
    consent: Consent,
    say: Callable[[str], None],
    name: str = "",
    workdir: Path | None = None,
    passed_over: Callable[[str], None] | None = None,
) -> RunDirectory:
    """Make the run's images ready and its folder; return the folder. What a user should know is said before.

    `consent` is asked before images are built; `passed_over` hears why a preferred runtime is not taken. Raises
    UsageError for a name that is taken, RuntimeUnavailable if nothing starts its containers, and as `make_ready` does.
    """
    if name:
        check_name(places.runs, name)
        prepared = replace(prepared, request=replace(prepared.request, name=name))
    request = prepared.request
    check_startable(prepared.plan, request.executor, request.runtime, passed_over or (lambda _: None))
    for note in _notes(prepared):
        say(note)
    if prepared.source.version is not None:
        from recast.catalogue.ready import make_ready

        is_draft = "draft" in (prepared.source.origin or {})
        version = make_ready(prepared.source.version, places, say, consent, is_draft=is_draft)
        prepared = with_images(prepared, version)
    for line in prepared.source.other_images():
        say(f"warning    {line}")
    return create(prepared, places, workdir)


def drive_run(
    directory: RunDirectory,
    places: Places,
    progress: Callable[[Engine, Executor], None],
    say: Callable[[str], None],
    reset: list[str] | None = None,
) -> OpenRun:
    """Drive a run to its end; raise WorkflowFailed, InputError or InfrastructureError if it did not succeed.

    `progress` is called whenever something has changed.
    """
    live = drive(directory, places, progress, reset=reset, say=say)
    if live.engine.state != "succeeded":
        raise failure_of(live)
    return live


def _notes(prepared: PreparedRun) -> Iterator[str]:
    if prepared.request.until is not None:
        yield f"until      stage {prepared.request.until!r}; a whole run takes these steps from the cache"
    for key in password_like(prepared.request.given):
        yield (
            f"warning    the input {key!r} looks like a password: it is written to the run's record and to commands; "
            "for storage behind Kerberos ask for `resources: [{kerberos: true}]` instead"
        )
    yield from (f"warning    {warning}" for warning in prepared.source.warnings)
