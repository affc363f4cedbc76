"""Examine a version before it is published: all checks, each with its verdict; no index names it yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recast.catalogue.checkout import checkout
from recast.catalogue.entries.entry import load_entry
from recast.catalogue.entries.source import find_entry
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.bundle import examine_bundle, source_folder
from recast.catalogue.publishing.checks import (
    CHECKS,
    Check,
    Plan,
    check_lint,
    check_planned,
    check_present,
    check_validated,
    raise_for,
)
from recast.catalogue.publishing.publish import stage
from recast.catalogue.store import CatalogueStore
from recast.catalogue.version import PublishedVersion
from recast.errors import RecastError
from recast.images import ImageStore
from recast.json_types import JsonObject

__all__ = ["Examined", "examine"]


@dataclass(frozen=True, slots=True)
class Examined:
    """The outcome: the checks in order, and the version with its blobs in the store, if it could be created."""

    reference: str
    checks: list[Check]
    version: PublishedVersion | None
    validation: JsonObject | None = None

    @property
    def digest(self) -> str | None:
        """The digest of the version, if it could be created."""
        return self.version.digest if self.version is not None else None

    @property
    def staged(self) -> PublishedVersion:
        """The version; only if it passed."""
        assert self.version is not None, "call raise_for first"
        return self.version

    def raise_for(self) -> None:
        """Raise what stops publishing, if anything does."""
        raise_for(self.reference, self.checks)


def examine(
    source: str,
    number: str | None,
    published: Catalogue,
    store: CatalogueStore,
    image_store: Path,
    plan: Plan,
    reason: str,
    *,
    remote: bool,
    unbuilt: bool = False,
) -> Examined:
    """Check `source` (an entry's file or name, or `ANALYSIS@VERSION` of `published`) for publishing into `store`.

    Blobs and manifest are stored there, but no name refers to them yet. `remote` makes the last checks obligatory;
    `unbuilt` says that images with recipes need not have been built. Raises EntryError or NotFound only for an entry
    that cannot be read at all.
    """
    if "@" in source and not Path(source).is_file():
        version = _copied(published.get(source), store)
        checked = _Checked(remote)
        checked.run("spec", lambda: check_lint(checkout(version), version.workflow))
        return _finish(version.reference, checked, version, image_store, plan, reason)
    entry = load_entry(find_entry(source))
    item = entry.entry.version(number)
    reference = f"{entry.entry.analysis}@{item.version}"
    bundle, problems = examine_bundle(entry, item, unbuilt=unbuilt)
    checked = _Checked(remote, dict(problems))
    if not {"entry", "spec"} & problems.keys():
        checked.run("spec", lambda: check_lint(source_folder(entry, item), item.workflow))
    return _finish(reference, checked, stage(bundle, store) if bundle else None, image_store, plan, reason)


class _Checked:
    """The problems found so far, by check."""

    def __init__(self, remote: bool, problems: dict[str, RecastError] | None = None) -> None:
        self.remote = remote
        self.problems = problems or {}

    def run(self, name: str, check: Callable[[], Any]) -> Any:
        """Run a check; return its result, None if it found a problem."""
        try:
            return check()
        except RecastError as problem:
            self.problems[name] = problem
            return None


def _finish(
    reference: str,
    checked: _Checked,
    version: PublishedVersion | None,
    image_store: Path,
    plan: Plan,
    reason: str,
) -> Examined:
    """Run the checks that need the created version."""
    validation, skipped = None, set()
    if version is None:
        skipped = {"planned", "present", "validated"}
    else:
        checked.run("planned", lambda: check_planned(version, plan))
        checked.run("present", lambda: check_present(version, ImageStore(image_store)))
        validation = checked.run("validated", lambda: check_validated(version, reason))
    optional = set() if checked.remote else {"present", "validated"}
    checks = [Check(name, checked.problems.get(name), name not in optional, name in skipped) for name in CHECKS]
    return Examined(reference, checks, version, validation)


def _copied(version: PublishedVersion, store: CatalogueStore) -> PublishedVersion:
    """Return the version in `store`, with all its blobs there, checked."""
    if version.store.root == store.root:
        for path in version.files:
            version.read(path)
        return version
    from recast.catalogue.copy_tree import copy_tree

    copy_tree(version.store.layout, version.digest, store.layout)
    from recast.catalogue.load import load_version

    return replace(load_version(store, version.digest), pins=version.pins)
