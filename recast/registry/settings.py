"""How registries are asked: the only reader of the environment variables that say so."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.errors import UsageError
from recast.registry.name import DOCKER_HUB
from recast.remote.hosts import timeout_of

__all__ = ["Settings", "is_loopback", "settings"]

_HUB_API = "registry-1.docker.io"
_MOST_PARALLEL = 32


@dataclass(frozen=True)
class Settings:
    """What the user wants of all registries.

    `plain_http` are hosts that may be spoken to without encryption. `mirrors` maps a host to `HOST[/PREFIX]` that is
    asked instead of it. `parallel` blobs travel at once; a server that is silent for `timeout_s` is given up.
    """

    timeout_s: float = 20.0
    parallel: int = 4
    plain_http: frozenset[str] = frozenset()
    mirrors: Mapping[str, str] = field(default_factory=dict)

    def api(self, host: str) -> tuple[str, str]:
        """Return the host that answers for `host`, and the prefix of repositories there (empty or `prefix/`)."""
        mirror, slash, prefix = self.mirrors.get(host, host).partition("/")
        return (_HUB_API if mirror == DOCKER_HUB else mirror), (f"{prefix.strip('/')}/" if slash else "")


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from the environment.

    `RECAST_HTTP_TIMEOUT_S`, `RECAST_REGISTRY_PARALLEL`, `RECAST_PLAIN_HTTP_REGISTRIES` (`host[:port],...`) and
    `RECAST_REGISTRY_MIRRORS` (`docker.io=registry.example.org/docker.io,...`).
    """
    env = os.environ if environ is None else environ
    return Settings(
        timeout_s=timeout_of(env),
        parallel=_parallel(env.get("RECAST_REGISTRY_PARALLEL") or "4"),
        plain_http=frozenset(_words(env.get("RECAST_PLAIN_HTTP_REGISTRIES", ""))),
        mirrors=dict(map(_mirror, _words(env.get("RECAST_REGISTRY_MIRRORS", "")))),
    )


def is_loopback(host: str) -> bool:
    """Return whether `host[:port]` is this machine itself by its spelling."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def _mirror(word: str) -> tuple[str, str]:
    host, equals, mirror = word.partition("=")
    if not (host and equals and mirror) or "://" in mirror:
        raise UsageError(
            "RECAST_REGISTRY_MIRRORS cannot be read",
            where=word,
            why="Form: HOST=MIRROR[/PREFIX],...",
            next_step="export RECAST_REGISTRY_MIRRORS=docker.io=registry.example.org/docker.io",
        )
    return host, mirror.rstrip("/")


def _parallel(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_PARALLEL:
        raise UsageError(
            f"RECAST_REGISTRY_PARALLEL is no number from 1 to {_MOST_PARALLEL}", where=text, next_step="unset it"
        )
    return int(text)
