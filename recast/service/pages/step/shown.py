"""A step as its page shows it, by the document that the API answers. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from recast.json_types import JsonDict, JsonObject, JsonValue, is_finite
from recast.service.pages.shape import compact, items_of, mapping, moment_of, text, texts

__all__ = ["address_of", "shown_step"]

_MOST_VALUES, _MOST_STEPS, _MOST_FILES = 40, 60, 100
_LONGEST_VALUE, _LONGEST_REASON, _LONGEST_COMMAND = 300, 2000, 8000
_RESOURCES = (
    ("cpus", "{} cores"),
    ("gpus", "{} GPUs"),
    ("memory_mb", "{} MB of memory"),
    ("disk_mb", "{} MB of disk"),
    ("walltime_s", "{} s"),
)
STATES = {
    "waiting": "waits for other steps",
    "ready": "waits for its turn",
    "submitted": "submitted",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "lost": "lost",
    "cancelled": "cancelled",
    "skipped": "skipped",
}


def address_of(base: str, run: str, step: str) -> str:
    """Return the address of the page of a step."""
    return f"{base}/runs/{quote(run, safe='')}/steps/{quote(step.lstrip('/'))}"


def shown_step(document: JsonObject, base: str) -> JsonDict:
    """Return what the page of a step shows."""
    run, step, state = text(document.get("run"), 80), text(document.get("id"), 1000), text(document.get("state"))
    facts = mapping(document.get("facts"))

    def link(other: str) -> tuple[str, str]:
        return other, address_of(base, run, other)

    return {
        "id": step,
        "run": run,
        "request": text(document.get("request"), 60),
        "analysis": text(document.get("analysis"), 200),
        "version": text(document.get("version"), 80),
        "state": state,
        "state_words": "from the cache" if document.get("cached") is True else STATES.get(state, state),
        "inside": document.get("inside") is True,
        "told": moment_of(document.get("told")),
        "why": text(document.get("why"), _LONGEST_REASON),
        "rows": _rows(document, facts),
        "parameters": _named(document.get("parameters")),
        "published": _named(document.get("published")),
        "before": _steps(document.get("depends_on"), link),
        "after": _steps(document.get("followed_by"), link),
        "attempts": [_attempt(it) for it in items_of(facts.get("attempts"))[-20:]],
        "facts": bool(facts),
        "facts_missing": text(document.get("facts_missing"), 500),
        "cause": text(facts.get("cause"), _LONGEST_REASON),
        "causes": texts(facts.get("causes"), 10, _LONGEST_REASON),
        "job": _job(mapping(facts.get("job"))),
        "outputs": _files(facts.get("outputs")),
        "shell": shlex.join(["recast", "shell", run, step]),
        "explain": shlex.join(["recast", "explain", run, step]),
        "path": address_of(base, run, step),
    }


def _rows(document: JsonObject, facts: JsonObject) -> list[tuple[str, str]]:
    """Return what is said of the newest attempt, in words; what is not known is left out."""
    used = [f"{_number(mb / 1e6)} MB at most" for mb in [document.get("peak_memory_bytes")] if is_finite(mb) and mb]
    used += [f"{_number(cpu)} s of CPU" for cpu in [document.get("cpu_s")] if is_finite(cpu)]
    job = mapping(facts.get("job"))
    rows = [
        ("Image", text(document.get("image"), 400)),
        ("Image that ran", text(document.get("image_run"), 100)),
        ("Ran", _ran(document.get("started"), document.get("ended"))),
        ("Node", text(document.get("host"), 200)),
        ("Executor", _executor(document)),
        ("Exit code", text(document.get("exit_code"))),
        ("Failure", text(document.get("failure"))),
        ("Resources asked", _resources(facts.get("resources") or job.get("resources"))),
        ("Resources used", ", ".join(used)),
        ("Limits that were not enforced", ", ".join(texts(document.get("unheld")))),
        ("Nodes avoided", ", ".join(texts(document.get("avoided_hosts")))),
        ("Seed", ", ".join(f"{name} = {value}" for name, value in _named(document.get("seed")))),
    ]
    return [(name, words) for name, words in rows if words]


def _executor(document: JsonObject) -> str:
    name, job, runtime = (text(document.get(key), 100) for key in ("executor", "native_id", "runtime"))
    return ", ".join([name] * bool(name) + [f"job {job}"] * bool(job) + [f"container by {runtime}"] * bool(runtime))


def _ran(started: JsonValue, ended: JsonValue) -> str:
    """Return when something ran, and how long; by the clock of the node, which may differ from others."""
    begin, end = text(started, 40), text(ended, 40)
    try:
        took = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    except (TypeError, ValueError):
        return f"since {begin}" if begin and not end else begin
    return f"{begin} to {end} ({_number(took)} s, by the clock of the node)"


def _resources(asked: JsonValue) -> str:
    found = mapping(asked)
    return ", ".join(words.format(_number(found[key])) for key, words in _RESOURCES if is_finite(found.get(key)))


def _number(value: JsonValue) -> str:
    return f"{value:.4g}" if is_finite(value) and isinstance(value, float) else text(value)


def _named(values: JsonValue) -> list[tuple[str, str]]:
    found = list(mapping(values).items())
    shown = [(text(name, 100), compact(value, _LONGEST_VALUE)) for name, value in found[:_MOST_VALUES]]
    more = len(found) - _MOST_VALUES
    return [*shown, ("…", f"and {more} more")] if more > 0 else shown


def _steps(names: JsonValue, link: Callable[[str], tuple[str, str]]) -> JsonDict:
    found = texts(names, 10_000, 1000)
    return {"shown": [link(it) for it in found[:_MOST_STEPS]], "more": max(0, len(found) - _MOST_STEPS)}


def _files(files: JsonValue) -> JsonDict:
    found = items_of(files)
    rows = [
        {"path": text(it.get("path")), "digest": text(it.get("digest"), 80), "size": text(it.get("size"))}
        for it in found[:_MOST_FILES]
    ]
    return {"shown": rows, "more": max(0, len(found) - _MOST_FILES)}


def _job(job: JsonObject) -> JsonDict | None:
    if not job:
        return None
    return {
        "command": text(job.get("command"), _LONGEST_COMMAND),
        "interpreter": text(job.get("interpreter"), 80),
        "is_script": job.get("is_script") is True,
        "workdir": text(job.get("workdir")),
        "network": job.get("network") is True,
        "inputs": _files(job.get("inputs")),
    }


def _attempt(attempt: JsonObject) -> JsonDict:
    used = mapping(attempt.get("used"))
    return {
        "number": text(attempt.get("attempt")),
        "submitted": moment_of(attempt.get("submitted")),
        "host": text(attempt.get("host"), 200),
        "end": ", ".join(it for it in (text(attempt.get("failure")), text(attempt.get("message"), 300)) if it),
        "exit_code": text(attempt.get("exit_code")),
        "asked": _resources(attempt.get("asked")),
        "took": f"{_number(used.get('wall_s'))} s" if is_finite(used.get("wall_s")) else "",
        "memory": f"{_number(used.get('peak_memory_mb'))} MB" if is_finite(used.get("peak_memory_mb")) else "",
        "held": text(attempt.get("held"), 300),
    }
