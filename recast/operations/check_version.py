"""`recast catalogue check` of a published version, or of an entry's file: every reason why a run would be refused."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recast.atomic import new_folder
from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.entries.entry import load_entry
from recast.catalogue.entries.source import find_entry
from recast.catalogue.publishing.bundle import source_folder
from recast.catalogue.publishing.checks import check_planned, is_whole
from recast.catalogue.publishing.examine import examine
from recast.catalogue.ready import with_known_builds
from recast.catalogue.store import CatalogueStore
from recast.catalogue.transfer.fetch import has_origin
from recast.catalogue.transfer.find import Found, find_version
from recast.errors import RecastError
from recast.images import ImageStore
from recast.json_types import JsonDict
from recast.paths import places
from recast.prepare.inputs import init_data
from recast.prepare.prepare import Options, prepare
from recast.prepare.source import from_version
from recast.registry import parse_target
from recast.registry.name import DOCKER_HUB
from recast.reports.plan import plan_json

__all__ = ["check_version", "plan_example"]

_SUFFIXES = (".yml", ".yaml")
_RECIPE = re.compile(r"images/[^/]+/(?:Containerfile|Dockerfile)")


def check_version(name: str) -> list[JsonDict]:
    """Return the findings (`severity`, `code`, `where`, `what`, `next`); errors are what `recast run` refuses.

    `name` is a published version, or an entry's file. Raises NotFound, and errors of exit code 4, which say nothing
    about the version.
    """
    return list(_of_file(find_entry(name)) if name.endswith(_SUFFIXES) else _of_published(name))


def plan_example(version: PublishedVersion, example: str) -> None:
    """Plan a run with an example; raises what makes planning, and so a run, impossible."""
    source = from_version(version, example)
    plan_json(prepare(source, init_data(source, dict(source.offer.values), None), Options(use_cache=False)), places())


def _of_file(path: Path) -> Iterator[JsonDict]:
    """Yield the findings on the newest version in an entry's file, as the file is now."""
    with new_folder(Path(tempfile.gettempdir()), "recast-check", 0o700) as scratch:
        store = CatalogueStore(scratch / "store")
        images = places().image_store
        found = examine(str(path), None, Catalogue(), store, images, plan_example, "", remote=False, unbuilt=True)
        for check in found.checks:
            if check.problem is not None and check.required:
                yield _finding(check.problem)
        if found.version is not None:
            version = with_known_builds(found.version, ImageStore(images))
            yield from _images(version, brought=False, spec=_spec(path, version.version))


def _of_published(name: str) -> Iterator[JsonDict]:
    found = find_version(name)
    version = found.version
    for path in version.files:
        version.read(path)
    for problem in _refusals(found):
        yield _finding(problem)
    yield from _images(version, brought=has_origin(version, Catalogue()))


def _refusals(found: Found) -> Iterator[RecastError]:
    for check in (found.to_run, lambda: check_planned(found.version, plan_example)):
        try:
            check()
        except RecastError as problem:
            if problem.exit_code == 4:  # a problem of this machine, not of the version
                raise
            yield problem


def _spec(entry: Path, number: str) -> str:
    """Return the folder of a version's spec, relative to the current folder and quoted for a shell."""
    source = load_entry(entry)
    return shlex.quote(os.path.relpath(source_folder(source, source.entry.version(number))))


def _images(version: PublishedVersion, *, brought: bool, spec: str = "SPEC") -> Iterator[JsonDict]:
    """Yield the images that are not in the store; an image that can neither be built nor pulled is an error."""
    store = ImageStore(places().image_store)
    yield from (_unbuilt(name, version, spec) for name in version.recipes.keys() - version.pins.keys())
    is_made = any(_RECIPE.fullmatch(path) for path in version.files)
    for name, digest in version.pins.items():
        if is_whole(store, digest):
            continue
        nobody = not (brought or is_made) and parse_target(name).host == DOCKER_HUB
        yield {
            "severity": "error" if nobody else "warning",
            "code": "entry.image-missing",
            "where": f"{store.root} ({digest})",
            "what": f"The image {name} is not in the image store"
            + ("" if nobody else "; it must be built or pulled before a run"),
            "next": "recast image load ARCHIVE"
            if nobody
            else f"recast image build {spec}"
            if is_made
            else f"recast image pull {name.partition('@')[0]}@{digest}",
        }


def _unbuilt(name: str, version: PublishedVersion, spec: str) -> JsonDict:
    return {
        "severity": "warning",
        "code": "entry.image-missing",
        "where": version.recipes[name]["folder"],
        "what": f"The image {name} is built from its recipe before the first run",
        "next": f"recast image build {spec}",
    }


def _finding(problem: RecastError) -> JsonDict:
    return {
        "severity": "error",
        "code": problem.code,
        "where": problem.where,
        "what": problem.what,
        "next": problem.next_step,
    }
