"""Which blobs ride along with a job, and which wait for it behind a URL that nodes reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from recast.errors import UsageError
from recast.jobs import Artifact, ContainerJob
from recast.json_types import JsonObject
from recast.store import ArtifactStore
from recast.store.remote_store import NODE_SCHEMES, RemoteStore
from recast.worker.remote.names import LOG, OUTCOME, named_place

__all__ = ["InputStaging"]


@dataclass(frozen=True, slots=True)
class InputStaging:
    """The ways of inputs to nodes that do not see our disks.

    Files of `from_bytes` and more go by the store behind `far`, each once, however many jobs want it, and outputs of
    that size stay there; smaller ones ride along. Without `far`, everything rides along. `by_name`: jobs leave their
    outcomes there.
    """

    store: ArtifactStore
    far: RemoteStore | None = None
    from_bytes: int = 0
    by_name: bool = False
    offered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.far is not None and self.far.url.partition(":")[0] not in NODE_SCHEMES:
            raise UsageError(
                "Nodes cannot reach this store",
                where=self.far.url,
                why="A worker has nothing but Python and xrdcp.",
                next_step="use a URL of file, https, root or s3; many object stores have a gateway for one of these",
            )

    def prepare(self, jobs: Iterable[ContainerJob]) -> None:
        """See that every input of the jobs is where its way begins; takes its time. Raises StoreError."""
        for item in {item.digest: item for job in jobs for item in job.inputs}.values():
            self._prepare(item)

    def carried(self, job: ContainerJob) -> list[Path]:
        """Return the blobs that ride along, each once however many names it has."""
        small = {item.digest for item in job.inputs if not self._goes_far(item)}
        return [path for digest in sorted(small) if (path := self.store.path(digest)).exists()]

    def for_node(self, job: ContainerJob) -> JsonObject:
        """Return what the worker of a job needs to use the store, besides what is the same for all."""
        if self.far is None:
            return {}
        names = [named_place(job.job_id, name) for name in (LOG, OUTCOME)] if self.by_name else []
        return self.far.for_node(sorted({item.digest for item in job.inputs if self._goes_far(item)}), names)

    def _prepare(self, item: Artifact) -> None:
        suspect = item.digest in self.store.known.suspect
        if item.digest in self.offered and not suspect:
            return
        if self.far is None or self.store.far_url(item.digest) != self.far.url:
            path = self.store.local(item.digest)
            if self.far is not None and self._goes_far(item) and path.exists():
                self.store.known.lend(item.digest)
                self.far.offer(item.digest, path, again=suspect)
        self.store.known.suspect.discard(item.digest)
        self.offered.add(item.digest)

    def _goes_far(self, item: Artifact) -> bool:
        if self.far is None:
            return False
        return item.size >= self.from_bytes or self.store.far_url(item.digest) == self.far.url
