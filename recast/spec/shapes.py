"""Small checks of shape from which the language's schema is written down as tables.

A check takes a node and returns findings, one line each: the key, what was found, what is allowed. They are written by
hand and not with pydantic because importing pydantic and building some 25 models takes 130 ms, more than a whole
`recast plan`; and because a union is told apart here by its type key, so that no error lists every alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from recast.json_types import JsonValue
from recast.spec.findings import Finding
from recast.spec.references import Node
from recast.suggest import did_you_mean

__all__ = [
    "Check",
    "ListOf",
    "Record",
    "Tagged",
    "either",
    "fault",
    "flag",
    "kind_of",
    "mapping",
    "number",
    "sequence",
    "text",
]

Check = Callable[[Node], Iterator[Finding]]


def kind_of(value: JsonValue) -> str:
    """Return the type of a value in the words of the messages: text, number, boolean, list, map, null, date."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        (str, "text"),
        ((int, float), "number"),
        (list, "list"),
        (dict, "map"),
        (date, "date"),
    )
    if value is None:
        return "null"
    return next((name for types, name in kinds if isinstance(value, types)), type(value).__name__)


def fault(
    node: Node,
    code: str,
    what: str,
    *,
    why: str = "",
    next_step: str = "",
    severity: Literal["error", "warning"] = "error",
) -> Finding:
    """Return a finding at a node."""
    return Finding(f"spec.{code}", what, node.position, why, next_step, severity)


def _last(node: Node) -> str:
    return node.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~") or "the file"


_REMEDIES = {
    "text": "Write text, in quotes.",
    "number": "Write a number.",
    "boolean": "Write true or false.",
    "list": "Write a list.",
    "map": "Write a map.",
}


def either(*kinds: str) -> Check:
    """Return the check that a value is of one of these kinds (words of `kind_of`)."""

    def check(node: Node) -> Iterator[Finding]:
        found = kind_of(node.value)
        if found not in kinds:
            allowed = kinds[0] if len(kinds) == 1 else ", ".join(kinds[:-1]) + " or " + kinds[-1]
            shown = f" ({node.value!r})" if found in ("boolean", "number", "text") else ""
            what = f"{_last(node)}: found {found}{shown}, allowed is {allowed}"
            yield fault(node, "type", what, next_step=_REMEDIES[kinds[0]])

    return check


text = either("text")
number = either("number")
flag = either("boolean")
sequence = either("list")
mapping = either("map")


@dataclass(frozen=True)
class ListOf:
    """A list whose every element passes one check."""

    element: Check

    def __call__(self, node: Node) -> Iterator[Finding]:
        """Return what is wrong with the list or its elements."""
        yield from sequence(node)
        if isinstance(node.value, list):
            for element in node.elements():
                yield from self.element(element)


@dataclass(frozen=True)
class Record:
    """A map with known keys; other keys are an error unless it is `open`."""

    name: str
    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    open: bool = False

    @property
    def checks(self) -> dict[str, Check]:
        """Return the checks of all known keys."""
        return {**self.required, **self.optional}

    def __call__(self, node: Node) -> Iterator[Finding]:
        """Return what is wrong with the map or its entries."""
        if not isinstance(node.value, dict):
            what = f"{_last(node)}: found {kind_of(node.value)}, allowed is a map ({self.name})"
            yield fault(node, "type", what, next_step=_REMEDIES["map"])
            return
        for key in self.required.keys() - node.value.keys():
            yield fault(node, "missing-key", f"{self.name} lacks the key {key!r}", next_step=f"Add `{key}:`.")
        for key, child in node.items():
            check = self.checks.get(key)
            if check is not None:
                yield from check(child)
            elif not self.open:
                yield self._unknown(child, key)

    def _unknown(self, node: Node, key: JsonValue) -> Finding:
        remedy = did_you_mean(str(key), self.checks, what="keys")
        return fault(node, "unknown-key", f"{self.name} has no key {key!r}", next_step=remedy)


@dataclass(frozen=True)
class Tagged:
    """A map whose kind is named by one of its keys; `default` is the kind that yadage assumes without that key."""

    name: str
    tag: str
    records: Mapping[str, Record]
    default: str | None = None
    nullable: bool = False

    def __call__(self, node: Node) -> Iterator[Finding]:
        """Return what is wrong with the map, judged as the kind that it names."""
        if node.value is None and self.nullable:
            return
        if not isinstance(node.value, dict):
            allowed = f"a map with the key {self.tag!r}" + (", or null" if self.nullable else "")
            what = f"{_last(node)}: found {kind_of(node.value)}, allowed is {allowed}"
            yield fault(node, "type", what, next_step=_REMEDIES["map"])
        elif self.tag not in node.value:
            yield from self._untagged(node)
        else:
            tag = node.value[self.tag]
            record = self.records.get(tag) if isinstance(tag, str) else None
            if record is None:
                yield self._unknown(node.child(self.tag), str(tag))
            else:
                yield from Record(record.name, {self.tag: text, **record.required}, record.optional, record.open)(node)

    def _untagged(self, node: Node) -> Iterator[Finding]:
        if self.default is not None and not any(self.records[self.default](node)):
            return
        kinds = ", ".join(self.records)
        what = f"{self.name} lacks the key {self.tag!r}"
        yield fault(node, "missing-key", what, next_step=f"Add `{self.tag}:` with one of {kinds}.")

    def _unknown(self, node: Node, tag: str) -> Finding:
        allowed = ", ".join(self.records)
        what = f"{self.tag}: found {tag!r}, allowed is one of {allowed}"
        return fault(node, "unknown-kind", what, next_step=did_you_mean(tag, self.records, what="kinds"))
