"""A walk over all that a workflow can reach, which finds circles and bounds depth and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from recast.errors import SpecError
from recast.json_types import JsonValue
from recast.spec.model import Position

__all__ = [
    "MAX_REFERENCE_CHAIN",
    "MAX_RESOLVED_DEPTH",
    "MAX_RESOLVED_VALUES",
    "Identity",
    "Node",
    "Walk",
    "cycle_error",
    "size_error",
]

MAX_RESOLVED_DEPTH = 100
"""The deepest nesting through references: some 24 sub-workflows inside each other; real specs have 4."""

MAX_REFERENCE_CHAIN = 24
"""The most references that may have to be followed to reach one value; real specs have 2."""

MAX_RESOLVED_VALUES = 1_000_000
"""The most values with references expanded, because a run writes them out that way."""


Identity = tuple[str, str, str]
"""File, folder that its references are relative to, JSON pointer: the same identity is the same value."""


class Node(Protocol):
    """What a walk needs of a value: `recast.spec.references.Node` has it."""

    @property
    def identity(self) -> Identity:
        """What makes two nodes the same value."""

    @property
    def value(self) -> JsonValue:
        """The value as it is written."""

    @property
    def referred(self) -> bool:
        """Whether a `$ref` stands in its place."""

    @property
    def position(self) -> Position:
        """Where the value is written."""

    def elements(self) -> Iterator[Node]:
        """Yield the entries of a list."""

    def items(self) -> Iterator[tuple[Any, Node]]:
        """Yield the entries of a map."""


class Walk:
    """A walk over all that is reachable: resolves every reference, finds cycles, bounds depth and size."""

    def __init__(self) -> None:
        self._sizes: dict[Identity, int] = {}
        self._open: dict[Identity, Node] = {}

    def visit(self, node: Node) -> int:
        """Return how many values a node has with references expanded."""
        if not isinstance(node.value, (dict, list)):
            return 1
        identity = node.identity
        if identity in self._sizes:
            return self._sizes[identity]
        if identity in self._open:
            chain = list(self._open.values())
            raise cycle_error([*chain[list(self._open).index(identity) :], node])
        if len(self._open) >= MAX_RESOLVED_DEPTH:
            raise size_error(node, f"nested more than {MAX_RESOLVED_DEPTH} deep", "spec.too-deep")
        self._open[identity] = node
        children = node.elements() if isinstance(node.value, list) else (child for _, child in node.items())
        size = 1 + sum(map(self.visit, children))
        if size > MAX_RESOLVED_VALUES:
            raise size_error(node, f"more than {MAX_RESOLVED_VALUES}", "spec.too-large")
        del self._open[identity]
        self._sizes[identity] = size
        return size


def cycle_error(chain: Sequence[Node]) -> SpecError:
    """Return the error for references that lead from the first node of a chain back to it."""
    first = chain[0]
    return SpecError(
        "References lead in a circle",
        where=str(first.position),
        why=" -> ".join(dict.fromkeys(str(node.position) for node in chain if _turns(node, chain)))
        + f" -> {chain[-1].position}",
        next_step="Remove one of these references.",
        code="spec.ref-cycle",
    )


def _turns(node: Node, chain: Sequence[Node]) -> bool:
    """Return whether the chain enters by this node: it was referred to, or is itself a reference."""
    is_reference = isinstance(node.value, dict) and "$ref" in node.value
    return node is chain[0] or node.referred or is_reference


def size_error(node: Node, how: str, code: str) -> SpecError:
    """Return the error for values that are too deep or too many once references are followed."""
    return SpecError(
        f"The values are {how} with their references expanded",
        where=str(node.position),
        next_step="Use fewer references to references.",
        code=code,
    )
