"""The index of the catalogue: records in, searches with facets out."""

from __future__ import annotations

import json
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, Select, select

from recast.desk.caveat import caveat_of
from recast.desk.facts import Facts
from recast.errors import InputError, NotFound
from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.catalogue.found import Found
from recast.ledger.catalogue.known import KnownWords
from recast.ledger.catalogue.recency import Recency
from recast.ledger.catalogue.records import FACETS, AnalysisRecord
from recast.ledger.catalogue.rows import GENERATION, put_records, remove_records
from recast.ledger.catalogue.shelf import Shelf, first_of
from recast.ledger.catalogue.tolerance import tolerated
from recast.ledger.catalogue.words import words_of
from recast.ledger.database import Database
from recast.ledger.people.tables import CONTACTS
from recast.search import Known, Question, Wanted, read_question

__all__ = ["Found", "Index"]

MOST_ITEMS = 200
_MOST_VALUES = 50
_RELOAD_S = 1.0
_FIRST_LOOK_S = 5.0
_REMEMBERED = 2000
_UNKNOWN = Facts(has_contact=False)
_analyses, _versions, _marks = tables.analyses, tables.versions, tables.marks


class Index:
    """The index in a ledger. Threads share it.

    `complete` is cleared by a service that starts, until it has looked through the catalogue once: what is not found
    until then is looked for again.
    """

    def __init__(self, database: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._database, self._now = database, now
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._recency = Recency()
        self._loaded = 0.0
        self._matches: OrderedDict[tuple[str, tuple[Wanted, ...]], int] = OrderedDict()
        self._words = KnownWords(database, now)
        self.complete = threading.Event()
        self.complete.set()

    # searching -----------------------------------------------------------------------------------------------------

    def search(
        self, words: str = "", facets: Mapping[str, Sequence[str]] | None = None, cursor: str = "", limit: int = 25
    ) -> Found:
        """Return the analyses that match, those with all words in name, title or numbers first, then by name.

        `words` are a question (`recast.search.question`): words come in any order, and their last letters may be
        missing; what finds nothing because of its spelling is corrected. Several values of a facet mean any of them.
        Raises InputError for an unknown facet or a bad cursor.
        """
        facets = facets or {}
        if unknown := sorted(set(facets) - set(FACETS)):
            raise InputError(f"There is no facet {unknown[0]:.40}", why=f"There are: {', '.join(FACETS)}.")
        question = read_question(words)
        found = self._search(question, facets, cursor, limit)
        if not found.total and self._was_begun():
            found = self._search(question, facets, cursor, limit)
        return tolerated(question, found, lambda it: self._search(it, facets, cursor, limit), self._known)

    def _search(self, question: Question, facets: Mapping[str, Sequence[str]], cursor: str, limit: int) -> Found:
        # The generation is asked first: whatever is read after it is as new, or newer, and read again at the next one.
        with self._database.glancing() as connection:
            shelf = self._current(connection)
            matching, best = self._matching(connection, shelf, question)
            matching &= shelf.with_values(facets)
            first, rest = matching & best, matching & ~best
            places, following = _page(shelf, first, rest, cursor, max(1, min(limit, MOST_ITEMS)))
            items = _items(connection, [shelf.numbers[at] for at in places])
        return Found(items, following, matching.bit_count(), shelf.counts(matching, _MOST_VALUES))

    def newest(
        self, words: str = "", facets: Mapping[str, Sequence[str]] | None = None, limit: int = 50
    ) -> tuple[JsonDict, ...]:
        """Return those of the analyses that match (see `search`) which have changed last, the newest first."""
        with self._database.reading() as connection:
            shelf = self._current(connection)
            matching, _ = self._matching(connection, shelf, read_question(words))
            matching &= shelf.with_values(facets or {})
            order = self._recency.order(connection, shelf)
            places = list(islice((at for at in order if matching >> at & 1), max(1, min(limit, MOST_ITEMS))))
            found = _items(connection, [shelf.numbers[at] for at in places])
        # What is read now may be newer than the order, which is as old as the shelf.
        return tuple(sorted(found, key=lambda it: it.get("changed", ""), reverse=True))

    def lines(self) -> list[JsonDict]:
        """Return the line of every analysis, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(_analyses.c.analysis, _analyses.c.item)).all()
        return [json.loads(row.item) for row in sorted(rows, key=lambda it: it.analysis)]

    def words(self) -> tuple[Shelf, list[tuple[list[str], list[str]]]]:
        """Return the shelf, and at each position of it the words of name and title, and all words, of an analysis: what
        a search elsewhere needs to find the same.
        """
        with self._database.reading() as connection:
            shelf = self._current(connection)
            found: list[tuple[list[str], list[str]]] = [([], []) for _ in shelf.names]
            for number, names, words in words_of(connection).all(connection):
                if (at := shelf.positions.get(number)) is not None:
                    found[at] = (names, words)
        return shelf, found

    def generation(self) -> str:
        """Return a mark that changes whenever the index does."""
        with self._database.reading() as connection:
            return _generation(connection)

    def record(self, analysis: str) -> JsonDict:
        """Return the record of an analysis; raise NotFound."""
        return _record(self._body(select(_analyses.c.body).where(_analyses.c.analysis == analysis)), analysis)

    def version(self, analysis: str, version: str) -> JsonDict:
        """Return the record of a version; raise NotFound."""
        where = (_versions.c.analysis == analysis, _versions.c.version == version)
        return _record(self._body(select(_versions.c.body).where(*where)), f"{analysis}@{version}")

    def records(self, analyses: Sequence[str]) -> dict[tuple[str, ...], JsonDict]:
        """Return the records of some analyses, hundreds at most, by their names, and those of all their versions, by
        name and number; what is not there is left out.
        """
        query = select(_analyses.c.analysis, _analyses.c.body).where(_analyses.c.analysis.in_(analyses))
        more = select(_versions.c.analysis, _versions.c.version, _versions.c.body)
        with self._database.reading() as connection:
            rows = [*connection.execute(query), *connection.execute(more.where(_versions.c.analysis.in_(analyses)))]
        return {tuple(names): json.loads(body) for *names, body in rows}

    def present(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of some names, hundreds at most, that are analyses in the index now."""
        query = select(_analyses.c.analysis).where(_analyses.c.analysis.in_(sorted(names)))
        with self._database.reading() as connection:
            return frozenset(connection.scalars(query))

    def _body(self, query: Select[str]) -> str | None:
        with self._database.glancing() as connection:
            body = connection.scalar(query)
        return self._body(query) if body is None and self._was_begun() else body

    def _was_begun(self) -> bool:
        """Return whether the first look at the catalogue was going on, and has ended now: then it may be there."""
        if self.complete.is_set() or not self.complete.wait(_FIRST_LOOK_S):
            return False
        with self._lock:
            self._shelf = None
        return True

    def facts(self, analysis: str, version: str = "") -> Facts:
        """Return what the index knows of an analysis, for a decision about a request; raise NotFound."""
        record = self.record(analysis)
        chosen = self.version(analysis, version) if version else record
        collaboration, card = str(record.get("collaboration") or "").casefold()[:200], record["card"]
        # A name on a card is nobody's account: whoever it is hears of no request.
        return Facts(
            version=chosen["version"],
            digest=chosen["digest"],
            collaboration=collaboration,
            policy=_policy(card),
            has_contact=self._has_contact(analysis),
            caveat=caveat_of(f"{analysis}@{chosen['version']}", chosen["status"], chosen["reason"]),
        )

    def facts_if_known(self, analysis: str, version: str = "") -> Facts:
        """Return what the index knows of an analysis; nothing of one, or a version, that it does not have."""
        try:
            return self.facts(analysis, version) if analysis else _UNKNOWN
        except NotFound:
            return _UNKNOWN

    def policy(self, analysis: str) -> str:
        """Return the policy for requests of an analysis' card, the default for one that nobody has archived."""
        item = self._body(select(_analyses.c.item).where(_analyses.c.analysis == analysis)) if analysis else None
        return _UNKNOWN.policy if item is None else _policy(json.loads(item))

    def _has_contact(self, analysis: str) -> bool:
        """Return whether a user of the service is a contact of an analysis."""
        with self._database.glancing() as connection:
            query = select(CONTACTS.c.user).where(CONTACTS.c.analysis == analysis).limit(1)
            return connection.scalar(query) is not None

    def _matching(self, connection: Connection, shelf: Shelf, question: Question) -> tuple[int, int]:
        """Return the bits of all analyses with the words, and of those that have them in name, title or numbers."""
        if not (wanted := question.wanted()):
            return shelf.everything, 0
        anywhere = self._remembered(connection, shelf, wanted)
        best = question.in_names()
        return anywhere, self._remembered(connection, shelf, best) if best and anywhere else 0

    def _remembered(self, connection: Connection, shelf: Shelf, wanted: tuple[Wanted, ...]) -> int:
        """Return the bits of a query, which many ask again, until the index changes."""
        key = (shelf.generation, wanted)
        with self._lock:
            if (known := self._matches.get(key)) is not None:
                self._matches.move_to_end(key)
                return known
        bits = shelf.bits(words_of(connection).matching(connection, wanted))
        with self._lock:
            self._matches[key] = bits
            while len(self._matches) > _REMEMBERED:
                self._matches.popitem(last=False)
        return bits

    def _known(self) -> Known:
        """Return the words of the index that was searched last."""
        with self._lock:
            generation = self._shelf.generation if self._shelf is not None else ""
        return self._words.at(generation)

    def _current(self, connection: Connection) -> Shelf:
        """Return the shelf of the index as it is; while it changes all the time, one that is a second old."""
        generation = _generation(connection)
        with self._lock:
            shelf, age = self._shelf, self._now() - self._loaded
            if shelf is not None and (shelf.generation == generation or age < _RELOAD_S):
                return shelf
            # Sorted here, for databases have orders of their own.
            rows = connection.execute(select(_analyses.c.number, _analyses.c.analysis, _analyses.c.facets))
            parsed = sorted(((row.number, row.analysis, json.loads(row.facets)) for row in rows), key=lambda it: it[1])
            self._shelf, self._loaded = Shelf.of(generation, parsed), self._now()
            return self._shelf

    # keeping -------------------------------------------------------------------------------------------------------

    def stamps(self) -> dict[str, str]:
        """Return the stamp of each analysis that is indexed."""
        with self._database.glancing() as connection:
            return {
                row.analysis: row.stamp for row in connection.execute(select(_analyses.c.analysis, _analyses.c.stamp))
            }

    def put(self, records: Sequence[AnalysisRecord]) -> None:
        """Index analyses, or index them anew, in one transaction."""
        if records:
            self._database.write(lambda connection: put_records(connection, records))

    def remove(self, analyses: Sequence[str]) -> None:
        """Remove analyses that the catalogue does not have any more."""
        if analyses:
            self._database.write(lambda connection: remove_records(connection, analyses))


def _page(shelf: Shelf, first: int, rest: int, cursor: str, limit: int) -> tuple[list[int], str]:
    """Return the positions of one page, and the cursor of the next: `t:NAME` among titles, `w:NAME` after them."""
    kind, _, after = cursor.partition(":")
    if cursor and (kind not in ("t", "w") or not after):
        raise InputError("There is no page with this cursor", where="cursor", code="desk.cursor")
    above = _above(shelf, after) if cursor else -1
    if kind == "w":
        first, rest = 0, rest & above
    elif kind == "t":
        first &= above
    places = list(first_of(first, limit + 1))
    in_titles = len(places)
    places += list(first_of(rest, limit + 1 - in_titles))
    if len(places) <= limit:
        return places, ""
    last = places[limit - 1]
    return places[:limit], f"{'t' if limit <= in_titles else 'w'}:{shelf.names[last]}"


def _above(shelf: Shelf, name: str) -> int:
    """Return the bits of all analyses after a name, which need not exist any more."""
    return -1 << bisect_right(shelf.names, name)


def _items(connection: Connection, numbers: Sequence[int]) -> tuple[JsonDict, ...]:
    query = select(_analyses.c.number, _analyses.c.item).where(_analyses.c.number.in_(numbers))
    found = {row.number: json.loads(row.item) for row in connection.execute(query)}
    return tuple(found[number] for number in numbers if number in found)


def _policy(document: JsonDict) -> str:
    """Return the policy in a card, or in the line of an analysis."""
    return str(document.get("policy") or _UNKNOWN.policy)


def _record(body: str | None, name: str) -> JsonDict:
    if body is None:
        raise NotFound(f"{name:.200} is not published here", next_step="recast catalogue search WORD", code="not-found")
    found: JsonDict = json.loads(body)
    return found


def _generation(connection: Connection) -> str:
    return connection.scalar(select(_marks.c.value).where(_marks.c.name == GENERATION)) or "0"
