"""The workflow of a version as its page shows it: a drawing with few boxes, and the same as a list.

The whole of it has less than 300 elements, whatever the workflow: a browser stays quick, and a reader oriented.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from recast.json_types import JsonDict, JsonObject
from recast.service.pages.shape import items_of, text, texts

if TYPE_CHECKING:
    from recast.service.pages.record.flowchart import Box, Chart

__all__ = ["Flow", "shown_workflow"]

_MOST_LISTED = 40
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow of `total` stages: its drawing if there is one, and its stages; `more` are not listed.

    `fault` says why nothing is known of it, although something should be.
    """

    rows: tuple[JsonDict, ...] = ()
    more: int = 0
    total: int = 0
    chart: Chart | None = None
    fault: str = ""

    def leads(self, box: Box) -> str:
        """Return the address within the page of what a box stands for."""
        first = box.members[0]
        return f"#{self.rows[first]['id']}" if first < len(self.rows) else "#workflow-list"


def shown_workflow(found: JsonObject) -> Flow:
    """Return what a page shows of a workflow (`recast.graph.outline`). What was drawn last is remembered: a drawing
    takes longer than all the rest of a page, and the same version is asked for again and again.
    """
    return _shown(json.dumps(found))


@lru_cache(maxsize=_REMEMBERED)
def _shown(document: str) -> Flow:
    found = json.loads(document)
    stages = [_stage(at, it) for at, it in enumerate(items_of(found.get("stages")))]
    if not stages:
        return Flow(fault=text(found.get("fault"), 400))
    from recast.service.pages.record.flowchart import chart_of  # brings the engine with it, which no other page needs

    left_out = found.get("more")
    total = len(stages) + (left_out if isinstance(left_out, int) and left_out > 0 else 0)
    listed = tuple(stages[:_MOST_LISTED])
    return Flow(listed, total - len(listed), total, chart_of(stages))


def _stage(at: int, stage: JsonObject) -> JsonDict:
    inside = stage.get("inside")
    return {
        "id": f"stage-{at + 1}",
        "stage": text(stage.get("stage"), 100) or f"stage {at + 1}",
        "each": text(stage.get("each"), 100),
        "runs": text(stage.get("runs"), 200),
        "inside": inside if isinstance(inside, int) and inside > 0 else 0,
        "after": texts(stage.get("after"), 60, 100),
    }
