"""Whether a step did what its test expects: all differences, each as one sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.ci.steptests import pattern, products
from recast.ci.steptests.model import Expectations, FileCheck, StepTest, TextCheck, ValueCheck
from recast.json_types import JsonValue, is_finite

__all__ = ["Ended", "differences"]

_ABSENT = object()
_SHOWN = 120
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended: the `folder` that it left, the text of its `log`, what it `published` (relative to the folder).

    `problem` is empty, or says why the step did not succeed, in the framework's words.
    """

    exit_code: int | None
    problem: str
    folder: Path
    log: str
    published: JsonValue = None


def differences(test: StepTest, ended: Ended) -> list[str]:
    """Return what differs from what a test expects; nothing if it passed."""
    expect = test.expect
    found = list(_of_end(expect, ended))
    if not found and expect.published:
        found += _of_values(expect.published, ended.published, "what is published")
    for check in expect.files:
        found += _of_file(check, ended.folder)
    found += _of_text(expect.log, ended.log, "the log")
    return found


def _of_end(expect: Expectations, ended: Ended) -> Iterator[str]:
    if expect.exit_code is not None and ended.exit_code != expect.exit_code:
        yield f"it exited with {_code(ended)}, expected {expect.exit_code}{_because(ended)}"
    elif not expect.fails and ended.problem:
        yield f"it failed: {ended.problem}"
    elif expect.exit_code is None and ended.exit_code == 0:
        yield "it exited with 0, expected a failure"
    if expect.fails_with and expect.fails_with not in ended.log:
        yield f"its log does not have {_short(expect.fails_with)}"


def _code(ended: Ended) -> str:
    return "no code" if ended.exit_code is None else str(ended.exit_code)


def _because(ended: Ended) -> str:
    return f": {ended.problem}" if ended.problem else ""


def _of_file(check: FileCheck, folder: Path) -> Iterator[str]:
    there = products.exists(folder, check.path)
    if there != check.exists:
        yield f"{check.path} is {'there' if there else 'missing'}"
    if not there or not check.exists:
        return
    try:
        if check.values:
            yield from _of_values(check.values, products.document(folder, check.path), check.path)
        if check.text != TextCheck() or check.lines is not None:
            text = products.text(folder, check.path)
            yield from _of_text(check.text, text, check.path)
            if check.lines is not None and (lines := len(text.splitlines())) != check.lines:
                yield f"{check.path} has {lines} lines, expected {check.lines}"
    except products.Unreadable as problem:
        yield f"{check.path} {problem}"


def _of_text(check: TextCheck, text: str, what: str) -> Iterator[str]:
    yield from (f"{what} does not have {_short(part)}" for part in check.contains if part not in text)
    yield from (f"{what} has {_short(part)}" for part in check.lacks if part in text)
    if not check.matches:
        return
    found = pattern.found(check.matches, text)
    if found is None:
        yield f"the search for {_short(check.matches)} in {what} takes more than {pattern.MOST_CPU_S} s of CPU time"
    elif not found:
        yield f"{what} has nothing that matches {_short(check.matches)}"


def _of_values(checks: Sequence[ValueCheck], document: JsonValue, what: str) -> Iterator[str]:
    for check in checks:
        value = _at(document, check.pointer)
        where = f"{what} {check.pointer}".rstrip()
        if value is _ABSENT or check.absent:
            if (value is _ABSENT) != check.absent:
                yield f"{where} is {'not there' if value is _ABSENT else _short(value)}"
            continue
        yield from (f"{where} {fault}" for fault in _faults(check, value))


def _faults(check: ValueCheck, value: JsonValue) -> Iterator[str]:
    if check.equals and not _same(value, check.equals[0]):
        yield f"is {_short(value)}, expected {_short(check.equals[0])}"
    if check.length is not None and (not isinstance(value, (str, list, dict)) or len(value) != check.length):
        count = len(value) if isinstance(value, (str, list, dict)) else "no"
        yield f"has {count} items, expected {check.length}"
    if check.number is None and check.least is None and check.most is None:
        return
    if not is_finite(value):
        yield f"is {_short(value)}, expected a number"
        return
    if check.number is not None:
        tolerance = max(check.absolute, check.relative * abs(check.number))
        if abs(value - check.number) > tolerance:
            yield f"is {value:.6g}, expected {check.number:.6g} within {tolerance:.3g}"
    if check.least is not None and value < check.least:
        yield f"is {value:.6g}, expected at least {check.least:.6g}"
    if check.most is not None and value > check.most:
        yield f"is {value:.6g}, expected at most {check.most:.6g}"


def _at(document: JsonValue, pointer: str) -> JsonValue:
    """Return the value at a JSON pointer (RFC 6901), _ABSENT if there is none."""
    here = document
    for part in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdecimal() and len(part) <= _MOST_DIGITS and int(part) < len(here):
            here = here[int(part)]
        else:
            return _ABSENT
    return here


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two JSON values are equal; true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _short(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
