"""Load and check a published version from a catalogue store: manifest, configuration, images built here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from recast.catalogue.form import check_files, check_form
from recast.catalogue.semver import Semver
from recast.catalogue.store import CatalogueStore, corrupt
from recast.catalogue.version import (
    ANALYSIS,
    CONFIG_SCHEMA,
    TITLE,
    VERSION_TYPE,
    Example,
    PublishedVersion,
    ValidationItem,
    safe_path,
)
from recast.errors import InputError
from recast.images.reference import check_digest
from recast.inputs.initfile import checked_init
from recast.results import DeclaredResult
from recast.strictjson import parse_json

__all__ = ["load_version", "read_version"]

_LARGEST_DOCUMENT = 4 << 20


def read_version(store: CatalogueStore, digest: str, analysis: str, version: str) -> PublishedVersion:
    """Read the version whose manifest is `digest`, and check that it has this name and number; raise StoreError."""
    found = load_version(store, digest, f"{analysis}@{version}")
    if (found.analysis, found.version) != (analysis, version):
        raise corrupt(digest, store.path(digest), f"the index calls it {analysis}@{version}, it is {found.reference}")
    return found


def load_version(store: CatalogueStore, digest: str, named: str = "") -> PublishedVersion:
    """Read the version whose manifest is `digest`; raise StoreError. `named` is its name in the index."""
    try:
        manifest = parse_json(store.read(digest, _LARGEST_DOCUMENT))
        config = parse_json(store.read(manifest["config"]["digest"], _LARGEST_DOCUMENT))
        found = _from_json(store, digest, manifest, config)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as problem:
        raised = corrupt(digest, store.path(digest), f"not a published version: {problem!r:.200}")
        if named:
            raised.next_step = f"recast catalogue rm {named}   (removes it; import or publish it again)"
        raise raised from problem
    return found if not found.recipes else _with_built(found)


def _with_built(version: PublishedVersion) -> PublishedVersion:
    from recast.catalogue.statements.builds import built_images

    return replace(version, pins={**version.pins, **built_images(version)})


def _from_json(store: CatalogueStore, digest: str, manifest: Any, config: Any) -> PublishedVersion:
    if manifest["artifactType"] != VERSION_TYPE or config["schema"] != CONFIG_SCHEMA:
        raise ValueError("made by another version of recast")
    if not re.fullmatch(ANALYSIS, config["analysis"]) or not Semver.valid(config["version"]):
        raise ValueError("its name or number is not valid")
    check_form(config)
    for recipe in config.get("recipes", {}).values():
        safe_path(recipe["folder"])
    paths = [safe_path(layer["annotations"][TITLE]) for layer in manifest["layers"]]
    check_files(paths)
    if config["workflow"] not in paths:
        raise ValueError(f"it has no file {config['workflow']!r}, which is its workflow")
    examples = {name: Example(name, item["description"], item["inputs"]) for name, item in config["examples"].items()}
    return PublishedVersion(
        analysis=config["analysis"],
        version=config["version"],
        digest=digest,
        metadata=config["metadata"],
        input_schema=config["input_schema"],
        examples=examples,
        init={key: checked_init(path) for key, path in config["init"].items()},
        declared_results=tuple(DeclaredResult.from_json(item) for item in config["results"]),
        pins=dict(config["images"]),
        validation=tuple(ValidationItem(**item) for item in config["validation"]),
        workflow=safe_path(config["workflow"]),
        files={path: check_digest(layer["digest"]) for path, layer in zip(paths, manifest["layers"], strict=True)},
        recipes=config.get("recipes", {}),
        config=config,
        store=store,
    )
