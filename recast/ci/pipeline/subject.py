"""What a pipeline is about: the entry of the checkout, the version that it would publish, and the runs to compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.entries.draft import draft
from recast.catalogue.entries.entry import EntryFile, VersionEntry, load_entry
from recast.catalogue.publishing.bundle import examine_bundle, source_folder
from recast.catalogue.publishing.checks import check_lint
from recast.catalogue.ready import with_known_builds
from recast.ci.config import CONFIG_NAME, CiConfig, load_config
from recast.errors import EntryError, NotFound, SpecError
from recast.images import ImageStore
from recast.json_types import JsonObject
from recast.paths import Places
from recast.prepare import Options, PreparedRun, prepare
from recast.prepare.inputs import init_data
from recast.prepare.source import Source, from_version

__all__ = ["Subject", "WantedRun", "check_spec", "drafted", "ready_run", "source_of", "subject_of"]

DEFERRED = frozenset({"entry.stale-image", "entry.floating-image"})
"""Errors about pins that building the image may settle."""


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A validation run: its name, its inputs, and those of its control run (None: no control)."""

    name: str
    inputs: JsonObject
    control: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """The checkout's configuration, its entry with the version that is tested, the spec's folder, and the runs."""

    root: Path
    config: CiConfig
    entry: EntryFile
    item: VersionEntry
    folder: Path
    runs: tuple[WantedRun, ...]

    @property
    def analysis(self) -> str:
        """The name of the analysis."""
        return self.entry.entry.analysis


def subject_of(folder: Path) -> Subject:
    """Read a checkout; raise NotFound, SpecError or EntryError for what is missing or wrong in it."""
    config = load_config(folder)
    path = folder / config.entry
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _outside(config.entry)
    entry = load_entry(path)
    item = entry.entry.version()
    spec = source_folder(entry, item)
    if not spec.is_relative_to(folder.resolve()):
        raise _outside(item.source)
    return Subject(folder, config, entry, item, spec, _runs(config, item))


def check_spec(subject: Subject) -> bool:
    """Raise what is wrong with the entry and its spec; return False if only an image has to be built to know more."""
    bundle, problems = examine_bundle(subject.entry, subject.item, unbuilt=True)
    if not {"entry", "spec"} & problems.keys():
        check_lint(subject.folder, subject.item.workflow)
    waiting = {name for name, problem in problems.items() if problem.code in DEFERRED and _has_recipes(subject.folder)}
    for name, problem in problems.items():
        if name not in waiting:
            raise problem
    return bundle is not None


def drafted(subject: Subject, places: Places) -> PublishedVersion:
    """Return the version that publishing would create now, with the images that were built here for it."""
    version = draft(subject.entry.path, Catalogue().store, subject.item.version)
    return with_known_builds(version, ImageStore(places.image_store))


def source_of(subject: Subject, version: PublishedVersion) -> Source:
    """Return the version as something to run; its runs record that it was not published."""
    note = f"{version.reference} is not published: it is what its entry {subject.entry.path.name} says in this commit"
    return replace(from_version(version), origin={"draft": {"entry": subject.entry.path.name, "note": note}})


def ready_run(source: Source, inputs: JsonObject, options: Options) -> tuple[str, PreparedRun]:
    """Return a run that could be made, and its name: equal for equal content on the same executor.

    Raises InputError, SpecError or PermissionDenied if it could not be made.
    """
    prepared = prepare(source, init_data(source, inputs, None), options)
    version = source.version
    assert version is not None, "a draft is a version"
    parts = [version.digest, dict(version.pins), inputs, options.executor, options.runtime]
    key = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
    return f"ci-{key[:24]}", prepared


def _runs(config: CiConfig, item: VersionEntry) -> tuple[WantedRun, ...]:
    if not config.validation:
        if not item.examples:
            raise SpecError(
                "There is nothing to run: the entry has no example, and no validation run is declared",
                where=CONFIG_NAME,
                next_step="add `validation: [{name: demo, inputs: {...}}]`, or an example to the entry",
                code="ci.config",
            )
        name, example = next(iter(item.examples.items()))
        return (WantedRun(name, example.inputs),)
    found = []
    for run in config.validation:
        inputs = {**_example(item, run.example, run.name), **run.inputs}
        found.append(WantedRun(run.name, inputs, {**inputs, **run.control} if run.control is not None else None))
    return tuple(found)


def _example(item: VersionEntry, name: str | None, run: str) -> Mapping[str, object]:
    if name is None:
        return {}
    if name not in item.examples:
        raise NotFound(
            f"The validation run {run!r} takes an example {name!r}, which the entry does not have",
            where=f"{CONFIG_NAME} /validation",
            why=f"Version {item.version} has: {', '.join(item.examples) or 'none'}.",
            next_step="fix the name, or add the example to the entry",
        )
    return item.examples[name].inputs


def _has_recipes(folder: Path) -> bool:
    return (folder / "images").is_dir()


def _outside(path: str) -> EntryError:
    return EntryError(
        f"{path!r:.100} is outside of the repository",
        where=CONFIG_NAME,
        why="A pipeline reads nothing but its checkout: a commit says by itself what is tested.",
        next_step="put the entry and its spec into the repository",
    )
