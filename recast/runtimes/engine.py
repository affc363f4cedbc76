"""What Podman and Docker have in common: the `run` command, and the first process of a container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from recast.jobs import RUN_ROOT, ContainerJob
from recast.runtimes.payload import cwd, environment, extra_binds, payload_argv, shm_bytes, tmp_bytes
from recast.runtimes.protocol import Sandbox
from recast.worker.limits.cgroup import PIDS_MAX

__all__ = ["NAME", "ROOT", "Who", "container_name", "engine_run", "image_name"]

NAME = "localhost/recast"
"""The name of all images that are loaded into an engine; the tag is the digest of the manifest."""


@dataclass(frozen=True, slots=True)
class Who:
    """The user of a payload: flags of `run`, and the owner of its /tmp as mount options.

    A /tmp in the image keeps the image's mode; its owner can write to it nevertheless.
    """

    flags: tuple[str, ...] = ("--user=0:0",)
    owner: str = ""


ROOT = Who()
"""Root in the container, which is the user outside."""

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "zsh"})


def engine_run(
    client: Sequence[str],
    job: ContainerJob,
    sandbox: Sandbox,
    extra: Sequence[str],
    *,
    who: Who = ROOT,
    cpus: bool = True,
    around: str = 'exec 2>&1; "$@"; exit $?',
) -> list[str]:
    """Return the `run` of a client that speaks Docker's words.

    `who` says who the payload is, `cpus` whether the engine can hold processors back. `around` is
    what a shell of the image does with the payload: a container's first process hears no signal that it sends itself,
    so it must be another one; and engines carry two streams each at its own pace, so that lines change places.
    """
    resources = job.resources
    argv = [*client, "run", "--name", container_name(job.job_id), "--pull=never", "--interactive"]
    argv += ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", *who.flags]
    argv += [f"--network={'host' if job.network else 'none'}"]
    # The host's network would otherwise imply the host's name.
    argv += [] if job.network else ["--hostname=recast"]
    argv += [f"--memory={resources.memory_mb * 1_000_000}b", f"--memory-swap={resources.memory_mb * 1_000_000}b"]
    argv += [f"--cpus={resources.cpus:g}"] if cpus else []
    argv += [f"--pids-limit={PIDS_MAX}"]
    argv += ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", "--ulimit=core=0:0"]
    argv += [f"--ulimit=fsize={resources.disk_mb * 1_000_000}:{resources.disk_mb * 1_000_000}"]
    # Programs may be created and run there, as in other runtimes; Docker's default is `noexec`.
    argv += [f"--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777{who.owner},size={tmp_bytes(job)}"]
    argv += [f"--shm-size={shm_bytes(job)}b"]
    argv += ["--mount", _bind(sandbox.inputs, RUN_ROOT, ",readonly"), "--mount", _bind(sandbox.work, job.workdir, "")]
    for bind in extra_binds(job, sandbox):
        argv += ["--mount", _bind(bind.source, bind.target, "" if bind.writable else ",readonly")]
    argv += ["--workdir", cwd(job), *extra]
    for name, value in environment(job).items():
        argv += ["--env", f"{name}={value}"]
    entry, *arguments = _wrapped(job, around)
    return [*argv, "--entrypoint", entry, sandbox.image, *arguments]


def container_name(job_id: str) -> str:
    """Return the name of a job's container."""
    return f"recast-{job_id}"


def image_name(digest: str) -> str:
    """Return the name of a loaded image in an engine's storage."""
    return f"{NAME}:{digest.removeprefix('sha256:')}"


def _wrapped(job: ContainerJob, around: str) -> list[str]:
    """Return the payload wrapped in a shell, if the image certainly has one."""
    payload = payload_argv(job)
    if job.command is None and PurePosixPath(payload[0]).name not in _SHELLS:
        return payload
    return ["sh", "-c", around, "sh", *payload]


def _bind(source: str, target: str, mode: str) -> str:
    """Return a `--mount` value; its fields are CSV, so one with a comma is quoted."""
    fields = ["type=bind", f"source={source}", f"target={target}"]
    return ",".join(_csv(field) for field in fields) + mode


def _csv(field: str) -> str:
    return '"' + field.replace('"', '""') + '"' if set(field) & set(',"') else field
