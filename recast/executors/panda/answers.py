"""What a PanDA server answers, read. Nothing in it is trusted. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recast.json_types import JsonObject
from recast.strictjson import parse_json

__all__ = ["Answer", "Job", "Submission", "Task", "answer", "jobs", "submission", "tasks"]

_TASK_ID = re.compile(r"jediTaskID=(\d{1,18})")
_INDEX = re.compile(r"--index '?\"?(?:\d+:)?job-(\d{1,7})\b")
_FILE = re.compile(r"(?:\d+:)?job-(\d{1,7})")
_ERRORS = ("pilot", "exe", "ddm", "brokerage", "jobDispatcher", "taskBuffer", "sup")
_MOST_WORDS = 300
_THERE = (1, 2)
"""Codes of a submission whose name a live task has: before and after PanDA took it in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of every answer of `/api/v1`."""

    success: bool
    message: str
    data: Any


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a submission; `task` is 0 if there is none.

    It `is_new`, or `is_there`: a live one has that name, or `is_again`: an ended one of that name was started again.
    """

    task: int
    is_new: bool = False
    is_there: bool = False
    is_again: bool = False
    code: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task as lists show it; `stamp` changes whenever PanDA has touched it."""

    task: int
    name: str
    status: str
    stamp: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job: `index` is None where it does not say which of its task it is.

    `errors` are code and words by who said so.
    """

    job: int
    task: int
    index: int | None
    status: str
    substatus: str = ""
    site: str = ""
    host: str = ""
    exit_code: int | None = None
    errors: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def answer(body: bytes) -> Answer:
    """Return an answer; raise ValueError for what is none."""
    found = parse_json(body)
    if not isinstance(found, dict) or not isinstance(found.get("success"), bool):
        raise ValueError("it is not an object that says whether it was a success")
    message = found.get("message")
    return Answer(found["success"], _plain(message), found.get("data"))


def submission(said: Answer) -> Submission:
    """Return what became of a submission; raise ValueError if it cannot be told."""
    named = _TASK_ID.search(said.message)
    task = int(named[1]) if named else 0
    code = said.data if isinstance(said.data, int) and not isinstance(said.data, bool) else None
    if not said.success:
        return Submission(task, is_there=code in _THERE and task > 0, code=code, message=said.message)
    if code is not None and code > 0 and task not in (0, code):
        raise ValueError(f"it names two tasks, {task} and {code}")
    task = task or code or 0
    if task <= 0:
        raise ValueError("it took a task and does not say which")
    is_new = "new jediTaskID=" in said.message
    return Submission(task, is_new=is_new, is_again=not is_new, code=0 if is_new else 3, message=said.message)


def tasks(data: Any) -> list[Task]:
    """Return the tasks of a list; raise ValueError."""
    return [
        Task(
            _number(entry, "jediTaskID"),
            _text(entry, "taskName"),
            _text(entry, "status"),
            _stamp(entry.get("modificationTime")),
            _text(entry, "errorDialog"),
        )
        for entry in _entries(data)
    ]


def jobs(data: Any) -> list[Job]:
    """Return the jobs of a list; what the server knows nothing of (null) is left out. Raises ValueError."""
    return [_job(entry) for entry in _entries(data)]


def _job(entry: JsonObject) -> Job:
    return Job(
        _number(entry, "PandaID"),
        _number(entry, "jediTaskID"),
        _index(entry),
        _text(entry, "jobStatus"),
        _text(entry, "jobSubStatus"),
        _text(entry, "computingSite"),
        _text(entry, "modificationHost"),
        _code(entry.get("transExitCode")),
        {name: found for name in _ERRORS if (found := _error(entry, name))},
    )


def _error(entry: JsonObject, name: str) -> tuple[int, str] | None:
    code = _code(entry.get(f"{name}ErrorCode"))
    return (code, _text(entry, f"{name}ErrorDiag")) if code else None


def _index(entry: JsonObject) -> int | None:
    """Return which of its task a job is: by its parameters, or by the name of its only input."""
    parameters = entry.get("jobParameters")
    found = _INDEX.search(parameters) if isinstance(parameters, str) else None
    if found:
        return int(found[1])
    files = entry.get("Files")
    for file in files if isinstance(files, list) else ():
        lfn = file.get("lfn") if isinstance(file, dict) else None
        named = _FILE.fullmatch(lfn) if isinstance(lfn, str) else None
        if named:
            return int(named[1])
    return None


def _entries(data: Any) -> Iterator[JsonObject]:
    """Yield the objects of a list, or of an object by id, as servers have answered both."""
    if data is None:
        return
    if isinstance(data, dict):
        data = list(data.values())
    if not isinstance(data, list):
        raise ValueError(f"a list is {type(data).__name__}")
    for entry in data:
        if entry is None:
            continue
        if not isinstance(entry, dict):
            raise ValueError(f"an entry of a list is {type(entry).__name__}")
        yield entry


def _number(entry: JsonObject, name: str) -> int:
    found = _code(entry.get(name))
    if found is None or found <= 0:
        raise ValueError(f"{name} is {entry.get(name)!r:.60}")
    return found


def _code(value: Any) -> int | None:
    """Return a whole number, None for what is none: PanDA writes NULL, texts and numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def _text(entry: JsonObject, name: str) -> str:
    found = entry.get(name)
    return "" if found in (None, "NULL") else _plain(found)


def _plain(value: Any) -> str:
    """Return a text as one line without control characters, shortened."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_MOST_WORDS]


def _stamp(value: Any) -> str:
    """Return a time as text: PanDA writes it plainly or marked as one."""
    if isinstance(value, dict):
        value = value.get("__datetime__")
    return _plain(value).replace("T", " ")
