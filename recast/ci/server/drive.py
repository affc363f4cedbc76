"""One pipeline from its lease to its verdict: commit fetched, files written, process started or found again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recast.ci.checkout import fetch_commit, write_tree
from recast.ci.server.child import is_alive, start_child, wait_for_child
from recast.ci.server.model import Pipeline
from recast.ci.server.places import ServerPlaces
from recast.ci.server.queue import Queue
from recast.ci.server.references import reference_for
from recast.ci.server.settings import Repository, ServerSettings
from recast.ci.server.verdict import Verdict, find_report, verdict_of
from recast.ci.words import REPORTS
from recast.errors import InfrastructureError, PermissionDenied, RecastError
from recast.layers.tree import remove_tree

__all__ = ["Driver", "arguments", "longest_wait_s"]

MOST_BLOCKED = 3
"""So many times a pipeline is tried again when the infrastructure has blocked it."""

_MOST_TRIES = 60
"""Servers that were killed while it went on; more than this means that it kills them."""

_CHECKOUT = "checkout"
_LEAST_S = 600.0
"""As long as what could not be told to a forge waits at most."""


def longest_wait_s(retry_s: float) -> float:
    """Return the longest time for which anything is put off."""
    return max(_LEAST_S, retry_s * 4.0**MOST_BLOCKED)


@dataclass(frozen=True, slots=True)
class Driver:
    """Drives one leased pipeline, in a thread of its own.

    `stopped` waits for some seconds and says whether the server stops; `say` writes a line of the server's log.
    `fetching` is held while a mirror is used.
    """

    settings: ServerSettings
    places: ServerPlaces
    queue: Queue
    say: Callable[[str], None]
    stopped: Callable[[float], bool]
    fetching: threading.Lock

    def drive(self, pipeline: Pipeline) -> None:
        """Bring a pipeline to its verdict, or leave it as it is if the server stops or the lease was lost."""
        repository = self.settings.repositories.get(pipeline.repository)
        if repository is None:
            self._finish(pipeline, Verdict("blocked", "its repository is not in the configuration any more"))
            return
        try:
            verdict = self._verdict(pipeline, repository)
        except InterruptedError:
            return
        except PermissionDenied as problem:
            theirs = problem.code == "permission.server"  # our token is at fault, never the commit
            verdict = Verdict("blocked" if theirs else "refused", str(problem), again=theirs)
        except RecastError as problem:
            verdict = Verdict("blocked", f"{problem}: {problem.why}" if problem.why else str(problem), again=True)
        if verdict is not None:
            self._finish(pipeline, verdict)

    def _verdict(self, pipeline: Pipeline, repository: Repository) -> Verdict | None:
        """Return the verdict of the last try if that still goes on or has reported, else of a new one."""
        folder = self.places.pipeline(pipeline.id) / str(pipeline.tries)
        if pipeline.tries and is_alive(folder):
            self.say(f"pipeline {pipeline.id}: goes on since before this server was started")
            return self._ended(pipeline, repository, folder, None)
        if pipeline.tries and pipeline.fence > 1 and find_report(folder / REPORTS) and not self._was_postponed(folder):
            return verdict_of(folder / REPORTS, pipeline.commit, None)
        return self._new_try(pipeline, repository)

    def _was_postponed(self, folder: Path) -> bool:
        """Return whether the report of a try was read already, and another try was decided."""
        return (folder / "postponed").exists()

    def _new_try(self, pipeline: Pipeline, repository: Repository) -> Verdict | None:
        number = self.queue.begin_try(pipeline)
        if number is None:
            return None
        if number > _MOST_TRIES:
            return Verdict("blocked", f"the server died {number - 1} times while it went on")
        folder = self.places.pipeline(pipeline.id) / str(number)
        try:
            remove_tree(folder.parent)  # earlier tries; their cache is elsewhere
            folder.mkdir(parents=True, mode=0o700)
        except OSError as problem:
            raise InfrastructureError.of(problem, "A folder cannot be made", folder, "check the disk") from problem
        if not self._check_out(pipeline, repository, folder / _CHECKOUT):
            return Verdict("superseded", "its ref has moved on, and the server does not give the commit any more")
        trusted = self.queue.head_of(repository.name, repository.trusted_ref)
        reference = reference_for(repository, self.places, pipeline, trusted, folder, self.fetching)
        argv = arguments(self.settings, self.places, repository, pipeline, folder, reference)
        self.say(f"pipeline {pipeline.id}: {pipeline.repository} {pipeline.commit[:10]} of {pipeline.ref} starts")
        process = start_child(argv, folder, self.places.environment(folder, trusted=pipeline.trusted))
        return self._ended(pipeline, repository, folder, process)

    def _check_out(self, pipeline: Pipeline, repository: Repository, folder: Path) -> bool:
        mirror = self.places.mirror(repository.name)
        with self.fetching:
            if not fetch_commit(repository.remote, pipeline.ref, pipeline.commit, mirror, repository.limits):
                return False
            try:
                done = write_tree(mirror, pipeline.commit, folder, repository.limits)
            except OSError as problem:
                raise InfrastructureError.of(problem, "A checkout cannot be written", folder, "free space") from problem
        for path in done.submodules:
            self.say(f"pipeline {pipeline.id}: the submodule {path} is not fetched")
        return True

    def _ended(
        self, pipeline: Pipeline, repository: Repository, folder: Path, process: subprocess.Popen[bytes] | None
    ) -> Verdict:
        try:
            code = wait_for_child(folder, process, repository.timeout_s, self.stopped)
        except TimeoutError as problem:
            return Verdict("blocked", f"the pipeline was ended: {problem}")
        return verdict_of(folder / REPORTS, pipeline.commit, code)

    def _finish(self, pipeline: Pipeline, verdict: Verdict) -> None:
        folder = self.places.pipeline(pipeline.id)
        if verdict.again and pipeline.blocked + 1 < MOST_BLOCKED:
            for each in folder.glob("[0-9]*"):
                (each / "postponed").touch()
            wait_s = self.settings.retry_s * 4**pipeline.blocked
            if self.queue.postpone(pipeline, wait_s):
                self.say(f"pipeline {pipeline.id}: blocked, again in {wait_s:.0f} s: {verdict.sentence}")
            return
        if self.queue.finish(pipeline, verdict.word, verdict.sentence):
            self.say(f"pipeline {pipeline.id}: {verdict.word}: {verdict.sentence}")
        for each in folder.glob(f"*/{_CHECKOUT}"):
            remove_tree(each)


def arguments(
    settings: ServerSettings,
    places: ServerPlaces,
    repository: Repository,
    pipeline: Pipeline,
    folder: Path,
    reference: Path | None = None,
) -> list[str]:
    """Return the command line of a pipeline whose checkout lies in a folder.

    Only the trusted branch moves the reference; a stranger's commit is neither pushed nor signed, and runs here.
    """
    command = list(settings.command) or [sys.executable, "-m", "recast", "ci", "run"]
    argv = [*command, os.fspath(folder / _CHECKOUT), "--out", os.fspath(folder / REPORTS), "--commit", pipeline.commit]
    argv += ["--ref", pipeline.ref, "--event", pipeline.event]
    if reference is not None:
        argv += ["--reference", os.fspath(reference)]
    if not pipeline.trusted:
        return [*argv, "--untrusted", "--executor", "local"]
    argv += ["--executor", repository.executor]
    if pipeline.event == "push" and pipeline.ref == repository.trusted_ref:
        moved = places.reference(repository.name)
        moved.parent.mkdir(parents=True, exist_ok=True)
        argv += ["--write-reference", os.fspath(moved)]
    if repository.push and pipeline.lane != "fork":
        argv += ["--push", repository.push]
    if repository.key and pipeline.event == "tag":
        argv += ["--key", repository.key]
    return argv
