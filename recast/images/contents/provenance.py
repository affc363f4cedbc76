"""How an image came to be: an in-toto Statement with SLSA provenance (v1), beside the image and maybe signed.

It is no part of the image, so that a build stays reproducible: the statement holds times, the image does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from recast._version import __version__
from recast.errors import ImageError, InputError, NotFound
from recast.images.contents.notes import attach_note, find_note, is_note_of, note_layers
from recast.images.layout import ImageStore
from recast.images.reference import digest_hex, parse_reference
from recast.json_types import JsonDict, JsonObject
from recast.signing import Signature, Signers, verify
from recast.strictjson import parse_json

__all__ = [
    "BUILD_TYPE",
    "PREDICATE_TYPE",
    "PROVENANCE_TYPE",
    "Made",
    "Material",
    "Provenance",
    "Said",
    "attach_provenance",
    "find_provenance",
    "is_provenance_of",
    "make_provenance",
    "principal",
    "read_provenance",
]

PROVENANCE_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
BUILD_TYPE = "urn:recast-framework:image-build:v1"
"""The meaning of the parameters: docs/reference/image-provenance.md."""

_SIGNATURE_TYPE = "application/vnd.recast.signature.ssh.v1"
_KIND = "provenance"
_LAYERS = (PROVENANCE_TYPE, _SIGNATURE_TYPE)
_BUILDER = "urn:recast-framework:builder"


@dataclass(frozen=True, slots=True)
class Material:
    """Something that went into an image: its `uri`, its digest by algorithm (maybe none), and remarks."""

    name: str
    uri: str
    digest: Mapping[str, str]
    remarks: JsonObject | None = None

    def as_json(self) -> JsonDict:
        """Return the resource descriptor."""
        parts = {"name": self.name, "uri": self.uri, "digest": dict(self.digest), "annotations": self.remarks}
        return {key: value for key, value in parts.items() if value}


@dataclass(frozen=True, slots=True)
class Made:
    """One build: `how` (`containerfile` or `bootstrap`), the `recipe`'s path in the spec, the key of all sources, what
    went into it, when (UTC, RFC 3339), a random `invocation`, and the digest of the SBOM's artifact.
    """

    how: Literal["bootstrap", "containerfile"]
    recipe: str
    key: str
    materials: Sequence[Material]
    started: str
    finished: str
    invocation: str
    sbom: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a statement says of one material: its name, what it `is` (base, source, wheel, ...), its digest as text, and
    whether the source's files were those of the commit (None: not said).
    """

    name: str
    kind: str
    digest: str
    unmodified: bool | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """A statement about an image as it is stored, and the state of its signature.

    What it says in short: the image's `name`, the `recipe` and its `key`, the `builder`, when it was `built` (begin and
    end), and the `materials`.
    """

    content: bytes
    statement: JsonObject
    signature: Signature
    name: str
    recipe: str
    key: str
    builder: str
    built: tuple[str, str]
    materials: tuple[Said, ...]

    def as_json(self) -> JsonDict:
        """Return the statement and whose signature it has."""
        return {"signature": self.signature.as_json(), "statement": dict(self.statement)}


def make_provenance(name: str, digest: str, made: Made) -> JsonDict:
    """Return the in-toto Statement about the build of image `digest`, called `name`."""
    byproducts = [{"name": "sbom", "digest": {"sha256": digest_hex(made.sbom)}}] if made.sbom else []
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest_hex(digest)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"how": made.how, "image": name, "recipe": made.recipe},
                "internalParameters": {"key": made.key, "network": False},
                "resolvedDependencies": [material.as_json() for material in made.materials],
            },
            "runDetails": {
                "builder": {"id": _BUILDER, "version": {"recast-framework": __version__}},
                "metadata": {
                    "invocationId": made.invocation,
                    "startedOn": made.started,
                    "finishedOn": made.finished,
                },
                "byproducts": byproducts,
            },
        },
    }


def attach_provenance(
    store: ImageStore, name: str, digest: str, statement: JsonObject, signature: bytes | None = None
) -> str:
    """Store a statement, and a signature of its bytes, as the provenance of image `digest`; return the artifact."""
    layers = [(content_of(statement), PROVENANCE_TYPE)]
    layers += [(signature, _SIGNATURE_TYPE)] if signature is not None else []
    return attach_note(store, name, digest, _KIND, PROVENANCE_TYPE, layers)


def content_of(statement: JsonObject) -> bytes:
    """Return the bytes of a statement, which are what is signed."""
    return json.dumps(statement, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"


def find_provenance(store: ImageStore, digest: str) -> str | None:
    """Return the digest of the artifact with an image's provenance, None if the store has none."""
    return find_note(store, digest, _KIND)


def read_provenance(store: ImageStore, digest: str, signers: Signers) -> Provenance:
    """Return the stored provenance of image `digest`, checked; raise NotFound if there is none.

    Raises ImageError for a statement about another image, or none; a bad signature is part of the answer.
    """
    artifact = find_provenance(store, digest)
    if artifact is None:
        raise NotFound(
            f"The store has no provenance of {digest}",
            where=str(store.root),
            why="It is written when an image is built here, and comes along from registries that have it.",
            next_step="recast image build SPEC --force   (builds it again, and writes it)",
            code="image.no-provenance",
        )
    content, *signature = note_layers(store, artifact, digest, PROVENANCE_TYPE, _LAYERS, "the provenance of an image")
    found = _read(content, artifact, digest)
    if not signature:
        return found
    return replace(found, signature=verify(content, signature[0], principal(found.name), signers))


def is_provenance_of(manifest: JsonObject, digest: str) -> bool:
    """Return whether an untrusted manifest is that of a provenance of image `digest`."""
    return is_note_of(manifest, digest, PROVENANCE_TYPE, [_LAYERS[:1], _LAYERS])


def principal(name: str) -> str:
    """Return the name by which signers of an image are accepted: the last part of its own, as `pyhf-fit`."""
    return parse_reference(name).name.rpartition("/")[2].replace("_", "-").replace(".", "-")


def _read(content: bytes, artifact: str, digest: str) -> Provenance:
    """Return what an untrusted statement says; raise ImageError unless it is one about the image."""
    try:
        statement: JsonDict = parse_json(content)
        subjects = [str(it["digest"]["sha256"]) for it in statement["subject"]]
        kinds = (statement["_type"], statement["predicateType"])
        if kinds != (STATEMENT_TYPE, PREDICATE_TYPE) or subjects != [digest_hex(digest)]:
            raise ValueError(f"it speaks of {', '.join(subjects)[:200]}, as {kinds!r:.200}")
        definition, details = (statement["predicate"][key] for key in ("buildDefinition", "runDetails"))
        name = str(parse_reference(str(statement["subject"][0]["name"])))
        return Provenance(
            content=content,
            statement=statement,
            signature=Signature("unsigned"),
            name=name,
            recipe=str(definition["externalParameters"]["recipe"]),
            key=str(definition["internalParameters"]["key"]),
            builder=" ".join(f"{key} {value}" for key, value in details["builder"].get("version", {}).items()),
            built=(str(details["metadata"]["startedOn"]), str(details["metadata"]["finishedOn"])),
            materials=tuple(map(_said, definition["resolvedDependencies"])),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, InputError) as problem:
        raise _unsound(artifact, f"It is no statement about {digest}: {problem!s:.300}") from problem


def _said(material: JsonObject) -> Said:
    remarks = material.get("annotations") or {}
    word = remarks.get("unmodified")
    digests = ", ".join(f"{key}:{value}" for key, value in material.get("digest", {}).items())
    name, kind = str(material.get("name", "")), str(remarks.get("is", "material"))
    return Said(name, kind, digests, None if word is None else word == "yes")


def _unsound(artifact: str, why: str) -> ImageError:
    return ImageError(
        "What the store keeps as the provenance of an image is none", where=artifact, why=why, code="image.malformed"
    )
