"""An array as an HTCondor submit description: one cluster, one item per job; pure."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from recast.executors.batch.system import Array
from recast.executors.htcondor.ads import quoted
from recast.executors.htcondor.options import Options
from recast.jobs import Resources, Wishes

__all__ = ["LOG_NAME", "STDOUT_NAME", "carried_bytes", "describe", "items_of", "links_of", "sandbox_of"]

LOG_NAME = "log"
"""The event log of a cluster, below the array's `engine` folder."""

STDOUT_NAME = "payload.log"
"""The payload's output in the sandbox of a job: HTCondor shows only the standard output of a running job."""

_PATH = "PATH=/usr/local/bin:/usr/bin:/bin"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+@=~-]+")
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_MOST_STARTS = 5
_KIB, _MIB = 1024, 1024 * 1024
_ARCHITECTURES = {"x86_64": "X86_64", "aarch64": "aarch64", "ppc64le": "ppc64le"}
"""What HTCondor calls them."""
_WORKER_MB = 64
"""What the worker itself needs, in addition to the job's request."""


def sandbox_of(folder: Path, index: int) -> Path:
    """Return the folder in an array's folder to which the files of a job are returned."""
    return folder / "engine" / str(index)


def items_of(array: Array) -> list[dict[str, str]]:
    """Return what differs between the jobs: index, token and the files sent with each, relative to its sandbox."""
    items = []
    for index, (job, files) in enumerate(zip(array.jobs, array.files, strict=True)):
        sandbox = str(sandbox_of(array.folder, index))
        names = ",".join(_name_of(path, sandbox) for path in files)
        items.append({"index": str(index), "token": job.job_id, "files": names})
    return items


def links_of(array: Array) -> dict[Path, Path]:
    """Return the links that have to be made before the submission: place in a sandbox -> file.

    For HTCondor, a comma or a space ends a path, so such a file is linked under another name in the sandbox.
    """
    links = {}
    for index, files in enumerate(array.files):
        sandbox = sandbox_of(array.folder, index)
        for path in files:
            if not _PLAIN_PATH.fullmatch(os.path.relpath(path, sandbox)):
                links[sandbox / path.name] = path
    return links


def _name_of(path: Path, sandbox: str) -> str:
    way = os.path.relpath(path, sandbox)
    return way if _PLAIN_PATH.fullmatch(way) else path.name


def describe(array: Array, options: Options, *, is_spooled: bool, margin_s: int) -> dict[str, str]:
    """Return the submit description of an array; the items give index, token and files of each job."""
    job = array.jobs[0]
    text = {
        **_universe(options, job.image),
        "executable": "/usr/bin/env",
        "transfer_executable": "false",
        "arguments": _arguments(array.command),
        "environment": f'"{_PATH}"',
        "initialdir": _plain(str(sandbox_of(array.folder, 0).parent)) + "/$(index)",
        "output": STDOUT_NAME,
        "error": "worker.err",
        "transfer_input_files": "$(files)",
        "transfer_output_files": "out",
        "should_transfer_files": "YES",
        "when_to_transfer_output": "ON_EXIT",
        "notification": "never",
        "job_lease_duration": str(options.lease_s),
        # A job must not restart forever on nodes that lose it.
        "periodic_hold": f"JobStatus == 1 && NumJobStarts >= {_MOST_STARTS}",
        "periodic_hold_reason": f'"it started on {_MOST_STARTS} nodes in turn, and finished on none"',
        "allowed_job_duration": str(job.resources.walltime_s + margin_s),
        "batch_name": _plain(array.name),
        "My.RecastArray": _plain(quoted(array.name)),
        "My.RecastToken": '"$(token)"',
        "My.MaxRuntime": str(job.resources.walltime_s + margin_s),
        **_resources(job.resources, max(carried_bytes(array.files), default=0)),
        **_wishes(options, array.avoid_hosts, job.wishes),
    }
    if is_spooled:
        # It stays in the queue until it is forgotten, not only until it was seen: the driver may end in between.
        text["leave_in_queue"] = "JobStatus == 4 && (time() - (CompletionDate ?: time())) < 864000"
    else:
        text["log"] = _plain(str(array.folder / "engine" / LOG_NAME))
        if options.max_idle:
            text["max_idle"] = str(options.max_idle)
    return text


def _universe(options: Options, image: str | None) -> dict[str, str]:
    if options.universe == "vanilla" or image is None:
        return {"universe": "vanilla"}
    where = options.container_image.replace("{digest}", image).replace("{hex}", image.partition(":")[2])
    return {
        "universe": "container",
        "container_image": _plain(where),
        "transfer_container": "false",
    }


def _arguments(command: Sequence[str]) -> str:
    """Return a command in HTCondor's new syntax: each word in single quotes, all in double quotes."""
    words = ["'" + word.replace("'", "''").replace('"', '""') + "'" for word in command]
    return '"' + _plain(" ".join(words)) + ' $(index)"'


def _resources(wanted: Resources, most_bytes: int) -> dict[str, str]:
    text = {
        "request_cpus": str(max(1, math.ceil(wanted.cpus))),
        "request_memory": str(math.ceil((wanted.memory_mb + _WORKER_MB) * 10**6 / _MIB)),
        "request_disk": str(math.ceil((wanted.disk_mb * 10**6 + most_bytes) / _KIB)),
    }
    return text | ({"request_gpus": str(wanted.gpus)} if wanted.gpus else {})


def carried_bytes(files: Sequence[Sequence[Path]]) -> list[int]:
    """Return the size of the files sent with each job, in bytes; missing files count as zero."""
    sizes: dict[Path, int] = {}
    for path in {path for own in files for path in own}:
        with suppress(OSError):
            sizes[path] = path.stat().st_size
    return [sum(sizes.get(path, 0) for path in own) for own in files]


def _wishes(options: Options, avoid_hosts: Sequence[str], wished: Wishes) -> dict[str, str]:
    demands = [f"({options.requirements})"] if options.requirements else []
    if wished.architecture:
        demands.append(f'TARGET.Arch == "{_ARCHITECTURES.get(wished.architecture, wished.architecture)}"')
    hosts = ",".join(host for host in avoid_hosts if _HOST.fullmatch(host))
    if hosts:
        demands.append(f'!stringListIMember(TARGET.Machine, "{hosts}")')
        demands.append(f'!stringListIMember(split(TARGET.Machine, ".")[0], "{hosts}")')
    text = {
        "requirements": " && ".join(demands),
        "rank": options.rank,
        "accounting_group": wished.working_group or options.accounting_group,
        "require_gpus": _gpu_model(wished.gpu_model),
        "accounting_group_user": options.accounting_group_user,
        "My.JobFlavour": quoted(options.job_flavour) if options.job_flavour else "",
    }
    text |= {f"My.{name}": value for name, value in (options.attributes or {}).items()}
    return {name: _plain(value) for name, value in text.items() if value}


def _gpu_model(wished: str) -> str:
    model = wished.partition("-")[2]
    return f"regexp({quoted(re.escape(model))}, DeviceName, {quoted('i')})" if model else ""


def _plain(text: str) -> str:
    """Return a text as a literal in a submit description, where a dollar sign would start a macro."""
    return text.replace("$", "$(DOLLAR)")
