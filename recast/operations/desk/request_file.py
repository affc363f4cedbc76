"""A request as a file: read from YAML, JSON or CSV, with the files that its points name; written as YAML."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from recast.desk.document import as_document, read_draft
from recast.desk.model import Request
from recast.errors import InputError, SpecError
from recast.inputs.numbers import refuse_odd_bases
from recast.json_types import JsonDict, JsonObject
from recast.plainfile import read_plain
from recast.spec.source import parse

__all__ = ["FILE_MARK", "asked_again", "read_request_file", "request_text", "with_uploads"]

FILE_MARK = "file:"
"""An input `file:spectra/p1.slha` stands for that file, beside the request's file; it is handed in as an upload."""

_LARGEST = 16 << 20


def read_request_file(path: Path | None, csv: Path | None = None, said: JsonObject | None = None) -> JsonDict:
    """Return the document in a file, in the form that the service takes: points in a list, and no grid or CSV left.

    `csv` is a file with more points, `said` what the command line says besides. Raises InputError (`request.invalid`)
    with all faults.
    """
    document = {**(_document(path) if path is not None else {}), **(said or {})}
    table = csv or (path if path is not None and path.suffix.lower() == ".csv" else None)
    if table is not None:
        document["csv"] = _text(table)
    try:
        draft = read_draft(document)
    except InputError as problem:
        problem.where = str(path or csv or "")
        raise
    asked = as_document(_as_request(draft))
    return asked if "audience" in document else {key: value for key, value in asked.items() if key != "audience"}


def asked_again(document: JsonObject) -> JsonDict:
    """Return the document that asks for a request again, from what a service shows of it."""
    kept = ("analysis", "version", "wanted", "title", "model", "reason", "audience", "axes")
    points = [
        {"coordinates": point["coordinates"], "inputs": point.get("inputs") or {}} for point in document["points"]
    ]
    found = read_draft({**{key: document[key] for key in kept if document.get(key)}, "points": points})
    if named := next((name for point in found.points for name in _named(point.inputs)), ""):
        raise InputError(
            "The request names a file of whoever asks it again",
            where=named,
            why="A service knows uploads and no files: nobody can be asked to hand in one of theirs.",
            next_step="recast request show ID   (and write the request's file yourself)",
            code="request.invalid",
        )
    return as_document(_as_request(found))


def with_uploads(document: JsonDict, folder: Path, send: Callable[[Path], str]) -> JsonDict:
    """Return a document whose `file:` inputs are uploads; `send` gets each file once and returns its digest.

    A file is named relative to `folder`, and lies in it; neither it nor a folder on the way is hidden. So a request
    that came from somebody else sends no key or login of ours, wherever it was put.
    """
    if not document.get("points"):
        return dict(document)
    sent: dict[str, str] = {}
    for name in sorted({name for point in document["points"] for name in _named(point.get("inputs"))}):
        sent[name] = f"upload:{send(_inside(folder, name))}"
    points = [{**point, **_replaced_inputs(point, sent)} for point in document["points"]]
    return {**document, "points": points}


def request_text(document: JsonObject) -> str:
    """Return a request's document as YAML, to be kept or sent."""
    import yaml

    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)


def _as_request(draft: Any) -> Request:
    named = {key: getattr(draft, key) for key in ("analysis", "wanted", "title", "model", "reason", "axes", "points")}
    return Request("", 0, "draft", "", draft.audience, analysis_version=draft.version, **named)


def _document(path: Path) -> JsonDict:
    if path.suffix.lower() == ".csv":
        return {}
    text = _text(path)
    try:
        found = parse(text, str(path)).value
    except SpecError as problem:
        raise InputError(problem.what, where=problem.where, why=problem.why, code="request.invalid") from problem
    if not isinstance(found, dict):
        raise InputError("A request is an object", where=str(path), code="request.invalid")
    refuse_odd_bases(text, str(path))
    return dict(found)


def _text(path: Path) -> str:
    try:
        return read_plain(path, _LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise InputError("The file cannot be read", where=str(path), why=why) from problem


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith(FILE_MARK):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _named(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _named(child)


def _replaced_inputs(point: JsonDict, sent: Mapping[str, str]) -> JsonDict:
    return {"inputs": _replaced(point["inputs"], sent)} if point.get("inputs") else {}


def _replaced(value: Any, sent: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return sent.get(value, value)
    if isinstance(value, Mapping):
        return {key: _replaced(child, sent) for key, child in value.items()}
    return [_replaced(child, sent) for child in value] if isinstance(value, (list, tuple)) else value


def _is_hidden(part: str) -> bool:
    return part.startswith(".") and part != ".."


def _inside(folder: Path, name: str) -> Path:
    home, said = folder.resolve(), Path(name.removeprefix(FILE_MARK))
    path = Path(os.path.realpath(home / said))  # which goes on where `resolve` gives up: links in a circle
    fault = "" if path.is_relative_to(home) else "outside of its folder"
    if not fault and any(_is_hidden(part) for part in (*said.parts, *path.relative_to(home).parts)):
        fault = "that is hidden"
    if fault:
        raise InputError(
            f"A request names a file {fault}",
            where=name,
            why="It would be sent to the service, and whoever wrote the request may not be you.",
            next_step="Put the file beside the request.",
            code="request.invalid",
        )
    return path
