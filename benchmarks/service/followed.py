"""A thousand runs that go on, and a hundred who follow them, of whom twenty never read."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from benchmarks.measure import Failed
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.service.server import Server, recast_serve
from benchmarks.table import Bar, Row
from recast.ledger import Ledger
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.tokens import issue_token
from recast.ledger.people.users import make_local_user
from recast.moments import moment

__all__ = ["followed"]

_RUNS, _RATE, _SECONDS = 1_000, 200, 30
_CLIENTS, _ASLEEP, _PEOPLE = 100, 20, 10
_READY_S = 60.0


@dataclass
class _Heard:
    """What those who read were told: how long each change took to reach them, in seconds; and the numbers of events
    that came twice or in another order.
    """

    took: list[float] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    streams: int = 0


def followed(place: Place) -> Iterator[Row]:
    """Measure a service whose runs are followed."""
    home, url = place.fresh(), f"sqlite:///{place.fresh()}/live.sqlite"
    (home / "service.toml").write_text("[people]\nrequests_per_minute = 1000000\n")
    seconds = 5 if place.quick else _SECONDS
    command = [PYTHON, "-m", "benchmarks.service.retold", url, str(place.size(_RUNS)), str(_RATE), str(seconds)]
    teller = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert teller.stdin is not None and teller.stdout is not None
    try:
        runs = json.loads(teller.stdout.readline())
        env = {"RECAST_HOME": str(home), "RECAST_SHIPPED": ""}
        with recast_serve(url, env, place.fresh()) as server:
            yield from _rows(server, runs, teller, _tokens(url))
    finally:
        teller.kill()
        teller.wait()


def _rows(server: Server, runs: Sequence[str], teller: subprocess.Popen[str], tokens: Sequence[str]) -> Iterator[Row]:
    heard, pids = _Heard(), server.web
    before, began = server.cpu_s, time.monotonic()
    told = asyncio.run(_watched(server.port, runs, teller, tokens, heard))
    share = (server.cpu_s - before) / (time.monotonic() - began)
    cuts = quantiles(heard.took, n=100)
    name = f"{len(runs):,} runs told, {_CLIENTS} who follow, {_ASLEEP} of them never read: events a second"
    yield Row(name, told["rate"], "", bar=Bar(190, "", is_floor=True))
    yield Row(f"  from the commit to the client, {len(heard.took):,} times: p95", cuts[94], "s", bar=Bar(1, "s"))
    yield Row("  the median", cuts[49], "s")
    yield Row("  events told twice, or out of order", len(heard.wrong), "", bar=Bar(0, ""))
    yield Row("  processor of the service, of one core", 100 * share, "%", bar=Bar(60, "%"))
    yield Row("  most memory of the web process", max(map(_peak_mb, pids)), "MB", bar=Bar(250, "MB"))


async def _watched(
    port: int, runs: Sequence[str], teller: subprocess.Popen[str], tokens: Sequence[str], heard: _Heard
) -> dict[str, float]:
    """Follow: half of all the first run, the others one each; return what the teller has told."""
    which = [runs[0] if number % 2 else runs[number % len(runs)] for number in range(_CLIENTS)]
    asked = [_head(run, port, tokens[number % len(tokens)]) for number, run in enumerate(which)]
    sleepers = [_asleep(port, head) for head in asked[:_ASLEEP]]
    readers = [asyncio.create_task(_read(port, head, heard)) for head in asked[_ASLEEP:]]
    give_up_at = time.monotonic() + _READY_S
    while heard.streams < len(readers):
        if time.monotonic() > give_up_at:
            raise Failed(f"{heard.streams} of {len(readers)} streams were open after {_READY_S:g} s")
        await asyncio.sleep(0.05)
    del heard.took[:]  # the first event of a stream is what was known already
    assert teller.stdin is not None and teller.stdout is not None
    print(file=teller.stdin, flush=True)
    told: dict[str, float] = json.loads(await asyncio.to_thread(teller.stdout.readline))
    await asyncio.sleep(2.0)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    for sleeper in sleepers:
        sleeper.close()
    return told


async def _read(port: int, head: bytes, heard: _Heard) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    with suppress(ConnectionError):
        writer.write(head)
        number = 0
        while line := await reader.readline():
            if line.startswith(b"id: "):
                if int(line[4:]) <= number:
                    heard.wrong.append(int(line[4:]))
                number = int(line[4:])
            elif line.startswith(b"data: "):
                heard.took.append(time.time() - float(json.loads(line[6:])["created"]))
                heard.streams += number == 1
    writer.close()


def _asleep(port: int, head: bytes) -> socket.socket:
    """Follow a run, and never read."""
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.connect(("127.0.0.1", port))
    sleeper.sendall(head)
    return sleeper


def _head(run: str, port: int, token: str) -> bytes:
    lines = (f"GET /api/v1/runs/{run}/events HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, "", ""]).encode()


def _tokens(url: str) -> list[str]:
    """Return the tokens of some people: nobody may have all streams."""
    found, now = [], moment(time.time())
    with Ledger(url) as ledger, ledger.writing() as connection:
        for number in range(_PEOPLE):
            user = make_local_user(connection, f"reader{number}", "", "bench", now).id
            actor = actor_of_user(connection, user)
            found.append(issue_token(connection, actor, "bench", ["read"], 86400, now)[0])
    return found


def _peak_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    return 0.0
