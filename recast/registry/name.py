"""The location of an image: the registry's host, the repository, and a tag or digest."""

from __future__ import annotations

from dataclasses import dataclass

from recast.errors import InputError
from recast.images.reference import parse_reference

__all__ = ["DOCKER_HUB", "Target", "parse_target"]

DOCKER_HUB = "docker.io"
_HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_SCHEMES = ("oci://", "docker://")


@dataclass(frozen=True, slots=True)
class Target:
    """A location in a registry: `host` as people write it (`docker.io`, `ghcr.io`, `127.0.0.1:5000`), `repository`
    below it, and the tag or digest if one was named.
    """

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Return `host/repository`."""
        return f"{self.host}/{self.repository}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}" + (f"@{self.digest}" if self.digest else "")


def parse_target(text: str) -> Target:
    """Parse `[oci://]HOST/NAME[:TAG][@sha256:...]`, or an image name as Docker does; raise InputError.

    Without a scheme, a first part without a dot, colon or the word `localhost` belongs to the name, and the host is
    docker.io; there a name of one part lies below `library/`.
    """
    scheme = next((scheme for scheme in _SCHEMES if text.startswith(scheme)), "")
    reference = parse_reference(text.removeprefix(scheme))
    first, slash, rest = reference.name.partition("/")
    if scheme and not slash:
        raise InputError(
            "The address names no repository", where=text, why="Form: oci://REGISTRY/REPOSITORY[:TAG]", code="usage"
        )
    if slash and (scheme or _is_host(first)):
        host, repository = first.lower(), rest
    else:
        host, repository = DOCKER_HUB, reference.name
    if repository != repository.lower():
        raise InputError("Not a valid image name", where=text, why="Names are lower case.", code="image.reference")
    if host in _HUB_NAMES:
        host = DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    return Target(host, repository, reference.tag, reference.digest)


def _is_host(word: str) -> bool:
    return "." in word or ":" in word or word == "localhost"
