"""What travels to the nodes by PanDA's own cache: the worker and the tasks of an array, as one small archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.batch.system import Refused
from recast.executors.panda.parameters import SandboxRef
from recast.jobs import FailureClass

__all__ = ["MOST_SANDBOX_BYTES", "pack_sandbox"]

MOST_SANDBOX_BYTES = (10 << 20) - 4096
"""What a PanDA server takes (`SANDBOX_NO_BUILD_LIMIT`), less what is around a file in the request."""


def pack_sandbox(folder: Path, count: int, secrets: Sequence[str]) -> tuple[SandboxRef, bytes]:
    """Return the sandbox of the array in `folder`: the same bytes for the same files.

    Its name follows from its content, so that a second upload of it is harmless and nobody guesses the name. Raises
    Refused if it is larger than a server takes, or holds one of the `secrets`: whoever knows the name can read it.
    """
    try:
        files = [("worker.pyz", (folder / "worker.pyz").read_bytes())]
        files += [(f"tasks/{index}.json", (folder / f"tasks/{index}.json").read_bytes()) for index in range(count)]
    except OSError as problem:
        raise ExecutorError.of(problem, "An array of jobs cannot be read", folder, "recast resume RUN") from problem
    _check_secrets(folder, files, secrets)
    content = _archive(files)
    if len(content) > MOST_SANDBOX_BYTES:
        raise Refused(
            "An array of jobs is too large for PanDA",
            failure=FailureClass.SPEC,
            where=str(folder),
            why=f"Its worker and tasks are {len(content)} bytes, of which a server takes {MOST_SANDBOX_BYTES}.",
            next_step="recast resume RUN --panda-array-size N, with fewer jobs to a task",
        )
    digest = hashlib.sha256(content).hexdigest()
    return SandboxRef(f"jobO.{uuid.UUID(digest[:32])}.tar.gz", digest), content


def _archive(files: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _check_secrets(folder: Path, files: Sequence[tuple[str, bytes]], secrets: Sequence[str]) -> None:
    for secret in filter(None, secrets):
        name = next((name for name, content in files if secret.encode() in content), None)
        if name is not None:
            raise Refused(
                "A secret would travel to PanDA in the clear",
                failure=FailureClass.SPEC,
                where=f"{folder}/{name}",
                why="A token of yours stands in the command or environment of a job; others can read sandboxes.",
                next_step="give it to the job as a PanDA user secret: --panda-use-secrets true",
            )
