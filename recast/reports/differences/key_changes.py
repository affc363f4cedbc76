"""Compare two steps by the parts of their cache keys. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from recast.counted import counted
from recast.json_types import JsonDict, JsonObject, JsonValue
from recast.masked import MASK
from recast.prepare.passwords import is_password

__all__ = ["Change", "changes_between", "in_words"]

MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs. `part` is image, command, parameter, file, environment, network, outputs,
    optional or document.

    `where` narrows it down: the parameter, the file, the variable. None stands for a missing value.
    """

    part: str
    where: str
    before: JsonValue
    after: JsonValue

    def as_json(self) -> JsonDict:
        """Return the change as a JSON object, including a sentence."""
        fields = {"part": self.part, "where": self.where, "before": self.before, "after": self.after}
        return {**fields, "words": str(self)}

    def __str__(self) -> str:
        if self.part == "file":
            if self.before is None or self.after is None:
                return f"the input file {self.where} is {'new' if self.before is None else 'gone'}"
            return f"the content of the input file {self.where} changed"
        subject = {
            "image": "the image",
            "command": f"the {self.where}",
            "parameter": f"the parameter {self.where}",
            "environment": f"the environment ({self.where})",
            "network": "the permission to use the network",
            "outputs": "the files that are kept",
            "optional": "the files that may be missing",
            "document": "the file whose content is published",
        }[self.part]
        if self.before is None or self.after is None:
            return f"{subject} is {'new' if self.before is None else 'gone'}"
        return f"{subject} changed: {_shown(self.before)} -> {_shown(self.after)}"


def changes_between(before: JsonObject, after: JsonObject) -> list[Change]:
    """Return how two results of `recast.engine.make_job.key_parts` differ; the most fundamental part first."""
    found: list[Change] = []
    if before["image"] != after["image"]:
        found.append(Change("image", "", before["image"], after["image"]))
    found.extend(_process(before["process"], after["process"]))
    found.extend(_by_name("parameter", before["arguments"], after["arguments"]))
    found.extend(_environment(before["environment"], after["environment"]))
    if before["network"] != after["network"]:
        found.append(Change("network", "", before["network"], after["network"]))
    for part, nothing in (("outputs", []), ("optional", []), ("document", "")):
        if before.get(part, nothing) != after.get(part, nothing):
            found.append(Change(part, "", before.get(part, nothing), after.get(part, nothing)))
    return found


def in_words(changes: list[Change], most: int = 3) -> str:
    """Return changes as one line; those beyond `most` are only counted."""
    words = [str(change) for change in changes[:most]]
    more = len(changes) - most
    return "; ".join(words + ([f"{counted(more, 'more change')}"] if more > 0 else []))


def _process(before: list[JsonValue], after: list[JsonValue]) -> Iterator[Change]:
    if before[0] != after[0]:
        yield Change("command", "kind of process", before[0], after[0])
    if before[2] != after[2]:
        yield Change("command", "interpreter", before[2], after[2])
    if before[1] != after[1]:
        name, old, new = _first_difference(before[1], after[1])
        yield Change("command", name, old, new)
    if before[3:] != after[3:]:
        yield Change("command", "list of parameters that become files", before[3:], after[3:])


def _first_difference(before: str, after: str) -> tuple[str, str, str]:
    """Return where two templates differ first: the place, and both versions of the line."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) <= 1 and len(new) <= 1:
        return "command", before, after
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return f"script (line {at + 1})", "".join(old[at : at + 1]), "".join(new[at : at + 1])


def _by_name(part: str, before: JsonValue, after: JsonValue) -> Iterator[Change]:
    """Yield what differs in two maps; for a parameter where only files' contents differ, the files are named."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after:
            yield Change(part, "", before, after)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new and (name in before) == (name in after):
            continue
        files = list(_other_contents(old, new)) if name in before and name in after else []
        if files and _without_contents(old) == _without_contents(new):
            yield from files
        else:
            yield Change(part, name, _as_told(name, old), _as_told(name, new))


def _environment(before: JsonValue, after: JsonValue) -> Iterator[Change]:
    if before is None or after is None:
        if before != after:
            yield Change("environment", "container", before, after)
        return
    yield from _by_name("environment", before[0], after[0])
    names = ("envscript", "workdir", "mounts and needs")
    for name, old, new in zip(names, (*before[1:3], before[3:]), (*after[1:3], after[3:]), strict=True):
        if old != new:
            yield Change("environment", name, old, new)


def _other_contents(before: JsonValue, after: JsonValue) -> Iterator[Change]:
    """Yield a change for each file with different content, provided that both values have the same structure."""
    if _is_content(before) and _is_content(after):
        old, new = dict(before["is"]), dict(after["is"])
        if len(old) == len(new) == 1 and old.keys() != new.keys():
            (was, digest), (name, other) = *old.items(), *new.items()
            yield Change("file", f"{name} (was {was})", digest, other)
            return
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield Change("file", name, old.get(name), new.get(name))
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            yield from _other_contents(before[key], after[key])
    elif isinstance(before, list) and isinstance(after, list):
        for old_item, new_item in zip(before, after, strict=False):
            yield from _other_contents(old_item, new_item)


def _as_told(name: str, value: JsonValue) -> JsonValue:
    told = _without_contents(value)
    return MASK if is_password(name, told) else told


def _without_contents(value: JsonValue) -> JsonValue:
    """Return a value with the name of each file in place of its content's digest."""
    if _is_content(value):
        return value["name"]
    if isinstance(value, dict):
        return {key: _without_contents(item) for key, item in value.items()} if "own" not in value else value["own"]
    if isinstance(value, list):
        return [_without_contents(item) for item in value]
    return value


def _is_content(value: JsonValue) -> bool:
    return isinstance(value, dict) and value.keys() == {"name", "is"}


def _shown(value: JsonValue) -> str:
    if isinstance(value, str) and value.startswith("sha256:") and len(value) == 71:
        return value[:19] + "..."
    text = repr(str(value)) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."
