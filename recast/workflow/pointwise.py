"""A workflow that runs another one once per point: one run, one graph, one journal; pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from recast.json_types import JsonDict

__all__ = ["STAGE", "WORKFLOW", "scope_of_point", "stage_of_point", "wrapper"]

STAGE = "point"
WORKFLOW = "recast-scan.json"
"""The name of its file, next to the version's workflow."""


def wrapper(workflow: str, varying: Sequence[str], fixed: Sequence[str]) -> bytes:
    """Return the document that scatters `workflow` (a path next to it) over the inputs `varying`, lists of equal
    length.
    """
    parameters = {name: {"step": "init", "output": name} for name in (*varying, *fixed)}
    scheduler: JsonDict = {
        "scheduler_type": "multistep-stage",
        "parameters": parameters,
        "scatter": {"method": "zip", "parameters": list(varying)},
        "workflow": {"$ref": workflow},
    }
    stage = {"name": STAGE, "dependencies": ["init"], "scheduler": scheduler}
    return json.dumps({"stages": [stage]}, indent=1).encode()


def stage_of_point(stage: str, index: int) -> str:
    """Return the path of a stage of the version's workflow within the scan's."""
    return ",".join(f"{STAGE}[{index}].{part.strip()}" for part in stage.split(","))


def scope_of_point(index: int) -> str:
    """Return the pointer of the scope in which a point runs."""
    return f"/{STAGE}/{index}"
