"""The part `expect:` of a step test, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from recast.ci.steptests.model import Expectations, FileCheck, TextCheck, ValueCheck
from recast.ci.steptests.reading import Here

__all__ = ["LONGEST_PATTERN", "read_expectations"]

LONGEST_PATTERN = 1_000
"""Characters of a regular expression."""

_KEYS = ("exit_code", "fails_with", "files", "log", "published")
_OF_FILE = ("contains", "exists", "lacks", "lines", "matches", "values")
_OF_TEXT = ("contains", "lacks", "matches")
_OF_VALUE = ("absent", "absolute", "equals", "least", "length", "most", "number", "relative")


def read_expectations(here: Here) -> Expectations:
    """Return what a test expects; raise SpecError with file and line."""
    found = here.keys(_KEYS, "`expect`")
    if not found:
        here.refuse("The test expects nothing", "Say what has to come out: files, values in them, exit_code.")
    fails_with = found["fails_with"].text("`fails_with`") if "fails_with" in found else ""
    code = found["exit_code"].integer("`exit_code`", 0, 255) if "exit_code" in found else None if fails_with else 0
    if fails_with and code == 0:
        found["exit_code"].refuse("A step that fails cannot exit with 0", "Leave `exit_code` out, or `fails_with`.")
    published = _values(found["published"]) if "published" in found else ()
    if published and code != 0:
        found["published"].refuse("A step that fails publishes nothing", "Leave `published` out.")
    files = found["files"].map("`files`") if "files" in found else {}
    return Expectations(
        exit_code=code,
        fails_with=fails_with,
        files=tuple(_file(path, it) for path, it in files.items()),
        published=published,
        log=_text(found["log"].keys(_OF_TEXT, "`log`").items()) if "log" in found else TextCheck(),
    )


def _file(path: str, here: Here) -> FileCheck:
    if path != str(PurePosixPath(path)) or path.startswith("/") or ".." in PurePosixPath(path).parts or path == ".":
        here.refuse(f"{path!r} is not a path below the step's own folder", "Write a relative path such as out/a.json.")
    found = here.keys(_OF_FILE, f"the expectations of {path!r}")
    exists = found["exists"].flag("`exists`") if "exists" in found else True
    if not exists and len(found) > 1:
        here.refuse(f"{path!r} is not to exist, and nothing else can be expected of it", "Keep `exists: false` alone.")
    return FileCheck(
        path=path,
        exists=exists,
        values=_values(found["values"]) if "values" in found else (),
        text=_text(found.items()),
        lines=found["lines"].integer("`lines`", 0, 10**9) if "lines" in found else None,
    )


def _text(items: Iterable[tuple[str, Here]]) -> TextCheck:
    found = dict(items)
    return TextCheck(
        contains=found["contains"].texts("`contains`") if "contains" in found else (),
        lacks=found["lacks"].texts("`lacks`") if "lacks" in found else (),
        matches=_pattern(found["matches"]) if "matches" in found else "",
    )


def _pattern(here: Here) -> str:
    text = here.text("`matches`", LONGEST_PATTERN)
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        here.refuse(f"This is not a regular expression: {problem}", "Quote it once for YAML: matches: 'a\\.b'")
    return text


def _values(here: Here) -> tuple[ValueCheck, ...]:
    return tuple(_value(pointer, it) for pointer, it in here.map("the expected values").items())


def _value(pointer: str, here: Here) -> ValueCheck:
    if pointer and not pointer.startswith("/"):
        here.refuse(f"{pointer!r} is not a JSON pointer", f"Write '/{pointer}', or '' for the whole document.")
    if not isinstance(here.value, dict):
        return ValueCheck(pointer, equals=(here.json("an expected value"),))
    found = here.keys(_OF_VALUE, f"what is expected of {pointer!r}")
    for tolerance in ("absolute", "relative"):
        if tolerance in found and "number" not in found:
            found[tolerance].refuse(f"`{tolerance}` is a tolerance of `number`", "Write number: VALUE beside it.")
    if "number" in found and not {"absolute", "relative"} & found.keys():
        here.refuse("A number needs a tolerance", "Add absolute: or relative:, or write `equals:`.")
    if not found:
        here.refuse(f"Nothing is expected of {pointer!r}", "Write the value itself, or one of: " + ", ".join(_OF_VALUE))
    if "absent" in found and (len(found) > 1 or not found["absent"].flag("`absent`")):
        here.refuse("`absent` stands alone, and is true", "Keep `absent: true`, or leave it out.")
    return ValueCheck(
        pointer,
        equals=(found["equals"].json("an expected value"),) if "equals" in found else (),
        number=found["number"].number("`number`") if "number" in found else None,
        absolute=found["absolute"].number("`absolute`", 0) if "absolute" in found else 0.0,
        relative=found["relative"].number("`relative`", 0) if "relative" in found else 0.0,
        least=found["least"].number("`least`") if "least" in found else None,
        most=found["most"].number("`most`") if "most" in found else None,
        length=found["length"].integer("`length`", 0, 10**9) if "length" in found else None,
        absent="absent" in found,
    )
