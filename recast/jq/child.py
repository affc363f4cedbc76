"""The process that runs jq programs: a line of JSON in, a line of JSON out.

A program of a spec is a stranger's: it may loop for ever, eat memory, ask for the environment or for files. Here it
finds none of them, and whoever started this process kills it when it takes too long.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

__all__ = ["serve"]

MOST_MEMORY_BYTES = 2 << 30

_WRAPPED = '(def now: error("now is not allowed: a run must give the same result tomorrow"); {}\n)'
"""Parentheses keep a program from importing modules, for these must stand first."""


def serve(library: str) -> None:
    """Answer requests `[program, value, as_text]` until standard input ends; `library` is where jq lies.

    The first line that is written is not an answer: it is the processor's time that the start took, in seconds.
    """
    sys.path.append(library)  # an isolated Python does not look at PYTHONPATH, nor in a user's own packages
    import jq

    jq.compile(_WRAPPED.format(".")).input_value(None).all()
    print(time.process_time(), flush=True)
    for name in set(os.environ) - {"TZ"}:  # Python adds some of its own
        del os.environ[name]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    compiled: dict[str, Any] = {}
    for line in sys.stdin:
        program, value, as_text = json.loads(line)
        try:
            if program not in compiled:
                compiled[program] = jq.compile(_WRAPPED.format(program))
            outputs = compiled[program].input_value(value)
            answer = json.dumps({"outputs": [outputs.text()] if as_text else outputs.all()}, allow_nan=False)
        except (ValueError, MemoryError, RecursionError) as problem:
            answer = json.dumps({"error": str(problem) or type(problem).__name__})
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
