"""A published version in a catalogue store: an OCI artifact whose manifest digest is its identity.

The manifest lists the files of the spec as layers (annotation title = path) over a small JSON configuration: metadata,
input schema, declared results, image pins, examples, validation items. Every blob is checked when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from recast.catalogue.store import CatalogueStore
from recast.errors import NotFound
from recast.json_types import JsonObject
from recast.results import DeclaredResult

__all__ = ["CONFIG_TYPE", "FILE_TYPE", "TITLE", "VERSION_TYPE", "Example", "PublishedVersion", "ValidationItem"]

VERSION_TYPE = "application/vnd.recast.version.v1+json"
CONFIG_TYPE = "application/vnd.recast.version.config.v1+json"
FILE_TYPE = "application/vnd.recast.spec.file.v1"
TITLE = "org.opencontainers.image.title"
CONFIG_SCHEMA = 1
ANALYSIS = r"[a-z0-9]+(?:-[a-z0-9]+)*"


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs that are known to work, under a name."""

    name: str
    description: str
    inputs: JsonObject


@dataclass(frozen=True, slots=True)
class ValidationItem:
    """A number that a version must reproduce; the fields are those of the entry (`ValidationEntry`)."""

    name: str
    inputs: JsonObject
    result: str
    quantity: str
    published: float
    kind: str
    tolerance: float
    source: str
    point: JsonObject = field(default_factory=dict)
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
    metadata: JsonObject
    input_schema: JsonObject
    examples: Mapping[str, Example]
    init: Mapping[str, str]
    declared_results: tuple[DeclaredResult, ...]
    pins: Mapping[str, str]
    validation: tuple[ValidationItem, ...]
    workflow: str
    files: Mapping[str, str]
    recipes: Mapping[str, JsonObject]
    config: JsonObject = field(repr=False, compare=False)
    store: CatalogueStore = field(repr=False, compare=False)
    named: str = field(default="", compare=False)
    """The file of an entry that is not published, which names it instead of `reference`."""

    @property
    def reference(self) -> str:
        """The version by its name and number: `analysis@1.0.0`."""
        return f"{self.analysis}@{self.version}"

    @property
    def typed(self) -> str:
        """The version's name on a command line."""
        return self.named or self.reference

    @property
    def built(self) -> dict[str, str]:
        """The known images built from its recipes: image to digest."""
        return {name: digest for name, digest in self.pins.items() if name in self.recipes}

    def example(self, name: str) -> Example:
        """Return an example by name; raise NotFound, which names the existing ones."""
        if name not in self.examples:
            from recast.suggest import listed

            raise NotFound(
                f"{self.reference} has no example {name!r}",
                why=f"It has: {listed(name, self.examples)}",
                next_step=f"recast show inputs {self.typed}",
            )
        return self.examples[name]

    def check_inputs(self, inputs: JsonObject) -> None:
        """Raise InputError, naming the key and what is allowed, if inputs do not fit the version's schema."""
        from recast.catalogue.inputs import check_inputs

        check_inputs(inputs, self.input_schema, self.typed)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file in the bundle, checked; raise NotFound or StoreError."""
        if path not in self.files:
            raise NotFound(
                f"{self.reference} contains no file {path!r}", next_step=f"recast catalogue show {self.reference}"
            )
        return self.store.read(self.files[path])


def safe_path(path: str) -> str:
    """Return a path of a bundle; raise ValueError unless it is relative, in one spelling, and stays inside."""
    pure = PurePosixPath(path)
    if not path or str(pure) != path or pure.is_absolute() or ".." in pure.parts or path == "." or "\0" in path:
        raise ValueError(f"the path {path!r} does not stay inside the bundle")
    return path
