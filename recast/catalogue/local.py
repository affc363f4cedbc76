"""The local catalogue: which versions are published here, and one of them by name."""

from __future__ import annotations

from pathlib import Path

from recast.catalogue.book import Book
from recast.catalogue.layout import CatalogueStore, edited
from recast.catalogue.semver import Semver
from recast.catalogue.standing import Standing, standing_of
from recast.catalogue.version import PublishedVersion, read_version
from recast.catalogue.words import closest
from recast.errors import NotFound, StoreError
from recast.places import places
from recast.signing import Signers

__all__ = ["Catalogue"]


class Catalogue:
    """Published versions in a catalogue store (default: the one of this installation)."""

    def __init__(self, root: Path | None = None) -> None:
        self.store = CatalogueStore(places().catalogue_store if root is None else root)

    def analyses(self) -> dict[str, list[str]]:
        """Return the versions of each analysis, oldest first; none of one that somebody took out of the index."""
        found: dict[str, list[str]] = {analysis: [] for analysis in self.store.lost()}
        for analysis, version in self.store.index():
            found.setdefault(analysis, []).append(version)
        return {name: sorted(found[name], key=Semver.parse) for name in sorted(found)}

    def versions(self, analysis: str) -> list[str]:
        """Return the versions of one analysis, oldest first; raise NotFound, StoreError if the index was edited."""
        known = self.analyses()
        if lost := self.store.lost().get(analysis):
            raise edited(self.store.root, "\n".join(f"No number of {analysis} means {it} any more." for it in lost))
        if analysis not in known:
            from recast.catalogue.known import known_searches

            if (item := known_searches().get(analysis)) is not None:
                raise item.cannot_run()
            raise NotFound(
                f"No analysis {analysis!r} is published here",
                where=str(self.store.root),
                why=f"Published here: {', '.join(closest(analysis, known)) or 'nothing yet'}",
                next_step="recast catalogue ls" if known else "recast publish catalogue/ANALYSIS.yml",
            )
        return known[analysis]

    def get(self, reference: str) -> PublishedVersion:
        """Return `analysis@version`, or the newest version of `analysis` (a pre-release only if there is no other).

        Without a number, versions that nobody here vouches for count if there are no others, and those that came from a
        registry least: a stranger may give what is his any name and number.
        """
        analysis, _, version = reference.partition("@")
        known = self.versions(analysis)
        if not version:
            vouched = [number for number in known if self._is_vouched(analysis, number)] if len(known) > 1 else []
            own = vouched or [number for number in known if not self._is_fetched(analysis, number)]
            version = max(own or known, key=lambda text: (Semver.parse(text).stable, Semver.parse(text)))
        if version not in known:
            raise NotFound(
                f"{analysis} has no version {version}",
                where=str(self.store.root),
                why=f"Published here: {', '.join(known)}",
                next_step=f"recast run {analysis}@{known[-1]}",
            )
        return read_version(self.store, self.store.index()[analysis, version], analysis, version)

    def forget(self, reference: str) -> str:
        """Let `analysis@version` mean nothing here any more, nor what was said of it; return the digest that it had.

        Also of one that is damaged. The blobs stay: runs that were made of it tell what they are about. Raises
        NotFound.
        """
        analysis, _, number = reference.partition("@")
        with self.store.publishing():
            known = self.store.index()
            digest = known.get((analysis, number))
            if digest is None:
                there = [f"{name}@{it}" for name, it in known]
                raise NotFound(
                    f"{reference} is not published here",
                    where=str(self.store.root),
                    why=f"Published here: {', '.join(closest(reference, there)) or 'nothing yet'}",
                    next_step="recast catalogue ls   (and give ANALYSIS@VERSION)",
                )
            self.store.forget(analysis, digest)
        return digest

    def _is_vouched(self, analysis: str, number: str) -> bool:
        """Say whether an accepted signer or the user of this catalogue published a version; not of a damaged one."""
        try:
            version = read_version(self.store, self.store.index()[analysis, number], analysis, number)
            return self.standing(version).vouched
        except StoreError:
            return False

    def _is_fetched(self, analysis: str, number: str) -> bool:
        """Say whether a version is known here by its name in a registry (`host/repository:number`)."""
        names = self.store.names()
        digest = names.get(f"{analysis}:{number}")
        return any(other == digest and "/" in name for name, other in names.items())

    @property
    def signers(self) -> Signers:
        """The accepted signers: `allowed_signers` beside the index."""
        return Signers(self.store.root / "allowed_signers")

    def book(self, version: PublishedVersion) -> Book:
        """Return what was said of a version."""
        return Book(self.store, version)

    def standing(self, version: PublishedVersion) -> Standing:
        """Return how a version stands: its state and its signature."""
        return standing_of(self.book(version).entries(), self.signers)
