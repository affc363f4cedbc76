"""What is said about images, in registries: SBOMs and provenance travel with their images, as referrers with a tag."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType

from recast.images import ImageStore
from recast.images.contents.provenance import is_provenance_of
from recast.images.contents.sbom import is_sbom_of
from recast.images.reference import note_name, subject_of
from recast.json_types import JsonObject
from recast.registry.registry import Registry

__all__ = ["KINDS", "note_tag", "notes_about", "pull_notes", "push_notes"]

KINDS: MappingProxyType[str, Callable[[JsonObject, str], bool]] = MappingProxyType(
    {"provenance": is_provenance_of, "sbom": is_sbom_of}
)
"""Kind of note -> whether an untrusted manifest is one about the image with a digest."""

_WORDS = {"provenance": "the provenance", "sbom": "an SBOM"}


def note_tag(digest: str, kind: str) -> str:
    """Return the tag of a note about image `digest`."""
    return f"{digest.replace(':', '-')}.{kind}"


def notes_about(pins: Iterable[str], images: ImageStore) -> list[tuple[str, str, str]]:
    """Return image, digest and kind of the notes that an image store has about these images."""
    wanted, found = set(pins), []
    for name, note in sorted(images.names().items()):
        subject, kind = subject_of(name), name.rpartition(".")[2]
        if subject in wanted and kind in KINDS and subject is not None:
            found.append((subject, note, kind))
    return found


def push_notes(pins: Iterable[str], images: ImageStore, registry: Registry) -> int:
    """Push what is said about images, which are in the registry already; return the bytes that were sent."""
    return sum(
        registry.push(note, images, note_tag(subject, kind)).moved for subject, note, kind in notes_about(pins, images)
    )


def pull_notes(name: str, digest: str, images: ImageStore, registry: Registry, say: Callable[[str], None]) -> None:
    """Pull the valid notes about an image from its repository; what is no note about it is ignored, and said."""
    for kind, is_about in KINDS.items():
        note = registry.head(note_tag(digest, kind))
        if note is None:
            continue
        if is_about(registry.get_manifest(note).data, digest):
            registry.pull(note, images, name=note_name(name, digest, kind))
        else:
            say(f"note: {registry.target.name}:{note_tag(digest, kind)} is not {_WORDS[kind]} of {name} and is ignored")
