"""The same specs run by the real yadage and by us, told in the same words."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conftest import Recast

__all__ = ["by_recast", "by_yadage"]

ORACLE = Path(__file__).with_name("yadage_oracle.py")
MOST_S = 900
"""A bound on all cases together; they take about a second each."""


def by_yadage(python: Path, cases: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Return what yadage makes of each case, all in one process: its start takes longer than a workflow."""
    file.write_text(json.dumps(cases))
    done = subprocess.run(
        [python, "-W", "ignore", ORACLE, file],
        capture_output=True,
        text=True,
        timeout=MOST_S,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(Path(f"{file}.answers").read_text())
    return answers


def by_recast(recast: Recast, workflow: str, toplevel: Path, options: Sequence[str]) -> dict[str, Any]:
    """Return nodes and edges of a run of ours that must succeed."""
    ran = recast("run", workflow, "--toplevel", toplevel, "--allow-host-process", "-q", *options)
    assert ran.code == 0, ran.err
    shown = recast("show", ran.out.strip(), "-o", "json").json
    nodes = {step["id"]: {key: step[key] for key in ("name", "parameters", "published")} for step in shown["steps"]}
    edges = sorted([upstream, step["id"]] for step in shown["steps"] for upstream in step["depends_on"])
    return {"nodes": nodes, "edges": edges}
