"""The health of a run's nodes: which ones are black holes, and which ones the next attempt should avoid. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["MOST_AVOIDED", "NodeHealth"]

MOST_AVOIDED = 50
"""The most nodes that one job avoids: they are part of a command line."""

_TOLD = 5


@dataclass(eq=False, slots=True)
class _Node:
    """`failed` counts failures since the last success, `steps` are up to two of the steps, `why` the newest reason."""

    name: str
    failed: int = 0
    steps: set[str] = field(default_factory=set)
    why: str = "no reason given"


class NodeHealth:
    """The nodes of a run. Bad are those where `bad_after` attempts in a row failed for reasons of the node.

    A single step cannot make a node bad: its own input may be at fault. Nodes are compared by name up to the first dot,
    since batch systems and nodes disagree on the rest; the batch system's name is the one to report.
    """

    def __init__(self, bad_after: int) -> None:
        self._bad_after = bad_after
        self._nodes: dict[str, _Node] = {}
        self._bad: dict[str, _Node] = {}

    @property
    def bad(self) -> dict[str, str]:
        """The bad nodes, each with the reason of its newest failure."""
        return {node.name: node.why for node in self._bad.values()}

    @property
    def all_bad(self) -> bool:
        """Whether there are nodes, and all of them are bad."""
        return len(self._bad) == len(self._nodes) > 0

    @property
    def in_words(self) -> str:
        """The bad nodes as one line of text."""
        nodes = list(self._bad.values())
        more = f" and {len(nodes) - _TOLD} more" if len(nodes) > _TOLD else ""
        return "; ".join(f"{node.name} ({node.failed} in a row: {node.why})" for node in nodes[:_TOLD]) + more

    def saw(self, host: str, *, by_engine: bool) -> None:
        """Record a node, under the name given by the batch system or by its worker."""
        node = self._nodes.get(_key(host))
        if node is None:
            self._nodes[_key(host)] = _Node(host)
        elif by_engine:
            node.name = host

    def worked(self, host: str) -> None:
        """Record that an attempt succeeded on a node, which clears its failures."""
        node = self._nodes.get(_key(host))
        if node is not None and node.failed:
            self._nodes[_key(host)] = _Node(node.name)
            self._bad.pop(_key(host), None)

    def failed(self, host: str, step: str, why: str) -> None:
        """Record that an attempt of a step failed because of the node."""
        node = self._nodes.setdefault(_key(host), _Node(host))
        node.failed += 1
        node.why = why.partition("\n")[0] or node.why
        if len(node.steps) < 2:
            node.steps.add(step)
        if node.failed >= self._bad_after and len(node.steps) > 1:
            self._bad[_key(host)] = node

    def to_avoid(self, own: Iterable[str]) -> tuple[str, ...]:
        """Return the nodes that a job should avoid, sorted: the bad ones, and its step's `own`.

        Never all known nodes: there may be no others, and the job would wait forever.
        """
        mine = dict.fromkeys(map(_key, own))
        if not mine and not self._bad:
            return ()
        for wanted in ([*mine, *(key for key in self._bad if key not in mine)], list(self._bad)):
            if 0 < len(wanted) < len(self._nodes):
                return tuple(sorted(self._nodes[key].name for key in wanted[-MOST_AVOIDED:]))
        return ()

    def excuses(self, host: str, avoided: tuple[str, ...]) -> bool:
        """Return whether only the node is to blame for a failure: it is bad, others are not, and it was not being
        avoided.
        """
        return _key(host) in self._bad and _key(host) not in map(_key, avoided) and not self.all_bad


def _key(host: str) -> str:
    return host.partition(".")[0].lower()
