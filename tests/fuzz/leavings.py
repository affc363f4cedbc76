"""What steps leave: YAML that is published, JSON of results, pyhf's workspaces and patches, outcomes, values for jq."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

from recast.driver.event_log import EventWriter
from recast.driver.status_events import StatusEvents
from recast.engine import Engine
from recast.engine.events import RunCreated, SubmitIntended, event_from_json
from recast.errors import RecastError
from recast.executors.batch.outputs import bring_in
from recast.executors.orphans import look_up
from recast.executors.protocol import JobStatus
from recast.exports.hepdata import submission
from recast.exports.patchset import Signal, digest, documents, fits, is_patch, is_workspace
from recast.jobs import RULES, Artifact, JobState, Outcome, StepState
from recast.journal import Record
from recast.journal import journal as on_disk
from recast.jq import jq
from recast.reports.run_report import run_json
from recast.results import DeclaredResult
from recast.results.gather import gather
from recast.results.present import export, sections
from recast.results.subject import Subject
from recast.runs import drive
from recast.runs.open_run import OpenRun
from recast.spec.source import parse
from recast.store import ArtifactStore
from recast.strictjson import parse_json
from tests.fuzz.border import Border, scratch
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts
from tests.fuzz.records import opened, run_folder

__all__ = ["BORDERS"]

_SEPARATOR = b"\n--\n"
_SUBJECT = Subject("r", "tiny-1@1.0.0", "sha256:" + "a" * 64, "2026-01-31")


def feed_published_yaml(data: bytes) -> None:
    """The YAML file that a step leaves is published: driver, journal and whoever reads it later go on, or it fails."""
    live = _fresh()
    journal = _driven(live, data)
    again = _fresh()
    for kind, body in journal.rows:
        again.engine.handle(event_from_json(kind, json.loads(body)))
    assert {step: run.state for step, run in again.engine.runs.items()} == {
        step: run.state for step, run in live.engine.runs.items()
    }, "the journal tells another story"
    json.dumps(run_json(again), allow_nan=False).encode()


class _Journal:
    """A journal in memory, written as on the disk."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def append(self, records: Sequence[Record]) -> None:
        self.rows += [(record.kind, on_disk._encode(record.body)) for record in records]


def _driven(live: OpenRun, data: bytes) -> _Journal:
    """Let the driver take in jobs that all leave the same file."""
    engine, journal = live.engine, _Journal()
    left = (Artifact("o.yml", "sha256:" + "b" * 64, len(data)), Artifact("h/a.txt", "sha256:" + "a" * 64, 1))
    known = SimpleNamespace(left=lambda digest, ended: None)
    store = SimpleNamespace(read=lambda digest, most: data, known=known)
    directory = SimpleNamespace(jobs="/jobs", link_work=lambda logical, job: None)
    timer = SimpleNamespace(cancel=lambda: None)
    with mock.patch("asyncio.get_running_loop", lambda: SimpleNamespace(call_later=lambda *_: timer)):
        records = EventWriter(engine, journal, None, lambda: None)  # type: ignore[arg-type]
        touched = SimpleNamespace(left=lambda *_: None)
        news = StatusEvents(engine, records, directory, store, _reader(), touched)  # type: ignore[arg-type]
        records.record(RunCreated(1.0, "r"))
        for number in range(3):
            engine.tick(engine.time + 1e6)
            engine.commands()
            ready = [run for run in engine.runs.values() if run.state is StepState.READY]
            if engine.state != "running" or not ready:
                break
            job = f"job{number}"
            records.record(SubmitIntended(engine.time, ready[0].step.id, job, 1, "", 1, 1))
            outcome = Outcome(job, 0, None, "", "", "host", "host", 0, 0.0, None, left)
            news.take(JobStatus(job, JobState.DONE, outcome=outcome))
        records.flush()
    return journal


@functools.cache
def _reader() -> Callable[[bytes, str], Any]:
    """What the driver is given to read YAML with."""
    with mock.patch("recast.runs.drive.Driver") as driver:
        drive._driver(*[mock.Mock() for _ in range(8)])
    read: Callable[[bytes, str], Any] = driver.call_args.kwargs["parse"]
    return read


def _fresh() -> OpenRun:
    """A run that has not begun."""
    live = _opened()
    return replace(live, engine=Engine(live.engine.plan, live.engine.policy, jq))


@functools.cache
def _opened() -> OpenRun:
    with scratch() as folder:
        return opened(run_folder(folder))


def feed_result(data: bytes) -> None:
    """The JSON of a result is gathered, shown, and written as tables, for HEPData too."""
    for kind in ("limit", "yields", "efficiency", "cutflow", "table"):
        declared = DeclaredResult("r", kind, "s", "o")
        try:
            results = gather([declared], lambda stage, output: ["/x.json"], lambda path: data)
        except RecastError:
            continue
        json.dumps(results, allow_nan=False).encode()
        sections(results)
        with contextlib.suppress(RecastError):
            submission(results, _SUBJECT, {})
        with scratch() as folder:
            for form in ("json", "csv"):
                with contextlib.suppress(RecastError):
                    export({"results": results}, folder, form, folder / form)


def feed_patches(data: bytes) -> None:
    """Workspaces and patches of pyhf among the files of steps are told apart and put together."""
    read = []
    for part in data.split(_SEPARATOR):
        try:
            read.append(parse_json(part))  # as `recast.exports.pyhf_signals` reads them
        except ValueError:
            continue
    spaces, patches = [item for item in read if is_workspace(item)], [item for item in read if is_patch(item)]
    for space, patch in itertools.product(spaces[:3], patches[:3]):
        digest(space)
        if fits(patch, space):
            documents([Signal("a", patch), Signal("a", patch, {"m": 1})], space, _SUBJECT)


def feed_outcome(data: bytes) -> None:
    """The outcome that comes home from a node is believed or not; the driver goes on with it."""
    with scratch() as folder:
        store = ArtifactStore(folder / "store")
        job = folder / "j1"
        (job / "out").mkdir(parents=True)
        (job / "out" / "outcome.json").write_bytes(data)
        (job / "out" / hashlib.sha256(b"x").hexdigest()).write_bytes(b"x")
        with contextlib.suppress(ValueError, RecastError):  # what it says that it raises
            _judge(bring_in(job, store))
        (job / "outcome.json").write_bytes(data)
        status = look_up("j1", job)
        _judge(status.outcome)


def _judge(outcome: Outcome | None) -> None:
    if outcome is None:
        return
    assert outcome.failure is None or outcome.failure in RULES
    text = json.dumps(outcome.as_json(), allow_nan=False)
    assert Outcome.from_json(json.loads(text)) == outcome


def feed_jq(data: bytes) -> None:
    """A jq program of a spec meets a value that a step left."""
    program, _, value = data.partition(_SEPARATOR)
    try:
        document = parse(value, "o.yml").value
        json.dumps(document, allow_nan=False)
    except (RecastError, TypeError, ValueError):
        return  # refused before it comes here
    with contextlib.suppress(RecastError):
        json.dumps(jq(program.decode("utf-8", "replace"), document)).encode()


_YAML = (
    b"list: [1, 2.5, 'x', null, true]\npath: /recast/run/a/h/a.txt\n",
    b"when: '2020-01-31'\nlist: [{a: 1}, {a: 2}]\n",
    b"base: &b {x: 1}\nlist: [*b, {<<: *b, y: 2}]\n",
    b'{"list": [1, 2], "deep": {"a": {"b": ["/recast/run/a/h"]}}}',
)

_LIMIT = {
    "point": {"region": "A"},
    "cls_obs": 0.02,
    "cls_exp": [0.01, 0.02, 0.03, 0.04, 0.05],
    "mu_ul_obs": None,
    "mu_ul_exp": None,
}
_REGION = {"region": "A", "observed": 3, "background": 2.5, "background_error": 0.5, "signal": 1.0, "signal_error": 0.1}
_RESULTS = (
    _LIMIT,
    [_LIMIT, {**_LIMIT, "point": {"m": 100}, "mu_ul_obs": 0.7, "mu_ul_exp": [1, 2, 3, 4, 5]}],
    {"regions": [_REGION]},
    {"region": "A", "steps": [{"name": "all", "events": 174.0, "error": 2.1}, {"name": "cut", "events": 3.0}]},
    {"columns": [{"name": "m", "unit": "GeV"}], "rows": [[1.0], [2.0]]},
    {"regions": [{"region": "A", "efficiency": 0.5, "efficiency_error": 0.1, "acceptance": 0.2}]},
)
_SPACE = {
    "channels": [{"name": "SR", "samples": [{"name": "b", "data": [1.0, 2.0], "modifiers": []}]}],
    "observations": [{"name": "SR", "data": [1, 2]}],
    "measurements": [],
    "version": "1.0.0",
}
_PATCH = [{"op": "add", "path": "/channels/0/samples/0", "value": {"name": "s", "data": [1, 2], "modifiers": []}}]
_OUTCOME = Outcome(
    "j1", 0, None, "2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z", "h", "bubblewrap", 1, 0.5, "sha256:" + "b" * 64,
    (Artifact("x.txt", f"sha256:{hashlib.sha256(b'x').hexdigest()}", 1),),
)  # fmt: skip


def _texts(documents: Any) -> list[bytes]:
    return [json.dumps(document).encode() for document in documents]


def _patches() -> list[bytes]:
    return [_SEPARATOR.join(_texts([_SPACE, _PATCH]))]


def _programs() -> list[bytes]:
    return [_SEPARATOR.join([b".list | map({a: .})", _YAML[0]]), _SEPARATOR.join([b"[.. | numbers]", _YAML[3]])]


def _mutated_yaml(data: bytes, rng: Random) -> bytes:
    if rng.random() < 0.5:
        words = list(re.finditer(rb"[^\s{}\[\],:]+", data))
        word = rng.choice(words) if words else None
        return data[: word.start()] + rng.choice(_SCALARS) + data[word.end() :] if word else data
    return mutated_json(data, rng) if data[:1] == b"{" else mutated_parts(b"\n", mutated_bytes)(data, rng)


_SCALARS = (
    b"2020-01-31",
    b"2020-01-31T00:00:00Z",
    b".nan",
    b"-.inf",
    b"!!binary aGk=",
    b"!!set {a, b}",
    b"1:59:59",
    b"~",
    b"0x1F",
    b"1e400",
    b"!!python/name:os.system x",
    b"'\\ud800'",
    b'"\\ud800"',
    b"{workdir}",
    b"!!omap [a: 1]",
    b"[" * 90 + b"]" * 90,
    b"/recast/run/a/../../etc/passwd",
    b"/recast/run/a/h/[",
    b"<<",
    b"&x y",
    b"!!int x",
    b"9" * 399,
    b"/recast/run/" + b"*" * 50,
    b"!!float x",
    b"!!timestamp x",
    b"? {a: b}",
    b"1_000",
    b"=",
)
"""YAML that says more than JSON can."""


BORDERS = [
    Border("published-yaml", feed_published_yaml, lambda: [*_YAML], _mutated_yaml, examples=120),
    Border("result", feed_result, functools.partial(_texts, _RESULTS), mutated_json, most_s=3.0, examples=50),
    Border("patches", feed_patches, _patches, mutated_parts(_SEPARATOR)),
    Border("outcome", feed_outcome, lambda: _texts([_OUTCOME.as_json()]), mutated_json, examples=120),
    Border("jq", feed_jq, _programs, mutated_parts(_SEPARATOR, mutated_bytes), most_s=3.0),
]
