"""What is copied: all that links lead to, from the first pages on, each once, in an order that is always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from starlette.responses import Response

from recast.service.offline.links import relocated_data, relocated_page
from recast.service.offline.places import Place, Places
from recast.service.pages.assets import asset_named

__all__ = ["Copied", "Crawl"]

_WITH_ADDRESSES = (".atom", ".jsonld", ".xml", "robots.txt", "hepdata/analyses.json")
_STATIC = "/static/"


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the copy."""

    file: str
    content: bytes


class Crawl:
    """Follows links from page to page. What is not `mine` is linked to and left to others (`left`).

    `outside` is where the copy will be served, empty if that is not known.
    """

    def __init__(
        self, get: Callable[[str], Response], places: Places, outside: str, mine: Callable[[Place], bool]
    ) -> None:
        self._get, self._places, self._outside, self._mine = get, places, outside, mine
        self._known: set[str] = set()
        self.left: dict[str, Place] = {}

    def files(self, starts: Iterable[Place]) -> Iterator[Copied]:
        """Yield all files that some places lead to, but those yielded before; those of a page directly after it."""
        waiting: list[Place] = []

        def lead(place: Place | None) -> str | None:
            if place is None:
                return None
            if not self._mine(place):
                self.left.setdefault(place.file, place)
            elif place.file not in self._known:
                self._known.add(place.file)
                waiting.append(place)
            return place.link

        for start in starts:
            lead(start)
        while waiting:
            place = waiting.pop()
            content = _content(self._get, place, lambda to: lead(self._places.place(to, place.address)), self._outside)  # noqa: B023
            yield Copied(place.file, content)


def _content(get: Callable[[str], Response], place: Place, file: Callable[[str], str | None], outside: str) -> bytes:
    if place.address.startswith(_STATIC):
        return asset_named(place.address.removeprefix(_STATIC)).content
    content = bytes(get(place.address).body)
    folder = "../" * place.file.count("/")
    if place.file.endswith(".html"):
        return relocated_page(content.decode(), folder, file, outside).encode()
    if place.file.endswith(_WITH_ADDRESSES):
        return relocated_data(content.decode(), folder, file, outside).encode()
    return content
