"""Whether a job is one that a kernel can start: the one place where its texts are judged. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from recast.jobs.job import RUN_ROOT, ContainerJob

__all__ = ["unfit"]

_KERNELS_OWN = {"/proc", "/sys", "/dev"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def unfit(job: ContainerJob) -> str:
    """Return why a job cannot be started as it is written, empty if it can.

    What is handed to a process ends at a NUL, so none may hold one; places to mount and names of variables hold no
    control character at all. What a file or a script holds is its own affair.
    """
    for what, text in _places(job):
        if _CONTROL.search(text):
            return f"{what} {text[:80]!r} holds a control character"
    for what, text in _words(job):
        if "\0" in text:
            return f"{what} {text[:80]!r} holds a NUL"
        if not text.isascii() and not _is_encodable(text):
            return f"{what} {text[:80]!r} holds half of a character"
    name = next((name for name in job.env if not name or "=" in name), None)
    if name is not None:
        return f"the variable {name!r} has no name that a process could find it by"
    return _crowded(job)


def _crowded(job: ContainerJob) -> str:
    """Return why a text has no place of its own: what runtimes make of such ones differs, or is a start that fails."""
    if not job.mounted_texts:
        return ""
    texts = {path: _upwards(path) for path in job.mounted_texts}
    places = Counter(upwards[0] for upwards in texts.values())
    folders = {folder for path in (RUN_ROOT, job.workdir, "/tmp") for folder in _upwards(path)}  # noqa: S108
    for path, upwards in texts.items():
        if not _KERNELS_OWN.isdisjoint(upwards):
            return f"the text {path[:80]!r} would lie in a folder of the kernel's"
        if upwards[0] in folders:
            return f"the text {path[:80]!r} would lie in place of a folder that the job needs"
        if places[upwards[0]] > 1 or any(folder in places for folder in upwards[1:]):
            return f"the text {path[:80]!r} would lie over another text, or in one"
    return ""


def _upwards(path: str) -> list[str]:
    """Return a path in its plain spelling, and the folders that it lies in."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return ["/" + "/".join(parts[:end]) for end in range(len(parts), -1, -1)]


def _places(job: ContainerJob) -> Iterator[tuple[str, str]]:
    yield "the work folder", job.workdir
    yield "the folder it starts in", job.cwd or ""
    for path in job.texts:
        yield "the path of a text", path
    for name in job.env:
        yield "the name of the variable", name


def _words(job: ContainerJob) -> Iterator[tuple[str, str]]:
    yield from _places(job)
    yield "the command", job.command or ""
    yield "the interpreter", job.interpreter
    for name, value in job.env.items():
        yield f"the variable {name}", value
    for artifact in job.inputs:
        yield "the input", artifact.path
    for output in job.outputs:
        yield "the output", output.pattern
    for bind in job.binds:
        yield "the bind", str(bind)


def _is_encodable(text: str) -> bool:
    try:
        text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
