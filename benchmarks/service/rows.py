"""The rows of the table, each with the bar of the issue."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from benchmarks.measure import Failed, paired
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.service.beside import for_datasette, its_path
from benchmarks.service.catalogue import Quick, fill_catalogue, publish_one
from benchmarks.service.client import Answered, open_loop
from benchmarks.service.queries import load, queries, search_path
from benchmarks.service.requests import fill_ledger
from benchmarks.service.server import Server, datasette, recast_serve
from benchmarks.table import Bar, Row
from recast.catalogue.local import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.catalogue.store import CatalogueStore
from recast.ledger import Ledger
from recast.ledger.backup import back_up, restore
from recast.ledger.catalogue.follow import Follower
from tests.catalogue.catalogue_parts import Checkout
from tests.testbeds.postgres import PostgresBed

__all__ = ["service"]

_ANALYSES, _REQUESTS, _RUNS = 10_000, 20_000, 1_000
_ASKED = 300


@dataclass(frozen=True)
class _Bench:
    """What is measured: a catalogue, a ledger over it, the environment of a service that serves both."""

    place: Place
    home: Path
    url: str
    requests: list[str]
    analyses: list[str]

    @property
    def env(self) -> dict[str, str]:
        return _env(self.home)


def service(place: Place) -> Iterator[Row]:
    """Measure the desk."""
    home = place.fresh()
    (home / "service.toml").write_text("[people]\nrequests_per_minute = 1000000\n")  # all visitors have our address
    _fill(place, home)
    yield from _indexing(place, home)
    bench = _ledger(place, home)
    with ExitStack() as stack:
        server = stack.enter_context(recast_serve(bench.url, bench.env, place.fresh()))
        yield Row("recast serve answers on an indexed ledger", server.ready_s, "s", bar=Bar(2, "s"))
        ours = _under_load(bench, server, bench.url)
        yield from _shown("SQLite", ours)
        yield from _processor(bench, server)
        yield _beside(bench, server)
    with PostgresBed(place.fresh() / "bed").owned() as bed, bed.database() as url:
        yield from _postgres(bench, url, ours)
    yield from _replay(place, bench)


# the catalogue ---------------------------------------------------------------------------------------------------


def _fill(place: Place, home: Path) -> None:
    """Publish a small analysis, and thousands of synthetic ones in its image."""
    store = CatalogueStore(home / "catalogue")
    pattern = publish(Checkout(place.fresh() / "checkout").entry, store).version
    fill_catalogue(Quick(store.root), pattern, place.size(_ANALYSES))


def _indexing(place: Place, home: Path) -> Iterator[Row]:
    catalogue = Catalogue(home / "catalogue")
    with Ledger(f"sqlite:///{home}/ledger.sqlite") as ledger:
        follower = Follower(ledger.catalogue, catalogue, say=_fail)
        start = time.perf_counter()
        indexed = follower.look().indexed
        rate = indexed / (time.perf_counter() - start)
        yield Row(f"first indexing of {indexed:,} analyses", rate, "a second", bar=Bar(300, "a second", is_floor=True))
        publish_one(home / "catalogue", "syn-published-last")
        start = time.perf_counter()
        follower.look()
        while not ledger.catalogue.search("syn-published-last").total:
            time.sleep(0.02)
        yield Row("a publish is visible after", time.perf_counter() - start, "s", bar=Bar(2, "s"))


def _ledger(place: Place, home: Path) -> _Bench:
    url = f"sqlite:///{home}/ledger.sqlite"
    analyses = [name for name in Catalogue(home / "catalogue").analyses() if name.startswith("syn-")]
    with Ledger(url) as ledger:
        requests = fill_ledger(ledger, analyses, place.size(_REQUESTS))
    return _Bench(place, home, url, requests, analyses)


# the load --------------------------------------------------------------------------------------------------------


def _under_load(bench: _Bench, server: Server, url: str) -> list[Answered]:
    """Ask as visitors do while one run is live; raise Failed if anything is answered with an error."""
    seconds = 6.0 if bench.place.quick else 60.0
    command = [PYTHON, "-m", "benchmarks.service.live", url, str(seconds)]
    live = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        answers = open_loop("127.0.0.1", server.port, load(bench.analyses, bench.requests, seconds))
    finally:
        live.wait(120)
    if bad := [it for it in answers if it.status != 200]:
        raise Failed(f"{len(bad)} of {len(answers)} answers were errors, the first {bad[0]}")
    return answers


def _shown(name: str, answers: Sequence[Answered]) -> Iterator[Row]:
    cuts = quantiles([it.seconds * 1000 for it in answers], n=100)
    yield Row(f"40 a second on {name}, {len(answers):,} answers: p95", cuts[94], "ms", bar=Bar(60, "ms"))
    yield Row("  p99", cuts[98], "ms", bar=Bar(200, "ms"))
    for kind in ("search", "record"):
        taken = [it.seconds * 1000 for it in answers if it.kind == kind]
        yield Row(f"  the median of a {kind}", median(taken), "ms")


def _processor(bench: _Bench, server: Server) -> Iterator[Row]:
    paths = _drawn_searches()
    yield Row("processor per search", _cpu_ms(server, paths), "ms", bar=Bar(12, "ms"))
    draw = random.Random(6)
    records = [f"/api/v1/analyses/{draw.choice(bench.analyses)}" for _ in range(_ASKED // 2)]
    records += [f"/api/v1/requests/{draw.choice(bench.requests)}" for _ in range(_ASKED // 2)]
    yield Row("processor per record", _cpu_ms(server, records), "ms", bar=Bar(6, "ms"))


def _drawn_searches() -> list[str]:
    asked = queries()
    weights = [1 / (rank + 1) for rank in range(len(asked))]
    return [search_path(query) for query in random.Random(5).choices(asked, weights, k=_ASKED)]


def _cpu_ms(server: Server, paths: Sequence[str]) -> float:
    before = server.cpu_s
    for path in paths:
        server.get(path)
    return (server.cpu_s - before) / len(paths) * 1000


def _beside(bench: _Bench, server: Server) -> Row:
    """The same searches, each asked once by each, so that nothing is remembered; then the ratio of the times."""
    file = bench.place.fresh() / "desk.db"
    with Ledger(bench.url) as ledger:
        for_datasette(ledger, file)
    asked = queries()[:: 10 if bench.place.quick else 2]
    with datasette(file, bench.place.fresh()) as other:
        mine = _seconds_each(server, [search_path(query) for query in asked])
        theirs = _seconds_each(other, [its_path(file, query) for query in asked])
    ratio = mine / theirs
    return Row("a search with facets : datasette", mine, "s", theirs, ratio, Bar(0.5, "times"), f"{len(asked)} queries")


def _seconds_each(server: Server, paths: Sequence[str]) -> float:
    server.get(paths[0])
    start = time.perf_counter()
    for path in paths:
        server.get(path)
    return (time.perf_counter() - start) / len(paths)


# PostgreSQL and replay -------------------------------------------------------------------------------------------


def _postgres(bench: _Bench, url: str, ours: Sequence[Answered]) -> Iterator[Row]:
    """The same ledger on PostgreSQL, moved there by a back-up."""
    file = bench.place.fresh() / "desk.backup"
    with Ledger(bench.url) as old, Ledger(url) as new:
        back_up(old, file)
        restore(new, file, bench.place.fresh())
        Follower(new.catalogue, Catalogue(bench.home / "catalogue"), say=_fail).look()
    with recast_serve(url, bench.env, bench.place.fresh()) as server:
        answers = _under_load(bench, server, url)
        yield from _shown("PostgreSQL", answers)
        with recast_serve(bench.url, bench.env, bench.place.fresh()) as sqlite:
            asked = [search_path(query) for query in queries()[:100]] + [
                f"/api/v1/requests/{it}" for it in bench.requests[:100]
            ]
            pair = paired(lambda: _seconds_each(server, asked), lambda: _seconds_each(sqlite, asked), 3)
    yield Row("PostgreSQL : SQLite", pair.ours * 1000, "ms", pair.theirs * 1000, pair.ratio, Bar(1.5, "times"))


def _replay(place: Place, bench: _Bench) -> Iterator[Row]:
    url, runs = f"sqlite:///{place.fresh()}/replay.sqlite", place.size(_RUNS)
    command = [PYTHON, "-m", "benchmarks.service.live", url, "--replay", str(runs), "200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr)
    said = json.loads(done.stdout)
    yield Row(f"{runs:,} recorded runs, events a second", said["rate"], "", bar=Bar(190, "", is_floor=True))
    yield Row("  events that were lost", said["told"] - said["found"], "", bar=Bar(0, ""))
    yield Row("  peak memory", said["peak_mb"], "MB", bar=Bar(250, "MB"))


def _env(home: Path) -> dict[str, str]:
    return {"RECAST_HOME": str(home), "RECAST_CATALOGUE": str(home / "catalogue"), "RECAST_SHIPPED": ""}


def _fail(text: str) -> None:
    raise Failed(text)
