"""A service with everything that a catalogue can have, and its copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx2
import pytest

from recast.ledger.people.links import make_link
from recast.operations.desk.released import service_key
from recast.service.offline.export import Exported, export_site
from tests.service.pages.reading import HTML, Page
from tests.service.pages.shelf import FULL, HOSTILE, put, record
from tests.service.running import Running, running
from tests.service.staged import Staged, note_run

__all__ = ["Copy"]


@dataclass(frozen=True)
class Copy:
    """A copy, the service that it was made from, and what is not public there."""

    folder: Path
    database: str
    service: Running
    exported: Exported
    hidden: tuple[str, ...]
    stranger: httpx2.Client

    def text(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def page(self, file: str) -> Page:
        return Page(self.text(file))

    @cached_property
    def files(self) -> dict[str, bytes]:
        found = (it for it in self.folder.rglob("*") if it.is_file())
        return {it.relative_to(self.folder).as_posix(): it.read_bytes() for it in found}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    folder = tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patch, running(folder) as service:
        patch.setenv("RECAST_HOME", str(tmp_path_factory.mktemp("home")))
        service_key(service.parts.ledger.beside)
        staged = Staged(service)
        released = staged.request("released", title="Public winos")
        note_run(service, released.id, digest=released.digest, core_hours=1.5)
        staged.request("released", points=[{"coordinates": {"m": m}} for m in range(30)], title="Many points")
        staged.request("submitted", title="Public, waiting")
        hidden = [
            staged.request("released", audience, title="Nobody's business") for audience in ("private", "unlisted")
        ]
        hidden.append(staged.request("draft", title="Not said yet"))
        _catalogue(service)
        with service.parts.ledger.writing() as connection:
            now = service.parts.identity.gate.now()
            make_link(connection, hidden[0].id, hidden[0].owner, "", 3600, now)
        database = f"sqlite:///{folder / 'ledger.sqlite'}"
        exported = export_site(folder / "copy", database)
        headers = {"Accept": HTML}
        with httpx2.Client(base_url=service.url, headers=headers, timeout=300, trust_env=False) as stranger:
            private = (*(it.id for it in hidden), "Nobody&#39;s business", "Nobody's business", "Not said yet")
            yield Copy(folder / "copy", database, service, exported, private, stranger)


def _catalogue(service: Running) -> None:
    more = (record("atlas-full-1", number, status="deprecated") for number in ("2.0.0-RC.1", "2.0.0-rc.json"))
    put(service, record("atlas-full-1"), *more)
    put(service, record("cms-hostile-1", metadata=HOSTILE, status="withdrawn"))
    put(service, record("bare-1", metadata={}), card={})
    for name in ("CMS", "cms", "con", "..", "ünï-çode"):
        put(service, record(name, metadata={**FULL, "title": f"The search {name}"}))
    for number in range(40):
        collaboration = ("ATLAS", "CMS", "LHCb")[number % 3]
        metadata = {**FULL, "title": f"Squarks in channel {number}", "collaboration": collaboration}
        put(service, record(f"many-{number:02}", metadata=metadata))
