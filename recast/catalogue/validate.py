"""Validate that a version still reproduces the published numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recast.catalogue.version import PublishedVersion, ValidationItem
from recast.digests import hex_of
from recast.errors import ResultError, StoreError, WorkflowFailed
from recast.images.disk import replace_file
from recast.json_types import JsonDict, JsonObject
from recast.paths import places

__all__ = ["RunPoints", "Verdict", "keep_evidence", "read_evidence", "validate"]


def keep_evidence(version: PublishedVersion, items: Sequence[JsonObject], *, whole: bool = True) -> None:
    """Store the items of a validation (as `recast validate -o json` prints them) and the time, UTC.

    If it was not the `whole` validation, earlier outcomes of the other items are kept.
    """
    path = _path(version)
    if not whole:
        names = {item["name"] for item in items}
        known = (read_evidence(version) or {"items": []})["items"]
        items = [*(item for item in known if item["name"] not in names), *items]
    validated = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        why, step = problem.strerror or str(problem), "Free space or fix the permissions: export RECAST_HOME=DIR"
        raise StoreError("The validation cannot be stored", where=str(path), why=why, next_step=step) from problem
    replace_file(path, json.dumps({"validated": validated, "items": list(items)}, indent=1).encode() + b"\n")


def read_evidence(version: PublishedVersion) -> JsonDict | None:
    """Return `{"validated": ..., "items": [...]}` of the last validation here, or None if there is none."""
    try:
        found: JsonDict = json.loads(_path(version).read_bytes())
        return found
    except (OSError, ValueError):
        return None


def _path(version: PublishedVersion) -> Path:
    """Return the file for these bytes and the images built here from recipes, which are not part of the digest."""
    name = hex_of(version.digest)
    if version.recipes:
        built = sorted((image, version.pins.get(image, "")) for image in version.recipes)
        name += "-" + hashlib.sha256(json.dumps(built).encode()).hexdigest()[:16]
    return places().state_dir / "validation" / f"{name}.json"


RunPoints = Callable[[PublishedVersion, JsonObject], JsonObject]
"""Run a version with inputs and return the document of its results (`recast.results.document`)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one item: `passed`, `failed`, or `documented` (off, for a reason that the entry gives).

    `deviation` is |ours - published| over |published| for `relative`, without the division for `absolute`, and
    1 - ours for `agreement`, where ours is the fraction that agrees. It passes if it is at most the tolerance.
    """

    item: ValidationItem
    ours: float | None
    deviation: float | None
    verdict: str
    reason: str = ""

    def as_json(self, version: PublishedVersion) -> JsonDict:
        """Return the verdict as `recast validate -o json` prints it."""
        return {
            "analysis": version.analysis,
            "version": version.version,
            "digest": version.digest,
            "name": self.item.name,
            "kind": self.item.kind,
            "published": self.item.published,
            "ours": self.ours,
            "deviation": self.deviation,
            "tolerance": self.item.tolerance,
            "source": self.item.source,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def validate(version: PublishedVersion, run_points: RunPoints) -> Iterator[Verdict]:
    """Yield a verdict for each item, in the order of the entry; items with equal inputs share one run.

    If a run fails because of the workflow, its items fail with that reason; other errors are raised.
    """
    outcomes: dict[str, Sequence[JsonObject] | str] = {}
    for item in version.validation:
        key = json.dumps(item.inputs, sort_keys=True)
        if key not in outcomes:
            outcomes[key] = _run(version, item, run_points)
        outcome = outcomes[key]
        yield Verdict(item, None, None, "failed", outcome) if isinstance(outcome, str) else _judge(item, outcome)


def _run(version: PublishedVersion, item: ValidationItem, run_points: RunPoints) -> Sequence[JsonObject] | str:
    """Return the results of a run, or text about why there are none."""
    try:
        results: Sequence[JsonObject] = run_points(version, item.inputs)["results"]
        return results
    except (WorkflowFailed, ResultError) as problem:
        return f"{problem}: {problem.why}" if problem.why else str(problem)


def _judge(item: ValidationItem, results: Sequence[JsonObject]) -> Verdict:
    matching = [result for result in results if _matches(item, result)]
    if len(matching) != 1:
        why = f"{len(matching)} results {item.result!r} have the point {json.dumps(dict(item.point))}, not one"
        return Verdict(item, None, None, "failed", why)
    ours = _number(matching[0], item.quantity)
    if ours is None:
        return Verdict(item, None, None, "failed", f"the result has no number at {item.quantity}")
    deviation = _deviation(item, ours)
    if deviation <= item.tolerance:
        return Verdict(item, ours, deviation, "passed")
    return Verdict(item, ours, deviation, "documented" if item.documented else "failed", item.documented)


def _matches(item: ValidationItem, result: JsonObject) -> bool:
    point = result.get("point", {})
    return result["name"] == item.result and all(point.get(key) == value for key, value in item.point.items())


def _number(result: Any, pointer: str) -> float | None:
    """Return the number at a JSON pointer, or None."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(result, Mapping):
            result = result.get(key)
        elif isinstance(result, list) and key.isdecimal() and int(key) < len(result):
            result = result[int(key)]
        else:
            return None
    return float(result) if isinstance(result, (int, float)) and not isinstance(result, bool) else None


def _deviation(item: ValidationItem, ours: float) -> float:
    if item.kind == "agreement":
        return 1.0 - ours
    distance = abs(ours - item.published)
    return distance / abs(item.published) if item.kind == "relative" else distance
