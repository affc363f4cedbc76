"""Publishing: a version goes into a catalogue store once, and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.catalogue.bundle import Bundle, read_bundle
from recast.catalogue.entry import load_entry
from recast.catalogue.layout import CatalogueStore
from recast.catalogue.version import CONFIG_TYPE, FILE_TYPE, TITLE, VERSION_TYPE, PublishedVersion, read_version
from recast.errors import EntryError

__all__ = ["Publication", "publish"]

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did: the version, and whether it is new (False: the same bytes were there already)."""

    version: PublishedVersion
    new: bool


def publish(entry_path: Path, store: CatalogueStore, number: str | None = None) -> Publication:
    """Put one version of an entry (the newest by default) into a store.

    Raises EntryError (3) if the version is not fit to be kept, or if other bytes are published under its number
    already; names the files that differ. Safe with other publishers at once, and after a crash at any point: the
    index names a version only when all its blobs are there.
    """
    source = load_entry(entry_path)
    bundle = read_bundle(source, source.entry.version(number))
    analysis, version = source.entry.analysis, bundle.config["version"]
    with store.publishing():
        layers = _store_files(bundle, store)
        digest = store.add_manifest(bundle.config, CONFIG_TYPE, layers, VERSION_TYPE)
        there = store.index().get((analysis, version))
        if there is None:
            store.tag(analysis, version, digest)
        elif there != digest:
            raise _changed(read_version(store, there, analysis, version), layers, bundle.config)
    return Publication(read_version(store, digest, analysis, version), there is None)


def _store_files(bundle: Bundle, store: CatalogueStore) -> list[dict[str, Any]]:
    """Store each file as a blob; return the layers of the manifest, in the order of their paths."""
    return [
        {**store.add(content, FILE_TYPE).as_json(), "annotations": {TITLE: path}}
        for path, content in sorted(bundle.files.items())
    ]


def _changed(there: PublishedVersion, layers: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> EntryError:
    ours = {layer["annotations"][TITLE]: layer["digest"] for layer in layers}
    changes = [*_differing_files(there.files, ours), *_differing_keys(there.config, config)]
    shown = changes[:_SHOWN] + ([f"and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else [])
    return EntryError(
        f"{there.reference} is published with other content, and a published version never changes",
        where=there.digest,
        why="\n".join(shown),
        next_step="Give it a new version number in the entry, or restore what was published.",
        code="version.immutable",
    )


def _differing_files(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    for path in sorted(theirs.keys() | ours.keys()):
        if path not in ours:
            yield f"missing now: {path}"
        elif path not in theirs:
            yield f"new: {path}"
        elif ours[path] != theirs[path]:
            yield f"changed: {path}"


def _differing_keys(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    """Name what differs in the configuration; for images also the digests, because they are not seen in the source."""
    for key in sorted(theirs.keys() | ours.keys()):
        if theirs.get(key) == ours.get(key):
            continue
        if key == "images":
            yield from (
                f"image {name}: published {theirs[key].get(name)}, here {ours[key].get(name)}" for name in ours[key]
            )
        elif key != "input_schema":  # it is a file as well
            yield f"changed in the entry: {key}"
