"""An image for a job on this node: which runtime starts it, and what exactly it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from recast.worker.cache.folder import Cache, open_cache
from recast.worker.failure import Failure
from recast.worker.images.documents import check_digest
from recast.worker.images.podman import hold_podman_image
from recast.worker.images.pull import PULLED
from recast.worker.images.ready import READY, ready
from recast.worker.images.rootfs import hold_rootfs
from recast.worker.images.runtimes import engine_of, present
from recast.worker.json_types import JsonObject
from recast.worker.markers import fill as started_by

__all__ = ["NodeImage", "obtain", "started_by"]


class NodeImage(NamedTuple):
    """The runtime's name, what it starts (a path or an id), and the manifest digest that really is there."""

    runtime: str
    image: str
    digest: str


def obtain(image: JsonObject, runtimes: Mapping[str, JsonObject]) -> NodeImage:
    """Return how to start a task's `image` with one of its `runtimes` (by name, the preferred first) on this node.

    An image on a shared disk or CVMFS is used in place, by any runtime that can. Otherwise it is fetched into the
    node's cache, once for all jobs, and kept there until this process ends. Raises Failure: `infrastructure` with the
    error of each source, `authentication`, `disk`.
    """
    digest = check_digest(image["digest"])
    cache = open_cache(image)
    found, missing = present(runtimes, cache.root + "/runtimes.json")
    if not found:
        why = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        raise Failure("infrastructure", f"no container runtime works on this node: {why}")
    said: list[str] = []
    for source in image["sources"]:
        for name in found if source["kind"] in READY else ():
            try:
                return NodeImage(name, ready(source, image, name), digest)
            except Failure as failure:
                said.append(f"{source['kind']}: {failure.message}")
    if any(source["kind"] in PULLED for source in image["sources"]):
        return _pulled(cache, image, runtimes, found[0])
    raise Failure("infrastructure", f"image {digest} cannot be had on this node: {'; '.join(said) or 'no sources'}")


def _pulled(cache: Cache, image: JsonObject, runtimes: Mapping[str, JsonObject], runtime: str) -> NodeImage:
    """Bring the image to the node for the runtime that is preferred here: what fails for one would for all."""
    if runtime == "podman":
        start = hold_podman_image(cache, image, engine_of(runtimes[runtime]))
    else:
        start = hold_rootfs(cache, image)
    return NodeImage(runtime, start, image["digest"])
