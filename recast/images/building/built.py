"""Records of builds: what was built from what, and the pins in the spec's `images.lock.json`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recast.errors import ValidationFailed
from recast.images.building.bases import is_complete
from recast.images.building.recipe import named_recipes
from recast.images.building.source import written_key
from recast.images.disk import replace_file
from recast.images.layout import ImageStore
from recast.images.lock import Pin, load_lock, write_lock
from recast.moments import now

__all__ = ["BuildRecords", "BuiltImage", "pin_built"]


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """One image after a build; `reused` if nothing had changed. `size` in bytes as stored, `seconds` of wall time."""

    name: str
    digest: str
    size: int
    reused: bool
    seconds: float


class BuildRecords:
    """Which image was built from which inputs, by their key, in `builds/` of the store."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def find(self, key: str) -> str | None:
        """Return the digest that was built from these inputs, if all of it is still here."""
        try:
            digest = str(json.loads(self._path(key).read_bytes())["digest"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return digest if is_complete(self._store, digest) else None

    def note(self, key: str, digest: str) -> None:
        """Write down what was built from these inputs."""
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        replace_file(path, json.dumps({"digest": digest}).encode())

    def _path(self, key: str) -> Path:
        return self._store.root / "builds" / f"{key}.json"


def pin_built(
    spec: Path, store: ImageStore, built: Sequence[BuiltImage], must_match: bool, say: Callable[[str], None]
) -> None:
    """Pin what was built; raise ValidationFailed if `must_match` and a digest differs from its pin."""
    lock = before = load_lock(spec)
    recipes = named_recipes(spec)
    for image in built:
        old = lock.images.get(image.name)
        key = written_key(recipes[image.name], spec) if image.name in recipes else ""
        if old is not None and old.digest == image.digest:
            lock = lock if must_match or old.recipe == key else lock.with_pin(image.name, replace(old, recipe=key))
            continue
        if old is not None:
            _differs(image, old, must_match, spec, say)
        platform = store.config(image.digest).platform
        lock = lock.with_pin(image.name, Pin(image.digest, platform, image.size, now(), "build", recipe=key))
    if lock != before:
        say(f"pinned in {write_lock(spec, lock)}")


def _differs(image: BuiltImage, old: Pin, must_match: bool, spec: Path, say: Callable[[str], None]) -> None:
    text = f"{image.name} was pinned to {old.digest} and is now {image.digest}"
    if must_match:
        raise ValidationFailed(
            "The image differs from its pin",
            where=str(spec),
            why=f"{text}: its recipe or Debian's packages have changed",
            next_step=f"recast image build {spec}   (pins the new one)",
            code="image.pin-differs",
        )
    say(f"note: {text}")
