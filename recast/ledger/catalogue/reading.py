"""An analysis of the catalogue as a record of the index: its versions, their standing, its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from recast.catalogue.local import Catalogue
from recast.catalogue.statements.card import Cards, SaidCard
from recast.catalogue.statements.statements import Entry
from recast.catalogue.statements.status import standing_of
from recast.catalogue.statements.validated import said_validations
from recast.catalogue.version import PublishedVersion
from recast.json_types import JsonDict
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord, newest

__all__ = ["changes_with", "read_analysis", "stamps_of"]

_FORM = "3"
"""Another number for records with other fields, so that an index of before is read anew."""


def changes_with(catalogue: Catalogue) -> tuple[object, ...]:
    """Return a value that changes whenever the catalogue does; it costs a few microseconds."""
    root = catalogue.store.root
    return tuple(_stamp(root / name) for name in ("index.json", "allowed_signers", "said_here"))


def stamps_of(catalogue: Catalogue, numbers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return, for each analysis, what changes when something about it does; `numbers` are those of all versions."""
    parts: dict[str, list[str]] = {analysis: [*versions] for analysis, versions in numbers.items()}
    for name, digest in sorted(catalogue.store.names().items()):
        if (known := parts.get(name.partition(":")[0])) is not None:
            known += [name, digest]
    signers = str(_stamp(catalogue.store.root / "allowed_signers"))
    return {analysis: _digest([_FORM, signers, *known]) for analysis, known in parts.items()}


def read_analysis(
    catalogue: Catalogue, cards: Cards, analysis: str, numbers: Sequence[str], stamp: str
) -> AnalysisRecord:
    """Read an analysis with its versions, oldest first; raise StoreError for a damaged one."""
    found = [catalogue.read(analysis, number) for number in numbers]
    records = tuple(_version(catalogue, version) for version in found)
    shown = newest(records)
    version = next(it for it in found if it.version == shown.version)
    return AnalysisRecord(records, _card(cards.of(analysis, version)), stamp)


def _version(catalogue: Catalogue, version: PublishedVersion) -> VersionRecord:
    entries = catalogue.book(version).entries()
    said, standing = said_validations(entries), standing_of(entries, catalogue.signers).as_json()
    return VersionRecord(
        analysis=version.analysis,
        version=version.version,
        digest=version.digest,
        status=standing["state"],
        reason=standing["reason"],
        metadata=version.metadata,
        validation=said[-1].as_json() if said else None,
        inputs=version.input_schema,
        examples=_examples(version),
        results=tuple({"name": it.name, "type": it.type, "title": it.title} for it in version.declared_results),
        signature=standing["signature"],
        images=tuple(_images(version)),
        published_at=_published_at(entries),
        status_at=standing["when"] or "",
    )


def _published_at(entries: Sequence[Entry]) -> str:
    """Return when a version was first stated to be published: here, if it was said here, else wherever it was."""
    said = [it for it in entries if it.statement.state == "published"]
    return min((it.statement.when for it in [it for it in said if it.here] or said), default="")


def _images(version: PublishedVersion) -> Iterator[JsonDict]:
    """Yield its container images, by name."""
    for image in sorted({*version.pins, *version.recipes}):
        yield {"image": image, "digest": version.pins.get(image, ""), "built": image in version.recipes}


def _examples(version: PublishedVersion) -> JsonDict:
    return {name: {"description": it.description, "inputs": it.inputs} for name, it in version.examples.items()}


def _card(said: SaidCard) -> JsonDict:
    """Return a card as strangers may see it: addresses are for mail from here alone."""
    contacts = [{"name": it.name} for it in said.card.contacts]
    return {**said.card.as_json(), "contacts": contacts, "source": said.source, "when": said.when}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()
