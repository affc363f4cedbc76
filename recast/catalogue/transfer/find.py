"""Find a version by the name that a user types, to show it or to run it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from recast.catalogue.entries.written import looks_written, refuse_file, written_entry
from recast.catalogue.local import Catalogue
from recast.catalogue.ready import with_known_builds
from recast.catalogue.statements.status import VersionStatus, check_standing
from recast.catalogue.version import PublishedVersion
from recast.errors import EntryError
from recast.images import ImageStore
from recast.paths import places
from recast.signing import Signature

__all__ = ["Found", "find_published", "find_version"]


@dataclass(frozen=True, slots=True)
class Found:
    """A version, its status, and the warnings about how it was found."""

    version: PublishedVersion
    standing: VersionStatus
    warnings: tuple[str, ...] = ()
    written: Path | None = None
    """The entry's file, if the version is not published."""
    along: bool = False
    """Whether it is byte-identical to a version shipped with this program, and so as trusted as the program."""

    def to_run(self, *, allow_withdrawn: bool = False) -> list[str]:
        """Return the warnings to show before it runs; raise PermissionDenied if it must not run.

        An unpublished version is the user's own text, as any workflow file is.
        """
        if self.written is not None:
            return list(self.warnings)
        standing = self.standing
        own = self.along and (
            standing.vouched or standing.statement is None
        )  # there are no untrusted statements, also not about its images
        told = check_standing(
            self.version.reference, standing, allow_withdrawn=allow_withdrawn, needs_signature=not own
        )
        return [*self.warnings, *told]


def find_version(name: str, catalogue: Catalogue | None = None) -> Found:
    """Return `ANALYSIS[@VERSION]` of the local catalogue, or `oci://HOST/REPOSITORY[:VERSION|@sha256:...]`.

    `ENTRY.yml[@VERSION]` is the version that publishing this entry would create now. A version in a registry is fetched
    into the local catalogue first. Raises NotFound and what `fetch_version` raises.
    """
    local = catalogue or Catalogue()
    if (entry := written_entry(name)) is not None:
        return _written(entry, local)
    if looks_written(name) and not name.startswith("oci://"):
        refuse_file(name)
    if not name.startswith("oci://"):
        version = local.get(name)
        along = local.comes_along(version.analysis, version.version)
        return Found(
            version, local.standing(version), tuple(_other_than_along(version, along)), along=along == version.digest
        )
    from recast.catalogue.transfer.fetch import fetch_version

    fetched = fetch_version(name, local)
    return Found(fetched.version, local.standing(fetched.version), fetched.warnings)


def find_published(name: str, catalogue: Catalogue | None = None) -> Found:
    """Return what `find_version` does; raise EntryError for an entry that is not published.

    What is signed, withdrawn or archived reaches others under its number, which must never refer to other bytes.
    """
    found = find_version(name, catalogue)
    if found.written is not None:
        raise EntryError(
            f"{found.version.reference} is not published",
            where=str(found.written),
            why="Its number may refer to other bytes tomorrow; statements and archives are permanent.",
            next_step=f"recast publish {shlex.quote(str(found.written))}, then repeat the command with "
            f"{found.version.reference}",
            code="version.not-published",
        )
    return found


def _other_than_along(version: PublishedVersion, along: str | None) -> Iterator[str]:
    """Yield a warning if the version published here differs from the shipped one with its number (edited in a
    checkout).
    """
    if along not in (None, version.digest):
        yield (
            f"{version.reference} is what was published here ({version.digest[:19]}); what comes along with this "
            f"program under that number is another one ({along[:19]}), to be had by: "
            f"recast catalogue rm {version.reference}"
        )


def _written(entry: tuple[Path, str | None], local: Catalogue) -> Found:
    from recast.catalogue.entries.draft import draft

    path, number = entry
    version = with_known_builds(draft(path, local.store, number), ImageStore(places().image_store))
    version = replace(version, named=shlex.quote(f"{path}@{number}" if number else str(path)))
    told = f"{version.reference} is not published: it is what its entry {path.name} says when the run is made"
    return Found(version, VersionStatus(None, Signature("unsigned"), draft=True), (told,), path)
