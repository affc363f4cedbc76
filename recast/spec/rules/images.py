"""Rules on where a step runs: images, the host, and differences from yadage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recast.spec.findings import Finding
from recast.spec.model import ContainerEnvironment, HostEnvironment
from recast.spec.rules.context import StageView, packtivities

__all__ = ["floating", "host_processes", "ignored_by_yadage", "malformed"]

_NAME = re.compile(
    r"(?:[\w.-]+(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
)
_TAG = re.compile(r"\w[\w.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def floating(view: StageView) -> Iterator[Finding]:
    """An image named by a tag, which may refer to another image tomorrow."""
    for packtivity in packtivities(view.stage):
        environment = packtivity.environment
        if isinstance(environment, ContainerEnvironment) and "@sha256:" not in environment.image:
            yield view.found(
                "floating-image",
                f"The image {environment.reference} is not pinned",
                view.in_packtivity(packtivity, "environment", "image"),
                why="A tag may refer to another image tomorrow; only a digest identifies an image permanently.",
                next_step=f"Write `image: {environment.image}@sha256:...`, or pin it in images.lock.json.",
                severity="warning",
                excerpt=environment.reference,
            )


def malformed(view: StageView) -> Iterator[Finding]:
    """An image whose name contains its tag, or is not valid in any registry."""
    for packtivity in packtivities(view.stage):
        environment = packtivity.environment
        if not isinstance(environment, ContainerEnvironment) or "{" in environment.image:
            continue
        name, _, digest = environment.image.partition("@")
        tag = "" if digest else environment.tag
        head, _, own_tag = name.rpartition(":")
        if head and "/" not in own_tag:
            what = f"The image {environment.image!r} has a tag in its name, and would become {environment.reference!r}"
            if digest:
                continue
            remedy = f"Write `image: {head}` and `imagetag: {own_tag!r}`."
        elif (
            not _NAME.fullmatch(name) or (digest and not _DIGEST.fullmatch(digest)) or (tag and not _TAG.fullmatch(tag))
        ):
            what = f"The image {environment.reference!r} is not a name of an image"
            remedy = "Write NAME, or NAME@sha256: and 64 hexadecimal digits; names are lower case."
        else:
            continue
        yield view.found(
            "image-reference", what, view.in_packtivity(packtivity, "environment", "image"), next_step=remedy
        )


def host_processes(view: StageView) -> Iterator[Finding]:
    """A step that runs without a container."""
    for packtivity in packtivities(view.stage):
        if packtivity.process is not None and isinstance(packtivity.environment, HostEnvironment):
            position = view.in_packtivity(packtivity, "environment")
            remedy = "Give it a container image, or run it with --allow-host-process."
            yield view.found(
                "host-process", "The step runs on the host itself", position, next_step=remedy, severity="note"
            )


def ignored_by_yadage(view: StageView) -> Iterator[Finding]:
    """Something that works here but not in yadage."""
    for packtivity in packtivities(view.stage):
        environment, process = packtivity.environment, packtivity.process
        if isinstance(environment, ContainerEnvironment) and environment.env:
            yield view.found(
                "ignored-by-yadage",
                "yadage ignores the variables in `env`",
                view.in_packtivity(packtivity, "environment", "env"),
                next_step="Set them in the script too, if yadage is to run this spec.",
                severity="note",
            )
        if process is not None and process.kind == "script" and isinstance(environment, HostEnvironment):
            yield view.found(
                "ignored-by-yadage",
                "yadage cannot run a script in a localproc-env",
                view.in_packtivity(packtivity, "process"),
                next_step="Write it as a command, if yadage is to run this spec.",
                severity="note",
            )
