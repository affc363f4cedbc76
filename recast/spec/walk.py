"""A walk over all that a workflow can reach, which finds circles and bounds depth and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recast.errors import SpecError

if TYPE_CHECKING:
    from recast.spec.references import Identity, Node

__all__ = [
    "MAX_REFERENCE_CHAIN",
    "MAX_RESOLVED_DEPTH",
    "MAX_RESOLVED_VALUES",
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


def cycle_error(chain: list[Node]) -> SpecError:
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


def _turns(node: Node, chain: list[Node]) -> bool:
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
