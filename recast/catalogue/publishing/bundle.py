"""What a version consists of before it is published, and every check that publishing makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recast.catalogue.entries.declaring import check_declarations
from recast.catalogue.entries.entry import Entry, EntryFile, VersionEntry
from recast.catalogue.inputs import check_inputs, check_offered_files, check_schema
from recast.catalogue.pins import Pins, find_pins
from recast.errors import EntryError, InputError, RecastError
from recast.images.lock import LOCK_NAME
from recast.inputs.initfile import is_elsewhere
from recast.json_types import JsonDict, JsonObject
from recast.spec import bundle_files, load_workflow
from recast.spec.model import Workflow
from recast.spec.rules.references import published_outputs
from recast.strictjson import parse_json
from recast.suggest import closest

__all__ = ["MOST_BYTES", "MOST_FILES", "Bundle", "examine_bundle", "read_bundle", "source_folder"]

MAX_FILE_BYTES = 64_000_000
MOST_FILES = 4000
MOST_BYTES = 1 << 30
"""The maximum size of a version, whoever publishes it."""
_LEFT_OUT = frozenset({LOCK_NAME})  # its pins go into the configuration; it also contains times


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a version (path -> bytes) and its configuration, checked and ready to be stored.

    `built` are the digests here of images whose recipes are in the bundle; they are not part of the version.
    """

    files: Mapping[str, bytes]
    config: JsonObject
    built: Mapping[str, str] = field(default_factory=dict)


def read_bundle(source: EntryFile, item: VersionEntry, *, unbuilt: bool = False) -> Bundle:
    """Read and check the source folder of a version; raise EntryError or SpecError with what is wrong and where.

    `unbuilt` says that images need not have been built here.
    """
    bundle, problems = examine_bundle(source, item, unbuilt=unbuilt)
    if bundle is None:
        raise next(iter(problems.values()))
    return bundle


def examine_bundle(
    source: EntryFile, item: VersionEntry, *, unbuilt: bool = False
) -> tuple[Bundle | None, dict[str, RecastError]]:
    """Return the bundle, or None and what is wrong with it, by check (`entry`, `spec`, `inputs`, `pinned`)."""
    problems: dict[str, RecastError] = {}
    files: dict[str, bytes] = {}
    schema: JsonDict = {}
    pins = Pins()
    with _noting("entry", problems):
        folder = source_folder(source, item)
        files = _read_files(folder)
        _check_paths(source, item, files)
    if problems:
        return None, problems
    workflow = None
    with _noting("spec", problems):
        workflow = load_workflow(item.workflow, folder).workflow
    with _noting("inputs", problems):
        schema = _input_schema(item, files, folder)
        _check_inputs(source, item, schema, files)
        check_declarations(source, item, files, schema)
    if workflow is not None:
        with _noting("entry", problems):
            _check_results(source, item, workflow)
        with _noting("pinned", problems):
            pins = find_pins(workflow, folder, unbuilt=unbuilt)
    return None if problems else Bundle(files, _config(source.entry, item, schema, pins), pins.built), problems


@contextmanager
def _noting(check: str, problems: dict[str, RecastError]) -> Iterator[None]:
    try:
        yield
    except RecastError as problem:
        problems[check] = problem


def _config(entry: Entry, item: VersionEntry, schema: JsonDict, pins: Pins) -> JsonDict:
    return {
        "schema": 1,
        "analysis": entry.analysis,
        "version": item.version,
        "metadata": {**entry.metadata(), "changes": item.changes, **_words(item)},
        "workflow": item.workflow,
        "input_schema": schema,
        "init": dict(item.init),
        "examples": {name: example.model_dump(mode="json") for name, example in item.examples.items()},
        "results": [result.model_dump(mode="json") for result in item.results],
        "images": dict(pins.images),
        "validation": [check.model_dump(mode="json") for check in item.validation],
        **_recipes(item, pins),
        **({"scan": item.scan.model_dump(mode="json")} if item.scan else {}),
        **({"applies": dict(item.applies)} if item.applies else {}),
        **({"checks": list(item.checks)} if item.checks else {}),
    }


def _recipes(item: VersionEntry, pins: Pins) -> JsonDict:
    """Return the recipes of images, with the cost of building them according to the entry; empty if there are none."""
    costs = {name: cost.model_dump(mode="json") for name, cost in item.images.items()}
    found = {name: {**recipe, **costs.get(name, {})} for name, recipe in pins.recipes.items()}
    return {"recipes": found} if found else {}


def _words(item: VersionEntry) -> JsonDict:
    """Return the entry's texts on validity and cost, if there are any."""
    return {key: value for key, value in (("validity", list(item.validity)), ("cost", item.cost)) if value}


def source_folder(source: EntryFile, item: VersionEntry) -> Path:
    """Return the folder of a version's spec; raise EntryError."""
    folder = (source.path.parent / item.source).resolve()
    if not folder.is_dir():
        raise EntryError(
            f"The source folder of version {item.version} is not there",
            where=source.place(item, "/source"),
            why=f"It was expected at {folder} (relative to the entry's file).",
            next_step="Fix `source`, or restore the folder.",
        )
    return folder


def _read_files(folder: Path) -> dict[str, bytes]:
    names = [name for name in bundle_files(folder) if name not in _LEFT_OUT and "__pycache__" not in name]
    sizes = {name: (folder / name).stat().st_size for name in names}
    if len(names) > MOST_FILES or sum(sizes.values()) > MOST_BYTES:
        raise EntryError(
            f"The version has {len(names)} files and {sum(sizes.values())} bytes",
            where=str(folder),
            why=f"At most {MOST_FILES} files and {MOST_BYTES} bytes can be kept: a registry refuses larger manifests.",
            next_step="Pack small files into an archive, or put them into an image.",
        )
    for name, size in sizes.items():
        if size > MAX_FILE_BYTES:
            raise EntryError(
                f"A file of the version has {size} bytes, more than {MAX_FILE_BYTES}",
                where=str(folder / name),
                why="A version is copied and kept permanently; large data are an input with a checksum.",
                next_step="Make it an input, or put it into an image.",
            )
    return {name: (folder / name).read_bytes() for name in names}


def _check_paths(source: EntryFile, item: VersionEntry, files: Mapping[str, bytes]) -> None:
    init = {f"/init/{key}": path for key, path in item.init.items() if not is_elsewhere(path)}
    wanted = {"/workflow": item.workflow, "/inputs": item.inputs, **init}
    for key, path in wanted.items():
        if path not in files:
            raise EntryError(
                f"The file {path!r} of version {item.version} is not in its source folder",
                where=source.place(item, key),
                why=f"Closest are: {', '.join(closest(path, files))}",
                next_step="Fix the path, or add the file.",
            )


def _input_schema(item: VersionEntry, files: Mapping[str, bytes], folder: Path) -> JsonDict:
    try:
        schema = parse_json(files[item.inputs])
        fault = check_schema(schema) if isinstance(schema, dict) else "a JSON object was expected"
    except ValueError as problem:
        fault = f"not JSON: {problem}"
    if fault:
        step = "https://json-schema.org/understanding-json-schema shows the keywords"
        raise EntryError(
            "The schema of the inputs is invalid", where=str(folder / item.inputs), why=fault, next_step=step
        )
    return dict(schema)


def _check_inputs(source: EntryFile, item: VersionEntry, schema: JsonObject, files: Mapping[str, bytes]) -> None:
    offered = [(f"/examples/{name}", f"example {name}", example.inputs) for name, example in item.examples.items()]
    offered += [(f"/validation/{i}", f"item {check.name}", check.inputs) for i, check in enumerate(item.validation)]
    for key, what, inputs in offered:
        where = source.place(item, f"{key}/inputs")
        try:
            whose = f"{source.entry.analysis}@{item.version}"
            check_inputs(inputs, schema, whose)
            check_offered_files(inputs, schema, files, whose)
        except InputError as problem:
            raise EntryError(
                f"The inputs of {what} do not fit the schema of the inputs",
                where=where,
                why=f"{problem.what} ({problem.where})",
                next_step=f"Fix the inputs, or the schema {item.inputs}",
            ) from problem
        clash = sorted(inputs.keys() & item.init.keys())
        if clash:
            raise EntryError(
                f"The input {clash[0]!r} of {what} is a fixed file of init",
                where=where,
                next_step="Rename one of the two.",
            )


def _check_results(source: EntryFile, item: VersionEntry, workflow: Workflow) -> None:
    stages = {stage.name: published_outputs(stage) for stage in workflow.stages}
    for index, result in enumerate(item.results):
        first = result.stage.split(".")[0].split("[")[0]
        if first not in stages:
            raise EntryError(
                f"The result {result.name!r} is declared from a stage {result.stage!r} that the workflow does not have",
                where=source.place(item, f"/results/{index}/stage"),
                why=f"Its stages are: {', '.join(sorted(stages))}",
                next_step="Fix `stage`.",
            )
        outputs = stages.get(result.stage)
        if outputs is not None and result.output not in outputs:
            raise EntryError(
                f"The result {result.name!r} is declared from an output {result.output!r} that the stage "
                f"{result.stage!r} does not publish",
                where=source.place(item, f"/results/{index}/output"),
                why=f"It publishes: {', '.join(sorted(outputs)) or 'nothing'}",
                next_step="Fix `output`, or make the stage publish it.",
            )
