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
from recast.errors import RecastError, StoreError
from recast.json_types import JsonDict
from recast.ledger.catalogue.evidence import evidence_changes, evidence_of, evidence_stamps
from recast.ledger.catalogue.outlines import outline_of
from recast.ledger.catalogue.records import DAMAGED, AnalysisRecord, VersionRecord, newest
from recast.scans.declared import plot_of

__all__ = ["changes_with", "damaged_analysis", "read_analysis", "stamps_of"]

_FORM = "4"
"""Another number for records with other fields, so that an index of before is read anew."""

_LONGEST_REASON = 600


def changes_with(catalogue: Catalogue) -> tuple[object, ...]:
    """Return a value that changes whenever the catalogue does; it costs a few microseconds."""
    root = catalogue.store.root
    files = tuple(_stamp(root / name) for name in ("index.json", "allowed_signers", "said_here"))
    return (*files, evidence_changes())


def stamps_of(catalogue: Catalogue, numbers: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return, for each analysis, what changes when something about it does; `numbers` are those of all versions."""
    parts: dict[str, list[str]] = {analysis: [*versions] for analysis, versions in numbers.items()}
    names = catalogue.store.names()
    validated = evidence_stamps(names)
    for name, digest in sorted(names.items()):
        if (known := parts.get(name.partition(":")[0])) is not None:
            known += [name, digest, *([validated[name]] if name in validated else [])]
    signers = str(_stamp(catalogue.store.root / "allowed_signers"))
    return {analysis: _digest([_FORM, signers, *known]) for analysis, known in parts.items()}


def read_analysis(
    catalogue: Catalogue, cards: Cards, analysis: str, numbers: Sequence[str], stamp: str
) -> AnalysisRecord:
    """Read an analysis with its versions, oldest first. Of damaged ones the record says that they are; raise StoreError
    if all are.
    """
    read = [_readable(catalogue, analysis, number) for number in numbers]
    found = [version for _, version in read if version is not None]
    if not found:
        raise StoreError(f"No version of {analysis} can be read", why=read[0][0].reason if read else "")
    records = tuple(record for record, _ in read)
    shown = newest(records)
    version = next(it for it in found if it.version == shown.version)
    damaged = any(record.status == DAMAGED for record in records)
    return AnalysisRecord(records, _card(cards.of(analysis, version)), "" if damaged else stamp)


def damaged_analysis(catalogue: Catalogue, analysis: str, numbers: Sequence[str], why: str) -> AnalysisRecord:
    """Return the record of an analysis of which nothing can be read: its name, its numbers, and why."""
    return AnalysisRecord(tuple(_damaged(catalogue, analysis, number, why) for number in numbers), {}, "")


def _readable(catalogue: Catalogue, analysis: str, number: str) -> tuple[VersionRecord, PublishedVersion | None]:
    try:
        version = catalogue.read(analysis, number)
        return _version(catalogue, version), version
    except RecastError as problem:  # of this version alone
        return _damaged(catalogue, analysis, number, problem.what), None  # without the paths of this machine


def _damaged(catalogue: Catalogue, analysis: str, number: str, why: str) -> VersionRecord:
    digest = catalogue.store.index().get((analysis, number), "")
    return VersionRecord(analysis, number, digest, DAMAGED, why[:_LONGEST_REASON], {})


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
        workflow=outline_of(version),
        evidence=evidence_of(version),
        plot=plot_of(version),
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
        built = version.recipes.get(image)
        cost = {key: built[key] for key in ("size_mb", "minutes", "folder") if key in built} if built else {}
        yield {"image": image, "digest": version.pins.get(image, ""), "built": built is not None, **cost}


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
