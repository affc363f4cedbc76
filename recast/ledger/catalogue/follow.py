"""The index follows the catalogue: what was published, said or removed there is found here within a second or two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from recast.catalogue.local import Catalogue
from recast.catalogue.statements.card import Cards
from recast.errors import RecastError
from recast.ledger.catalogue.index import Index
from recast.ledger.catalogue.reading import changes_with, read_analysis, stamps_of
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord

__all__ = ["Follower", "Looked"]

_BATCH = 200
"""Analyses per transaction: many enough to be quick, few enough to let others write in between."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look has changed in the index."""

    indexed: int = 0
    removed: int = 0
    damaged: tuple[str, ...] = ()


class Follower:
    """Compares a catalogue with an index. One thread looks, as often as it likes: nothing is read if nothing changed.

    `warn` is called, before it is indexed, with each version that is no longer simply published; it may be called for
    the same version again. `say` gets a line about what is damaged.
    """

    def __init__(
        self,
        index: Index,
        catalogue: Catalogue,
        warn: Callable[[VersionRecord], None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._index, self._catalogue, self._warn, self._say = index, catalogue, warn, say
        self._seen: tuple[object, ...] | None = None

    def look(self) -> Looked:
        """Bring the index up to date; raise StoreError or LedgerUnavailable. What is damaged keeps its old record."""
        now = changes_with(self._catalogue)
        if now == self._seen:
            return Looked()
        numbers = self._catalogue.analyses()
        stamps, known = stamps_of(self._catalogue, numbers), self._index.stamps()
        changed = [it for it in numbers if numbers[it] and stamps[it] != known.get(it)]
        gone = sorted(it for it in known if not numbers.get(it))
        damaged: list[str] = []
        for start in range(0, len(changed), _BATCH):
            self._put(list(self._read(changed[start : start + _BATCH], numbers, stamps, damaged)))
        self._index.remove(gone)
        self._seen = now
        return Looked(len(changed) - len(damaged), len(gone), tuple(damaged))

    def _read(
        self, analyses: Sequence[str], numbers: dict[str, list[str]], stamps: dict[str, str], damaged: list[str]
    ) -> Iterator[AnalysisRecord]:
        cards = Cards(self._catalogue)
        for analysis in analyses:
            try:
                yield read_analysis(self._catalogue, cards, analysis, numbers[analysis], stamps[analysis])
            except RecastError as problem:
                damaged.append(analysis)
                self._say(f"{analysis} cannot be read and is not indexed: {problem}")

    def _put(self, records: list[AnalysisRecord]) -> None:
        for record in records:
            for version in record.versions:
                if version.status != "published":
                    self._warn(version)
        self._index.put(records)
