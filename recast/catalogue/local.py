"""The local catalogue: which versions are published here, and one of them by name."""

from __future__ import annotations

from pathlib import Path

from recast.catalogue.layout import CatalogueStore
from recast.catalogue.semver import Semver
from recast.catalogue.version import PublishedVersion, read_version
from recast.catalogue.words import closest
from recast.errors import NotFound
from recast.places import places

__all__ = ["Catalogue"]


class Catalogue:
    """Published versions in a catalogue store (default: the one of this installation)."""

    def __init__(self, root: Path | None = None) -> None:
        self.store = CatalogueStore(places().catalogue_store if root is None else root)

    def analyses(self) -> dict[str, list[str]]:
        """Return the versions of each analysis, oldest first."""
        found: dict[str, list[str]] = {}
        for analysis, version in self.store.index():
            found.setdefault(analysis, []).append(version)
        return {name: sorted(found[name], key=Semver.parse) for name in sorted(found)}

    def versions(self, analysis: str) -> list[str]:
        """Return the versions of one analysis, oldest first; raise NotFound."""
        known = self.analyses()
        if analysis not in known:
            raise NotFound(
                f"No analysis {analysis!r} is published here",
                where=str(self.store.root),
                why=f"Published here: {', '.join(closest(analysis, known)) or 'nothing yet'}",
                next_step="recast catalogue ls" if known else "recast publish catalogue/ANALYSIS.yml",
            )
        return known[analysis]

    def get(self, reference: str) -> PublishedVersion:
        """Return `analysis@version`, or the newest version of `analysis` (a pre-release only if there is no other)."""
        analysis, _, version = reference.partition("@")
        known = self.versions(analysis)
        if not version:
            version = max(known, key=lambda text: (Semver.parse(text).stable, Semver.parse(text)))
        if version not in known:
            raise NotFound(
                f"{analysis} has no version {version}",
                where=str(self.store.root),
                why=f"Published here: {', '.join(known)}",
                next_step=f"recast run {analysis}@{known[-1]}",
            )
        return read_version(self.store, self.store.index()[analysis, version], analysis, version)
