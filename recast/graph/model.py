"""The contents of a drawing, independent of its format: boxes, nested boxes, arrows. Frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["ROOT", "Drawing", "Edge", "Group", "Key", "Kind", "Node"]

Key: TypeAlias = tuple[str, ...]
"""Names from the root to a box. A group's last name ends with a slash: `("map/",)` holds `("map/", "fit")`."""

Kind: TypeAlias = Literal["init", "step", "open"]

ROOT: Key = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One box: all steps of a stage, in all equivalent scopes, unless it was expanded.

    `count` steps are known; in `open` scopes the stage has not expanded yet, and `waits_for` says what it waits for.
    `each` names the parameters that the stage is scattered over. `states` counts the steps by state (`cached` apart
    from `succeeded`), and is empty before a run. `note` says why a stage made no steps.
    """

    key: Key
    title: str
    kind: Kind
    count: int = 0
    detail: str = ""
    states: Mapping[str, int] = field(default_factory=dict)
    open: int = 0
    each: str = ""
    note: str = ""
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A box around the stages of a sub-workflow; `count` scopes are known, the rest is as for a node."""

    key: Key
    title: str
    members: tuple[Node | Group, ...]
    count: int = 0
    open: int = 0
    each: str = ""
    note: str = ""
    waits_for: tuple[str, ...] = ()

    def nodes(self) -> Iterator[Node]:
        """Yield all nodes inside, at any depth, in order."""
        stack: list[Node | Group] = [self]
        while stack:
            item = stack.pop()
            if isinstance(item, Group):
                stack.extend(reversed(item.members))
            else:
                yield item


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow. It represents `count` edges of the DAG; `known` is False if it is only known from the spec so far."""

    source: Key
    target: Key
    count: int = 1
    known: bool = True


@dataclass(frozen=True, slots=True)
class Drawing:
    """A complete drawing: its title, its boxes, its arrows."""

    title: str
    subtitle: str
    root: Group
    edges: tuple[Edge, ...]
