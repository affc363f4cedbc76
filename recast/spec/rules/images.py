"""Rules on container images."""

from __future__ import annotations

from collections.abc import Iterator

from recast.spec.findings import Finding
from recast.spec.model import ContainerEnvironment
from recast.spec.rules.context import StageView, packtivities

__all__ = ["floating"]


def floating(view: StageView) -> Iterator[Finding]:
    """An image that is named by a tag: tomorrow the tag may name another image."""
    for packtivity in packtivities(view.stage):
        environment = packtivity.environment
        if isinstance(environment, ContainerEnvironment) and "@sha256:" not in environment.image:
            yield view.found(
                "floating-image",
                f"The image {environment.reference} is not pinned",
                view.in_packtivity(packtivity, "environment", "image"),
                why="A tag is a name that may be given to another image tomorrow; only a digest names one for good.",
                next_step=f"Write `image: {environment.image}@sha256:...`.",
                severity="warning",
            )
