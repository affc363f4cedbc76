"""The local catalogue: the versions that are published here, listed and by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from recast.catalogue.entries.source import FOLDER
from recast.catalogue.load import read_version
from recast.catalogue.semver import Semver
from recast.catalogue.shipped import Shipped, shipped
from recast.catalogue.statements.statements import Statements
from recast.catalogue.statements.status import VersionStatus, standing_of
from recast.catalogue.store import CatalogueStore, edited
from recast.catalogue.version import PublishedVersion
from recast.errors import NotFound, RecastError, StoreError
from recast.paths import places
from recast.signing import Signers
from recast.suggest import listed

__all__ = ["Catalogue"]


class Catalogue:
    """Published versions in a catalogue store (default: the one of this installation).

    The default catalogue also contains the searches shipped with this program; what is in the store takes precedence.
    Shipped versions are copied into the store when they are prepared (`recast.catalogue.ready`).
    """

    def __init__(self, root: Path | None = None) -> None:
        self._places = places() if root is None else None
        self.no_room: StoreError | None = None
        self.store = CatalogueStore(self._places.catalogue_store if self._places is not None else Path(root or ""))

    @cached_property
    def shipped(self) -> Shipped | None:
        """The versions shipped with this program; None if there are none, or for another catalogue.

        If they cannot be unpacked, the store can still be used, and `no_room` says why.
        """
        try:
            return shipped(self._places) if self._places is not None else None
        except StoreError as problem:
            self.no_room = problem
            return None

    @cached_property
    def _along(self) -> Mapping[tuple[str, str], str]:
        return self.shipped.store.index() if self.shipped is not None else {}

    def comes_along(self, analysis: str, number: str) -> str | None:
        """Return the digest of a version that is shipped with this program, None if it is not."""
        return self._along.get((analysis, number))

    def analyses(self) -> dict[str, list[str]]:
        """Return the versions of each analysis, oldest first; an analysis whose index entries were removed has none."""
        found: dict[str, set[str]] = {analysis: set() for analysis in self.store.lost()}
        for analysis, version in [*self.store.index(), *self._along]:
            found.setdefault(analysis, set()).add(version)
        return {name: sorted(found[name], key=Semver.parse) for name in sorted(found)}

    def references(self) -> list[str]:
        """Return `analysis@version` of all versions in the store."""
        return [f"{analysis}@{version}" for analysis, version in self.store.index()]

    def versions(self, analysis: str) -> list[str]:
        """Return the versions of one analysis, oldest first; raise NotFound, StoreError if the index was edited."""
        known = self.analyses()
        if lost := self.store.lost().get(analysis):
            raise edited(self.store.root, "\n".join(f"No number of {analysis} refers to {it} any more." for it in lost))
        if analysis not in known:
            raise self._unknown(analysis, known)
        return known[analysis]

    def _unknown(self, analysis: str, known: Iterable[str]) -> RecastError:
        """Return the error for an unknown name."""
        from recast.catalogue.spelling import meant
        from recast.catalogue.unarchived import known_searches, known_texts

        if self.no_room is not None:
            return self.no_room
        if self.shipped is not None and (problem := self.shipped.problems().get(analysis)) is not None:
            return problem
        if (item := known_searches().get(analysis)) is not None:
            return item.cannot_run()
        if (entry := Path(FOLDER, f"{analysis}.yml")).is_file():
            return NotFound(
                f"{analysis} is not published here",
                where=str(self.store.root),
                why=f"Its entry is {entry}.",
                next_step=f"recast run {entry} ...   (as it is written now), or first: recast publish {entry}",
            )
        guesses = meant(analysis, {**known_texts(), **{name: self._words(name) for name in known}})
        return NotFound(
            f"No analysis {analysis!r} is published here",
            where=str(self.store.root),
            why=f"Did you mean {' or '.join(guesses)}?"
            if guesses
            else f"Published here: {listed(analysis, known, none='nothing yet')}",
            next_step=f"recast catalogue show {guesses[0]}"
            if guesses
            else ("recast catalogue ls" if known else "recast publish catalogue/ANALYSIS.yml"),
        )

    def get(self, reference: str) -> PublishedVersion:
        """Return `analysis@version`, or the newest version of `analysis` (a pre-release only if there is no other).

        Without a number, versions that nobody here vouches for are used only if there are no others, and those from a
        registry last: anybody can publish under any name and number.
        """
        analysis, _, version = reference.partition("@")
        known = self.versions(analysis)
        if not version:
            vouched = [number for number in known if self._is_vouched(analysis, number)] if len(known) > 1 else []
            vouched = sorted({*vouched, *(number for number in known if self.comes_along(analysis, number))})
            own = vouched or [number for number in known if not self._is_fetched(analysis, number)]
            version = max(own or known, key=lambda text: (Semver.parse(text).stable, Semver.parse(text)))
        if version not in known:
            raise NotFound(
                f"{analysis} has no version {version}",
                where=str(self.store.root),
                why=f"Published here: {', '.join(known)}",
                next_step=f"recast run {analysis}@{known[-1]}",
            )
        return self.read(analysis, version)

    def read(self, analysis: str, version: str) -> PublishedVersion:
        """Read a version that `analyses` lists; raise StoreError.

        An untrusted one with the number of a shipped version is ignored in favour of that.
        """
        here, along = self.store.index().get((analysis, version)), self.comes_along(analysis, version)
        if along is None or (here is not None and (here == along or self._is_vouched(analysis, version))):
            return read_version(self.store, self.store.index()[analysis, version], analysis, version)
        assert self.shipped is not None
        return read_version(self.shipped.store, along, analysis, version)

    def _words(self, analysis: str) -> str:
        """Return text that identifies an analysis besides its name; empty for a damaged one."""
        try:
            references = self.get(analysis).metadata["references"]
        except RecastError:
            return ""
        return " ".join(str(value) for value in references.values() if value)

    def forget(self, reference: str) -> str:
        """Remove `analysis@version` and the statements about it from the index, and return its digest.

        Damaged versions can be removed, too. The blobs are kept, since existing runs refer to them. Raises NotFound.
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
                    why=f"Published here: {listed(reference, there, none='nothing yet')}",
                    next_step="recast catalogue ls   (and give ANALYSIS@VERSION)",
                )
            self.store.forget(analysis, digest)
        return digest

    def _is_vouched(self, analysis: str, number: str) -> bool:
        """Return whether an accepted signer or this catalogue's user published a version; False for a damaged one."""
        if (analysis, number) not in self.store.index():
            return False
        try:
            version = read_version(self.store, self.store.index()[analysis, number], analysis, number)
            return self.standing(version).vouched
        except StoreError:
            return False

    def _is_fetched(self, analysis: str, number: str) -> bool:
        """Return whether a version is known here by its name in a registry (`host/repository:number`)."""
        names = self.store.names()
        digest = names.get(f"{analysis}:{number}")
        return any(other == digest and "/" in name for name, other in names.items())

    @property
    def signers(self) -> Signers:
        """The accepted signers: `allowed_signers` next to the index."""
        return Signers(self.store.root / "allowed_signers")

    def book(self, version: PublishedVersion) -> Statements:
        """Return the statements about a version."""
        return Statements(self.store, version)

    def standing(self, version: PublishedVersion) -> VersionStatus:
        """Return the status of a version: its state and its signature."""
        return standing_of(self.book(version).entries(), self.signers)
