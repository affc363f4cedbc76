"""The settings for registries: the only reader of their environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from recast.errors import UsageError
from recast.registry.name import DOCKER_HUB, Target
from recast.remote.hosts import timeout_of

__all__ = ["Settings", "api_host", "settings"]

_HUB_API = "registry-1.docker.io"
_MOST_PARALLEL = 32


@dataclass(frozen=True)
class Settings:
    """The user's settings for all registries.

    `plain_http` are hosts that may be contacted without encryption. `mirrors` maps a host to the `HOST[/PREFIX]` that
    is contacted instead. `own` are hosts in the local network that a remote spec may name. `parallel` blobs travel at
    once; a server that is silent for `timeout_s` is given up.
    """

    timeout_s: float = 20.0
    parallel: int = 4
    plain_http: frozenset[str] = frozenset()
    mirrors: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    def asked(self, target: Target) -> Target:
        """Return who is asked for a repository: itself, or what its mirror has in its place.

        Everything that depends on who listens (credentials, certificates, encryption) goes by this one.
        """
        mirror, slash, prefix = self.mirrors.get(target.host, target.host).partition("/")
        return replace(
            target, host=mirror, repository=f"{prefix.strip('/')}/{target.repository}" if slash else target.repository
        )

    def is_plain(self, asked: Target) -> bool:
        """Return whether the user lets a host be spoken to without encryption."""
        return not self.plain_http.isdisjoint({asked.host, api_host(asked)})


def api_host(asked: Target) -> str:
    """Return the `host[:port]` to connect to for a host as people write it."""
    return _HUB_API if asked.host == DOCKER_HUB else asked.host


def settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from the environment.

    `RECAST_HTTP_TIMEOUT_S`, `RECAST_REGISTRY_PARALLEL`, `RECAST_PLAIN_HTTP_REGISTRIES` and `RECAST_OWN_REGISTRIES`
    (`host[:port],...`), and `RECAST_REGISTRY_MIRRORS` (`docker.io=registry.example.org/docker.io,...`).
    """
    env = os.environ if environ is None else environ
    return Settings(
        timeout_s=timeout_of(env),
        parallel=_parallel(env.get("RECAST_REGISTRY_PARALLEL") or "4"),
        plain_http=frozenset(_words(env.get("RECAST_PLAIN_HTTP_REGISTRIES", ""))),
        own=frozenset(_words(env.get("RECAST_OWN_REGISTRIES", ""))),
        mirrors=dict(map(_mirror, _words(env.get("RECAST_REGISTRY_MIRRORS", "")))),
    )


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
            f"RECAST_REGISTRY_PARALLEL is not a number from 1 to {_MOST_PARALLEL}", where=text, next_step="unset it"
        )
    return int(text)
