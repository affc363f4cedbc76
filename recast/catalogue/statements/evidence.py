"""The last validation of each version, kept by digest: what `recast validate` found here, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recast.catalogue.version import PublishedVersion
from recast.errors import StoreError
from recast.images.disk import replace_file
from recast.paths import places

__all__ = ["keep_evidence", "read_evidence"]


def keep_evidence(version: PublishedVersion, items: Sequence[Mapping[str, Any]], *, whole: bool = True) -> None:
    """Write down the items of a validation (as `recast validate -o json` prints them) and the time, UTC.

    If it was not the `whole` validation, what is known of the other items stays.
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
        why, step = problem.strerror or str(problem), "Free space or mend the permissions: export RECAST_HOME=DIR"
        raise StoreError("The validation cannot be kept", where=str(path), why=why, next_step=step) from problem
    replace_file(path, json.dumps({"validated": validated, "items": list(items)}, indent=1).encode() + b"\n")


def read_evidence(version: PublishedVersion) -> dict[str, Any] | None:
    """Return `{"validated": ..., "items": [...]}` of the last validation here, or None if there is none."""
    try:
        found: dict[str, Any] = json.loads(_path(version).read_bytes())
        return found
    except (OSError, ValueError):
        return None


def _path(version: PublishedVersion) -> Path:
    """Return the file for these bytes; with the images that recipes became here, since these are not in the digest."""
    name = version.digest.removeprefix("sha256:")
    if version.recipes:
        built = sorted((image, version.pins.get(image, "")) for image in version.recipes)
        name += "-" + hashlib.sha256(json.dumps(built).encode()).hexdigest()[:16]
    return places().state_dir / "validation" / f"{name}.json"
