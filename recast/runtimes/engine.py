"""What Podman and Docker understand alike: one `run`, and what the first process of a container is."""

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
"""What all images are called that we load into an engine; the tag is the digest of the manifest."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who a payload is: flags of `run`, and whose its /tmp is, as options of a mount.

    A /tmp that the image has keeps the image's mode, whatever is said; its owner can write it all the same.
    """

    flags: tuple[str, ...] = ("--user=0:0",)
    owner: str = ""


ROOT = Who()
"""Root of the container, who is the user outside."""

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
    # A shared host name would come with the host's network.
    argv += [] if job.network else ["--hostname=recast"]
    argv += [f"--memory={resources.memory_mb * 1_000_000}b", f"--memory-swap={resources.memory_mb * 1_000_000}b"]
    argv += [f"--cpus={resources.cpus:g}"] if cpus else []
    argv += [f"--pids-limit={PIDS_MAX}"]
    argv += ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096", "--ulimit=core=0:0"]
    argv += [f"--ulimit=fsize={resources.disk_mb * 1_000_000}:{resources.disk_mb * 1_000_000}"]
    # Programs may be made and run there, as everywhere else: Docker's own idea is `noexec`.
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
    """Return what the container of a job is called."""
    return f"recast-{job_id}"


def image_name(digest: str) -> str:
    """Return what an image that we load is called in an engine's storage."""
    return f"{NAME}:{digest.removeprefix('sha256:')}"


def _wrapped(job: ContainerJob, around: str) -> list[str]:
    """Return the payload inside of a shell, where it is sure that the image has one."""
    payload = payload_argv(job)
    if job.command is None and PurePosixPath(payload[0]).name not in _SHELLS:
        return payload
    return ["sh", "-c", around, "sh", *payload]


def _bind(source: str, target: str, mode: str) -> str:
    """Return a `--mount` value; its fields are CSV, so one with a comma is put in quotes."""
    fields = ["type=bind", f"source={source}", f"target={target}"]
    return ",".join(_csv(field) for field in fields) + mode


def _csv(field: str) -> str:
    return '"' + field.replace('"', '""') + '"' if set(field) & set(',"') else field
