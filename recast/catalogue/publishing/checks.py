"""What a version must pass before it is published, each check with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recast.catalogue.statements.validated import summary
from recast.catalogue.validate import read_evidence
from recast.catalogue.version import PublishedVersion
from recast.counted import are, counted
from recast.errors import EntryError, RecastError
from recast.images import ImageStore
from recast.json_types import JsonDict, JsonObject

__all__ = [
    "CHECKS",
    "Check",
    "Plan",
    "check_lint",
    "check_planned",
    "check_present",
    "check_validated",
    "is_whole",
    "raise_for",
]

CHECKS = {
    "entry": "the entry and its files",
    "spec": "the workflow can be read, and lint finds no error",
    "inputs": "the schema of the inputs fits all examples and validation items",
    "pinned": "every image is a digest",
    "planned": "every example can be planned",
    "present": "every pinned image is in the image store, whole",
    "validated": "these bytes reproduce the published numbers, or there is a reason",
}
"""The checks in order. The last two are only warnings for a local catalogue, where a version is validated later."""

Plan = Callable[[PublishedVersion, str], None]
"""A function that plans a run of a version with one of its examples; raises RecastError if it cannot run."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One check: passed if there is no problem; `skipped` says that it could not be made yet."""

    name: str
    problem: RecastError | None = None
    required: bool = True
    skipped: bool = False

    @property
    def stops(self) -> bool:
        """Whether this forbids publishing."""
        return self.problem is not None and self.required

    def as_json(self) -> JsonDict:
        """Return the check as a JSON object: name, requirement, verdict, and the problem with its remedy."""
        verdict = "skipped" if self.skipped else "passed"
        if self.problem is not None:
            verdict = "failed" if self.required else "warning"
        told = self.problem.as_json() if self.problem else {"code": "", "what": "", "where": "", "why": "", "next": ""}
        return {"check": self.name, "asks": CHECKS[self.name], "verdict": verdict, **told}


def check_lint(toplevel: Path, workflow: str) -> None:
    """Raise EntryError if lint finds an error."""
    from recast.spec.lint.judge import judge

    errors = judge(toplevel / workflow, [toplevel], lint=True).errors
    if errors:
        lines = [f"{finding.position or workflow}: {finding.what}" for finding in errors]
        raise EntryError(
            f"Lint finds {counted(len(errors), 'error')} in the workflow",
            where=str(errors[0].position or workflow),
            why="\n".join(lines[:_SHOWN] + ([f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else [])),
            next_step=f"recast spec lint {toplevel / workflow} --toplevel {toplevel}",
            code="entry.lint",
        )


def check_planned(version: PublishedVersion, plan: Plan) -> None:
    """Raise EntryError if an example cannot be planned."""
    for name in version.examples:
        try:
            plan(version, name)
        except RecastError as problem:
            if problem.code == "site.lacks":  # a problem of this machine, not of the version
                continue
            raise EntryError(
                f"The example {name!r} cannot be planned: {problem.what}",
                where=problem.where,
                why=problem.why,
                next_step=problem.next_step or "Fix the example or the workflow.",
                code="entry.unplannable",
            ) from problem


def check_present(version: PublishedVersion, images: ImageStore) -> None:
    """Raise EntryError if an image is not in the store with all its blobs; these are hashed on transfer."""
    missing = [f"{name}@{digest}" for name, digest in version.pins.items() if not is_whole(images, digest)]
    missing += [f"{name}, which was not built here" for name in version.recipes if name not in version.pins]
    if missing:
        raise EntryError(
            f"{len(missing)} of {counted(len({**version.pins, **version.recipes}), 'image')} {are(len(missing))} "
            "not in the image store",
            where=str(images.root),
            why="\n".join(missing[:_SHOWN]),
            next_step=f"recast catalogue get {version.reference}, or recast image build SPEC, or bring them from their "
            "registry: recast image pull IMAGE@DIGEST",
            code="entry.image-missing",
        )


def is_whole(images: ImageStore, digest: str) -> bool:
    """Return whether an image's manifest, configuration and layers are in the store with the right sizes."""
    try:
        manifest = images.manifest(digest)
        return all(images.blob_path(it.digest).stat().st_size == it.size for it in (manifest.config, *manifest.layers))
    except (RecastError, OSError):
        return False


def check_validated(version: PublishedVersion, reason: str) -> JsonObject | None:
    """Return the validation summary of these bytes, None if there is only a reason; raise EntryError if there is
    neither.
    """
    evidence = read_evidence(version)
    verdicts = {item["name"]: item["verdict"] for item in evidence["items"]} if evidence else {}
    unseen = [item.name for item in version.validation if item.name not in verdicts]
    failed = [name for name, verdict in verdicts.items() if verdict == "failed"]
    passed = bool(version.validation) and not unseen and not failed
    if not passed and not reason:
        raise EntryError(
            f"{version.reference} has not been shown to reproduce the published numbers",
            where=version.digest,
            why=_why(bool(version.validation), unseen, failed),
            next_step=f"recast validate {version.reference}   (after publishing it to your own catalogue), "
            "or give a reason why not: --reason TEXT",
            code="entry.unvalidated",
        )
    if evidence is None or not verdicts:
        return None
    return summary(evidence)


def raise_for(reference: str, checks: list[Check]) -> None:
    """Raise the problem that stops publishing, or one error that names all of them with their remedies."""
    stopping = [check for check in checks if check.stops]
    if len(stopping) == 1 and stopping[0].problem is not None:
        raise stopping[0].problem
    if stopping:
        lines = [f"{it.name}: {it.problem} - {it.problem.next_step}" for it in stopping if it.problem is not None]
        raise EntryError(
            f"{reference} cannot be published: {len(stopping)} checks fail",
            why="\n".join(lines),
            next_step="Fix them one by one; recast publish SOURCE --dry-run shows all.",
            code="entry.checks",
        )


def _why(declares: bool, unseen: list[str], failed: list[str]) -> str:
    if not declares:
        return "It declares nothing to validate."
    if failed:
        return f"Failed here: {', '.join(failed[:_SHOWN])}"
    return f"Not validated with these bytes: {', '.join(unseen[:_SHOWN])}"
