"""What a build says about an image beside it: what is in it (the SBOM), and how it came to be (the provenance)."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from recast.digests import from_hex
from recast.images.building.commit import commit_of
from recast.images.building.wheels import LOCK_FILE
from recast.images.contents.provenance import (
    Made,
    Material,
    attach_provenance,
    content_of,
    make_provenance,
)
from recast.images.contents.sbom import attach_sbom, find_sbom, make_sbom, read_sbom
from recast.images.layout import ImageStore
from recast.images.reference import digest_hex, parse_reference
from recast.json_types import JsonObject
from recast.moments import now
from recast.signing import sign

__all__ = ["Begun", "describe", "note_sbom"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A build that has begun: from a recipe's file (None for a base that is bootstrapped), with a folder of wheels."""

    recipe: Path | None
    started: str = field(default_factory=now)
    wheels: Path | None = None


def note_sbom(store: ImageStore, name: str, digest: str, key: str, bases: Mapping[str, str]) -> str:
    """Keep an image's SBOM beside it, if that was not done before; return the digest of its artifact."""
    return find_sbom(store, digest) or attach_sbom(
        store, name, digest, make_sbom(store, name, digest, bases, from_hex(key))
    )


def describe(
    store: ImageStore,
    name: str,
    digest: str,
    key: str,
    bases: Mapping[str, str],
    begun: Begun,
    *,
    spec: Path,
    signer: Path | None,
    commit: str,
) -> str:
    """Write the provenance of an image that has just been built beside it; return the digest of its artifact.

    `bases` are digests by the names in FROM lines, `signer` an SSH key, `commit` what the caller knows of it.
    """
    sbom = note_sbom(store, name, digest, key, bases)
    packages = json.loads(read_sbom(store, digest))["components"]
    own = begun.recipe
    made = Made(
        how="bootstrap" if own is None else "containerfile",
        recipe=_place(own, spec) if own is not None else name,
        key=from_hex(key),
        materials=(*_bases(bases), *_source(own, commit), *_wheels(begun.wheels), *_packages(packages, own)),
        started=begun.started,
        finished=now(),
        invocation=f"urn:uuid:{uuid.uuid4()}",
        sbom=sbom,
    )
    statement = make_provenance(name, digest, made)
    return attach_provenance(
        store, name, digest, statement, sign(content_of(statement), signer) if signer is not None else None
    )


def _place(recipe: Path, spec: Path) -> str:
    """Return a recipe's path below the spec, or below the folder of its family."""
    resolved = recipe.resolve()
    return resolved.relative_to(spec).as_posix() if resolved.is_relative_to(spec) else "/".join(resolved.parts[-3:])


def _bases(bases: Mapping[str, str]) -> Iterator[Material]:
    for name, digest in sorted(bases.items()):
        last = parse_reference(name).name.rpartition("/")[2]
        hex_digits = digest_hex(digest)
        yield Material(name, f"pkg:oci/{last}@sha256%3A{hex_digits}", {"sha256": hex_digits}, {"is": "base"})


def _source(recipe: Path | None, said: str) -> Iterator[Material]:
    """Yield the commit of the recipe's folder, and the recipe's lock of wheels."""
    if recipe is None:
        return
    found = commit_of(recipe.parent)
    if found is not None or said:
        digest = said or (found.digest if found else "")
        remarks = {"is": "source"}
        if found is not None:
            same = found.unmodified and found.digest == digest
            remarks |= {"path": found.path, "unmodified": "yes" if same else "no"}
        yield Material("source", "", {"gitCommit": digest}, remarks)
    for name in (recipe.name, LOCK_FILE):
        if (file := recipe.parent / name).is_file():
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            yield Material(name, "", {"sha256": digest}, {"is": "recipe"})


def _wheels(folder: Path | None) -> Iterator[Material]:
    for file in sorted(folder.glob("*.whl")) if folder is not None else ():
        name, version = file.name.split("-")[:2]
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        uri = f"pkg:pypi/{quote(name.replace('_', '-').lower())}@{quote(version)}"
        yield Material(file.name, uri, {"sha256": digest}, {"is": "wheel"})


def _packages(components: list[JsonObject], recipe: Path | None) -> Iterator[Material]:
    """Yield the Debian packages of a base that was bootstrapped; those of other images are their bases'."""
    for part in components if recipe is None else ():
        yield Material(str(part["name"]), str(part["purl"]), {}, {"is": "package"})
