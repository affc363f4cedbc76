"""Search a regular expression in a text, in a process with limits: some patterns take time without end."""

from __future__ import annotations

import json
import subprocess
import sys

from recast.errors import InfrastructureError

__all__ = ["MOST_CPU_S", "found"]

MOST_CPU_S = 5
_MOST_WALL_S = 120.0
"""For a machine so busy that it does not get its CPU time."""

_PROGRAM = f"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({MOST_CPU_S}, {MOST_CPU_S}))
asked = json.load(sys.stdin)
print("yes" if re.search(asked["pattern"], asked["text"]) else "no")
"""


def found(pattern: str, text: str) -> bool | None:
    """Return whether a pattern is found in a text; None if the search takes more than its CPU time.

    Raises InfrastructureError if the process cannot be started or gets no CPU time.
    """
    asked = json.dumps({"pattern": pattern, "text": text})
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            input=asked,
            capture_output=True,
            text=True,
            timeout=_MOST_WALL_S,
            env={},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise InfrastructureError(
            "A regular expression of a step test could not be searched",
            why=str(problem)[:500],
            next_step="run it again when this machine is less busy",
        ) from problem
    return {"yes\n": True, "no\n": False}.get(done.stdout)
