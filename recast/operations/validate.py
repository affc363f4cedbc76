"""Check that a version still reproduces the published numbers: run and compare its validation items, and store the
outcome with its digest.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.publishing.publish import say_validated
from recast.catalogue.ready import make_ready
from recast.catalogue.statements.validated import summary
from recast.catalogue.transfer.find import find_version
from recast.catalogue.validate import keep_evidence, read_evidence
from recast.catalogue.validate import validate as validate_version
from recast.errors import NotFound, RecastError
from recast.json_types import JsonDict, JsonObject
from recast.paths import places
from recast.prepare import Options, prepare
from recast.prepare.inputs import init_data
from recast.prepare.prepare import check_can_start
from recast.prepare.source import from_version
from recast.reports.results import read_results
from recast.rundir import RunDirectory
from recast.runs import create

if TYPE_CHECKING:
    from recast.catalogue.ready import Consent

__all__ = ["Validation", "run_points", "validate", "validate_all"]


@dataclass(frozen=True, slots=True)
class Validation:
    """How a validation runs: `only` is a pattern of items' names, `consent` is called before images are built, `drive`
    drives a run to its end and raises if it does not succeed, `say` is called with what a user should know.
    """

    options: Options
    consent: Consent
    drive: Callable[[RunDirectory], Any]
    say: Callable[[str], None]
    only: str | None = None


def validate_all(how: Validation, refused: Callable[[RecastError], None]) -> tuple[list[JsonDict], list[RecastError]]:
    """Validate the newest version of every analysis in the local catalogue; return all items, and the errors of
    versions that could not be validated. An error does not stop the others; `refused` is called with it at once. Raises
    NotFound if there are no analyses, and the error itself if there is only one.
    """
    names = list(Catalogue().analyses())
    if not names:
        raise NotFound("Nothing is published here", next_step="recast publish catalogue/ANALYSIS.yml")
    items: list[JsonDict] = []
    problems: list[RecastError] = []
    for name in names:
        try:
            items += validate(name, how)
        except RecastError as problem:
            if len(names) == 1:
                raise
            refused(problem)
            problems.append(problem)
    return items, problems


def validate(name: str, how: Validation) -> list[JsonDict]:
    """Validate a version, store the outcome with its digest, and return its items."""
    found = find_version(name)
    check_can_start(from_version(found.version), how.options)
    for warning in found.to_run(allow_withdrawn=True):
        how.say(f"warning    {warning}")
    version = make_ready(found.version, places(), how.say, how.consent, is_draft=found.written is not None)
    if how.only is not None:
        version = replace(version, validation=tuple(i for i in version.validation if fnmatchcase(i.name, how.only)))
    verdicts = validate_version(version, lambda which, inputs: run_points(which, inputs, how))
    items = [verdict.as_json(version) for verdict in verdicts]
    keep_evidence(version, items, whole=how.only is None)
    _let_it_travel(version)
    if not items:
        how.say(f"{version.reference} declares nothing to validate" + (f" that matches {how.only}" if how.only else ""))
    return items


def run_points(version: PublishedVersion, inputs: JsonObject, how: Validation) -> JsonDict:
    """Run a version to its end and return the document of its results; raise what driving a run raises."""
    source = from_version(version)
    directory = create(prepare(source, init_data(source, inputs, None), how.options), places(), None)
    how.drive(directory)
    return read_results(directory.path)


def _let_it_travel(version: PublishedVersion) -> None:
    """Add a statement on the outcome to the version, if it is in the user's own catalogue."""
    evidence = read_evidence(version)
    if evidence and evidence["items"]:
        say_validated(version, Catalogue().store, summary(evidence), getpass.getuser())
