"""A version by the name that a person types, ready to be looked at or to be run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recast.catalogue.local import Catalogue
from recast.catalogue.standing import Standing, check_standing
from recast.catalogue.version import PublishedVersion

__all__ = ["Found", "find_version"]


@dataclass(frozen=True, slots=True)
class Found:
    """A version, how it stands, and what must be said about how it came here."""

    version: PublishedVersion
    standing: Standing
    warnings: tuple[str, ...] = ()

    def to_run(self, *, allow_withdrawn: bool = False) -> list[str]:
        """Return all that must be said before it runs; raise PermissionDenied if it must not run."""
        told = check_standing(self.version.reference, self.standing, allow_withdrawn=allow_withdrawn)
        return [*self.warnings, *told]


def find_version(name: str, catalogue: Catalogue | None = None) -> Found:
    """Return `ANALYSIS[@VERSION]` of the local catalogue, or `oci://HOST/REPOSITORY[:VERSION|@sha256:...]`.

    What is in a registry comes into the local catalogue first. Raises NotFound and what `fetch_version` raises.
    """
    local = catalogue or Catalogue()
    if not name.startswith("oci://"):
        version = local.get(name)
        return Found(version, local.standing(version), tuple(_other_than_along(version, local)))
    from recast.catalogue.remote_fetch import fetch_version

    fetched = fetch_version(name, local)
    return Found(fetched.version, local.standing(fetched.version), fetched.warnings)


def _other_than_along(version: PublishedVersion, local: Catalogue) -> Iterator[str]:
    """Say that what is published here is not what came along under its number: in a checkout, entries are edited."""
    along = local.comes_along(version.analysis, version.version)
    if along not in (None, version.digest):
        yield (
            f"{version.reference} is what was published here ({version.digest[:19]}); what comes along with this "
            f"program under that number is another one ({along[:19]}), to be had by: "
            f"recast catalogue rm {version.reference}"
        )
