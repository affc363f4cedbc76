"""A catalogue entry as people write it, `catalogue/<analysis>.yml`; pydantic is used only to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from recast.catalogue.entries.pydantic_errors import entry_error, place
from recast.catalogue.semver import Semver
from recast.errors import EntryError, NotFound, SpecError
from recast.inputs.initfile import checked_init
from recast.json_types import JsonDict
from recast.plainfile import read_plain
from recast.spec.source import Document, parse

__all__ = [
    "Entry",
    "EntryFile",
    "ExampleEntry",
    "ResultEntry",
    "ScanEntry",
    "ValidationEntry",
    "VersionEntry",
    "load_entry",
]


ANALYSIS_NAME = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _inside(path: str) -> str:
    """Check that a path is relative, in one spelling only, and stays inside the bundle."""
    if not path or path != str(PurePosixPath(path)) or path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise ValueError("the path must be relative and stay inside the folder of the spec")
    return path


def _semver(text: str) -> str:
    Semver.parse(text)
    return text


def _pointer(text: str) -> str:
    if not re.fullmatch(r"(/[^/]+)+", text):
        raise ValueError("a JSON pointer into the result, such as /cls_obs or /cls_exp/2")
    return text


Name = Annotated[str, Field(pattern=_NAME, max_length=100)]
Text = Annotated[str, Field(min_length=1)]
BundlePath = Annotated[str, AfterValidator(_inside)]
InitFile = Annotated[str, AfterValidator(checked_init)]
Number = int | float
Axes = Annotated[list[Name], Field(min_length=1, max_length=2)]


class ExampleEntry(_Model):
    """Inputs that are known to work, under a name."""

    description: Text
    inputs: JsonDict


class ResultEntry(_Model):
    """A result that the version declares, and where its workflow publishes it."""

    name: Name
    type: Literal["cutflow", "efficiency", "file", "limit", "plot", "table", "yields"]
    stage: Text
    output: Text
    title: str = ""


class ValidationEntry(_Model):
    """A number that the version must reproduce.

    `result` and `point` choose the result (`point` is the part of the result's point that must be equal), `quantity`
    is a JSON pointer to the number in it. `documented` says why a deviation is known and accepted.
    """

    name: Name
    inputs: JsonDict
    result: Name
    point: JsonDict = {}
    quantity: Annotated[str, AfterValidator(_pointer)]
    published: Number
    kind: Literal["relative", "absolute", "agreement"]
    tolerance: Annotated[Number, Field(ge=0)]
    source: Text
    documented: str = ""

    @model_validator(mode="after")
    def _divisible(self) -> ValidationEntry:
        if self.kind == "relative" and self.published == 0:
            raise ValueError("a deviation relative to a published value of 0 has no meaning: use kind: absolute")
        return self


class PublishedCurve(_Model):
    """A published contour to draw with ours: the rows of a table result whose first column is `curve`."""

    result: Name
    curve: Text


class ScanEntry(_Model):
    """How to scan many points of a version.

    `over` is an input that takes a list of points, so that a single run handles them all; without it the workflow is
    run once for each point. `points` is what is scanned if the user gives no points: a table or YAML file in the
    bundle. With `over`, its column `value` is used as the list. `inputs` are the defaults of the other inputs.

    `axes` are one or two keys of the limits' points, `other_axes` those of points that lack these. Keys, or differences
    `a - b` of two keys, named in `slices` have the same value for all points of one plot. Neighbours of the grid are at
    most `step` apart along an axis: no contour crosses a larger gap. `labels` are texts for the axes. `columns` of the
    points fill an input that is a list.
    """

    over: Name | None = None
    value: Name = "name"
    points: BundlePath | None = None
    inputs: JsonDict = {}
    axes: Axes
    other_axes: list[Axes] = []
    slices: list[Text] = []
    step: dict[Name, Annotated[Number, Field(gt=0)]] = {}
    labels: dict[Name, Text] = {}
    columns: dict[Name, list[Name]] = {}
    published: PublishedCurve | None = None


class ImageCost(_Model):
    """The one-time cost of building an image: megabytes on disk, minutes with one core and a fast network."""

    size_mb: Annotated[Number, Field(gt=0)]
    minutes: Annotated[Number, Field(gt=0)]


class VersionEntry(_Model):
    """One version: the folder of its spec (relative to the entry's file), its inputs and its results.

    `validity` is text about where its answers are valid and where not; `cost` about what a run costs; `images` is the
    cost of building those images that have recipes. `applies` says which models it is for, `checks` which conditions
    inputs must satisfy: `recast.catalogue.entries.declaring` reads both.
    """

    version: Annotated[str, AfterValidator(_semver)]
    source: Text
    workflow: BundlePath = "workflow.yml"
    inputs: BundlePath = "inputs.schema.json"
    changes: str = ""
    validity: list[Text] = []
    cost: str = ""
    images: dict[str, ImageCost] = {}
    init: dict[str, InitFile] = {}
    examples: dict[Name, ExampleEntry] = {}
    results: Annotated[list[ResultEntry], Field(min_length=1)]
    scan: ScanEntry | None = None
    applies: JsonDict | None = None
    checks: list[JsonDict] = []
    validation: list[ValidationEntry] = []


class References(_Model):
    """Where the analysis is published."""

    arxiv: str = ""
    doi: str = ""
    inspire: int | None = None
    hepdata: str = ""
    hepdata_doi: str = ""
    note: str = ""


class Entry(_Model):
    """One analysis of the catalogue."""

    analysis: Annotated[str, Field(pattern=ANALYSIS_NAME, max_length=100)]
    title: Text
    collaboration: Text
    abstract: Text
    references: References
    sqrts_tev: Annotated[Number, Field(gt=0)]
    luminosity_inv_fb: Annotated[Number, Field(gt=0)]
    final_states: list[Text]
    models: list[Text]
    authority: Literal["authoritative", "community", "automatic"]
    versions: Annotated[list[VersionEntry], Field(min_length=1)]

    def version(self, number: str | None = None) -> VersionEntry:
        """Return the version with this number, or the newest; raise NotFound."""
        by_number = {item.version: item for item in self.versions}
        if number is None:
            number = max(by_number, key=Semver.parse)
        if number not in by_number:
            raise NotFound(
                f"The entry of {self.analysis} has no version {number}",
                why=f"It has: {', '.join(sorted(by_number, key=Semver.parse))}",
                next_step="Write the version into the entry, or choose one of these.",
            )
        return by_number[number]

    def metadata(self) -> JsonDict:
        """Return the metadata of the analysis, without its versions."""
        return self.model_dump(mode="json", exclude={"versions", "analysis"})


@dataclass(frozen=True)
class EntryFile:
    """An entry with the file it was read from, so that later checks can name lines too."""

    path: Path
    entry: Entry
    document: Document

    def place(self, item: VersionEntry, key: str) -> str:
        """Return file:line and key of `key` (a JSON pointer) in a version, or of the closest parent in the file."""
        parts = [int(part) if part.isdecimal() else part for part in key.split("/")[1:]]
        return place(self.document, ["versions", self.entry.versions.index(item), *parts])


def load_entry(path: Path) -> EntryFile:
    """Read and check an entry; raise EntryError with file, line and key of the first fault, NotFound if there is no
    file.
    """
    try:
        document = parse(read_plain(path), str(path))
    except OSError as problem:
        raise NotFound(f"There is no entry {path}", why=problem.strerror or "", next_step="ls catalogue") from problem
    except SpecError as problem:
        raise EntryError(problem.what, where=problem.where, why=problem.why, next_step=problem.next_step) from problem
    try:
        entry = Entry.model_validate(document.value)
    except ValidationError as problem:
        step = "Fix the line; docs: catalogue/atlas-susy-2018-31.yml is a complete example."
        raise entry_error(problem, document, Entry, step) from problem
    _unique(document, entry)
    return EntryFile(path, entry, document)


def _unique(document: Document, entry: Entry) -> None:
    """Refuse two versions with the same number, and two results or validation items with the same name in a version."""
    _no_twins(document, "/versions", "version", [item.version for item in entry.versions])
    for index, version in enumerate(entry.versions):
        for key, items in (("results", version.results), ("validation", version.validation)):
            names = [item.name for item in items]
            _no_twins(document, f"/versions/{index}/{key}", "name", names)
        known = {item.name for item in version.results}
        for number, item in enumerate(version.validation):
            if item.result not in known:
                raise EntryError(
                    f"Validation item {item.name!r} refers to a result {item.result!r} that is not declared",
                    where=str(document.position(f"/versions/{index}/validation/{number}/result")),
                    why=f"Declared are: {', '.join(sorted(known))}",
                    next_step="Declare the result under `results`, or fix the name.",
                )


def _no_twins(document: Document, pointer: str, key: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            raise EntryError(
                f"Two entries of {pointer.rpartition('/')[2]} are called {name!r}",
                where=str(document.position(f"{pointer}/{index}/{key}")),
                next_step="Rename one of them.",
            )
