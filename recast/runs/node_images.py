"""How nodes get the images of a run: from CVMFS, from a shared disk, or from a registry; always by digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recast.digests import hex_of
from recast.errors import RuntimeUnavailable, UsageError
from recast.executors.batch.task import NodeImage
from recast.json_types import JsonDict, JsonObject
from recast.runs.images import Images

__all__ = ["SOURCES", "check_ways", "node_images"]

SOURCES = ("cvmfs", "sif", "unpacked", "layout", "registry")
"""What `image_sources` may name."""

_SHARED, _APART = "cvmfs,unpacked,registry", "cvmfs,registry"


def node_images(
    images: Images, image_store: Path, values: JsonObject, shared: bool, cvmfs: str
) -> Callable[[str], NodeImage]:
    """Return the function from a manifest digest to how a node gets that image.

    `values` are the executor's settings, `shared` says whether nodes share our disks. The function may take long: it
    pulls, unpacks or pushes what is missing. It raises RuntimeUnavailable if nodes cannot get the image.
    """
    ways = _ways(values.get("image_sources") or (_SHARED if shared else _APART))
    mirror = values.get("image_registry") or ""

    def node_image(digest: str) -> NodeImage:
        config = images.config_digest(digest)
        found = [_source(way, digest, config, images, image_store, mirror, cvmfs) for way in ways]
        sources = tuple(source for source in found if source is not None)
        if not sources or all(source["kind"] == "cvmfs" and not cvmfs for source in sources):
            raise _no_way(images.name(digest) or digest)
        return NodeImage(digest, config, sources)

    return node_image


def check_ways(images: Images, executor: str, values: JsonObject, shared: bool, cvmfs: str) -> None:
    """Raise RuntimeUnavailable if nodes cannot get an image of the run; nothing is contacted, pulled or pushed."""
    ways = _ways(values.get("image_sources") or (_SHARED if shared else _APART))
    if not {"sif", "unpacked", "layout"}.isdisjoint(ways) or ("cvmfs" in ways and cvmfs):
        return
    for digest in images.digests:
        if "registry" not in ways or not (values.get("image_registry") or images.reference(digest)):
            raise _no_way(images.name(digest) or digest, f"--{executor}-image-registry HOST/REPOSITORY")


def _ways(text: str) -> list[str]:
    ways = [way.strip() for way in text.split(",") if way.strip()]
    for way in ways:
        if way not in SOURCES:
            raise UsageError(
                f"Images do not come from {way!r}", where="image_sources", why=f"There are: {', '.join(SOURCES)}."
            )
    return ways


def _source(
    way: str, digest: str, config: str, images: Images, image_store: Path, mirror: str, cvmfs: str
) -> JsonDict | None:
    if way == "cvmfs":
        name = hex_of(config)
        return {"kind": way, "path": f"{cvmfs or '/cvmfs'}/unpacked.cern.ch/.flat/{name[:2]}/{name}"}
    if way == "registry":
        reference = _mirrored(digest, images, image_store, mirror) if mirror else images.for_nodes(digest)
        return {"kind": way, "reference": reference, "insecure": _is_plain(reference)} if reference else None
    from recast.images import ImageStore, lease_unpacked

    images.fetch(digest)
    if way == "layout":
        return {"kind": way, "path": str(image_store)}
    if way == "sif":
        from recast.runtimes.apptainer_image import ensure_sif

        return {"kind": way, "path": str(ensure_sif(ImageStore(image_store), digest))}
    return {"kind": way, "path": str(lease_unpacked(ImageStore(image_store), digest).rootfs)}


def _mirrored(digest: str, images: Images, image_store: Path, mirror: str) -> str:
    """Return the image's name in the site's registry, after pushing it there if it is missing."""
    from recast.images import ImageStore
    from recast.registry import Registry

    with Registry(mirror) as registry:
        if registry.head(digest) is None:
            images.fetch(digest)
            registry.push(digest, ImageStore(image_store))
        return f"{registry.target.name}@{digest}"


def _is_plain(reference: str) -> bool:
    """Return whether a registry is contacted without TLS: on this machine, or where the user says so."""
    from recast.registry import parse_target, settings
    from recast.remote.guard import is_loopback

    target = parse_target(reference)
    return is_loopback(target.host) or settings().is_plain(target)


def _no_way(name: str, setting: str = "the executor's image_registry") -> RuntimeUnavailable:
    return RuntimeUnavailable(
        f"Nodes cannot get the image {name}",
        code="image.no-way",
        why="It is not in a registry, nodes do not share our disks, and CVMFS is not available.",
        next_step=f"name a registry that nodes can reach; the image is pushed there once: {setting}",
    )
