"""Which file of the copy an address of the service is. Pure, but that it counts the parts of lists as it meets them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Container
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from recast.service.offline.names import file_name
from recast.service.routes import API, PAGES

__all__ = ["SEARCH", "Place", "Places"]

SEARCH = "analyses.html"
"""The page on which searches are answered by a script."""

_OF_ANALYSIS = ("feed.atom", "badge.svg", "record.jsonld")
_OF_VERSION = ("record.jsonld", "CITATION.cff", "CITATION.bib")
_FOR_MACHINES = ("/sitemap.xml", "/robots.txt", "/hepdata/analyses.json")
_LISTS = ("analyses", "requests")


@dataclass(frozen=True, slots=True)
class Place:
    """A file of the copy: its path, the address that it is made from, and a query that a link to it keeps."""

    file: str
    address: str
    query: str = ""

    @property
    def link(self) -> str:
        """The link to it from the first folder."""
        return f"{self.file}?{self.query}" if self.query else self.file


class Places:
    """Knows which analyses there are, which of them something was asked of, and whether answers are signed; `doc_file`
    returns the file of a page of documentation. All else follows from addresses.
    """

    def __init__(
        self,
        analyses: Container[str],
        asked_of: Container[str],
        doc_file: Callable[[str], str | None],
        *,
        signed: bool = False,
    ) -> None:
        self._analyses, self._asked_of, self._doc_file, self._signed = analyses, asked_of, doc_file, signed
        self._parts: dict[tuple[str, ...], dict[str, int]] = {}
        self._known: dict[str, Place | None] = {}

    def place(self, address: str, here: str = "") -> Place | None:
        """Return the file for an address of the service (a path, with its query), None if it is not copied.

        `here` is the address of the page that leads there: it decides between the parts of a request.
        """
        if "points=" in address and "discussion=" in address:
            return self._place(address, here)
        if address not in self._known:
            self._known[address] = self._place(address, here)
        return self._known[address]

    def _place(self, address: str, here: str) -> Place | None:
        path, query = urlsplit(address).path, urlsplit(address).query
        wanted = dict(parse_qsl(query, keep_blank_values=True))
        names = [unquote(it) for it in path.split("/")[1:]]
        first, rest = names[0], names[1:]
        if path in ("/", ""):
            return Place("index.html", "/")
        if path in _FOR_MACHINES:
            return Place(path.removeprefix("/"), path)
        if path.startswith(f"{API}/"):
            return self._of_api(path, names[2:])
        if first == "docs":
            return self._doc(path, rest)
        if first == "static" and len(rest) == 1:
            return Place(f"static/{rest[0]}", path) if rest[0] == posixpath.basename(rest[0]) else None
        if first == "analyses" and rest:
            return self._analysis(path, rest)
        if first == "requests" and rest:
            return self._request(path, rest, wanted, here)
        return self._list(path, wanted, query)

    def _of_api(self, path: str, rest: list[str]) -> Place | None:
        if rest == ["docs"]:
            return self.place("/docs/reference/api")
        if not self._signed:
            return None
        if rest == ["signing-key"]:
            return Place("signing-key.txt", path)
        if rest[0] == "requests" and rest[2::2] == ["answers", "statement"] and len(rest) == 5:
            return Place(f"requests/{file_name(rest[1])}/answers/{file_name(rest[3])}.json", path)
        return None

    def _doc(self, path: str, rest: list[str]) -> Place | None:
        if rest[:1] == ["images"] and len(rest) == 2:
            return Place(f"docs/images/{file_name(rest[1])}", path)
        file = self._doc_file("/".join(rest))
        return Place(f"docs/{file}", path) if file is not None else None

    def _analysis(self, path: str, rest: list[str]) -> Place | None:
        name, kind = (
            (rest[0], "") if rest[0] in self._analyses else _without_json(rest[0]) if len(rest) == 1 else ("", "")
        )
        if name not in self._analyses:
            return None
        folder = f"analyses/{file_name(name)}"
        if len(rest) == 1:
            return Place(f"{folder}/index{kind or '.html'}", path)
        if len(rest) == 2 and rest[1] in _OF_ANALYSIS:
            return Place(f"{folder}/{rest[1]}", path)
        if rest[1] != "versions":
            return None
        if len(rest) == 3 or rest[3:] == [""]:
            number, kind = _without_json(rest[2]) if len(rest) == 3 else (rest[2], "")
            return Place(f"{folder}/versions/{file_name(number)}/index{kind or '.html'}", path)
        if len(rest) == 4 and rest[3] in _OF_VERSION:
            return Place(f"{folder}/versions/{file_name(rest[2])}/{rest[3]}", path)
        return None

    def _request(self, path: str, rest: list[str], wanted: dict[str, str], here: str) -> Place | None:
        if len(rest) > 1:
            return self._of_request(path, rest, wanted)
        if rest[0] in ("new", "compare"):
            return None
        name, kind = _without_json(rest[0])
        folder = f"requests/{file_name(name)}"
        if kind:
            return Place(f"{folder}/index.json", path)
        parts = {key: number for key in ("points", "discussion") if (number := wanted.get(key, "1")) != "1"}
        if len(parts) == 2:  # one of the two is turned at a time: it is the one that the page there does not have
            known = dict(parse_qsl(urlsplit(here).query))
            parts = {key: number for key, number in parts.items() if known.get(key, "1") != number}
        for key, number in parts.items():
            return Place(f"{folder}/{key}-{file_name(number)}.html", f"{path}?{key}={number}")
        return Place(f"{folder}/index.html", path)

    def _of_request(self, path: str, rest: list[str], wanted: dict[str, str]) -> Place | None:
        """Return the file of the answers of a request, or of one of its points, as they are first shown."""
        name, kind = _without_json(rest[-1])
        folder = f"requests/{file_name(rest[0])}"
        if len(rest) == 2 and name == "answers" and (kind or not wanted):
            return Place(f"{folder}/answers/index{kind or '.html'}", path)
        if len(rest) == 3 and rest[1] == "points":
            return Place(f"{folder}/points/{file_name(name)}{kind or '.html'}", path)
        return None

    def _list(self, path: str, wanted: dict[str, str], query: str) -> Place | None:
        """Return the file of a list or its document, in parts; searches lead to the page that answers them."""
        name, _, kind = path.removeprefix("/").partition(".")
        if name not in _LISTS or kind not in ("", "json", "atom"):
            return self._other(path, wanted)
        chosen = {key: value for key, value in wanted.items() if value and key not in ("cursor", "limit")}
        if name == "analyses":
            if chosen:
                return Place(SEARCH, "/analyses", query) if not kind and "cursor" not in wanted else None
            stem = "analyses"
        else:
            stem = self._stem(chosen)
        if not stem:
            return None
        if kind == "atom":
            return Place("analyses.atom", path) if name == "analyses" else None
        number = self._part(
            (name, *sorted(f"{key}={value}" for key, value in chosen.items())), wanted.get("cursor", "")
        )
        ending = f"-{number}" if number > 1 else ""
        return Place(f"{stem}{ending}.{kind or 'html'}", f"{path}?{query}" if query else path)

    def _stem(self, chosen: dict[str, str]) -> str:
        """Return how the files of a list of requests begin; empty for lists that are not copied."""
        if not chosen:
            return "requests"
        ((key, value), *more) = chosen.items()
        if more:
            return ""
        if key == "analysis":  # where nobody has asked, the list of all says so, too
            return f"requests-of/{file_name(value)}" if value in self._asked_of else "requests"
        return f"requests-{file_name(value)}" if key == "state" else ""

    def _part(self, which: tuple[str, ...], cursor: str) -> int:
        known = self._parts.setdefault(which, {"": 1})
        return known.setdefault(cursor, len(known) + 1)

    def _other(self, path: str, wanted: dict[str, str]) -> Place | None:
        """Return the file of another page, which has no rule of its own."""
        if wanted or path not in PAGES or "{" in path:
            return None
        return Place(f"{'/'.join(map(file_name, path.strip('/').split('/')))}.html", path)


def _without_json(name: str) -> tuple[str, str]:
    return (name.removesuffix(".json"), ".json") if name.endswith(".json") else (name, "")
