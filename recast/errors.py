"""All errors that a user can encounter.

    RecastError                       exit code
    ├── UsageError                    2   the command line is invalid
    ├── SpecError                     3   a workflow spec is invalid
    ├── InputError                    3   the inputs of a run do not fit the spec
    ├── EntryError                    3   a catalogue entry is invalid
    ├── WorkflowFailed                1   a step failed
    ├── ManualStepPending             1   a run waits for a step that a person has to do
    ├── ResultError                   1   a declared result is missing or malformed
    ├── ValidationFailed              1   a check failed (validate, image verify)
    ├── InfrastructureError           4   executor, runtime, disk, network
    │   ├── ExecutorError
    │   ├── RuntimeUnavailable        a container runtime is missing or cannot start
    │   ├── NetworkError              a server cannot be reached, or its response is invalid
    │   ├── StoreError                artifact store, journal or run directory
    │   │   ├── ArtifactDamaged       a stored file is missing, or its bytes do not match its digest
    │   │   ├── RunLocked             another process drives this run
    │   │   └── LedgerUnavailable     the database of the service cannot be used now
    │   └── ImageError                an image cannot be built, read or unpacked
    │       └── ImageCorrupt          bytes do not match their digest
    ├── PermissionDenied              5   authentication or policy
    │   ├── CredentialsProblem        a proxy or token is missing, expired or not accepted
    │   └── Refused                   a step in the life of a request is not theirs to do
    ├── MovedOn                   1   a request is in another state by now
    ├── NotFound                      6   no such analysis, version, run, step, image
    └── Interrupted                   130

Each says *what* happened, *where* (file, line, key, run, step), *why*, and *what to type next*.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Self

__all__ = [
    "ArtifactDamaged",
    "CredentialsProblem",
    "EntryError",
    "ExecutorError",
    "ImageCorrupt",
    "ImageError",
    "InfrastructureError",
    "InputError",
    "Interrupted",
    "LedgerUnavailable",
    "ManualStepPending",
    "MovedOn",
    "NetworkError",
    "NotFound",
    "PermissionDenied",
    "RecastError",
    "Refused",
    "ResultError",
    "RunLocked",
    "RuntimeUnavailable",
    "SpecError",
    "StoreError",
    "UsageError",
    "ValidationFailed",
    "WorkflowFailed",
    "in_words",
]


class RecastError(Exception):
    """An error that is shown to the user as up to four parts, never as a traceback.

    `what` is one sentence without a full stop. `where` names a place (`file:line key`, a run, a step, a path). `why`
    explains the reason; it may span several lines. `next_step` is a command or an edit. `code` is stable and
    searchable. `faults` are those of a document one by one: `where` in it (a JSON pointer), and `what`.
    """

    code = "error"
    exit_code = 1
    faults: Sequence[Mapping[str, str]] = ()

    def __init__(
        self, what: str, *, where: str = "", why: str = "", next_step: str = "", code: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next_step = next_step
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.what} ({self.where})" if self.where else self.what

    def as_json(self) -> dict[str, str]:
        """Return the error as a JSON object: code, what, where, why, next."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "next": self.next_step,
        }


class UsageError(RecastError):
    """The command line is invalid."""

    code = "usage"
    exit_code = 2


class SpecError(RecastError):
    """A workflow spec is invalid."""

    code = "spec.invalid"
    exit_code = 3


class InputError(RecastError):
    """The inputs of a run do not fit the spec."""

    code = "inputs.invalid"
    exit_code = 3


class EntryError(RecastError):
    """A catalogue entry is invalid."""

    code = "entry.invalid"
    exit_code = 3


class WorkflowFailed(RecastError):
    """A step failed, not the infrastructure."""

    code = "run.failed"
    exit_code = 1


class ManualStepPending(RecastError):
    """A run cannot continue until a person has completed a manual step."""

    code = "run.waits-for-person"
    exit_code = 1


class ResultError(RecastError):
    """A declared result is missing or malformed."""

    code = "result.invalid"
    exit_code = 1


class ValidationFailed(RecastError):
    """A check failed."""

    code = "validation.failed"
    exit_code = 1


class InfrastructureError(RecastError):
    """The infrastructure failed, not the jobs: executor, runtime, disk, network."""

    code = "infrastructure"
    exit_code = 4

    @classmethod
    def of(cls, problem: OSError, what: str, where: object, next_step: str) -> Self:
        """Return the error for an OSError, with its message and the file that it names (else `where`)."""
        return cls(
            what,
            where=str(problem.filename or where),
            why=problem.strerror or str(problem),
            next_step=next_step,
        )


class ExecutorError(InfrastructureError):
    """An executor cannot be reached, or it refused a request."""

    code = "executor"


class RuntimeUnavailable(InfrastructureError):
    """A container runtime is missing or cannot start a container here."""

    code = "runtime.unavailable"


class NetworkError(InfrastructureError):
    """A server cannot be reached, is overloaded, or its response is invalid."""

    code = "network"


class StoreError(InfrastructureError):
    """The artifact store, the journal or a run directory cannot be used."""

    code = "store"


class ArtifactDamaged(StoreError):
    """A file in the artifact store is missing, or its bytes do not match its `digest`."""

    code = "store.damaged"

    def __init__(self, what: str, digest: str, *, where: str = "", why: str = "", next_step: str = "") -> None:
        super().__init__(what, where=where, why=why, next_step=next_step)
        self.digest = digest


class RunLocked(StoreError):
    """Another process drives this run."""

    code = "run.locked"


class LedgerUnavailable(StoreError):
    """The database of the service cannot be used now; nothing of a change was written, so it can be tried again."""

    code = "ledger.unavailable"


class ImageError(InfrastructureError):
    """An image cannot be built, read or unpacked."""

    code = "image"


class ImageCorrupt(ImageError):
    """Bytes in the image store do not match their digest."""

    code = "image.corrupt"


class PermissionDenied(RecastError):
    """Authentication failed or a policy forbids it."""

    code = "permission"
    exit_code = 5


class CredentialsProblem(PermissionDenied):
    """A proxy certificate or token is missing, expired or not accepted; a new one would help."""

    code = "permission.credentials"


class Refused(PermissionDenied):
    """A step in the life of a request is not the actor's to do; `why` says whose."""

    code = "request.refused"


class MovedOn(RecastError):
    """A request is in a state in which something cannot be done: somebody else, or time, was faster."""

    code = "request.moved-on"
    exit_code = 1


class NotFound(RecastError):
    """No such analysis, version, example, run, step or image."""

    code = "not-found"
    exit_code = 6


class Interrupted(RecastError):
    """The user interrupted the command."""

    code = "interrupted"
    exit_code = 130


_NEXT = {
    errno.ENOSPC: "free some space (df -h) or some files (df -i) there; what was done is kept: recast resume RUN",
    errno.EDQUOT: "your quota is used up: free some of it (quota -s); what was done is kept: recast resume RUN",
    errno.EROFS: "the file system is read-only: name another place with RECAST_HOME, or mount it writable",
    errno.EMFILE: "let a process open more files: ulimit -n 4096",
    errno.ENFILE: "the machine has too many open files: end some programs, then try again",
    errno.EACCES: "make it readable and writable for you, or name another place with RECAST_HOME",
    errno.EPERM: "make it readable and writable for you, or name another place with RECAST_HOME",
    errno.ENOTDIR: "a file stands where a folder must be: move it away, or name another place with RECAST_HOME",
    errno.EEXIST: "a file stands where a folder must be: move it away, or name another place with RECAST_HOME",
    errno.EISDIR: "a folder stands where a file must be: move it away",
    errno.EIO: "the disk does not answer as it should: dmesg says more; then recast doctor",
    errno.ESTALE: "the network file system has lost the folder: mount it again, then recast resume RUN",
}


def in_words(problem: Exception) -> RecastError:
    """Return any exception as a RecastError: itself if it is one, otherwise with the message of the system or database.

    An unexpected exception becomes an InfrastructureError with the code `unforeseen` and the name of its class.
    """
    if isinstance(problem, RecastError):
        return problem
    if isinstance(problem, OSError):
        next_step = _NEXT.get(problem.errno or 0, "recast doctor looks at the places that are needed")
        where = " -> ".join(str(name) for name in (problem.filename, problem.filename2) if name is not None)
        return InfrastructureError.of(problem, "A file or folder cannot be used", where, next_step)
    if type(problem).__module__ == "sqlite3":
        return StoreError(
            "A database cannot be used",
            why=str(problem),
            next_step="recast doctor says where they are; free some space there, or move the damaged file away",
        )
    if isinstance(problem, MemoryError):
        return InfrastructureError("There is not enough memory", next_step="let the process have more: ulimit -v")
    return InfrastructureError(
        "Something went wrong that nobody foresaw", why=f"{type(problem).__name__}: {problem}", code="unforeseen"
    )
