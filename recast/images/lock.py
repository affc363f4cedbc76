"""Pins: `images.lock.json` next to a spec maps each `name:tag` in its workflow to a digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recast.errors import ImageError, InputError, NotFound
from recast.images.disk import replace_file
from recast.images.reference import check_digest, parse_reference
from recast.json_types import JsonDict, JsonObject
from recast.strictjson import parse_json

__all__ = ["LOCK_NAME", "ImageLock", "Pin", "load_lock", "write_lock"]

LOCK_NAME = "images.lock.json"
_VERSION = 1
_SOURCES = ("build", "registry")


@dataclass(frozen=True, slots=True)
class Pin:
    """The pin of one `name:tag`.

    `digest` is that of the manifest for one platform (`os/architecture[/variant]`), `size` the stored bytes, `resolved`
    the time (UTC), `source` is `build` or `registry`. `index` is the digest of the index that the tag referred to, None
    if it referred to the manifest itself. `recipe` is the key of the image's sources when it was built
    (`recast.images.building.source.written_key`), empty if not known.
    """

    digest: str
    platform: str
    size: int
    resolved: str
    source: str
    index: str | None = None
    recipe: str = ""

    def as_json(self) -> JsonDict:
        """Return the pin as a JSON object."""
        document = {
            "digest": self.digest,
            "platform": self.platform,
            "size": self.size,
            "resolved": self.resolved,
            "source": self.source,
        }
        index = {"index": self.index} if self.index is not None else {}
        return {**document, **index, **({"recipe": self.recipe} if self.recipe else {})}


@dataclass(frozen=True, slots=True)
class ImageLock:
    """All pins of one spec, by `name:tag`; `bases` are those of FROM lines, which no workflow names."""

    images: Mapping[str, Pin] = field(default_factory=dict)
    bases: Mapping[str, Pin] = field(default_factory=dict)

    def digest(self, name: str, tag: str = "latest") -> str:
        """Return the digest that `name:tag` is pinned to; raise NotFound if it is not pinned."""
        pin = self.images.get(f"{name}:{tag}")
        if pin is None:
            raise NotFound(
                f"The image {name}:{tag} is not pinned",
                why=f"Pinned here: {', '.join(sorted(self.images)) or 'nothing'}",
                next_step="recast image pin PATH   or   recast image build PATH   (PATH: the folder of the spec)",
                code="image.not-pinned",
            )
        return pin.digest

    def with_pin(self, name: str, pin: Pin) -> ImageLock:
        """Return a lock in which `name` (`name:tag`) is pinned to `pin`."""
        return replace(self, images={**self.images, name: pin})

    def with_base(self, name: str, pin: Pin) -> ImageLock:
        """Return a lock in which FROM `name` means `pin`."""
        return replace(self, bases={**self.bases, name: pin})

    def as_json(self) -> JsonDict:
        """Return the lock as a JSON object."""
        document = {"version": _VERSION, "images": _as_json(self.images)}
        return {**document, "bases": _as_json(self.bases)} if self.bases else document


def load_lock(folder: Path) -> ImageLock:
    """Read `images.lock.json` in a spec's folder; a missing file is an empty lock; raise ImageError for a malformed
    one.
    """
    path = Path(folder) / LOCK_NAME
    try:
        document = parse_json(path.read_bytes())
        return _from_json(document)
    except FileNotFoundError:
        return ImageLock()
    except OSError as problem:
        raise ImageError("The image lock cannot be read", where=str(path), why=str(problem)) from problem
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as problem:
        raise ImageError(
            "The image lock is malformed",
            where=str(path),
            why=f"{type(problem).__name__}: {problem}",
            next_step=f"Restore the file from your version control, or remove it and: recast image pin {path.parent}",
            code="image.lock",
        ) from problem


def write_lock(folder: Path, lock: ImageLock) -> Path:
    """Write `images.lock.json` into a spec's folder, atomically; return its path."""
    path = Path(folder) / LOCK_NAME
    replace_file(path, json.dumps(lock.as_json(), indent=1).encode() + b"\n")
    return path


def _from_json(document: Any) -> ImageLock:
    if document["version"] != _VERSION:
        raise ValueError(f"version {document['version']}, this recast reads {_VERSION}")
    return ImageLock(_pins(document["images"]), _pins(document.get("bases") or {}))


def _pins(document: JsonObject) -> dict[str, Pin]:
    return {str(parse_reference(name)): _pin(data) for name, data in document.items()}


def _as_json(pins: Mapping[str, Pin]) -> JsonDict:
    return {name: pin.as_json() for name, pin in sorted(pins.items())}


def _pin(data: JsonObject) -> Pin:
    if data["source"] not in _SOURCES:
        raise ValueError(f"source {data['source']!r} is neither of {_SOURCES}")
    return Pin(
        digest=check_digest(data["digest"]),
        platform=str(data["platform"]),
        size=int(data["size"]),
        resolved=str(data["resolved"]),
        source=str(data["source"]),
        index=check_digest(data["index"]) if data.get("index") is not None else None,
        recipe=str(data.get("recipe") or ""),
    )
