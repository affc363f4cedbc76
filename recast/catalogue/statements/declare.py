"""Make statements about a version: published, deprecated, withdrawn, signed. They are never revoked or removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from recast.catalogue.local import Catalogue
from recast.catalogue.semver import Semver
from recast.catalogue.statements.statements import LONGEST_REASON, STATES, Entry, Statement
from recast.catalogue.statements.status import signature_of
from recast.catalogue.version import PublishedVersion
from recast.errors import EntryError, InputError, StoreError
from recast.json_types import JsonDict
from recast.moments import now
from recast.signing import sign

__all__ = ["declare", "log", "places_of", "sign_version", "stands_as"]


def declare(
    catalogue: Catalogue, version: PublishedVersion, state: str, reason: str, who: str, key: Path | None = None
) -> Entry:
    """Declare a version deprecated or withdrawn; the statement is signed if `key` is given.

    Raises InputError without a reason, EntryError (`version.state`) if the version already has this state or a more
    severe one.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InputError(
            f"Declaring a version {state} needs a reason of at most {LONGEST_REASON} characters",
            next_step="--reason 'the luminosity was wrong; 1.0.1 has the right one'",
        )
    about = (version.analysis, version.version, version.digest)
    statement = Statement(*about, state, who, now(), reason.strip(), images=version.built)
    signature = sign(statement.content(), key) if key is not None else None
    with catalogue.store.publishing():
        standing = catalogue.standing(version)
        known = standing.statement if standing.vouched else None
        if known is not None and known.rank >= STATES.index(state):
            raise EntryError(
                f"{version.reference} is {standing.state} already",
                where=standing.words,
                why="A version only goes from published to deprecated to withdrawn.",
                next_step=f"recast catalogue log {version.analysis}",
                code="version.state",
            )
        return catalogue.book(version).add(statement, signature)


def stands_as(catalogue: Catalogue, version: PublishedVersion, state: str) -> bool:
    """Return whether a trusted statement already declares exactly this state of a version."""
    standing = catalogue.standing(version)
    return standing.vouched and standing.state == state


def places_of(catalogue: Catalogue, version: PublishedVersion) -> list[str]:
    """Return the repositories to which this catalogue has published a version: they are not informed automatically."""
    said = (entry.statement for entry in catalogue.book(version).entries() if entry.here)
    return list(dict.fromkeys(one.where for one in said if one.state == "published" and one.where))


def sign_version(catalogue: Catalogue, version: PublishedVersion, key: Path, who: str) -> Entry:
    """Sign the current digest and state of a version.

    Statements from elsewhere that nobody vouches for are not signed: instead of `published` a new statement is made,
    and a more severe state raises EntryError (`version.state`).
    """
    standing = catalogue.standing(version)
    said = standing.statement
    if said is not None and not standing.vouched and said.state != "published":
        raise EntryError(
            f"{version.reference} is {standing.words}, and nobody here vouches for that",
            why="This statement came from elsewhere; signing it would make it yours.",
            next_step=f"State it yourself: recast catalogue withdraw {version.reference} --reason ... --key {key}; "
            f"or remove it: recast catalogue rm {version.reference}",
            code="version.state",
        )
    if said is None or not standing.vouched:
        said = Statement(version.analysis, version.version, version.digest, "published", who, now())
    if said.images != version.built:  # a signature covers the images as well
        said = replace(said, who=who, when=now(), images=version.built)
    signature = sign(said.content(), key)
    with catalogue.store.publishing():
        return catalogue.book(version).add(said, signature)


def log(catalogue: Catalogue, analysis: str, say: Callable[[str], None] = lambda _: None) -> Iterator[JsonDict]:
    """Yield the statements about all versions of an analysis, oldest first, each with its signature.

    A damaged version is skipped and reported to `say`.
    """
    said: list[Entry] = []
    for number in sorted(catalogue.versions(analysis), key=Semver.parse):
        try:
            said += catalogue.book(catalogue.get(f"{analysis}@{number}")).entries()
        except StoreError as problem:
            say(f"note: {analysis}@{number} cannot be read and is left out: {problem}")
    signed = {entry.statement.content() for entry in said if entry.signature is not None}
    for entry in sorted(said, key=lambda entry: (*entry.statement.order, entry.digest)):
        if entry.signature is None and entry.statement.content() in signed:
            continue  # the same statement is also there with a signature
        yield {**entry.statement.as_json(), "signature": signature_of(entry, catalogue.signers).as_json()}
