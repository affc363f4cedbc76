"""Many jobs become few arrays; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from recast.jobs import ContainerJob

__all__ = ["pack"]


def pack(jobs: Iterable[ContainerJob], most: int) -> Iterator[tuple[ContainerJob, ...]]:
    """Yield groups of at most `most` jobs, each of one image, one set of resources and needs, in order of arrival.

    An engine asks for one machine for a whole array, so nothing in it may want another one than its neighbours.
    """
    groups: dict[object, list[ContainerJob]] = {}
    for job in jobs:
        key = (job.image, job.resources, job.needs, job.network, job.avoid_hosts)
        group = groups.setdefault(key, [])
        group.append(job)
        if len(group) == most:
            yield tuple(groups.pop(key))
    for group in groups.values():
        yield tuple(group)
