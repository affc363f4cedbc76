"""What all runtimes start inside containers."""

from __future__ import annotations

import os
import shlex

from recast.errors import SpecError
from recast.jobs import Bind, ContainerJob
from recast.jobs.container_args import memory_shm_mb
from recast.jobs.wishes import SECRETS_TARGET, SECRETS_VARIABLE
from recast.runtimes.protocol import Sandbox

__all__ = [
    "CREDENTIALS",
    "cwd",
    "environment",
    "extra_binds",
    "payload_argv",
    "shm_bytes",
    "tmp_bytes",
]

CREDENTIALS = frozenset({"grid-proxy", "kerberos"})
"""The needs that the site's credentials folder meets."""

CREDENTIALS_TARGET = "/recast_auth"
"""Where a payload finds them; the name comes from packtivity."""

_DEFAULTS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    # The root is read-only and so is every home in it.
    "HOME": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
}


def payload_argv(job: ContainerJob) -> list[str]:
    """Return the argv inside the container; a script comes on standard input. Raises SpecError.

    A secret that is wanted in a variable is read from its file in there: no argv, and no environment of a process
    around the container, ever holds it.
    """
    variables = [secret for secret in job.wishes.secrets if secret.variable]
    reads = "".join(f'{it.variable}="$(cat {it.target})" && export {it.variable} || exit 1\n' for it in variables)
    if job.command is not None:
        return ["sh", "-c", reads + job.command]
    try:
        argv = shlex.split(job.interpreter)
    except ValueError as problem:
        raise SpecError("The interpreter cannot be split into words", where=job.interpreter, why=str(problem)) from None
    if not argv:
        raise SpecError("A script has no interpreter", where=job.job_id, next_step="name one, such as `bash`")
    return ["sh", "-c", f'{reads}exec "$@"', "sh", *argv] if reads else argv


def environment(job: ContainerJob) -> dict[str, str]:
    """Return the payload's whole environment: nothing from the host, some defaults, then the job's variables."""
    setup = {"KRB_SETUP_SCRIPT": f"{CREDENTIALS_TARGET}/getkrb.sh"} if CREDENTIALS & set(job.needs) else {}
    if job.wishes.secrets:
        setup[SECRETS_VARIABLE] = SECRETS_TARGET
    return {**_DEFAULTS, **setup, **job.env}


def cwd(job: ContainerJob) -> str:
    """Return the working directory of the payload."""
    return job.cwd or job.workdir


def tmp_bytes(job: ContainerJob) -> int:
    """Return the size of the private /tmp in bytes: it is memory, so at most the job's."""
    return min(job.resources.memory_mb, job.resources.disk_mb) * 1_000_000


def shm_bytes(job: ContainerJob) -> int:
    """Return the size of /dev/shm: what its user says, but never more than the job's memory."""
    said_mb = memory_shm_mb(job.wishes.container_args)
    return tmp_bytes(job) if said_mb is None else min(said_mb, job.resources.memory_mb) * 1_000_000


def extra_binds(job: ContainerJob, sandbox: Sandbox) -> list[Bind]:
    """Return the mounts besides the run, in mount order: deeper paths come later.

    Texts and what the site provides are read-only; the user's binds are writable if they say so.
    """
    binds = [Bind(f"{sandbox.texts}/{index}", path, is_file=True) for index, path in enumerate(job.mounted_texts)]
    if "cvmfs" in job.needs and sandbox.cvmfs:
        binds.append(Bind(sandbox.cvmfs, "/cvmfs"))
    if CREDENTIALS & set(job.needs) and sandbox.credentials:
        binds.append(Bind(sandbox.credentials, CREDENTIALS_TARGET))
    binds += [Bind(f"{sandbox.secrets}/{it.name}", it.target, is_file=True) for it in job.wishes.secrets]
    return [*sorted(job.binds, key=lambda bind: bind.target.count("/")), *binds]


def has_program(name: str) -> bool:
    """Return whether a program is on the PATH."""
    return any(
        os.access(os.path.join(folder, name), os.X_OK)  # noqa: PTH118
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)
    )
