"""`recast catalogue export --site`: the catalogue, and what the public may read of a service's requests, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from recast._version import __version__
from recast.errors import InputError
from recast.search import spelled
from recast.service.docs.library import docs
from recast.service.offline.crawl import Copied, Crawl
from recast.service.offline.files import Files, Written
from recast.service.offline.folder import check_place, in_place_of
from recast.service.offline.places import SEARCH, Place
from recast.service.offline.records import is_record, records_written
from recast.service.offline.search import FOLDER, items_of_list, shards
from recast.service.offline.source import Source, doc_file, local_ledger
from recast.service.pages.catalogue.search import facets_of
from recast.service.pages.words import FACETS

__all__ = ["Exported", "export_site"]

_OFTEN = 200
_PARTS_OF_LIST = "analyses-"
_FIRST = ("/", "/analyses", "/requests", "/docs", "/analyses.atom", "/api/v1/signing-key")
_FOR_ROBOTS = (Place("sitemap.xml", "/sitemap.xml"), Place("robots.txt", "/robots.txt"))
_FOR_HEPDATA = Place("hepdata/analyses.json", "/hepdata/analyses.json")
_SCRIPTS = ("search.js", "shown.js")
_LOADED = "".join(f'<script src="{FOLDER}/{name}" defer></script>\n' for name in _SCRIPTS) + "</head>"
_WITHOUT = (
    '<noscript><p class="quiet">Searching needs scripts. Without them the lists have everything.</p></noscript>\n'
)

Say = Callable[[int], None]
Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What a copy holds."""

    analyses: int
    requests: int
    files: int
    bytes: int


def export_site(
    folder: Path, database: str = "", outside: str = "", say: Say = lambda _: None, warn: Warn = lambda _: None
) -> Exported:
    """Write the copy of the local catalogue, or, with the URL of its database, of a service; return what it holds.

    `outside` is where the copy will be served, if anywhere: it is needed for feeds that work elsewhere, for the sitemap
    and the list for HEPData. `say` is told how many files there are by now, `warn` what is damaged and so not in it.

    Raises UsageError if the folder is not an earlier copy, InputError for a URL that is none, StoreError,
    LedgerUnavailable, InfrastructureError.
    """
    _check_address(outside)
    check_place(folder)
    with TemporaryDirectory(prefix="recast-export-") as scratch:
        url = database or local_ledger(scratch, warn)
        source = Source(url)
        about = {"recast": __version__, "analyses": len(source.names), "requests": len(source.asked_of)}
        with source.ledger, in_place_of(folder, about) as fresh:
            done = Written()
            for some in _written(source, url, fresh, outside):
                done += some
                say(done.files)
        return Exported(len(source.names), len(source.asked_of), done.files, done.bytes)


def _written(source: Source, database: str, folder: Path, outside: str) -> Iterator[Written]:
    """Write all files; yield what was written, in pieces."""
    files = Files(folder)
    crawl = Crawl(source.stranger.get, source.places, outside, lambda to: not is_record(to))
    led: dict[str, Place] = {}
    with records_written(source, database, folder, outside) as records:
        yield from _counted(files, _shared(source, crawl, outside))
        for some, places in records:
            led |= {it.file: it for it in places}
            yield some
    yield from _counted(files, crawl.files(led[it] for it in sorted(led)))


def _counted(files: Files, found: Iterable[Copied]) -> Iterator[Written]:
    """Write some files; yield what was written, in pieces."""
    done = files.written
    for number, it in enumerate(found, 1):
        files.write(it)
        if number % _OFTEN == 0:
            yield files.written - done
            done = files.written
    yield files.written - done


def _shared(source: Source, crawl: Crawl, outside: str) -> Iterator[Copied]:
    """Yield all files but those of single analyses: lists, requests, documentation, and what the script searches."""
    starts = [place for it in _FIRST if (place := source.places.place(it)) is not None]
    parts: dict[int, list[str]] = {}
    for it in crawl.files([*starts, *_unlinked(source, outside)]):
        if (number := _part_of_list(it.file)) is not None:
            parts[number] = items_of_list(it.content.decode())
        yield _with_script(it) if it.file == SEARCH else it
    yield from _searched(source, [item for number in sorted(parts) for item in parts[number]])
    here = resources("recast.service.offline")
    yield from (Copied(f"{FOLDER}/{name}", here.joinpath(name).read_bytes()) for name in _SCRIPTS)
    yield Copied("README.txt", here.joinpath("readme.txt").read_bytes())


def _part_of_list(file: str) -> int | None:
    """Return which part of the list of analyses a file is, None for other files."""
    if file == SEARCH:
        return 1
    number = file.removeprefix(_PARTS_OF_LIST).removesuffix(".html")
    return int(number) if file == f"{_PARTS_OF_LIST}{number}.html" and number.isdecimal() else None


def _searched(source: Source, items: Sequence[str]) -> Iterator[Copied]:
    shelf, words = source.ledger.catalogue.words()
    if len(items) != len(shelf.names):
        raise AssertionError(f"the lists have {len(items)} of {len(shelf.names)} analyses")
    labels = {name: _labels(name, shelf.facets.get(name, {})) for name in FACETS}
    meant = spelled(it for _, all_ in words for it in all_)
    yield from shards(shelf, words, items, meant, list(FACETS.items()), labels)


def _labels(name: str, values: Iterable[str]) -> dict[str, str]:
    """Return what values of a facet are called, where that is not what they are."""
    found: dict[str, str] = {}
    for value in values:
        document = {"facets": {name: [{"value": value, "count": 1}]}}
        words = facets_of("", {}, document, (name,))[0].values[0].words
        found |= {value: words} if words != value else {}
    return found


def _unlinked(source: Source, outside: str) -> list[Place]:
    """Return what no page leads to, and what makes sense only where it is known where the copy is served."""
    found = [Place(f"docs/{doc_file(name)}", f"/docs/{quote(name)}") for name in docs() if name != "index"]
    if not outside:
        return found
    known = any(it.get("inspire") and it.get("status") != "withdrawn" for it in source.ledger.catalogue.lines())
    return [*found, *_FOR_ROBOTS, *([_FOR_HEPDATA] if known else [])]


def _with_script(page: Copied) -> Copied:
    """Return the page of the search with its scripts, and what it says without them."""
    before, form, after = page.content.partition(b"</form>\n")
    content = before + form + _WITHOUT.encode() * bool(form) + after
    return Copied(page.file, content.replace(b"</head>", _LOADED.encode(), 1))


def _check_address(outside: str) -> None:
    parts = urlsplit(outside)
    if outside and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise InputError(
            "This is not an address at which a copy can be served",
            where="--url",
            next_step="--url https://example.org/recast",
        )
