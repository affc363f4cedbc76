"""A published version, as it lies in a catalogue store: an OCI artifact whose manifest digest is its identity.

The manifest lists the files of the spec as layers (annotation title = path) over a small JSON configuration: metadata,
input schema, declared results, image pins, examples, validation items. Every blob is checked when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from recast.catalogue.form import check_files, check_form
from recast.catalogue.semver import Semver
from recast.catalogue.store import CatalogueStore, corrupt
from recast.errors import InputError, NotFound
from recast.images.reference import check_digest
from recast.inputs.initfile import checked_init
from recast.results import DeclaredResult
from recast.strictjson import parse_json

__all__ = [
    "CONFIG_TYPE",
    "FILE_TYPE",
    "TITLE",
    "VERSION_TYPE",
    "Example",
    "PublishedVersion",
    "ValidationItem",
    "load_version",
    "read_version",
]

VERSION_TYPE = "application/vnd.recast.version.v1+json"
CONFIG_TYPE = "application/vnd.recast.version.config.v1+json"
FILE_TYPE = "application/vnd.recast.spec.file.v1"
TITLE = "org.opencontainers.image.title"
CONFIG_SCHEMA = 1
ANALYSIS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_LARGEST_DOCUMENT = 4 << 20


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs that are known to work, under a name."""

    name: str
    description: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ValidationItem:
    """A number that a version must reproduce; the fields are those of the entry (`ValidationEntry`)."""

    name: str
    inputs: Mapping[str, Any]
    result: str
    quantity: str
    published: float
    kind: str
    tolerance: float
    source: str
    point: Mapping[str, Any] = field(default_factory=dict)
    documented: str = ""


@dataclass(frozen=True)
class PublishedVersion:
    """One immutable version. `digest` is its manifest's `sha256:<hex>`.

    `init` maps keys of init to paths of the bundle; `pins` maps `name:tag` to the image's digest; `recipes` are the
    images that each site builds from the bundle, whose digests here are among the pins if they are known
    (`recast.catalogue.statements.builds`); `files` maps each path of the bundle to its blob's digest; `workflow` is a
    path of the bundle; `config` is the whole configuration.
    """

    analysis: str
    version: str
    digest: str
    metadata: Mapping[str, Any]
    input_schema: Mapping[str, Any]
    examples: Mapping[str, Example]
    init: Mapping[str, str]
    declared_results: tuple[DeclaredResult, ...]
    pins: Mapping[str, str]
    validation: tuple[ValidationItem, ...]
    workflow: str
    files: Mapping[str, str]
    recipes: Mapping[str, Mapping[str, Any]]
    config: Mapping[str, Any] = field(repr=False, compare=False)
    store: CatalogueStore = field(repr=False, compare=False)
    named: str = field(default="", compare=False)
    """What names it where `reference` does not: the file of an entry that is not published."""

    @property
    def reference(self) -> str:
        """The version by its name and number: `analysis@1.0.0`."""
        return f"{self.analysis}@{self.version}"

    @property
    def typed(self) -> str:
        """What stands for the version on a command line."""
        return self.named or self.reference

    @property
    def built(self) -> dict[str, str]:
        """What its recipes became, as far as that is known here: image to digest."""
        return {name: digest for name, digest in self.pins.items() if name in self.recipes}

    def example(self, name: str) -> Example:
        """Return an example by name; raise NotFound that names the ones there are."""
        if name not in self.examples:
            from recast.suggest import listed

            raise NotFound(
                f"{self.reference} has no example {name!r}",
                why=f"It has: {listed(name, self.examples)}",
                next_step=f"recast show inputs {self.typed}",
            )
        return self.examples[name]

    def check_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Raise InputError if the user's inputs do not fit the version's schema; names the key and what it takes."""
        from recast.catalogue.inputs import check_inputs

        check_inputs(inputs, self.input_schema, self.typed)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of the bundle, checked; raise NotFound or StoreError."""
        if path not in self.files:
            raise NotFound(
                f"{self.reference} holds no file {path!r}", next_step=f"recast catalogue show {self.reference}"
            )
        return self.store.read(self.files[path])

    def checkout(self, folder: Path | None = None) -> Path:
        """Return a read-only folder with the files of the bundle, checked; made once below `folder` by digest.

        The default for `folder` is `versions` in the state directory. A folder that was tampered with is made again.
        """
        from recast.catalogue.checkout import checkout

        return checkout(self, folder)


def read_version(store: CatalogueStore, digest: str, analysis: str, version: str) -> PublishedVersion:
    """Read the version whose manifest is `digest`, checking manifest and configuration; raise StoreError."""
    found = load_version(store, digest, f"{analysis}@{version}")
    if (found.analysis, found.version) != (analysis, version):
        raise corrupt(digest, store.path(digest), f"the index calls it {analysis}@{version}, it is {found.reference}")
    return found


def load_version(store: CatalogueStore, digest: str, named: str = "") -> PublishedVersion:
    """Read the version whose manifest is `digest`; raise StoreError. `named` is what the index calls it."""
    try:
        manifest = parse_json(store.read(digest, _LARGEST_DOCUMENT))
        config = parse_json(store.read(manifest["config"]["digest"], _LARGEST_DOCUMENT))
        found = _from_json(store, digest, manifest, config)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as problem:
        raised = corrupt(digest, store.path(digest), f"not a published version: {problem!r:.200}")
        if named:
            raised.next_step = f"recast catalogue rm {named}   (forgets it; import or publish it again)"
        raise raised from problem
    return found if not found.recipes else _with_built(found)


def _with_built(version: PublishedVersion) -> PublishedVersion:
    from recast.catalogue.statements.builds import built_images

    return replace(version, pins={**version.pins, **built_images(version)})


def _from_json(store: CatalogueStore, digest: str, manifest: Any, config: Any) -> PublishedVersion:
    if manifest["artifactType"] != VERSION_TYPE or config["schema"] != CONFIG_SCHEMA:
        raise ValueError("made by another version of recast")
    if not re.fullmatch(ANALYSIS, config["analysis"]) or not Semver.valid(config["version"]):
        raise ValueError("its name or number is none")
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


def safe_path(path: str) -> str:
    """Return a path of a bundle; raise ValueError unless it is relative, in one spelling, and stays inside."""
    pure = PurePosixPath(path)
    if not path or str(pure) != path or pure.is_absolute() or ".." in pure.parts or path == "." or "\0" in path:
        raise ValueError(f"the path {path!r} does not stay inside the bundle")
    return path
