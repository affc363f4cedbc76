"""The main pages with what can be on them, each in the states in which somebody may find it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.service.pages.shelf import HOSTILE, put, record
from tests.service.pages.test_run_page import EVIL, stage, step, told
from tests.service.running import Running
from tests.service.staged import ROAD, Staged
from tests.service.test_runs import picture

__all__ = ["Seen", "furnished"]

RUNS: dict[str, dict[str, Any] | None] = {
    "goes-on": {},
    "done": {"state": "succeeded"},
    "hostile": {"stages": [stage(EVIL, done=1), stage("b", EVIL, failed=2)], "steps": [step(f"/{EVIL}/0")]},
    "wide": {"stages": [stage("s" * 150, done=1), *(stage(f"stage_{it}", f"stage_{it - 1}") for it in range(40))]},
    "new": None,
}

_FAILED = {"who": "by anna", "when": "2026-01-31T12:00:00Z", "passed": 4, "documented": 1, "failed": 2}


@dataclass(frozen=True)
class Seen:
    """A page by a name, its address, the status of its answer, and whether it is one of the main ones."""

    name: str
    path: str
    status: int = 200
    main: bool = False


def _runs(service: Running, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield runs that go on, have ended, are told of by a stranger, and of which nothing is told yet."""
    for name, changed in RUNS.items():
        run = staged.run(staged.request("accepted"))
        if changed is not None:
            picture(service, run, **told(**changed))
        yield name, f"/runs/{run}"


def furnished(service: Running) -> Iterator[Seen]:
    """Fill an empty service, and yield the pages that it has then."""
    put(service, record("atlas-full-1", "1.0.0", "deprecated"), record("atlas-full-1", "2.0.0"))
    put(service, record("cms-failed-1", validation=_FAILED))
    put(service, record("atlas-gone-1", status="withdrawn"))
    put(service, record("atlas-hostile-1", metadata=HOSTILE))
    staged = Staged(service)
    requests = {state: staged.request(state).id for state in ROAD if state != "draft"}
    yield Seen("home", "/", main=True)
    yield Seen("search", "/analyses", main=True)
    yield Seen("search-chosen", "/analyses?q=wino&collaboration=ATLAS")
    yield Seen("search-nothing", "/analyses?q=zzzzzz", main=True)
    yield Seen("record", "/analyses/atlas-full-1", main=True)
    yield Seen("record-deprecated", "/analyses/atlas-full-1/versions/1.0.0")
    yield Seen("record-failed", "/analyses/cms-failed-1", main=True)
    yield Seen("record-withdrawn", "/analyses/atlas-gone-1")
    yield Seen("record-hostile", "/analyses/atlas-hostile-1")
    yield Seen("requests", "/requests", main=True)
    yield from (Seen(f"request-{state}", f"/requests/{id}", main=state == "released") for state, id in requests.items())
    yield from (Seen(f"run-{name}", path, main=name == "goes-on") for name, path in _runs(service, staged))
    yield Seen("history", f"/requests/{requests['released']}/history")
    yield Seen("check", "/check", main=True)
    yield Seen("form", "/requests/new?analysis=atlas-full-1", main=True)
    yield Seen("known", "/analyses/known?q=squark")
    yield Seen("docs", "/docs")
    yield Seen("docs-page", "/docs/reference/pages")
    yield Seen("login", "/login?to=/requests")
    yield Seen("no-page", "/analyses/atlas-none-1", 404, main=True)
    yield Seen("wrong-address", "/analyses?cursor=zzz", 422)
