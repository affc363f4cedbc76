"""The index follows the catalogue: what was published, said or removed there is found here within a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from recast.catalogue.local import Catalogue
from recast.catalogue.statements.card import Cards
from recast.errors import LedgerUnavailable, in_words
from recast.ledger.catalogue.index import Index
from recast.ledger.catalogue.reading import changes_with, damaged_analysis, read_analysis, stamps_of
from recast.ledger.catalogue.records import DAMAGED, AnalysisRecord, VersionRecord

__all__ = ["Follower", "Looked"]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 3600.0
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
    the same version again. `say` gets a line about what is damaged: it is read again after a while, the longer the more
    often it was damaged.
    """

    def __init__(
        self,
        index: Index,
        catalogue: Catalogue,
        warn: Callable[[VersionRecord], None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index, self._catalogue, self._warn, self._say = index, catalogue, warn, say
        self._steady = steady
        self._seen: tuple[object, ...] | None = None
        self._again_at, self._pause_s = inf, _FIRST_PAUSE_S

    def look(self) -> Looked:
        """Bring the index up to date; raise StoreError or LedgerUnavailable.

        Of what is damaged its record says so; an analysis of which nothing can be read any more keeps its old one.
        """
        now = changes_with(self._catalogue)
        if now == self._seen and self._steady() < self._again_at:
            return Looked()
        numbers = self._catalogue.analyses()
        stamps, known = stamps_of(self._catalogue, numbers), self._index.stamps()
        changed = [it for it in numbers if numbers[it] and stamps[it] != known.get(it)]
        gone = sorted(it for it in known if not numbers.get(it))
        damaged: list[str] = []
        for start in range(0, len(changed), _BATCH):
            some = changed[start : start + _BATCH]
            self._put(list(self._read(some, numbers, stamps, damaged, known.keys())), damaged)
        self._index.remove(gone)
        self._look_again(now, damaged)
        return Looked(len(changed) - len(damaged), len(gone), tuple(damaged))

    def _look_again(self, now: tuple[object, ...], damaged: Sequence[str]) -> None:
        """Remember what was seen; what could not be read then may be readable in a while, though nothing changes."""
        if not damaged or now != self._seen:
            self._pause_s = _FIRST_PAUSE_S
        self._again_at = self._steady() + self._pause_s if damaged else inf
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._seen = now

    def _read(
        self,
        analyses: Sequence[str],
        numbers: dict[str, list[str]],
        stamps: dict[str, str],
        damaged: list[str],
        known: Collection[str],
    ) -> Iterator[AnalysisRecord]:
        cards = Cards(self._catalogue)
        for analysis in analyses:
            try:
                record = read_analysis(self._catalogue, cards, analysis, numbers[analysis], stamps[analysis])
                for it in record.versions:
                    if it.status == DAMAGED:
                        self._note_damage(analysis, it.reason, damaged)
                yield record
            except Exception as problem:  # of this one alone
                self._note_damage(analysis, str(in_words(problem)), damaged)
                if analysis not in known:
                    why = in_words(problem).what
                    yield damaged_analysis(self._catalogue, analysis, numbers[analysis], why)

    def _put(self, records: list[AnalysisRecord], damaged: list[str]) -> None:
        """Index records, all at once if possible; otherwise one by one, so that a bad one keeps no other out."""
        told = [record for record in records if self._is_told(record, damaged)]
        try:
            self._index.put(told)
        except LedgerUnavailable:
            raise
        except Exception:
            for record in told:
                try:
                    self._index.put([record])
                except LedgerUnavailable:
                    raise
                except Exception as problem:
                    self._note_damage(record.analysis, str(in_words(problem)), damaged)

    def _is_told(self, record: AnalysisRecord, damaged: list[str]) -> bool:
        """Tell of versions that are no longer simply published; return False if that has failed: then it is not indexed
        either, and told again.
        """
        try:
            for version in record.versions:
                if version.status not in ("published", DAMAGED):
                    self._warn(version)
        except LedgerUnavailable:
            raise
        except Exception as problem:
            self._note_damage(record.analysis, str(in_words(problem)), damaged)
            return False
        return True

    def _note_damage(self, analysis: str, why: str, damaged: list[str]) -> None:
        if analysis not in damaged:
            damaged.append(analysis)
            self._say(f"{analysis} cannot be read, or not all of it: {why}")
