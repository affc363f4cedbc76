"""Whether a job is one that a kernel can start: the one place where its texts are judged. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recast.jobs.job import ContainerJob

__all__ = ["unfit"]

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
    return "" if name is None else f"the variable {name!r} has no name that a process could find it by"


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
