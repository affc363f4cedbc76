"""The phase of a tag: the version is validated, published with its provenance, and never changed again."""

from __future__ import annotations

import getpass
from dataclasses import replace

from recast.catalogue import Catalogue, PublishedVersion
from recast.catalogue.publishing.publish import Author
from recast.catalogue.semver import Semver
from recast.catalogue.validate import keep_evidence
from recast.catalogue.validate import validate as judge_items
from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.runs import run_one
from recast.ci.pipeline.subject import Subject, WantedRun, source_of
from recast.errors import EntryError, ValidationFailed
from recast.json_types import JsonDict, JsonObject
from recast.operations.publish import examined, publish, target_of

__all__ = ["number_of_tag", "publish_version"]


def number_of_tag(tag: str | None, subject: Subject) -> str | None:
    """Return the version that a tag asks to publish (`v1.2.0` or `1.2.0`), None for a tag that names no version.

    Raises EntryError if the entry's newest version is another one.
    """
    number = (tag or "").removeprefix("v")
    if not Semver.valid(number):
        return None
    if number != subject.item.version:
        raise EntryError(
            f"The tag {tag} asks for version {number}, and the entry's newest is {subject.item.version}",
            where=subject.entry.place(subject.item, "/version"),
            why="A tag publishes the newest version of the entry in its commit.",
            next_step=f"write version {number} into the entry and tag that commit, or: git push --delete origin {tag}",
        )
    return number


def publish_version(
    subject: Subject, version: PublishedVersion, number: str, order: PipelineOrder, tools: Tools
) -> JsonDict:
    """Validate and publish a version, into the registry of the order or this machine's catalogue; return what happened.

    Raises ValidationFailed if a published number is not reproduced, EntryError (`version.immutable`) if the number
    means other bytes already.
    """
    reason = _validated(subject, version, order, tools)
    target = target_of(order.push)
    with examined(str(subject.entry.path), number, target, reason) as found:
        author = Author(getpass.getuser(), reason, found.validation, order.key)
        return publish(found, target, author, tools.say).as_json()


def _validated(subject: Subject, version: PublishedVersion, order: PipelineOrder, tools: Tools) -> str:
    """Run all validation items of the entry, and keep the evidence; return the reason if there are none."""
    if not version.validation:
        commit = f" of commit {order.commit[:12]}" if order.commit else ""
        return f"the entry declares no published numbers; published by the pipeline{commit}"
    source = source_of(subject, version)
    random = subject.config.random

    def results(which: PublishedVersion, inputs: JsonObject) -> JsonObject:
        done = run_one(source, WantedRun("validation", inputs), order, tools, random)
        return {"results": done.results}

    verdicts = [verdict.as_json(version) for verdict in judge_items(version, results)]
    keep_evidence(replace(version, store=Catalogue().store), verdicts)
    failed = [row for row in verdicts if row["verdict"] == "failed"]
    if failed:
        raise ValidationFailed(
            f"{len(failed)} of {len(verdicts)} published numbers are not reproduced",
            where=version.reference,
            why="\n".join(
                f"{row['name']}: {row['reason'] or 'the deviation is above the tolerance'}" for row in failed[:5]
            ),
            next_step=f"recast validate {version.typed}",
        )
    return ""
