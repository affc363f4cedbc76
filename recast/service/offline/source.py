"""Where a copy comes from: a ledger, asked as a stranger asks a service; what was read last is remembered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

from recast.desk.model import Actor, Listed
from recast.json_types import JsonDict
from recast.ledger import Ledger, Page, Wanted
from recast.ledger.catalogue.index import Index
from recast.operations.points.cost import digests_that_ran
from recast.service.app import create_app
from recast.service.docs.library import docs
from recast.service.identity import Identity, IdentitySettings
from recast.service.live.watch import Watch
from recast.service.offline.links import OUTSIDE
from recast.service.offline.places import Places
from recast.service.offline.stranger import Stranger
from recast.service.parts import Parts
from recast.service.settings import Settings
from recast.service.statements import key_is_there

__all__ = ["Source", "doc_file", "local_ledger"]

_AT_ONCE = 200


class Source:
    """A ledger, who asks it, and which file each address is."""

    def __init__(self, url: str) -> None:
        self.ledger = ledger = _Ledger(url)
        self.names = [str(it["analysis"]) for it in ledger.catalogue.lines()]
        self.asked_of = list(_asked_of(ledger))
        ledger.asked_of = frozenset(self.asked_of)
        self.places = Places(set(self.names), set(self.asked_of), doc_file, signed=key_is_there(ledger))
        self.stranger = _stranger(ledger)


class _Ledger(Ledger):
    """A ledger that is not asked again and again what somebody asked of analyses that nobody asked anything of."""

    asked_of: frozenset[str] | None = None

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.catalogue: _Remembering = _Remembering(self.database)

    def requests(self, wanted: Wanted, actor: Actor, cursor: str = "", limit: int = 50) -> Page[Listed]:
        """Return a page of requests; see `Ledger`."""
        if self.asked_of is not None and wanted.analysis and wanted.analysis not in self.asked_of:
            return Page((), "", 0)
        return super().requests(wanted, actor, cursor, limit)


class _Remembering(Index):
    """An index that reads many records at once, and each once for all the files that are made of it."""

    _ahead: Mapping[tuple[str, ...], JsonDict] = MappingProxyType({})

    def read_ahead(self, analyses: Sequence[str]) -> None:
        """Read what will be asked for next, in place of what was read before."""
        self._ahead = self.records(analyses)

    def record(self, analysis: str) -> JsonDict:
        """Return the record of an analysis; see `Index`."""
        return self._ahead.get((analysis,)) or super().record(analysis)

    def version(self, analysis: str, version: str) -> JsonDict:
        """Return the record of a version; see `Index`."""
        return self._ahead.get((analysis, version)) or super().version(analysis, version)


def _stranger(ledger: Ledger) -> Stranger:
    """Return somebody who asks a service on a ledger that nobody else can ask."""
    settings = Settings(str(ledger.database.url), IdentitySettings(base_url=OUTSIDE, local_accounts=True))
    identity = Identity(ledger, settings.identity)
    parts = Parts(settings, ledger, identity, time.time, Watch(lambda _: []), copied=True)
    parts.costs.ask_only(digests_that_ran(ledger))
    return Stranger(create_app(parts), parts, urlsplit(OUTSIDE).netloc)


def local_ledger(folder: str, warn: Callable[[str], None]) -> str:
    """Make a ledger in a folder, with the local catalogue; return its URL. `warn` is told what is damaged."""
    from recast.catalogue import Catalogue
    from recast.ledger.catalogue.follow import Follower

    url = f"sqlite:///{folder}/ledger.sqlite"
    with Ledger(url) as ledger:
        Follower(ledger.catalogue, Catalogue(), say=warn).look()
    return url


def doc_file(address: str) -> str | None:
    """Return the file of a page of documentation by its address or its name, None if there is no such page."""
    name = next((it for it in (address, f"{address}/index".lstrip("/")) if it in docs()), None)
    return f"{name}.html" if name is not None else None


def _asked_of(ledger: Ledger) -> Iterator[str]:
    """Yield the analysis of each request that everybody may find."""
    cursor, more = "", True
    while more:
        page = ledger.requests(Wanted(), Actor(), cursor, _AT_ONCE)
        yield from (it.analysis for it in page.items)
        cursor, more = page.next, bool(page.next)
