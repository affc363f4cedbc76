"""Pins for a spec: the current digests of its tags, the pinned ones, and which have moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from recast.errors import InputError, NotFound, RecastError
from recast.images.lock import ImageLock, Pin
from recast.images.reference import parse_reference
from recast.json_types import JsonDict
from recast.registry.name import parse_target
from recast.registry.registry import Registry
from recast.registry.settings import Settings, settings
from recast.spec.model import ContainerEnvironment, Workflow
from recast.spec.traverse import packtivities_of

__all__ = ["Finding", "State", "images_of", "look"]

State = Literal["new", "same", "moved", "built", "digest", "gone", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one image of a spec.

    `new`: not pinned yet; `same`: unchanged; `moved`: the tag refers to another image; `built`: built here, not in a
    registry; `digest`: already a digest; `gone`: pinned, but the tag no longer exists; `failed`: could not be resolved
    (`problem`). `old` is the pin in the lock, `now` the registry's.
    """

    name: str
    state: State
    old: Pin | None = None
    now: Pin | None = None
    problem: RecastError | None = None

    def as_json(self) -> JsonDict:
        """Return the finding as a JSON object; digests and dates of both pins, None where there is none."""
        pin = self.now or self.old
        return {
            "name": self.name,
            "state": self.state,
            "digest": pin.digest if pin else parse_reference(self.name).digest,
            "index": pin.index if pin else None,
            "platform": pin.platform if pin else None,
            "size": pin.size if pin else None,
            "resolved": pin.resolved if pin else None,
            "old_digest": self.old.digest if self.old else None,
            "old_resolved": self.old.resolved if self.old else None,
            "problem": self.problem.as_json() if self.problem else None,
        }


def images_of(workflow: Workflow) -> list[str]:
    """Return all images that a workflow may use, including sub-workflows and cases, each once, sorted."""
    environments = (body.environment for body in packtivities_of(workflow))
    return sorted({it.reference for it in environments if isinstance(it, ContainerEnvironment)})


def look(
    names: Iterable[str],
    lock: ImageLock,
    when: str,
    platform: str | None = None,
    *,
    how: Settings | None = None,
    told: Callable[[Finding], None] = lambda _: None,
) -> list[Finding]:
    """Resolve the names in their registries; nothing is written.

    `when` is the time to record (UTC). `platform` is for names without a pin; a pin keeps its own unless one is given.
    `told` is called with each finding at once, since a slow registry takes time.
    """
    found = []
    for name in names:
        found.append(_finding(name, lock.images.get(name), when, platform, how or settings()))
        told(found[-1])
    return found


def _finding(name: str, old: Pin | None, when: str, platform: str | None, how: Settings) -> Finding:
    try:
        if parse_reference(name).pinned:
            return Finding(name, "digest")
        if old is not None and old.source == "build":
            return Finding(name, "built", old)
        return _asked(name, old, when, platform or (old.platform if old else None), how)
    except (NotFound, InputError) as problem:
        missing = old is not None and isinstance(problem, NotFound) and problem.code == "not-found.registry"
        return Finding(name, "gone" if missing else "failed", old, problem=problem)
    except RecastError as problem:
        return Finding(name, "failed", old, problem=problem)


def _asked(name: str, old: Pin | None, when: str, platform: str | None, how: Settings) -> Finding:
    with Registry(parse_target(name), how) as registry:
        if old is not None and registry.head() == (old.index or old.digest) and platform == old.platform:
            return Finding(name, "same", old)
        means = registry.resolve(platform=platform)
    pin = Pin(means.manifest_digest, means.platform, means.size, when, "registry", means.index_digest)
    if old is None:
        return Finding(name, "new", now=pin)
    if pin.digest == old.digest:  # only the index that contains it differs
        return Finding(name, "same", replace(old, index=pin.index))
    return Finding(name, "moved", old, pin)
