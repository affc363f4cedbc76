"""The drawing of a run: a box for each stage, or for several of them, coloured by what is going on in it.

Its boxes have places in the table of stages, so that a script that changes the counts there changes them here, and the
drawing is made anew only when the stages are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recast.json_types import JsonDict
from recast.service.pages.run.words import COLUMNS, tone_of

if TYPE_CHECKING:
    from recast.service.pages.record.flowchart import Box, Chart

__all__ = ["Flow", "flow_of"]

_LIMITS = (60, 14, 8, 4)
_MOST_ARROWS = 200


@dataclass(frozen=True, slots=True)
class Flow:
    """A drawing, and of each box its tone, its counts in words, and where its link leads."""

    chart: Chart
    stages: Sequence[JsonDict]

    def tone(self, box: Box) -> str:
        """Return the tone of a box."""
        return tone_of(self._counts(box))

    def words(self, box: Box) -> str:
        """Return how many of its steps are done."""
        counts = self._counts(box)
        return f"{counts['done'] + counts['cached']:,} of {sum(counts.values()):,}"

    def leads(self, box: Box) -> str:
        """Return where the link of a box leads: to the steps of its stage, or to the table if it stands for several."""
        return str(self.stages[box.members[0]]["address"]) if len(box.members) == 1 else "#stages"

    def _counts(self, box: Box) -> dict[str, int]:
        counts = dict.fromkeys(COLUMNS, 0)
        for member in box.members:
            for name, number in self.stages[member]["counts"]:
                counts[name] += number
        return counts


def flow_of(stages: Sequence[JsonDict], after: Sequence[Sequence[str]]) -> Flow | None:
    """Return the drawing of the stages of a page, of which it is known which come before each; None if there is
    nothing to draw, or too much.
    """
    if len(stages) < 2:
        return None
    from recast.service.pages.record.flowchart import chart_of  # brings the engine with it, which no other page needs

    rows = [
        {"stage": it["stage"], "each": "", "inside": 0, "after": list(before)}
        for it, before in zip(stages, after, strict=True)
    ]
    chart = chart_of(rows, _LIMITS, _MOST_ARROWS, sized_for="20,000 of 20,000")
    return None if chart is None else Flow(chart, stages)
