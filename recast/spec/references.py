"""`$ref` inside one bundle: a tree of nodes over the files, which follows references while it is traversed.

The rules are jsonref's, as yadage uses it: a reference in the root file is relative to the toplevel, in every other
file to that file; keys beside `$ref` are ignored; a fragment may lack its leading slash; a pointer may pass through
other references. Unlike in yadage, nothing outside the toplevel is ever read, and a cycle is an error.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonValue
from recast.plainfile import open_plain
from recast.spec.jsonable import json_key, json_scalar, two_keys
from recast.spec.model import Position
from recast.spec.source import MAX_FILE_BYTES, Document, parse, segment
from recast.spec.walk import MAX_REFERENCE_CHAIN, Identity, Walk, cycle_error, size_error
from recast.suggest import did_you_mean

__all__ = ["Bundle", "Identity", "Node"]

T = TypeVar("T")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value of a bundle, with all references leading to it followed."""

    bundle: Bundle = field(repr=False)
    document: Document = field(repr=False)
    base: str
    pointer: str
    value: JsonValue
    referred: bool = False
    """Whether it was reached through a `$ref` in its place."""

    @property
    def identity(self) -> Identity:
        """Return what makes two nodes the same value."""
        return (self.document.file, self.base, self.pointer)

    @property
    def position(self) -> Position:
        """Return where the value is written, not where it is referred to."""
        return self.document.position(self.pointer)

    def child(self, key: JsonValue) -> Node:
        """Return the entry of a map or list, following references."""
        return self.bundle.follow(
            Node(self.bundle, self.document, self.base, f"{self.pointer}/{segment(key)}", self.value[key])
        )

    def get(self, key: str) -> Node | None:
        """Return the entry of a map, or None."""
        return self.child(key) if isinstance(self.value, dict) and key in self.value else None

    def items(self) -> Iterator[tuple[Any, Node]]:
        """Return the entries of a map."""
        return ((key, self.child(key)) for key in self.value)

    def elements(self) -> Iterator[Node]:
        """Return the entries of a list."""
        return (self.child(index) for index in range(len(self.value)))

    def plain(self) -> JsonValue:
        """Return the value as JSON, references followed; the same target gives the same object, so don't change it."""
        if not isinstance(self.value, (dict, list)):
            return json_scalar(self.value, self.position)
        return self.bundle.once("plain", self, self._collection)

    def deepest(self, *path: JsonValue) -> Node:
        """Return the node at a path of keys, or the last one on the way that exists."""
        node = self
        for key in path:
            value = node.value
            found = key in value if isinstance(value, dict) else isinstance(value, list) and key in range(len(value))
            if not found:
                break
            node = node.child(key)
        return node

    def _collection(self) -> JsonValue:
        return [element.plain() for element in self.elements()] if isinstance(self.value, list) else self._map()

    def _map(self) -> JsonDict:
        result: JsonDict = {}
        for key, node in self.items():
            name = json_key(key, self.position)
            if name in result:
                raise two_keys(name, node.position)
            result[name] = node.plain()
        return result


class Bundle:
    """The files below one toplevel folder, each read and parsed once."""

    def __init__(self, toplevel: Path) -> None:
        self.toplevel = toplevel.resolve()
        self._documents: dict[str, Document] = {}
        self._targets: dict[Identity, Node] = {}
        self._made: dict[tuple[str, Identity], JsonValue] = {}
        self._open: list[Node] = []
        """The references being followed, outermost first."""

    @property
    def files(self) -> tuple[str, ...]:
        """Return the relative paths of all files that were read, sorted."""
        return tuple(sorted(self._documents))

    def document(self, file: str) -> Document:
        """Return one of `files`, as it was parsed."""
        return self._documents[file]

    def once(self, purpose: str, node: Node, make: Callable[[], T]) -> T:
        """Return what `make` makes of a node for a purpose, made once however often the node is referred to."""
        key = (purpose, node.identity)
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def root(self, file: str) -> Node:
        """Return the root of a workflow file, after a walk over all that can be reached from it."""
        document = self._document(file, None)
        node = self.follow(Node(self, document, "", "", document.value))
        Walk().visit(node)
        return node

    def follow(self, node: Node) -> Node:
        """Return the node itself, or the target of its reference."""
        if not (isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str)):
            return node
        if node.identity not in self._targets:
            if any(other.identity == node.identity for other in self._open):
                raise cycle_error([*self._open, node])
            if len(self._open) >= MAX_REFERENCE_CHAIN:
                raise size_error(node, f"behind more than {MAX_REFERENCE_CHAIN} references", "spec.too-deep")
            self._open.append(node)
            try:
                self._targets[node.identity] = self._resolve(node)
            finally:
                self._open.pop()
        return self._targets[node.identity]

    def _resolve(self, node: Node) -> Node:
        path, _, fragment = node.value["$ref"].partition("#")
        if path:
            file = _inside(node, path)
            target = Node(self, self._document(file, node), posixpath.dirname(file), "", None)
        else:
            target = Node(self, node.document, node.base, "", None)
        start = self.follow(Node(self, target.document, target.base, "", target.document.value))
        found = self._descend(node, start, fragment)
        return Node(self, found.document, found.base, found.pointer, found.value, referred=True)

    def _descend(self, node: Node, start: Node, fragment: str) -> Node:
        found = start
        parts = unquote(fragment.lstrip("/")).split("/") if fragment else []
        for part in (part.replace("~1", "/").replace("~0", "~") for part in parts):
            value = found.value
            if isinstance(value, dict) and part in value:
                found = found.child(part)
            elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                found = found.child(int(part))
            else:
                raise _missing_key(node, found, part)
        return found

    def _document(self, file: str, node: Node | None) -> Document:
        if file not in self._documents:
            self._documents[file] = parse(self._read(file, node), file)
        return self._documents[file]

    def _read(self, file: str, node: Node | None) -> bytes:
        path = self.toplevel / file
        where = str(node.position) if node is not None else str(path)
        try:
            real = path.resolve()
            if not real.is_relative_to(self.toplevel):
                raise _escape(where, file, "It is a symbolic link out of the toplevel.")
            if not real.is_file():
                raise _missing_file(self, node, where, file)
            with open_plain(real) as stream:
                return stream.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as problem:
            raise SpecError(
                f"The file {file!r} cannot be read",
                where=where,
                why=str(problem),
                next_step="Check its name and its permissions.",
                code="spec.unreadable",
            ) from None

    def candidates(self) -> Iterator[str]:
        """Return the names of spec files below the toplevel, at most a thousand, for suggestions."""
        count = 0
        for folder, folders, names in os.walk(self.toplevel):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                count += 1
                if count > 1000:
                    return
                if name.endswith((".yml", ".yaml", ".json")):
                    yield Path(folder, name).relative_to(self.toplevel).as_posix()


def _inside(node: Node, path: str) -> str:
    """Return the file that a reference names, relative to the toplevel; raise SpecError if it is outside."""
    where = str(node.position)
    if _SCHEME.match(path) or path.startswith("//"):
        raise _escape(where, path, "It names another place by a URL; a spec must not depend on one.")
    path = unquote(path)
    if path.startswith("/"):
        raise _escape(where, path, "It is an absolute path.")
    file = posixpath.normpath(posixpath.join(node.base, path))
    if file == ".." or file.startswith("../"):
        raise _escape(where, path, "It climbs out of the toplevel.")
    return file


def _escape(where: str, path: str, why: str) -> SpecError:
    return SpecError(
        f"$ref {path!r} leads out of the bundle",
        where=where,
        why=why,
        next_step="Copy the file below the toplevel and refer to it by a relative path, or give a higher --toplevel.",
        code="spec.ref-escape",
    )


def _missing_file(bundle: Bundle, node: Node | None, where: str, file: str) -> SpecError:
    base = "the toplevel" if node is not None and not node.base else "the folder of the file that it stands in"
    return SpecError(
        f"There is no file {file!r} below the toplevel",
        where=where,
        why="" if node is None else f"This $ref is relative to {base}.",
        next_step=_higher(bundle, file) or did_you_mean(file, bundle.candidates(), what="files"),
        code="spec.ref-missing" if node is not None else "spec.missing",
    )


def _higher(bundle: Bundle, file: str) -> str:
    """Return the parent folder if it would be a working toplevel, which is the usual mistake."""
    above = bundle.toplevel.parent
    return f"--toplevel {above}" if (above / file).is_file() else ""


def _missing_key(node: Node, found: Node, part: str) -> SpecError:
    known = [str(key) for key in found.value] if isinstance(found.value, dict) else []
    return SpecError(
        f"$ref {node.value['$ref']!r} points to nothing: there is no {part!r} at {found.position}",
        where=str(node.position),
        next_step=did_you_mean(part, known, what="keys") or "Correct the part after '#'.",
        code="spec.ref-missing",
    )
