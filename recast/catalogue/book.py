"""The statements about a version, with their signatures, as they lie beside it in a catalogue store.

Each is an OCI artifact whose `subject` is the version's manifest (a *referrer*): layer one is the statement, layer two,
if there is one, a signature of it. An index named `<analysis>:sha256-<hex>` lists them, as in registries without the
referrers API, so a copy of a catalogue or of a repository carries them along. Books only grow.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from recast.catalogue.layout import CatalogueStore, corrupt
from recast.catalogue.listing import entry, index_bytes
from recast.catalogue.statement import LARGEST_STATEMENT, Statement, read_statement
from recast.errors import StoreError
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE, Descriptor
from recast.signing.ssh import LARGEST_SIGNATURE
from recast.strictjson import parse_json

__all__ = ["SIGNATURE_TYPE", "STATEMENT_TYPE", "Book", "Entry", "book_name", "read_entry"]

STATEMENT_TYPE = "application/vnd.recast.statement.v1+json"
SIGNATURE_TYPE = "application/vnd.recast.signature.ssh.v1"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
MOST_ENTRIES = 1000
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with at most one signature; `digest` is that of its manifest."""

    digest: str
    statement: Statement
    signature: bytes | None


def book_name(analysis: str, digest: str) -> str:
    """Return the name in the catalogue's index under which the statements about a version are listed."""
    return f"{analysis}:{digest.replace(':', '-')}"


class Book:
    """All statements about one version."""

    def __init__(self, store: CatalogueStore, analysis: str, digest: str) -> None:
        self.store, self.analysis, self.digest = store, analysis, digest
        self._name = book_name(analysis, digest)

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
        """Return what was said, oldest first; raise StoreError for anything damaged."""
        found = []
        for digest in self.manifests():
            try:
                found.append(read_entry(digest, self.store, self.digest))
            except ValueError as problem:
                raise corrupt(digest, self.store.path(digest), str(problem)) from problem
        return sorted(found, key=lambda entry: (*entry.statement.order, entry.digest))

    def add(self, statement: Statement, signature: bytes | None = None) -> Entry:
        """Write down a statement, or a signature of one; the caller holds the lock of publishers."""
        layers = [self._layer(statement.content(), STATEMENT_TYPE, "statement.json")]
        if signature is not None:
            layers.append(self._layer(signature, SIGNATURE_TYPE, "statement.json.sig"))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": STATEMENT_TYPE,
            "config": self.store.add(b"{}", EMPTY_TYPE).as_json(),
            "layers": layers,
            "subject": Descriptor(self.digest, len(self.store.read(self.digest)), MANIFEST_TYPE).as_json(),
        }
        content = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
        entry = Entry(self.store.add(content, MANIFEST_TYPE).digest, statement, signature)
        self.include([entry.digest])
        return entry

    def include(self, manifests: Iterable[str]) -> bool:
        """List manifests that are in the store, beside those listed already; return whether any was new."""
        known = self.manifests()
        wanted = sorted({*known, *manifests})
        if wanted == known:
            return False
        if len(wanted) > MOST_ENTRIES:
            raise StoreError(f"More than {MOST_ENTRIES} statements are made about {self._name}", code="catalogue.book")
        self.store.tag_name(self._name, self.store.add(self.index(wanted), INDEX_TYPE).digest)
        return True

    def index(self, manifests: Iterable[str]) -> bytes:
        """Return the document that lists entries; the same entries, the same bytes."""
        return index_bytes([entry(digest, len(self.store.read(digest))) for digest in sorted(manifests)])

    def _layer(self, content: bytes, media_type: str, title: str) -> dict[str, Any]:
        return {**self.store.add(content, media_type).as_json(), "annotations": {_TITLE: title}}


def read_entry(manifest: str, store: CatalogueStore, subject: str) -> Entry:
    """Read a statement about `subject`; raise ValueError if it is none, StoreError for damaged or missing blobs."""
    try:
        document = parse_json(store.read(manifest, LARGEST_STATEMENT))
        if document["artifactType"] != STATEMENT_TYPE or document["subject"]["digest"] != subject:
            raise ValueError("it says nothing about this version")
        said, *signatures = document["layers"]
        store.read(document["config"]["digest"], LARGEST_STATEMENT)
        content = store.read(said["digest"], LARGEST_STATEMENT)
        statement = read_statement(content)
        if statement.digest != subject or statement.content() != content or len(signatures) > 1:
            raise ValueError("its statement is about another version, or written in another way")
        signature = store.read(signatures[0]["digest"], LARGEST_SIGNATURE) if signatures else None
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"no statement: {problem!r:.100}") from problem
    return Entry(manifest, statement, signature)
