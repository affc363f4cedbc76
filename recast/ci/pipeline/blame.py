"""Whose fault an error is: the commit's, or that of the infrastructure; pure."""

from __future__ import annotations

from recast.errors import (
    CredentialsProblem,
    EntryError,
    ImageCorrupt,
    ImageError,
    InputError,
    ManualStepPending,
    NotFound,
    PermissionDenied,
    RecastError,
    ResultError,
    SpecError,
    UsageError,
    ValidationFailed,
    WorkflowFailed,
)

__all__ = ["sentence_of", "word_of"]

_REFUSED = frozenset({"version.immutable", "version.claimed"})
_OWN_IMAGES = frozenset({"image.containerfile", "image.lock-file", "image.lock", "image.pin-differs", "image.escape"})
_NO_ROOM = ("no space left", "disk quota exceeded", "cannot allocate memory", "read-only file system")
_WRONG_WHEELS = ("no matching distribution", "do not match the hashes", "invalid requirement")
_CHECKING = ("lint", "images")


def word_of(problem: RecastError, phase: str) -> str:
    """Return what an error in a phase says of the commit: `failed`, `broken`, `refused`, or `blocked`.

    Only what the commit's own files cause counts against it; everything else is `blocked`.
    """
    if problem.code in _REFUSED:
        return "refused"
    if phase == "push":  # where to is said by whoever runs the pipeline
        return "blocked"
    if problem.code == "entry.unvalidated" or isinstance(
        problem, (WorkflowFailed, ResultError, ValidationFailed, ManualStepPending)
    ):
        return "failed"
    if isinstance(problem, InputError):
        return "broken" if phase in _CHECKING else "failed"
    if isinstance(problem, (SpecError, EntryError, NotFound, UsageError)):
        return "broken"
    if isinstance(problem, ImageError):
        return _of_image(problem)
    if isinstance(problem, PermissionDenied):
        own = isinstance(problem, CredentialsProblem) or problem.code.startswith("registry.")
        return "blocked" if own else "refused"
    return "blocked"


def sentence_of(problem: RecastError, root: str) -> str:
    """Return an error as one sentence for the forge, with paths below the checkout `root` and without those of this
    machine.
    """
    own = isinstance(problem, (SpecError, EntryError, InputError, NotFound, UsageError))
    if own:
        return str(problem).replace(f"{root}/", "")
    lines = [line.strip() for line in problem.why.splitlines() if line.strip()]
    said = (lines[-1] if problem.code == "image.build" else lines[0]) if lines else ""
    return f"{problem.what}: {said}" if said else problem.what


def _of_image(problem: ImageError) -> str:
    """Return the word for an image that cannot be built: a build that fails is the recipe's fault, a disk is not."""
    if isinstance(problem, ImageCorrupt):
        return "blocked"
    if problem.code in _OWN_IMAGES or problem.code == "image.base":
        return "broken"
    if problem.code != "image.build":
        return "blocked"
    said = problem.why.lower()
    if any(text in said for text in _NO_ROOM):
        return "blocked"
    if problem.what.startswith("buildah build"):
        return "broken"
    return "broken" if any(text in said for text in _WRONG_WHEELS) else "blocked"
