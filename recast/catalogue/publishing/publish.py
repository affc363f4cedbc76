"""Publishing: a version enters a catalogue store once, and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from recast.catalogue.entries.entry import load_entry
from recast.catalogue.load import load_version, read_version
from recast.catalogue.publishing.bundle import Bundle, read_bundle
from recast.catalogue.statements.statements import Statement, Statements
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import CONFIG_TYPE, FILE_TYPE, TITLE, VERSION_TYPE, PublishedVersion
from recast.errors import EntryError
from recast.json_types import JsonDict, JsonObject
from recast.moments import now
from recast.signing import sign

__all__ = ["Author", "Publication", "enter", "publish", "refuse_others", "say_published", "say_validated", "stage"]

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did: the version, and whether it is new (False: the same bytes were there already)."""

    version: PublishedVersion
    new: bool


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes, why without validation (or empty), what validation found, and the key to sign with."""

    who: str = "unknown"
    reason: str = ""
    validation: JsonObject | None = None
    key: Path | None = None


def publish(
    entry_path: Path, store: CatalogueStore, number: str | None = None, author: Author | None = None
) -> Publication:
    """Publish one version of an entry (the newest by default) into a store.

    Raises EntryError if the version fails a check, or if other bytes are already published under its number; the error
    names the files that differ. Safe with concurrent publishers, and after a crash at any point: the index names a
    version only when all its blobs are there.
    """
    source = load_entry(entry_path)
    version = stage(read_bundle(source, source.entry.version(number)), store)
    new = enter(version, store)
    say_published(version, store, author or Author())
    return Publication(version, new)


def stage(bundle: Bundle, store: CatalogueStore) -> PublishedVersion:
    """Store a version's blobs and manifest; the index does not name it yet."""
    paths = sorted(bundle.files)
    blobs = store.add_all((bundle.files[path] for path in paths), FILE_TYPE)
    layers = [{**blob.as_json(), "annotations": {TITLE: path}} for path, blob in zip(paths, blobs, strict=True)]
    version = load_version(store, store.add_manifest(bundle.config, CONFIG_TYPE, layers, VERSION_TYPE))
    return replace(version, pins={**version.pins, **bundle.built})


def enter(version: PublishedVersion, store: CatalogueStore) -> bool:
    """Add a version whose blobs are stored to the index; return whether it is new.

    Raises EntryError if the number refers to other bytes; in a throw-away catalogue it is moved to the new ones.
    """
    with store.publishing():
        there = store.index().get((version.analysis, version.version))
        if there not in (None, version.digest) and store.is_throw_away:
            store.forget(version.analysis, there)
            there = None
        if there is None:
            store.tag(version.analysis, version.version, version.digest)
        else:
            refuse_others(version, store, there)
        return there is None


def refuse_others(version: PublishedVersion, store: CatalogueStore, there: str) -> None:
    """Raise EntryError if `there`, the digest in the store under the version's number, is a different version."""
    if there != version.digest:
        raise _changed(read_version(store, there, version.analysis, version.version), version)


def say_published(version: PublishedVersion, store: CatalogueStore, author: Author, where: str = "") -> None:
    """Add a statement on who published a version, once for each place; sign it if a key is given.

    Only this catalogue's own statements are repeated: an untrusted one may claim a validation that was never made. The
    statement contains the images built here from its recipes; if these have changed since, a new one is added.
    """
    book = Statements(store, version)
    images = version.built
    with store.publishing():
        own = [it for it in book.entries() if it.here]
        said = [it for it in own if (it.statement.state, it.statement.where) == ("published", where)]
        said = [it for it in said if it.statement == said[-1].statement]
        if images and said and said[-1].statement.images != images:
            said = []
        statement = (
            said[0].statement
            if said
            else Statement(
                version.analysis, version.version, version.digest, "published", author.who, now(),
                author.reason, where, author.validation, images,
            )
        )  # fmt: skip
        if not said or (author.key is not None and not any(it.signature for it in said)):
            book.add(statement, sign(statement.content(), author.key) if author.key is not None else None)


def say_validated(version: PublishedVersion, store: CatalogueStore, found: JsonObject, who: str) -> bool:
    """Add a statement with the outcome of a validation, if the user of this catalogue published the version; return
    whether.

    It then accompanies the version everywhere. Nothing is stated about an untrusted version: that would vouch for it.
    """
    book = Statements(store, version)
    with store.publishing():
        own = [it.statement for it in book.entries() if it.here and it.statement.state == "published"]
        last = next((said.validation for said in reversed(own) if said.validation is not None), None)
        if not own or (last is not None and _outcome(last) == _outcome(found)):
            return False
        said = Statement(version.analysis, version.version, version.digest, "published", who, now(), validation=found)
        book.add(said)
        return True


def _outcome(found: JsonObject) -> JsonDict:
    return {key: value for key, value in found.items() if key != "validated"}


def _changed(there: PublishedVersion, here: PublishedVersion) -> EntryError:
    changes = [*_differing_files(there.files, here.files), *_differing_keys(there.config, here.config)]
    shown = changes[:_SHOWN] + ([f"and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else [])
    return EntryError(
        f"{there.reference} is published with other content, and a published version never changes",
        where=there.digest,
        why="\n".join(shown),
        next_step="Give it a new version number in the entry, or restore what was published. To try it before it is "
        "published: recast run ENTRY.yml --example NAME. "
        f"If what is here came from somebody you do not trust: recast catalogue rm {there.reference}",
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


def _differing_keys(theirs: JsonObject, ours: JsonObject) -> Iterator[str]:
    """Yield what differs in the configuration; for images also the digests, which the source does not show."""
    for key in sorted(theirs.keys() | ours.keys()):
        if theirs.get(key) == ours.get(key):
            continue
        if key == "images":
            yield from (
                f"image {name}: published {theirs[key].get(name)}, here {ours[key].get(name)}" for name in ours[key]
            )
        elif key != "input_schema":  # it is a file as well
            yield f"changed in the entry: {key}"
