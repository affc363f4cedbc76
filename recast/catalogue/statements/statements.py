"""The statements about a version, with their signatures, as they lie beside it in a catalogue store.

Each is an OCI artifact whose `subject` is the version's manifest (a *referrer*): layer one is the statement, layer two,
if there is one, a signature of it. An index named `<analysis>:sha256-<hex>` lists them, as in registries without the
referrers API, so a copy of a catalogue or of a repository carries them along. Books only grow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from recast.catalogue.oci_index import entry, index_bytes
from recast.catalogue.statements.statement import LARGEST_STATEMENT, Statement, check_about, read_statement
from recast.catalogue.store import CatalogueStore, corrupt
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE, Descriptor
from recast.signing.ssh import LARGEST_SIGNATURE
from recast.strictjson import parse_json

if TYPE_CHECKING:
    from recast.catalogue.version import PublishedVersion

__all__ = ["SIGNATURE_TYPE", "STATEMENT_TYPE", "Book", "Entry", "book_name", "read_entry"]

STATEMENT_TYPE = "application/vnd.recast.statement.v1+json"
SIGNATURE_TYPE = "application/vnd.recast.signature.ssh.v1"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
MOST_STRANGERS = 100
"""Statements about a version that nobody here vouches for; more are left out, so that they crowd nobody out."""
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with at most one signature; `digest` is that of its manifest.

    `here` says that it was written down in this catalogue, and did not come from elsewhere.
    """

    digest: str
    statement: Statement
    signature: bytes | None
    here: bool = False


def book_name(analysis: str, digest: str) -> str:
    """Return the name in the catalogue's index under which the statements about a version are listed."""
    return f"{analysis}:{digest.replace(':', '-')}"


class Book:
    """All statements about one version."""

    def __init__(self, store: CatalogueStore, version: PublishedVersion) -> None:
        self.store, self._version = store, version
        self._name = book_name(version.analysis, version.digest)

    def manifests(self) -> list[str]:
        """Return the digests of the entries' manifests, sorted; raise StoreError for a damaged list."""
        index = self.store.names().get(self._name)
        if index is None:
            return []
        try:
            return sorted({item["digest"] for item in parse_json(self.store.read(index))["manifests"]})
        except (ValueError, KeyError, TypeError) as problem:
            raise corrupt(index, self.store.path(index), f"no list of statements: {problem!r:.100}") from problem

    def entries(self) -> list[Entry]:
        """Return what was said, oldest first; raise StoreError for anything damaged.

        What is whole and says nothing about this version is left out: strangers wrote it, and it must not hinder.
        """
        return self._read(self.manifests())

    def add(self, statement: Statement, signature: bytes | None = None) -> Entry:
        """Write down a statement of one's own, or a signature of one; the caller holds the lock of publishers."""
        check_about(statement, self._version)
        layers = [self._layer(statement.content(), STATEMENT_TYPE, "statement.json")]
        if signature is not None:
            layers.append(self._layer(signature, SIGNATURE_TYPE, "statement.json.sig"))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": STATEMENT_TYPE,
            "config": self.store.add(b"{}", EMPTY_TYPE).as_json(),
            "layers": layers,
            "subject": self._subject().as_json(),
        }
        content = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
        entry = Entry(self.store.add(content, MANIFEST_TYPE).digest, statement, signature, here=True)
        self.store.note_said_here(entry.digest)
        self._list({*self.manifests(), entry.digest})
        return entry

    def include(self, manifests: Iterable[str], believed: Callable[[Entry], bool]) -> int:
        """List manifests of elsewhere that are in the store; return how many of them there is no room for.

        There is always room for what is `believed`; of all the rest, what came first stays.
        """
        known = self.manifests()
        new = self._read(sorted({*manifests} - {*known}))
        good = [entry.digest for entry in new if believed(entry)]
        others = [entry.digest for entry in new if entry.digest not in good]
        room = max(0, MOST_STRANGERS - sum(not believed(entry) for entry in self._read(known))) if others else 0
        if taken := [*good, *others[:room]]:
            self._list({*known, *taken})
        return len(others[room:])

    def index(self, manifests: Iterable[str]) -> bytes:
        """Return the document that lists entries; the same entries, the same bytes."""
        return index_bytes([entry(digest, len(self.store.read(digest))) for digest in sorted(manifests)])

    def _read(self, manifests: Iterable[str]) -> list[Entry]:
        here, found = self.store.said_here(), []
        for digest in manifests:
            try:
                entry = read_entry(digest, self.store, self._version)
            except ValueError:
                continue
            found.append(replace(entry, here=digest in here))
        return sorted(found, key=lambda entry: (*entry.statement.order, entry.digest))

    def _list(self, manifests: set[str]) -> None:
        self.store.tag_name(self._name, self.store.add(self.index(manifests), INDEX_TYPE).digest)

    def _subject(self) -> Descriptor:
        digest = self._version.digest
        return Descriptor(digest, len(self.store.read(digest)), MANIFEST_TYPE)

    def _layer(self, content: bytes, media_type: str, title: str) -> dict[str, Any]:
        return {**self.store.add(content, media_type).as_json(), "annotations": {_TITLE: title}}


def read_entry(manifest: str, store: CatalogueStore, version: PublishedVersion) -> Entry:
    """Read a statement about a version; raise ValueError if it is none, StoreError for damaged or missing blobs.

    All that manifest and statement say is compared with the version, and every blob must be of the kind it is used as.
    """
    try:
        document = parse_json(store.read(manifest, LARGEST_STATEMENT))
        if document["artifactType"] != STATEMENT_TYPE or document["subject"]["digest"] != version.digest:
            raise ValueError("it says nothing about this version")
        said, *signatures = document["layers"]
        if [layer["mediaType"] for layer in (said, *signatures)] != [STATEMENT_TYPE, SIGNATURE_TYPE][
            : 1 + len(signatures)
        ]:
            raise ValueError("its layers are not a statement and at most one signature")
        store.read(document["config"]["digest"], LARGEST_STATEMENT)
        content = store.read(said["digest"], LARGEST_STATEMENT)
        statement = read_statement(content)
        check_about(statement, version)
        if statement.content() != content:
            raise ValueError("its statement is written in another way than ours are")
        signature = store.read(signatures[0]["digest"], LARGEST_SIGNATURE) if signatures else None
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"no statement: {problem!r:.100}") from problem
    return Entry(manifest, statement, signature)
