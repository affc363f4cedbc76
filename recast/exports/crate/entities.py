"""JSON-LD helpers: identifiers, references, and the entities that every crate has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from recast.digests import hex_of
from recast.json_types import JsonDict

__all__ = [
    "CONTEXT",
    "PROFILES",
    "Entity",
    "anchor",
    "entity",
    "file_entity",
    "profile_entities",
    "refs",
    "value_entity",
]

Entity = JsonDict

_TERMS = "https://w3id.org/ro/terms/workflow-run#"
CONTEXT: list[Any] = [
    "https://w3id.org/ro/crate/1.1/context",
    # Written out instead of linked, so that future readers need one server less.
    {
        term: _TERMS + term
        for term in ("ContainerImage", "DockerImage", "containerImage", "registry", "resourceUsage", "sha256", "tag")
    },
]

_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
}
PROFILES = tuple(_PROFILES)
"""From the least to the most specific; the last one only applies to a run with actions."""

_FORMATS = {
    ".csv": "text/csv", ".gz": "application/gzip", ".html": "text/html", ".jpg": "image/jpeg",
    ".json": "application/json", ".lhe": "application/xml", ".md": "text/markdown", ".pdf": "application/pdf",
    ".png": "image/png", ".py": "text/x-python", ".sh": "application/x-sh", ".svg": "image/svg+xml",
    ".tar": "application/x-tar", ".tgz": "application/gzip", ".txt": "text/plain", ".yaml": "application/yaml",
    ".yml": "application/yaml", ".zip": "application/zip",
}  # fmt: skip


def entity(identifier: str, kind: str | list[str], /, **properties: Any) -> Entity:
    """Return an entity without empty properties; a list of one item becomes that item, as RO-Crate 1.1 requires."""
    made: Entity = {"@id": identifier, "@type": kind}
    for name, value in properties.items():
        bare = value[0] if isinstance(value, list) and len(value) == 1 else value
        if bare is not None and bare != "" and bare != []:
            made[name] = bare
    return made


def anchor(*parts: object) -> str:
    """Return an identifier inside the crate, such as `#step/fit`; characters not allowed in URIs are escaped."""
    return "#" + "/".join(quote(str(part).strip("/"), safe="/") for part in parts)


def refs(identifiers: Iterable[str]) -> list[Entity]:
    """Return references to entities, each once."""
    return [{"@id": identifier} for identifier in dict.fromkeys(identifiers)]


def file_entity(path: str, digest: str, size: int, about: str, /, **properties: Any) -> Entity:
    """Return a file of the crate; `path` is relative to it and not yet escaped."""
    return entity(
        quote(path),
        "File",
        name=path,
        description=about,
        contentSize=str(size),
        sha256=hex_of(digest),
        encodingFormat=_FORMATS.get(PurePosixPath(path).suffix.lower(), "application/octet-stream"),
        **properties,
    )


def value_entity(identifier: str, name: str, value: Any, /, **properties: Any) -> Entity:
    """Return a named value; values other than text, numbers and booleans are written as JSON."""
    plain = isinstance(value, (str, int, float, bool))
    text = value if plain else json.dumps(value, ensure_ascii=False, sort_keys=True)
    made = entity(identifier, "PropertyValue", name=name, **properties)
    return made | {"value": text}


def profile_entities(chosen: Iterable[str]) -> list[Entity]:
    """Return the entities of the profiles that a crate conforms to."""
    names: Mapping[str, tuple[str, str]] = _PROFILES
    return [entity(url, "CreativeWork", name=names[url][0], version=names[url][1]) for url in chosen]
