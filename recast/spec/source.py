"""YAML text into plain values, each with the line it was written on.

The values equal those of `yaml.safe_load` (YAML 1.1: merge keys, anchors, implicit types). Three differences, all on
purpose: a key that stands twice in one map is an error, bytes must be UTF-8, and bombs are refused before they are
expanded. JSON is read by the same code, as yadage does.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from recast.errors import SpecError
from recast.json_types import JsonValue
from recast.spec.model import Position

__all__ = ["MAX_DEPTH", "MAX_FILE_BYTES", "MAX_NUMBER_CHARS", "MAX_VALUES", "Document", "parse", "segment"]

MAX_FILE_BYTES = 4 * 1024 * 1024
"""The largest file that is read: the largest real spec known has 60 kB, a list of 100 000 file names has 4 MB."""

MAX_DEPTH = 64
"""The deepest nesting: real specs reach 16. libyaml's own composer overflows the C stack at some 100 000."""

MAX_VALUES = 210_000
"""The most values a file may have with its aliases expanded: 5000 stages, or two lists of 100 000 names, fit."""

MAX_CHARS = 4 * MAX_FILE_BYTES
"""The most text a file may have with its aliases expanded: an alias of a long text multiplies, too."""

MAX_KEYS = 25_000
"""The most keys of one map: a long list is a sequence, and a name costs ten times what an element does."""

MAX_ANCHORS = 1_000
"""The most anchors of a file: real specs have dozens."""

MAX_NUMBER_CHARS = 400
"""The longest number: the largest float has 309 digits. YAML's base 60 (`1:59:59`) takes quadratic time to read."""

_EXPANDED = ", with its aliases expanded"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_INTEGER = _NUMBERS[0]
_DECIMAL = re.compile("[1-9][0-9]{0,399}", re.ASCII)
_MAP = "tag:yaml.org,2002:map"
_SEQUENCE = "tag:yaml.org,2002:seq"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: its name relative to the toplevel, its value, and the line of each value by JSON pointer."""

    file: str
    value: JsonValue
    lines: Mapping[str, int] = field(repr=False)

    def position(self, pointer: str) -> Position:
        """Return where the value at a JSON pointer stands; the line of a map's entry is that of its key."""
        return Position(self.file, self.lines.get(pointer, 1), pointer)


def segment(key: Hashable) -> str:
    """Return a key of a map or an index of a list as one escaped segment of a JSON pointer."""
    return _key_text(key).replace("~", "~0").replace("/", "~1")


def parse(data: bytes | str, file: str) -> Document:
    """Parse one YAML or JSON document; raise SpecError with file, line and column."""
    text = _decode(data, file)
    loader: JsonValue = None
    try:
        if len(text) > 2 * MAX_VALUES:  # a shorter one cannot hold so many
            _refuse_too_many(text, file)
        loader = yaml.CSafeLoader(text)
        root = _Composer(loader, file).document()
        lines: dict[str, int] = {}
        value = None if root is None else _Constructor(loader, file, lines).value(root, "")
    except yaml.YAMLError as problem:
        raise _syntax_error(problem, text, file) from None
    finally:
        if loader is not None:
            loader.dispose()
    return Document(file, value, lines)


def _refuse_too_many(text: str, file: str) -> None:
    """Count the values of a long text before nodes are made of them: that takes a fifth of the time.

    What is wrong with the text otherwise is left to the reading proper, which says it better.
    """
    loader: JsonValue = yaml.CSafeLoader(text)
    try:
        values = depth = 0
        while depth <= MAX_DEPTH and (event := loader.get_event()):
            values += isinstance(event, yaml.NodeEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if values > MAX_VALUES:
                raise _too_many(file, event.start_mark)
    except yaml.YAMLError:
        return
    finally:
        loader.dispose()


def _too_many(
    file: str, mark: JsonValue, most: int = MAX_VALUES, what: str = "values", multiplied: bool = False
) -> SpecError:
    return SpecError(
        f"The file has more than {most} {what}",
        where=_at(file, mark),
        why="Aliases of aliases multiply: this is how a YAML bomb is built." if multiplied else "",
        next_step="Move the data out of the spec" + (", or write it without aliases." if multiplied else "."),
        code="spec.yaml-bomb",
    )


def _decode(data: bytes | str, file: str) -> str:
    if len(data) > MAX_FILE_BYTES:
        raise SpecError(
            f"The file has {len(data)} bytes, more than the {MAX_FILE_BYTES} that a spec may have",
            where=file,
            why="A spec is text written by people; data belong into inputs or files of the analysis.",
            next_step="Move the data out of the spec.",
            code="spec.too-large",
        )
    if isinstance(data, str):
        if data.isascii():
            return data
        data = data.encode(
            "utf-8", "surrogatepass"
        )  # the command line is bytes: what is not text there is refused here
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = data[: problem.start]
        line, column = before.count(b"\n") + 1, problem.start - before.rfind(b"\n")
        raise SpecError(
            f"The file is not UTF-8: byte 0x{data[problem.start]:02x}",
            where=f"{file}:{line}:{column}",
            next_step=f"iconv -f latin1 -t utf-8 {file}",
            code="spec.encoding",
        ) from None


def _at(file: str, mark: JsonValue) -> str:
    return f"{file}:{mark.line + 1}:{mark.column + 1}"


def _syntax_error(problem: yaml.YAMLError, text: str, file: str) -> SpecError:
    """Turn PyYAML's error into ours; the mark of the problem wins over the mark of its context."""
    if isinstance(problem, yaml.reader.ReaderError):
        before = text[: problem.position]
        line, column = before.count("\n") + 1, problem.position - before.rfind("\n")
        what, where, why = "The file holds a character that YAML forbids", f"{file}:{line}:{column}", problem.reason
        return SpecError(what, where=where, why=why, next_step="Remove the character.", code="spec.yaml")
    mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
    reason = str(getattr(problem, "problem", None) or problem)
    context = getattr(problem, "context", None)
    tabbed = mark is not None and _indented_by_tab(text, mark.line)
    ended = mark is not None and mark.line > text.rstrip("\n").count("\n")
    return SpecError(
        f"The file is not valid YAML: {reason}" + (" at the end of the file" if ended else ""),
        where=_at(file, mark) if mark is not None else file,
        why=str(context or ""),
        next_step="Indent with blanks, not tabs." if tabbed else "Fix the syntax at this line, or just before it.",
        code="spec.yaml",
    )


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.split("\n")
    content = lines[line] if line < len(lines) else ""
    return "\t" in content[: len(content) - len(content.lstrip())]


class _Composer:
    """Events to PyYAML nodes, with bounds: libyaml's own composer recurses in C and has none."""

    def __init__(self, loader: JsonValue, file: str) -> None:
        self._loader = loader
        self._file = file
        self._anchors: dict[str, yaml.Node | None] = {}
        """An anchor whose node is still being read maps to None."""
        self._sizes: dict[int, tuple[int, int]] = {}
        """By node, the values and the characters of its texts, aliases expanded."""
        self._read = 0

    def document(self) -> yaml.Node | None:
        """Return the root of the only document, or None for an empty stream."""
        loader = self._loader
        loader.get_event()  # stream start
        if loader.check_event(yaml.StreamEndEvent):
            return None
        loader.get_event()  # document start
        root = self._node(0)
        loader.get_event()  # document end
        if not loader.check_event(yaml.StreamEndEvent):
            mark = loader.get_event().start_mark
            raise SpecError(
                "The file holds more than one YAML document",
                where=_at(self._file, mark),
                next_step="Keep one document a file: remove the line `---`.",
                code="spec.yaml",
            )
        return root

    def _node(self, depth: int) -> yaml.Node:
        event = self._loader.get_event()
        self._read += 1
        if self._read > MAX_VALUES:  # not when the collection ends: that may be a long time from here
            raise self._too_many(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise yaml.composer.ComposerError(
                    None, None, f"the anchor &{event.anchor} is defined twice", event.start_mark
                )
            if len(self._anchors) == MAX_ANCHORS:
                raise self._too_many(event.start_mark, MAX_ANCHORS, "anchors")
            self._anchors[event.anchor] = None
        node = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: JsonValue) -> yaml.Node:
        if event.anchor not in self._anchors:
            raise yaml.composer.ComposerError(None, None, f"the alias *{event.anchor} has no anchor", event.start_mark)
        node = self._anchors[event.anchor]
        if node is None:
            raise SpecError(
                f"The alias *{event.anchor} stands inside its own anchor",
                where=_at(self._file, event.start_mark),
                why="The value would contain itself.",
                next_step=f"Remove the alias *{event.anchor}.",
                code="spec.yaml-recursive",
            )
        return node

    def _scalar(self, event: JsonValue) -> yaml.Node:
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._implied(event.value) if event.implicit[0] else _TEXT
        return yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark, event.style)

    def _implied(self, value: str) -> str:
        """Return the tag of a text without quotes, as PyYAML's `resolve` does at three times the cost."""
        for tag, pattern in self._loader.yaml_implicit_resolvers.get(value[:1], ()):
            if pattern.match(value):
                return str(tag)
        return _TEXT

    def _collection(self, event: JsonValue, depth: int) -> yaml.Node:
        if depth >= MAX_DEPTH:
            raise SpecError(
                f"The values are nested more than {MAX_DEPTH} deep",
                where=_at(self._file, event.start_mark),
                next_step="Flatten the values.",
                code="spec.too-deep",
            )
        sequence = isinstance(event, yaml.SequenceStartEvent)
        kind = yaml.SequenceNode if sequence else yaml.MappingNode
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._loader.resolve(kind, None, event.implicit)
        children = list(self._children(depth + 1, None if sequence else 2 * MAX_KEYS))
        end = self._loader.get_event()
        content = children if sequence else list(zip(children[::2], children[1::2], strict=True))
        node = kind(tag, content, event.start_mark, end.end_mark, event.flow_style)
        self._count(node, children)
        return node

    def _children(self, depth: int, most: int | None) -> Iterator[yaml.Node]:
        """Read the nodes up to the end of a collection; those of a map are key, value, key, value."""
        count = 0
        while not self._loader.check_event(yaml.SequenceEndEvent, yaml.MappingEndEvent):
            if count == most:
                raise self._too_many(self._loader.peek_event().start_mark, MAX_KEYS, "keys in one map")
            count += 1
            yield self._node(depth)

    def _count(self, node: yaml.Node, children: list[yaml.Node]) -> None:
        """Count the values below a node as if its aliases were expanded, without expanding them."""
        below = [self._sizes.get(id(child)) or (1, len(child.value)) for child in children]
        size, chars = 1 + sum(values for values, _ in below), sum(chars for _, chars in below)
        self._sizes[id(node)] = size, chars
        if size > MAX_VALUES:
            raise self._too_many(node.start_mark)
        if chars > MAX_CHARS:
            raise self._too_many(node.start_mark, MAX_CHARS, f"characters{_EXPANDED}")

    def _too_many(self, mark: JsonValue, most: int = MAX_VALUES, what: str = f"values{_EXPANDED}") -> SpecError:
        return _too_many(self._file, mark, most, what, multiplied=bool(self._anchors))


class _Constructor:
    """Nodes to plain values; notes the line of each value by JSON pointer."""

    def __init__(self, loader: JsonValue, file: str, lines: dict[str, int]) -> None:
        self._loader = loader
        self._file = file
        self._lines = lines
        self._flattened: set[int] = set()
        """Maps whose merge keys were replaced by what they merge; the nodes live as long as this."""

    def value(self, node: yaml.Node, pointer: str) -> JsonValue:
        self._lines.setdefault(pointer, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == _MAP:
            return self._map(node, pointer)
        if isinstance(node, yaml.SequenceNode) and node.tag == _SEQUENCE:
            return [self.value(item, f"{pointer}/{index}") for index, item in enumerate(node.value)]
        return self._other(node)

    def _map(self, node: yaml.MappingNode, pointer: str) -> dict[Any, JsonValue]:
        if id(node) not in self._flattened:
            self._refuse_duplicates(node)
            self._loader.flatten_mapping(node)
            self._flattened.add(id(node))
        entries: dict[Any, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value_node in node.value:  # merged entries stand first, so that an own key overrides them
            entries[self._key(key_node)] = (key_node, value_node)
        result: dict[Any, JsonValue] = {}
        for key, (key_node, value_node) in entries.items():
            child = f"{pointer}/{segment(key)}"
            self._lines[child] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, child)
        return result

    def _refuse_duplicates(self, node: yaml.MappingNode) -> None:
        """Refuse a key that stands twice; called before merge keys put the entries of other maps in front."""
        seen: dict[Hashable, JsonValue] = {}
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node)
            if key in seen:
                raise SpecError(
                    f"The key {_key_text(key)!r} stands twice in one map",
                    where=_at(self._file, key_node.start_mark),
                    why=f"It stands in line {seen[key].line + 1} already; YAML would silently drop that value.",
                    next_step="Remove or rename one of the two.",
                    code="spec.yaml-duplicate-key",
                )
            seen[key] = key_node.start_mark

    def _key(self, node: yaml.Node) -> JsonValue:
        key = self._other(node)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a list or map as a key of a map", node.start_mark)
        return key

    def _other(self, node: yaml.Node) -> JsonValue:
        """Construct a scalar, or a collection with a tag of its own, as PyYAML does."""
        if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER_CHARS:
            what = f"a number of {len(node.value)} characters, more than {MAX_NUMBER_CHARS}"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark)
        if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
            return node.value
        if node.tag == _INTEGER and _DECIMAL.fullmatch(node.value):
            return int(node.value)
        try:
            return self._loader.construct_object(node, deep=True)
        except (ValueError, OverflowError, LookupError, AttributeError) as problem:  # 2020-13-45, `!!int a`, `!!bool a`
            raise yaml.constructor.ConstructorError(None, None, str(problem), node.start_mark) from None


def _key_text(key: Hashable) -> str:
    """Return a key as JSON writes it: `true` for True, `null` for None."""
    if isinstance(key, str):
        return key
    return {True: "true", False: "false", None: "null"}[key] if key is None or isinstance(key, bool) else str(key)
