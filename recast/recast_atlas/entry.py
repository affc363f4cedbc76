"""A recast-atlas catalogue entry (0.4 and earlier), as found in collaborations' repositories.

The keys are those that recast-atlas reads and real entries use; others are errors, because recast-atlas silently drops
an entry with a mistyped key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from recast.catalogue.entries.pydantic_errors import entry_error, place
from recast.errors import EntryError
from recast.json_types import JsonDict
from recast.spec.source import Document
from recast.suggest import nearest

__all__ = [
    "AtlasEntry",
    "AtlasExample",
    "AtlasIndex",
    "AtlasResult",
    "AtlasTest",
    "kind_of",
    "read_entry",
    "read_index",
]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*"
_ENTRY_KEYS = frozenset({"name", "metadata", "spec", "example_inputs", "results", "tests"})
_INDEX_KEY = "recast_catalogue_entries"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise ValueError("the path must be relative and stay inside the run's folder")
    return path


def _name(text: str) -> str:
    if len(text) > 100 or not re.fullmatch(_NAME, text):
        raise ValueError("a name is letters, digits and ._- with slashes between, such as atlas/atlas-conf-2018-041")
    return text


def _empty_map(value: Any) -> Any:
    return {} if value is None else value


def _empty_list(value: Any) -> Any:
    return [] if value is None else value


Text = Annotated[str, Field(min_length=1)]
OptionalText = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class Metadata(_Model):
    """Who made the analysis, and what it is."""

    author: OptionalText = ""
    short_description: OptionalText = ""
    input_requirements: OptionalText = Field(default="", alias="input requirements")
    tags: Annotated[list[str], BeforeValidator(_empty_list)] = []


class Spec(_Model):
    """Where the workflow is; without `toplevel` it is in `specs` next to the entry."""

    workflow: Text
    toplevel: Text | None = None
    workflow_type: Literal["yadage", "snakemake"] = "yadage"


class DataOptions(_Model):
    """Options of yadage's local data provider (0.21); the last four have no meaning for RECAST runs."""

    initdir: Text | None = None
    inputarchive: Text | None = None
    archivematch: Text | None = None
    pathbase: Text | None = None
    subinits: JsonDict | None = None
    read: Any = None
    nest: bool | None = None
    ensure: bool | None = None
    overwrite: bool | None = None


class AtlasExample(_Model):
    """Inputs that are known to work, and where the files are that they name."""

    initdata: Annotated[JsonDict, BeforeValidator(_empty_map)]
    dataopts: Annotated[DataOptions, BeforeValidator(_empty_map)] = DataOptions()


class AtlasResult(_Model):
    """A file of the finished run, relative to its folder."""

    name: Text
    relpath: Annotated[Text, AfterValidator(_inside)]
    load_yaml: bool = False


class AtlasTest(_Model):
    """One step on its own: `spec` refers to a packtivity, `data` are folders that it reads."""

    name: Text
    spec: Text
    parameters: Annotated[JsonDict, BeforeValidator(_empty_map)] = {}
    description: OptionalText = ""
    data: Annotated[list[Text], BeforeValidator(_empty_list)] = []
    toplevel: Text | None = None


class AtlasEntry(_Model):
    """One entry."""

    name: Annotated[str, AfterValidator(_name)]
    metadata: Annotated[Metadata, BeforeValidator(_empty_map)]
    spec: Spec
    example_inputs: Annotated[dict[str, AtlasExample], BeforeValidator(_empty_map)] = {}
    results: Annotated[list[AtlasResult], BeforeValidator(_empty_list)] = []
    tests: Annotated[list[AtlasTest], BeforeValidator(_empty_list)] = []

    def offers(self) -> dict[str, AtlasExample | AtlasTest]:
        """Return what `--example` may name: examples and tests; a test with the name of an example is `tests/NAME`."""
        tests = {(f"tests/{test.name}" if test.name in self.example_inputs else test.name): test for test in self.tests}
        return {**self.example_inputs, **tests}


class AtlasIndex(_Model):
    """A list of entries' files, relative to the index; its tags are added to theirs."""

    name: Text
    tags: Annotated[list[str], BeforeValidator(_empty_list)]
    recast_catalogue_entries: list[Text]


def kind_of(value: Any) -> Literal["entry", "index", "other"]:
    """Return the kind of a YAML file; two of an entry's keys suffice, so that a mistyped key does not hide it."""
    if not isinstance(value, Mapping):
        return "other"
    keys = [str(key) for key in value]
    if any(nearest(key, [_INDEX_KEY], 0.8) for key in keys):
        return "index"
    return "entry" if len(_ENTRY_KEYS & set(keys)) >= 2 else "other"


def read_entry(document: Document) -> AtlasEntry:
    """Check an entry; raise EntryError with file, line, key and the closest key."""
    entry: AtlasEntry = _read(document, AtlasEntry)
    for index, test in enumerate(entry.tests):
        if test.name in [other.name for other in entry.tests[:index]]:
            raise EntryError(
                f"Two tests are called {test.name!r}",
                where=place(document, ("tests", index, "name")),
                next_step="Rename one of them.",
            )
    return entry


def read_index(document: Document) -> AtlasIndex:
    """Check an index file; raise EntryError."""
    index: AtlasIndex = _read(document, AtlasIndex)
    return index


def _read(document: Document, model: type[_Model]) -> Any:
    try:
        return model.model_validate(document.value)
    except ValidationError as problem:
        step = "Fix the line; docs/reference/recast-atlas-entries.md lists every key."
        raise entry_error(problem, document, model, step) from problem
