"""Sync the folders that a run has written to, before the journal records the end of the run.

The contents of files are synced by whatever writes them; their names, in `work/` and in the store, are synced here,
once per run. A power cut before that may lose names, which `resume` restores (ADR 55).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from recast.errors import StoreError
from recast.jobs import Artifact
from recast.rundir import RunDirectory
from recast.store import ArtifactStore
from recast.worker.files.durable import MOST_WAITS, sync_file_systems, sync_paths

__all__ = ["Touched"]


class Touched:
    """The folders of a run with new entries; beyond a certain number, only the fact that there are many."""

    def __init__(self, directory: RunDirectory, store: ArtifactStore) -> None:
        self._directory = directory
        self._store = store
        self._folders: dict[str, None] = {}

    def left(self, logical: str, job_id: str, outputs: Iterable[Artifact]) -> None:
        """Note the outputs of an attempt, and the link to its folder (`logical` is relative to the run root)."""
        if self._is_full:
            return
        jobs = str(self._directory.jobs)
        self._note(f"{jobs}/{job_id}/work", jobs)
        self._note(os.path.dirname(f"{self._directory.work}/{logical}"), str(self._directory.work))
        for artifact in outputs:
            self._note(os.path.dirname(f"{jobs}/{job_id}/work/{artifact.path}"), jobs)
            self._note(os.path.dirname(str(self._store.path(artifact.digest))), str(self._store.root))
            if self._is_full:
                return

    def shown(self, logical: str, outputs: Iterable[Artifact]) -> None:
        """Note the files from the store that are linked under a step's name."""
        if self._is_full:
            return
        folder, work = f"{self._directory.work}/{logical}", str(self._directory.work)
        self._note(folder, work)
        for artifact in outputs:
            self._note(os.path.dirname(f"{folder}/{artifact.path}"), work)
            if self._is_full:
                return

    def settle(self) -> None:
        """Wait until everything is on the disk; raise StoreError if the disk cannot store it."""
        own = [str(self._directory.path), str(self._directory.results)]
        try:
            if self._is_full:
                roots = (own[0], str(self._store.root))
                sync_file_systems(root for root in roots if os.path.isdir(root))
            else:
                # A path through a link that the job made: sync the folder that actually contains the entry.
                places = dict.fromkeys(os.path.realpath(folder) for folder in (*self._folders, *own))
                sync_paths(place for place in places if os.path.isdir(place))
        except OSError as problem:
            raise StoreError.of(
                problem,
                "The outputs of the run cannot be written to the disk",
                self._directory.path,
                "check the disk, then resume the run: nothing is lost",
            ) from problem
        self._folders.clear()

    @property
    def _is_full(self) -> bool:
        return len(self._folders) > MOST_WAITS

    def _note(self, folder: str, top: str) -> None:
        """Note a folder and its parents, up to `top`."""
        while folder not in self._folders and len(folder) >= len(top):
            self._folders[folder] = None
            folder = os.path.dirname(folder)
