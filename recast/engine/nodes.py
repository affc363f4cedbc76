"""What a run has seen of its nodes: which ones eat jobs, and where the next attempt should not go. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["MOST_AVOIDED", "NodeHealth"]

MOST_AVOIDED = 50
"""Nodes named to the engine of one job: they stand on a command line. A site with more bad ones has other worries."""

_TOLD = 5


@dataclass(eq=False, slots=True)
class _Node:
    """`failed` counts attempts since the last success, `steps` are up to two of theirs, `why` is of the newest."""

    name: str
    failed: int = 0
    steps: set[str] = field(default_factory=set)
    why: str = "no reason given"


class NodeHealth:
    """The nodes of a run. Bad are those where `bad_after` attempts in a row failed for reasons of the node.

    One step alone makes no node bad: its own input may be what is missing. A node goes by its name up to the first
    dot, since engines and nodes do not agree on the rest; the engine's own name is the one that is told.
    """

    def __init__(self, bad_after: int) -> None:
        self._bad_after = bad_after
        self._nodes: dict[str, _Node] = {}
        self._bad: dict[str, _Node] = {}

    @property
    def bad(self) -> dict[str, str]:
        """The bad nodes, each with why its newest attempt failed."""
        return {node.name: node.why for node in self._bad.values()}

    @property
    def all_bad(self) -> bool:
        """Whether there are nodes, and all are bad."""
        return len(self._bad) == len(self._nodes) > 0

    @property
    def in_words(self) -> str:
        """The bad nodes in a line."""
        nodes = list(self._bad.values())
        more = f" and {len(nodes) - _TOLD} more" if len(nodes) > _TOLD else ""
        return "; ".join(f"{node.name} ({node.failed} in a row: {node.why})" for node in nodes[:_TOLD]) + more

    def saw(self, host: str, *, by_engine: bool) -> None:
        """Take in that a node is there, by the name that the engine or its own worker tells."""
        node = self._nodes.get(_key(host))
        if node is None:
            self._nodes[_key(host)] = _Node(host)
        elif by_engine:
            node.name = host

    def worked(self, host: str) -> None:
        """Take in that an attempt succeeded on a node: it is as good as new."""
        node = self._nodes.get(_key(host))
        if node is not None and node.failed:
            self._nodes[_key(host)] = _Node(node.name)
            self._bad.pop(_key(host), None)

    def failed(self, host: str, step: str, why: str) -> None:
        """Take in that an attempt of a step failed for a reason of the node."""
        node = self._nodes.setdefault(_key(host), _Node(host))
        node.failed += 1
        node.why = why.partition("\n")[0] or node.why
        if len(node.steps) < 2:
            node.steps.add(step)
        if node.failed >= self._bad_after and len(node.steps) > 1:
            self._bad[_key(host)] = node

    def to_avoid(self, own: Iterable[str]) -> tuple[str, ...]:
        """Return the nodes that a job should not run on, sorted: the bad ones, and its step's `own`.

        Never all that were seen: there may be no others, and a job that avoids them all would wait for ever.
        """
        mine = dict.fromkeys(map(_key, own))
        if not mine and not self._bad:
            return ()
        for wanted in ([*mine, *(key for key in self._bad if key not in mine)], list(self._bad)):
            if 0 < len(wanted) < len(self._nodes):
                return tuple(sorted(self._nodes[key].name for key in wanted[-MOST_AVOIDED:]))
        return ()

    def excuses(self, host: str, avoided: tuple[str, ...]) -> bool:
        """Return whether a failure on a node is the node's alone: it is bad, others are not, and nobody had said so."""
        return _key(host) in self._bad and _key(host) not in map(_key, avoided) and not self.all_bad


def _key(host: str) -> str:
    return host.partition(".")[0].lower()
