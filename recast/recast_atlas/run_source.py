"""An imported recast-atlas entry as something to run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from recast.catalogue.entries.example import ExampleInputs
from recast.catalogue.entries.local_workflow import Source, load_file
from recast.errors import EntryError, NotFound, SpecError
from recast.json_types import JsonDict, JsonObject
from recast.recast_atlas.entry import AtlasExample, AtlasTest
from recast.recast_atlas.imported import ImportedEntry
from recast.recast_atlas.step_test import DATA, prepare_test
from recast.remote import Fetched, local_toplevel, workflow_file
from recast.suggest import listed

__all__ = ["entry_run"]

DEFAULT_EXAMPLE = "default"


def entry_run(imported: ImportedEntry, example: str | None = None, *, bare: bool = False) -> Source:
    """Fetch the entry's workflow and load it; raise what fetching and loading raise.

    `example` names one of its examples or tests; if the user gave no inputs at all (`bare`), the example `default` is
    used, as in recast-atlas.
    """
    entry = imported.entry
    if entry.spec.workflow_type != "yadage":
        raise SpecError(
            f"The entry {imported.name!r} is a {entry.spec.workflow_type} workflow",
            where=imported.location,
            why="Only yadage's language is run here.",
            code="spec.language",
        )
    offers = entry.offers()
    if example is None and bare and DEFAULT_EXAMPLE in entry.example_inputs:
        example = DEFAULT_EXAMPLE
    chosen = _chosen(imported, example, offers) if example is not None else None
    if isinstance(chosen, AtlasTest):
        return _test(imported, example or "", chosen)
    fetched = local_toplevel(imported.toplevel, workflow_file(entry.spec.workflow), imported.named)
    loaded = load_file(workflow_file(entry.spec.workflow), fetched.path)
    offer = _offer(imported, example or "", chosen) if chosen is not None else ExampleInputs()
    return loaded.brought(_origin(imported, example, fetched, loaded), offer)


def _chosen(
    imported: ImportedEntry, name: str, offers: Mapping[str, AtlasExample | AtlasTest]
) -> AtlasExample | AtlasTest:
    if name not in offers:
        raise NotFound(
            f"{imported.name} has no example or test {name!r}",
            where=imported.location,
            why=f"It has: {listed(name, offers, 12)}",
            next_step=f"recast catalogue show {imported.name}",
        )
    return offers[name]


def _test(imported: ImportedEntry, name: str, test: AtlasTest) -> Source:
    toplevel = imported.resolve(test.toplevel) if test.toplevel else imported.toplevel
    fetched = local_toplevel(toplevel, test.spec.partition("#")[0], imported.named)
    folder, path, offer = prepare_test(imported, name, test, fetched.path)
    loaded = load_file(path, folder)
    warnings = tuple(warning for warning in loaded.warnings if DATA not in warning)
    origin = _origin(imported, name, fetched, loaded)
    origin["entry"]["results"] = []  # they are those of the whole workflow
    return replace(loaded, warnings=warnings).brought(origin, offer)


def _offer(imported: ImportedEntry, name: str, example: AtlasExample) -> ExampleInputs:
    options = example.dataopts
    initdir = options.initdir
    if initdir is not None:
        initdir = imported.resolve(str(Path(options.pathbase or "") / initdir))
    return ExampleInputs(
        name=name,
        values=example.initdata,
        initdir=initdir if options.inputarchive is None else None,
        archive=_archive(imported, options.inputarchive) if options.inputarchive else None,
        match=options.archivematch,
        subinits=_subinits(imported, options.subinits or {}),
        named=imported.named,
    )


def _subinits(imported: ImportedEntry, given: JsonObject) -> dict[str, str]:
    nested = next((name for name, folder in given.items() if not isinstance(folder, str)), None)
    if nested is not None:
        raise EntryError(
            f"The init directories of sub-workflows below {nested!r} are nested",
            where=imported.location,
            next_step="Give them yourself: --subinit STAGE=DIR",
        )
    return {name: imported.resolve(folder) for name, folder in given.items()}


def _archive(imported: ImportedEntry, text: str) -> str:
    if text.startswith(("http://", "https://")):
        return text
    found = imported.resolve(text)
    if ":" in found.split("/")[0]:
        raise EntryError(
            "The input archive of an entry from elsewhere must be a URL",
            where=imported.location,
            why=f"It says {text!r}.",
            next_step="Download it and give it yourself: --input-archive FILE",
        )
    return found


def _origin(imported: ImportedEntry, example: str | None, fetched: Fetched, loaded: Source) -> JsonDict:
    entry = {
        "name": imported.name,
        "location": imported.location,
        "sha256": hashlib.sha256(imported.text.encode()).hexdigest(),
        "added": imported.added,
        "example": example,
        "results": [result.model_dump(mode="json") for result in imported.entry.results],
    }
    toplevel = {"toplevel": fetched.origin.as_json(loaded.files)} if fetched.origin else {}
    return {"entry": entry, **toplevel}
