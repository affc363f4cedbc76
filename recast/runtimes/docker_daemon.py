"""The properties of a Docker daemon: whether it is rootless, which limits it enforces, how it identifies images."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recast.errors import RuntimeUnavailable
from recast.json_types import JsonObject
from recast.runtimes.engine import ROOT, Who

__all__ = ["NOT_DOCKER", "NO_ANSWER", "Daemon", "ask_daemon", "payload_of", "read_daemon", "who_we_are"]

_ASK_S = 240
_SOCKET = "/var/run/docker.sock"
NO_ANSWER = f"it did not answer within {_ASK_S} s"
NOT_DOCKER = "the program docker here is Podman's"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The properties of a daemon, queried once.

    `rootless`: its root is the user. `remapped`: root in its containers is an unprivileged user outside (userns-remap).
    `cpus`: it can limit CPUs. `unheld` are the limits that it would silently ignore.
    """

    version: str
    rootless: bool = False
    remapped: bool = False
    cpus: bool = True
    unheld: tuple[str, ...] = ()


def ask_daemon(program: str = "docker") -> Daemon:
    """Query the daemon that the client is configured for (DOCKER_HOST, contexts); raise RuntimeUnavailable with its
    message.
    """
    command = [program, "info", "--format", "{{json .}}"]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_ASK_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise _silent(NO_ANSWER) from None
    except OSError as problem:
        raise _silent(f"{program} cannot be run: {problem.strerror}") from problem
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = {}
    if done.returncode != 0 or not isinstance(told, dict) or not told.get("ServerVersion"):
        raise _silent(_words(told, done.stderr))
    return read_daemon(told)


def read_daemon(told: JsonObject) -> Daemon:
    """Read the document of `docker info`."""
    options = {str(option).partition(",")[0] for option in told.get("SecurityOptions") or ()}
    held = {"memory": "MemoryLimit", "processes": "PidsLimit"}
    return Daemon(
        version=str(told["ServerVersion"]),
        rootless="name=rootless" in options,
        remapped="name=userns" in options,
        cpus=bool(told.get("CpuCfsQuota", True) and told.get("CpuCfsPeriod", True)),
        unheld=tuple(what for what, key in held.items() if told.get(key, True) is False),
    )


def payload_of(daemon: Daemon, uid: int, gid: int, groups: Sequence[int]) -> Who:
    """Return the user of a payload, so that files in a work folder belong to the user: root without capabilities could
    not write there.

    A rootless daemon maps its root to the user. With a root daemon, the container runs as the user.
    """
    if daemon.rootless:
        return ROOT
    flags = [f"--user={uid}:{gid}", *(f"--group-add={group}" for group in sorted(groups) if group != gid)]
    return Who((*flags, *(["--userns=host"] if daemon.remapped else [])), f",uid={uid},gid={gid}")


def who_we_are(daemon: Daemon) -> Who:
    """Return `payload_of` for this process, without the group that owns the daemon's socket."""
    return payload_of(daemon, os.getuid(), os.getgid(), [group for group in os.getgroups() if group != _socket_group()])


def _socket_group() -> int:
    """Return the group of the daemon's socket, -1 if there is no local socket."""
    kind, _, path = os.environ.get("DOCKER_HOST", f"unix://{_SOCKET}").partition("://")
    try:
        return os.stat(path).st_gid if kind == "unix" else -1  # noqa: PTH116 - a path as somebody has written it
    except OSError:
        return -1


def _words(told: Any, stderr: str) -> str:
    """Return why the daemon cannot be used, as reported by its client."""
    if isinstance(told, dict) and "host" in told and "store" in told:
        return NOT_DOCKER
    said = [*(told.get("ServerErrors") or () if isinstance(told, dict) else ()), *stderr.strip().splitlines()]
    errors = [line for line in said if "rror" in line or "annot" in line or "denied" in line]
    return str((errors or said or ["no answer"])[-1])


def _silent(why: str) -> RuntimeUnavailable:
    return RuntimeUnavailable("No Docker daemon answers", why=why, next_step="recast doctor")
