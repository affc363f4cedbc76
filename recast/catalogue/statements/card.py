"""Cards of analyses as statements in a catalogue store: who answers, which requests are taken, tags; newest counts.

A card is about an analysis, not one version, and says only what may change, so that versions stay as they are. Each is
an OCI artifact (the statement, and a signature if there is one); an index named `<analysis>:card` lists them. Cards are
only added: which policy held when can be told afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from recast.catalogue.local import Catalogue
from recast.catalogue.oci_index import entry, index_bytes
from recast.catalogue.statements.statements import SIGNATURE_TYPE
from recast.catalogue.statements.vocabulary import tags_of, vocabulary
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import PublishedVersion
from recast.desk.card import Card, read_card
from recast.errors import EntryError, InputError, SpecError, StoreError
from recast.images.manifest import INDEX_TYPE, MANIFEST_TYPE
from recast.json_types import JsonDict
from recast.moments import now, plus
from recast.paths import places
from recast.plainfile import read_plain
from recast.signing import Signature, sign, verify
from recast.signing.ssh import LARGEST_SIGNATURE
from recast.spec.source import parse
from recast.strictjson import parse_json

__all__ = ["CARD_TYPE", "Cards", "SaidCard", "read_card_file"]

CARD_TYPE = "application/vnd.recast.card.v1+json"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
_SCHEMA = 1
_LARGEST = 256 << 10
_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class SaidCard:
    """A card with who stated it and when, and how it is signed.

    `source` is `stated` (a statement in this catalogue), `shipped` (with this program) or `entry` (tags found in the
    free text of the entry; nobody has stated a card).
    """

    card: Card
    source: str
    who: str = ""
    when: str = ""
    signature: Signature = field(default_factory=lambda: Signature("unsigned"))

    def as_json(self) -> JsonDict:
        """Return the card as a JSON object, with where it is from."""
        said = {"source": self.source, "who": self.who, "when": self.when, "signature": self.signature.as_json()}
        return {**self.card.as_json(), **said}


class Cards:
    """The cards of a catalogue as they are when this is made; make another one to see later changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._store = catalogue.store

    def of(self, analysis: str, version: PublishedVersion | None = None) -> SaidCard:
        """Return the card that counts: the newest one stated here or by an accepted signer, else the shipped one.

        Without any, an empty card: requests are taken on acceptance, and tags are those of the free text of `version`.
        """
        stated = [card for card in self._stated(analysis) if card is not None]
        return stated[-1] if stated else self._shipped(analysis) or _of_entry(analysis, version)

    def history(self, analysis: str) -> list[SaidCard]:
        """Return all cards that were stated about an analysis, oldest first."""
        return list(self._stated(analysis))

    def state(self, card: Card, who: str, key: Path | None = None) -> SaidCard:
        """State a card, signed if `key` is given. Raises InputError for a key that cannot be used, StoreError."""
        with self._store.publishing():
            self.__dict__.pop("_names", None)  # what others have stated meanwhile counts as well
            when = _later_than(self.history(card.analysis))
            content = _content(card, who, when)
            signature = sign(content, key) if key is not None else None
            self._add(card.analysis, content, signature)
        return SaidCard(card, "stated", who, when, self._signature(card.analysis, content, signature))

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return self._store.names()

    def _stated(self, analysis: str) -> Iterator[SaidCard]:
        index = self._names.get(f"{analysis}:card")
        manifests = _manifests(self._store, index) if index is not None else []
        here = self._store.said_here() if manifests else set()
        found = [(self._read(digest, analysis), digest in here) for digest in manifests]
        for said, own in sorted(found, key=lambda pair: (pair[0].when, pair[0].who)):
            if own or said.signature.state == "verified":
                yield said

    def _read(self, manifest: str, analysis: str) -> SaidCard:
        try:
            layers = parse_json(self._store.read(manifest, _LARGEST))["layers"]
            content = self._store.read(layers[0]["digest"], _LARGEST)
            signature = self._store.read(layers[1]["digest"], LARGEST_SIGNATURE) if len(layers) > 1 else None
            document = parse_json(content)
            who, when = document["who"], document["when"]
            if document["schema"] != _SCHEMA or not _WHEN.fullmatch(when) or document["card"]["analysis"] != analysis:
                raise ValueError("a card of another version of recast, or of another analysis")
            card = read_card(document["card"], vocabulary().words, known_only=False)
        except (ValueError, KeyError, TypeError, IndexError, EntryError) as problem:
            raise StoreError(
                f"A card of {analysis} cannot be read", where=manifest, why=str(problem), code="catalogue.corrupt"
            ) from problem
        return SaidCard(card, "stated", str(who), when, self._signature(analysis, content, signature))

    def _signature(self, analysis: str, content: bytes, signature: bytes | None) -> Signature:
        if signature is None:
            return Signature("unsigned")
        return verify(content, signature, analysis, self._catalogue.signers)

    def _add(self, analysis: str, content: bytes, signature: bytes | None) -> None:
        layers = [self._store.add(content, CARD_TYPE).as_json()]
        if signature is not None:
            layers.append(self._store.add(signature, SIGNATURE_TYPE).as_json())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": CARD_TYPE,
            "config": self._store.add(b"{}", _EMPTY_TYPE).as_json(),
            "layers": layers,
        }
        digest = self._store.add(json.dumps(manifest, sort_keys=True).encode(), MANIFEST_TYPE).digest
        self._store.note_said_here(digest)
        index = self._store.names().get(f"{analysis}:card")
        known = {*(_manifests(self._store, index) if index is not None else []), digest}
        listed = index_bytes([entry(it, len(self._store.read(it))) for it in sorted(known)])
        self._store.tag_name(f"{analysis}:card", self._store.add(listed, INDEX_TYPE).digest)
        self.__dict__.pop("_names", None)

    def _shipped(self, analysis: str) -> SaidCard | None:
        if self._catalogue.shipped is None or (folder := places().shipped) is None:
            return None
        path = folder / "cards" / f"{analysis}.yml"
        return SaidCard(read_card_file(path), "shipped") if path.is_file() else None


def read_card_file(path: Path) -> Card:
    """Return the card in a YAML or JSON file; raises EntryError (`card.invalid`) with all faults, InputError for a file
    that cannot be read.
    """
    try:
        document = parse(read_plain(path, _LARGEST), str(path)).value
    except OSError as problem:
        raise InputError("The card cannot be read", where=str(path), why=problem.strerror or "") from problem
    except SpecError as problem:
        raise EntryError(problem.what, where=problem.where, why=problem.why, code="card.invalid") from problem
    return read_card(document, vocabulary().words, str(path))


def _of_entry(analysis: str, version: PublishedVersion | None) -> SaidCard:
    tags = tags_of(version.metadata, _images(version)) if version is not None else {}
    return SaidCard(Card(analysis, tags=tags), "entry")


def _images(version: PublishedVersion) -> Iterable[str]:
    return [*version.pins, *version.recipes]


def _later_than(stated: Sequence[SaidCard]) -> str:
    """Return the current time, or the second after the newest card: the last one stated counts, whatever clocks say."""
    time = now()
    if not stated or stated[-1].when < time:
        return time
    return plus(stated[-1].when, 1)


def _content(card: Card, who: str, when: str) -> bytes:
    document = {"schema": _SCHEMA, "card": card.as_json(), "who": who, "when": when}
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def _manifests(store: CatalogueStore, index: str) -> list[str]:
    try:
        return [item["digest"] for item in parse_json(store.read(index))["manifests"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise StoreError(
            "The list of cards is damaged", where=index, why=str(problem), code="catalogue.corrupt"
        ) from problem
