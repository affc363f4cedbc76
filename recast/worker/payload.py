"""The payload to start: argv, environment, working directory and standard input."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from recast.worker.bubblewrap import is_bubblewrap, started_as
from recast.worker.failure import Failure
from recast.worker.files.staging import RUN_ROOT
from recast.worker.json_types import JsonObject

__all__ = ["JOB_ID_VARIABLE", "Payload", "container_payload", "host_payload", "physical", "shell_safe"]

JOB_ID_VARIABLE = "RECAST_JOB_ID"
"""Set in the environment of every payload, so that leftover processes can be found in /proc."""

_PLAIN_PATH = os.environ.get("PATH") or "/usr/local/bin:/usr/bin:/bin"
_HOST_ENVIRONMENT = {
    "PATH": _PLAIN_PATH,
    "HOME": os.environ.get("HOME") or "/",
    "LANG": os.environ.get("LANG") or "C.UTF-8",
    "TMPDIR": os.environ.get("TMPDIR") or "/tmp",  # noqa: S108
}
# An engine's client has to find the same engine, and the same storage, as the one that loaded the image.
_CLIENT_VARIABLES = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"),
    *("CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "DBUS_SESSION_BUS_ADDRESS"),
    *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)
_NAME_LETTER = re.compile(r"[\w.-]")
_LOGICAL_PATH = re.compile(r"(?<![\w.-])/recast/run(?![\w.-])(?:/[\w./-]*)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9_./@%+=:,-]")


class Payload:
    """One process to start. `stdin` is text for it, None for /dev/null; `cwd` is a folder on the host.

    `files` are descriptors that it finds under the same numbers.
    """

    __slots__ = ("argv", "cwd", "env", "files", "stdin")

    def __init__(
        self, argv: list[str], env: Mapping[str, str], cwd: str, stdin: str | None, files: Sequence[int] = ()
    ) -> None:
        self.argv = argv
        self.env = env
        self.cwd = cwd
        self.stdin = stdin
        self.files = files


def container_payload(job: JsonObject, argv: list[str], place: str, *, shared_memory: bool = True) -> Payload:
    """Return what starts the container, in the folder `place`; the job's own environment is in the runtime's argv.

    Raises Failure. `shared_memory`: see `recast.worker.processes.seccomp`.
    """
    if is_bubblewrap(argv):
        completed, files = started_as(argv, shared_memory=shared_memory)
        # Its first process stays in the container, where the payload can read its environment.
        return Payload(completed, {JOB_ID_VARIABLE: job["job_id"]}, place, job["script"], files)
    env = {**_HOST_ENVIRONMENT, JOB_ID_VARIABLE: job["job_id"]}
    for name in _CLIENT_VARIABLES:
        if name in os.environ:
            env[name] = os.environ[name]
    return Payload(argv, env, place, job["script"])


def host_payload(job: JsonObject, work: str, folder: str) -> Payload:
    """Return the host process of a job without an image.

    Nothing is mounted for it, so logical paths in its command, script and environment are rewritten: the job's
    own workdir to `work`, the rest of the run to `folder`. Both have to be `shell_safe`.
    """
    env = {**_HOST_ENVIRONMENT, JOB_ID_VARIABLE: job["job_id"]}
    for name, value in job["env"].items():
        env[name] = physical(job, value, work, folder)
    cwd = job["cwd"]
    cwd = physical(job, cwd, work, folder) if cwd and cwd.startswith(RUN_ROOT + "/") else work
    if job["command"] is not None:
        return Payload(["sh", "-c", physical(job, job["command"], work, folder)], env, cwd, None)
    import shlex

    try:
        argv = shlex.split(physical(job, job["interpreter"], work, folder))
    except ValueError as problem:
        raise Failure("spec", f"interpreter {job['interpreter']!r}: {problem}") from None
    if not argv:
        raise Failure("spec", "the script has no interpreter")
    return Payload(argv, env, cwd, physical(job, job["script"], work, folder))


def physical(job: JsonObject, text: str, work: str, folder: str) -> str:
    """Return a text of a host process with its logical paths rewritten, as in `host_payload`."""
    workdir = job["workdir"]

    def place(match: re.Match[str]) -> str:
        start = match.start()
        # `/recast/run/map/1` must not be found in `/recast/run/map/10`.
        own = text.startswith(workdir, start) and not _NAME_LETTER.match(text, start + len(workdir))
        return work + match.group()[len(workdir) :] if own else folder + match.group()[len(RUN_ROOT) :]

    return _LOGICAL_PATH.sub(place, text) if RUN_ROOT in text else text


def shell_safe(path: str) -> bool:
    """Return whether a path can be put into a shell command as it stands."""
    return not _UNSAFE.search(path)
