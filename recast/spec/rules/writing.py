"""Rules on how things are written: braces without quotes, letters that deceive."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from recast.json_types import JsonValue
from recast.spec.findings import Finding
from recast.spec.model import ConstantPublisher, FromParametersPublisher, InterpolatedPublisher, Position
from recast.spec.rulebook.rule import Severity
from recast.spec.rules.context import StageView, packtivities
from recast.terminal_safe import is_invisible

__all__ = ["braces_as_map", "braces_in_parameters", "confusable_names", "invisible_names"]

_NAME = re.compile(r"[A-Za-z_]\w*")
_MIXED = re.compile(r"LATIN|CYRILLIC|ARMENIAN|CHEROKEE")
_LIKE_LATIN = frozenset(
    "\u03bf\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
"""Greek letters that look like Latin ones; the others are welcome in the name of a quantity."""


def braces_as_map(view: StageView) -> Iterator[Finding]:
    """A value `{x}` without quotes, which is a map with the key x and no value, where no such map can be meant."""
    for packtivity in packtivities(view.stage):
        if isinstance(packtivity.publisher, InterpolatedPublisher):
            for path, name in _bare(packtivity.publisher.publish):
                position = view.in_packtivity(packtivity, "publisher", "publish", *path)
                yield _unquoted(view, name, position)
        elif isinstance(packtivity.publisher, FromParametersPublisher):
            for path, name in _bare(packtivity.publisher.outputmap):
                yield _unquoted(view, name, view.in_packtivity(packtivity, "publisher", "outputmap", *path))
    for parameter, name in _in_parameters(view):
        if _is_placeholder(view, name):
            yield _unquoted(view, name, view.at_parameter(parameter))


def braces_in_parameters(view: StageView) -> Iterator[Finding]:
    """The same in a parameter, where a map of one name without a value may be meant."""
    for parameter, name in _in_parameters(view):
        if not _is_placeholder(view, name):
            yield _unquoted(view, name, view.at_parameter(parameter), "warning")


def _in_parameters(view: StageView) -> Iterator[tuple[str, str]]:
    for parameter, value in view.stage.parameters.items():
        yield from ((parameter, name) for _, name in _bare(value, (parameter,)))


def _is_placeholder(view: StageView, name: str) -> bool:
    return name == "workdir" or name.startswith("readdir") or name in view.stage.parameters


def invisible_names(view: StageView) -> Iterator[Finding]:
    """A name of a parameter or output with a character that nobody sees; stages have their own rule."""
    for label, name, position in _names(view):
        letter = next(filter(is_invisible, name), None)
        if letter is not None:
            what = f"The {label} {name!a} has the invisible character U+{ord(letter):04X}"
            yield view.found("invisible-character", what, position, next_step="Remove the character.")


def confusable_names(view: StageView) -> Iterator[Finding]:
    """A name of a parameter or output in several alphabets, or in letters that stand for others."""
    for label, name, position in _names(view):
        if name.isascii():
            continue
        found = (_MIXED.match(unicodedata.name(letter, "")) for letter in name)
        alphabets = {match[0] for match in found if match}
        latin = any(letter.isascii() and letter.isalpha() for letter in name)
        if len(alphabets) > 1 or unicodedata.normalize("NFKC", name) != name or (latin and _LIKE_LATIN & set(name)):
            what = f"The {label} {name!r} ({name!a}) has letters that look like others"
            remedy = "Write it in the letters of one alphabet."
            yield view.found("confusable-name", what, position, next_step=remedy, severity="warning")


def _unquoted(view: StageView, name: str, position: Position, severity: Severity = "error") -> Finding:
    what = f"YAML read the unquoted {{{name}}} as a map with the key {name!r}"
    return view.found("braces-as-map", what, position, next_step=f"Quote it: '{{{name}}}'.", severity=severity)


def _bare(value: JsonValue, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Return path and name of each map that has one key, a name, and no value."""
    if isinstance(value, Mapping):
        names = list(value)
        if len(names) == 1 and value[names[0]] is None and path and _NAME.fullmatch(str(names[0])):
            yield path, str(names[0])
        for key, item in value.items():
            yield from _bare(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _bare(item, (*path, index))


def _names(view: StageView) -> Iterator[tuple[str, str, Position]]:
    for name in view.stage.parameters:
        yield "parameter", name, view.at_parameter(name)
    for packtivity in packtivities(view.stage):
        publisher = packtivity.publisher
        outputs = publisher.outputmap if isinstance(publisher, FromParametersPublisher) else None
        if isinstance(publisher, (InterpolatedPublisher, ConstantPublisher)):
            outputs = publisher.publish if isinstance(publisher.publish, Mapping) else None
        for name in outputs or ():
            yield "output", str(name), view.in_packtivity(packtivity, "publisher")
