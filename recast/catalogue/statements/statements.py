"""The statements about a version, with their signatures, as stored next to it in a catalogue store.

Each is an OCI artifact whose `subject` is the version's manifest (a *referrer*): layer one is the statement, layer two,
if there is one, a signature of it. An index named `<analysis>:sha256-<hex>` lists them, as in registries without the
referrers API, so a copy of a catalogue or of a repository includes them. Statements are only added, never removed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recast.catalogue.oci_index import entry, index_bytes
from recast.catalogue.store import CatalogueStore, corrupt
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE, Descriptor
from recast.json_types import JsonDict, JsonObject
from recast.signing.ssh import LARGEST_SIGNATURE
from recast.strictjson import parse_json

if TYPE_CHECKING:
    from recast.catalogue.version import PublishedVersion
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from recast.catalogue.semver import Semver
from recast.errors import InputError
from recast.images.reference import check_digest, parse_reference

__all__ = [
    "LARGEST_STATEMENT",
    "SIGNATURE_TYPE",
    "STATEMENT_TYPE",
    "STATES",
    "Entry",
    "Statement",
    "Statements",
    "book_name",
    "check_about",
    "read_entry",
    "read_statement",
]

STATES = ("published", "deprecated", "withdrawn")
"""The states of a version, by severity. They cannot be undone: a withdrawn version is followed by a new one."""

LARGEST_STATEMENT = 64 << 10
LONGEST_REASON = 2000
_SCHEMA = 1
_ANALYSIS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `when` is UTC (`2026-01-31T12:00:00Z`); `where` the registry it was published to, or empty.

    `reason` says why a version is deprecated, withdrawn, or published without validation. `validation` is the outcome
    of `recast validate` for these bytes (`{"validated", "passed", "documented"}`), None if not known. `images` are the
    digests there of the images that are built from the version's recipes.
    """

    analysis: str
    version: str
    digest: str
    state: str
    who: str
    when: str
    reason: str = ""
    where: str = ""
    validation: JsonObject | None = field(default=None, hash=False)
    images: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def rank(self) -> int:
        """The severity of the state."""
        return STATES.index(self.state)

    @property
    def order(self) -> tuple[str, int, str]:
        """The sort key for display: time, then severity, the own catalogue before registries."""
        return self.when, self.rank, self.where

    def content(self) -> bytes:
        """Return the bytes that are stored and signed: JSON with sorted keys, readable by people."""
        document = {"schema": _SCHEMA, **self.as_json()}
        return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"

    def as_json(self) -> JsonDict:
        """Return the statement as a JSON object."""
        return {
            "analysis": self.analysis,
            "version": self.version,
            "digest": self.digest,
            "state": self.state,
            "who": self.who,
            "when": self.when,
            "reason": self.reason,
            "where": self.where,
            "validation": dict(self.validation) if self.validation is not None else None,
            **({"images": dict(self.images)} if self.images else {}),
        }


def read_statement(content: bytes) -> Statement:
    """Parse an untrusted statement; raise ValueError if it is not valid."""
    if len(content) > LARGEST_STATEMENT:
        raise ValueError("a statement is larger than 64 KiB")
    try:
        document = parse_json(content)
        if document.pop("schema") != _SCHEMA:
            raise ValueError("a statement of another version of recast")
        statement = Statement(**document)
        _check(statement)
    except (TypeError, KeyError, AttributeError, RecursionError, InputError) as problem:
        raise ValueError(f"no statement: {problem!r:.200}") from problem
    return statement


def check_about(statement: Statement, version: PublishedVersion) -> None:
    """Raise ValueError unless a statement is about exactly this version: its name, its number and its bytes.

    Signers are accepted by name, so a key accepted for one name must not vouch for the bytes of another.
    """
    said = (statement.analysis, statement.version, statement.digest)
    if said != (version.analysis, version.version, version.digest):
        raise ValueError(f"it is about {said[0]}@{said[1]} ({said[2]}), not about {version.reference}")


def _check(statement: Statement) -> None:
    texts = (statement.analysis, statement.version, statement.who, statement.reason, statement.where)
    if not all(isinstance(text, str) and len(text) <= LONGEST_REASON for text in texts):
        raise ValueError("a field of a statement is not text, or too long")
    if statement.state not in STATES or not _ANALYSIS.fullmatch(statement.analysis):
        raise ValueError(f"a statement of an unknown state or analysis: {statement.state!r:.40}")
    if not Semver.valid(statement.version) or not _WHEN.fullmatch(statement.when):
        raise ValueError("a statement without number or time")
    datetime.fromisoformat(statement.when)
    if statement.validation is not None and not isinstance(statement.validation, Mapping):
        raise ValueError("the validation of a statement is not an object")
    check_digest(statement.digest)
    if not isinstance(statement.images, Mapping):
        raise ValueError("the images of a statement are not an object")
    for name, digest in statement.images.items():
        parse_reference(name)
        check_digest(digest)


STATEMENT_TYPE = "application/vnd.recast.statement.v1+json"
SIGNATURE_TYPE = "application/vnd.recast.signature.ssh.v1"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
MOST_STRANGERS = 100
"""The most statements about a version that nobody here vouches for; more are ignored, so that they cannot flood the
list.
"""
_TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement with at most one signature; `digest` is that of its manifest.

    `here` says that it was made in this catalogue, and did not come from elsewhere.
    """

    digest: str
    statement: Statement
    signature: bytes | None
    here: bool = False


def book_name(analysis: str, digest: str) -> str:
    """Return the name in the catalogue's index under which the statements about a version are listed."""
    return f"{analysis}:{digest.replace(':', '-')}"


class Statements:
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
        """Return the statements, oldest first; raise StoreError for anything damaged.

        Intact items that are not about this version are ignored: they are untrusted, and must not cause errors.
        """
        return self._read(self.manifests())

    def add(self, statement: Statement, signature: bytes | None = None) -> Entry:
        """Add a statement of this catalogue, or a signature of one; the caller holds the publishers' lock."""
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
        """List manifests from elsewhere that are in the store; return how many exceed the limit.

        What is `believed` is always listed; of the rest, the first ones are kept.
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
        """Return the bytes of the list; equal entries give equal bytes."""
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

    def _layer(self, content: bytes, media_type: str, title: str) -> JsonDict:
        return {**self.store.add(content, media_type).as_json(), "annotations": {_TITLE: title}}


def read_entry(manifest: str, store: CatalogueStore, version: PublishedVersion) -> Entry:
    """Read a statement about a version; raise ValueError if it is not valid, StoreError for damaged or missing blobs.

    Manifest and statement are compared with the version, and every blob must have the right media type.
    """
    try:
        document = parse_json(store.read(manifest, LARGEST_STATEMENT))
        if document["artifactType"] != STATEMENT_TYPE or document["subject"]["digest"] != version.digest:
            raise ValueError("it is not about this version")
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
            raise ValueError("its statement is not serialised as ours are")
        signature = store.read(signatures[0]["digest"], LARGEST_SIGNATURE) if signatures else None
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"no statement: {problem!r:.100}") from problem
    return Entry(manifest, statement, signature)
