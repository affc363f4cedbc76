"""From a pinned digest to what a runtime starts; a missing image is pulled by its digest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from recast.errors import Interrupted, NetworkError
from recast.runs.image_making import Making
from recast.runtimes import Runtime
from recast.runtimes.loading import Tell, silent
from recast.spec.model import ContainerEnvironment, Workflow
from recast.spec.traverse import packtivities_of

if TYPE_CHECKING:
    from recast.images.manifest import ImageConfig

__all__ = ["Images", "image_preparer"]


class Images:
    """The images of one run: names by digest, and the store for them.

    `strangers` says that nobody vouches for the spec, so a name in it must not lead into the local network. `overrides`
    are images (`name@sha256:...`) by the name in the spec that they replace. `say` is called with messages about what
    takes long. Thread-safe: one image is pulled at a time.
    """

    def __init__(
        self,
        workflow: Workflow,
        pins: Mapping[str, str],
        image_store: Path,
        say: Callable[[str], None],
        overrides: Mapping[str, str] = MappingProxyType({}),
        *,
        strangers: bool = False,
    ) -> None:
        self._strangers = strangers
        self._said = frozenset(overrides.values())
        environments = (body.environment for body in packtivities_of(workflow))
        names = {item.reference for item in environments if isinstance(item, ContainerEnvironment)}
        self._names = {
            pins.get(name) or "sha256:" + name.rpartition("@sha256:")[2]: overrides.get(name, name)
            for name in sorted(names)
        }
        self._root, self._say = image_store, say
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def config(self, digest: str) -> ImageConfig:
        """Return an image's configuration, from its registry if the image is not in the store; its layers are not
        pulled.

        Raises NotFound, which says what is missing.
        """
        from recast.images import ImageStore

        store, name = ImageStore(self._root), self._names.get(digest)
        if name is None or store.has_blob(digest):
            return store.config(digest)
        from recast.registry.fetch import config_of_missing

        return config_of_missing(name, digest, store, strangers=self._by_strangers(name))

    @property
    def digests(self) -> tuple[str, ...]:
        """The manifest digests of all images that steps of the run may have."""
        return tuple(self._names)

    def name(self, digest: str) -> str:
        """Return the name of an image in the spec, empty if it has none."""
        return self._names.get(digest, "")

    def reference(self, digest: str) -> str:
        """Return `HOST/REPOSITORY@DIGEST` of an image whose name is that of a registry; empty for one built here."""
        from recast.registry import parse_target

        name = self.name(digest)
        host = name.partition("/")[0]
        if not name or ("." not in host and ":" not in host and self._is_here(digest)):
            return ""
        return f"{parse_target(name).name}@{digest}"

    def for_nodes(self, digest: str) -> str:
        """Return `reference`; raise PermissionDenied if an untrusted spec would send nodes into the local network."""
        from recast.registry import Registry

        reference = self.reference(digest)
        if reference:
            with (
                Registry(reference, strangers=self._by_strangers(self.name(digest))) as registry,
                suppress(NetworkError),
            ):
                registry.judge()  # a host name that cannot be resolved here may be known there
        return reference

    def _by_strangers(self, name: str) -> bool:
        """Return whether a name comes from an untrusted spec, not from the user's overrides."""
        return self._strangers and name not in self._said

    def config_digest(self, digest: str) -> str:
        """Return the digest of an image's configuration, from its manifest; raise as `config` does."""
        from recast.images import ImageStore

        if not self.reference(digest) or self._is_here(digest):
            return ImageStore(self._root).manifest(digest).config.digest
        from recast.registry import Registry

        with Registry(self.reference(digest), strangers=self._by_strangers(self.name(digest))) as registry:
            return registry.get_manifest(digest).manifest().config.digest

    def _is_here(self, digest: str) -> bool:
        from recast.images import ImageStore

        return ImageStore(self._root).has_blob(digest)

    def fetch(self, digest: str) -> None:
        """Pull an image that is not in the store, which may take long. Raise Interrupted after `stop`, else as `config`
        does.
        """
        from recast.images import ImageStore

        store, name = ImageStore(self._root), self._names.get(digest)
        with self._lock:
            if name is None or store.has_blob(digest):
                return
            from recast.registry.fetch import fetch_missing

            self._say(f"pulling {name} ({digest})")
            fetch_missing(name, digest, store, self._go_on, strangers=self._by_strangers(name))

    def making(self, digest: str, runtime: str) -> Making:
        """Return the callback that reports how far an image is loaded into a runtime, and ends that after `stop`."""
        return Making(self.name(digest) or digest, runtime, self._say, self._go_on)

    def stop(self) -> None:
        """Make pulls and loads end soon; what has arrived is kept for the next one."""
        self._stopped.set()

    def _go_on(self, done: int, total: int) -> None:
        if self._stopped.is_set():
            raise Interrupted("Getting an image ready was interrupted", next_step="The next run continues it.")


class Fetching(Protocol):
    """An object that gets missing images."""

    def fetch(self, digest: str) -> None:
        """Get an image."""


def image_preparer(
    runtime: Runtime, image_store: Path, images: Fetching, making: Callable[[str, str], Tell] | None = None
) -> Callable[[str], str]:
    """Return the function from a manifest digest to the `Sandbox.image` for this runtime.

    It pulls a missing image, verifies the blobs before it uses them, and keeps what it made for the next run. `making`
    returns the progress callback for a digest and a runtime.
    """
    prepare = _preparing(runtime.name)

    def prepared(digest: str) -> str:
        images.fetch(digest)
        return prepare(image_store, digest, making(digest, runtime.name) if making else silent)

    return prepared


def _preparing(runtime: str) -> Callable[[Path, str, Tell], str]:
    if runtime == "podman":
        from recast.runtimes.podman_image import ensure_podman_image

        return ensure_podman_image
    if runtime == "docker":
        from recast.runtimes.docker_image import ensure_docker_image

        return ensure_docker_image
    return _sif if runtime == "apptainer" else _unpacked


def _sif(image_store: Path, digest: str, tell: Tell) -> str:
    from recast.runtimes.apptainer_image import ensure_apptainer_image, is_made
    from recast.site import this_site

    if not is_made(image_store, digest, this_site().cvmfs):
        _begin(tell, image_store, digest)
    return ensure_apptainer_image(image_store, digest, this_site().cvmfs)


def _unpacked(image_store: Path, digest: str, tell: Tell) -> str:
    from recast.images import ImageStore, is_unpacked, lease_unpacked

    store = ImageStore(image_store)
    if not is_unpacked(store, digest):
        _begin(tell, image_store, digest)
    return str(lease_unpacked(store, digest).rootfs)


def _begin(tell: Tell, image_store: Path, digest: str) -> None:
    """Report the start of a conversion whose progress is not known."""
    from recast.images import ImageStore
    from recast.images.archive import archive_bytes

    tell(0, archive_bytes(ImageStore(image_store), digest))
