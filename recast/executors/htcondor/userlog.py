"""Follow HTCondor's event log of a cluster: no load on the schedd, however many jobs there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recast.executors.batch.system import EngineState, Sighting
from recast.executors.htcondor.holds import Advice, judge_hold, judge_removal

__all__ = ["Event", "LogReader", "events_of", "seen_in"]

_HEADER = re.compile(r"(\d{3}) \((\d{1,9})\.(\d{1,9})\.\d+\) (.*)", re.ASCII)
_END = "..."
_MARK = b"\n...\n"
_MOST_BYTES = 1 << 24
"""The most bytes read at once; the rest is read at the next poll."""

_SUBMITTED, _EXECUTING, _EVICTED, _TERMINATED, _EXCEPTION, _ABORTED, _HELD, _RELEASED = 0, 1, 4, 5, 7, 9, 12, 13
_RECONNECT_FAILED, _UNSUSPENDED, _SUSPENDED = 24, 11, 10


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its number, cluster and process, the rest of its first line, and the lines after it."""

    number: int
    cluster: int
    process: int
    head: str
    body: tuple[str, ...] = ()


def events_of(text: str) -> list[Event]:
    """Return the complete events in a text, in order; one without its last line may still be being written.

    Malformed events (concurrent writers, a full disk) are skipped.
    """
    found: list[Event] = []
    lines: list[str] = []
    for line in text.split("\n")[:-1]:
        if line.rstrip("\r") == _END:
            found.extend(_event(lines))
            lines = []
        else:
            lines.append(line.rstrip("\r"))
    return found


def _event(lines: list[str]) -> Iterator[Event]:
    starts = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line)]
    if starts:
        match = _HEADER.fullmatch(lines[starts[-1]])
        assert match is not None
        body = tuple(line.strip() for line in lines[starts[-1] + 1 :])
        yield Event(int(match[1]), int(match[2]), int(match[3]), match[4], body)


def seen_in(event: Event, array: str, holds: int = 1) -> Sighting | None:
    """Return what an event says about its job; None if it changes nothing. `holds` counts the job's holds so far."""
    native_id = f"{event.cluster}.{event.process}"

    def seen(state: EngineState, reason: str = "", host: str = "") -> Sighting:
        return Sighting(array, event.process, state, native_id, reason, None, host)

    if event.number in (_EXECUTING, _UNSUSPENDED):
        return seen(EngineState.RUNNING, host=_host(event))
    if event.number == _SUSPENDED:
        return seen(EngineState.RUNNING, "suspended by the node")
    if event.number in (_SUBMITTED, _RELEASED):
        return seen(EngineState.WAITING)
    if event.number in (_EVICTED, _EXCEPTION, _RECONNECT_FAILED):
        return seen(EngineState.WAITING, "its node evicted it; it will start again")
    if event.number == _TERMINATED:
        return seen(EngineState.ENDED, _exit(event))
    if event.number == _ABORTED:
        failure, words = judge_removal(_first(event))
        return Sighting(array, event.process, EngineState.ENDED, native_id, words, failure)
    return _held(event, array, native_id, holds) if event.number == _HELD else None


def _held(event: Event, array: str, native_id: str, holds: int) -> Sighting:
    codes = re.search(r"Code (\d{1,9}) Subcode (\d{1,9})\b", " ".join(event.body), re.ASCII)
    code, subcode = (int(codes[1]), int(codes[2])) if codes else (0, 0)
    verdict = judge_hold(code, subcode, _first(event), holds)
    state = EngineState.WAITING if verdict.advice in (Advice.WAIT, Advice.RELEASE) else EngineState.HELD
    return Sighting(array, event.process, state, native_id, verdict.words, verdict.failure)


def _host(event: Event) -> str:
    slot = re.search(r"SlotName: \S*@(\S+)", " ".join(event.body))
    alias = re.search(r"alias=([A-Za-z0-9._-]+)", event.head)
    return slot[1] if slot else alias[1] if alias else ""


def _exit(event: Event) -> str:
    text = " ".join(event.body)
    signal = re.search(r"Abnormal termination \(signal (\d+)\)", text)
    if signal:
        return f"its worker was ended by signal {signal[1]}"
    code = re.search(r"return value (\d+)", text)
    return f"its worker ended with exit code {code[1]}" if code and code[1] != "0" else ""


def _first(event: Event) -> str:
    return event.body[0] if event.body else ""


class LogReader:
    """Reads what is new in the log of one array.

    `cluster` is the newest cluster in it, None before the first; `to_release` are held jobs that are worth releasing,
    until they are taken from it.
    """

    def __init__(self, path: Path, array: str) -> None:
        self._path = path
        self._array = array
        self._offset = 0
        self._holds: dict[int, int] = {}
        self.cluster: int | None = None
        self.to_release: set[str] = set()

    def read(self) -> list[Sighting]:
        """Return the newest state of each job with news; [] if there is no log (yet)."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                raw = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return []
        whole = raw[: raw.rfind(_MARK) + len(_MARK)] if _MARK in raw else b""
        self._offset += len(whole)
        latest: dict[int, Sighting] = {}
        for event in events_of(whole.decode("utf-8", errors="replace")):
            seen = self._take(event)
            if seen is not None:
                latest[event.process] = seen
        return list(latest.values())

    def _take(self, event: Event) -> Sighting | None:
        self.cluster = event.cluster
        if event.number != _HELD:
            self.to_release.discard(f"{event.cluster}.{event.process}")
            return seen_in(event, self._array)
        self._holds[event.process] = self._holds.get(event.process, 0) + 1
        seen = seen_in(event, self._array, self._holds[event.process])
        if seen is not None and seen.state is EngineState.WAITING:
            self.to_release.add(seen.native_id)
        return seen
