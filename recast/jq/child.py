"""The process that runs jq programs: a line of JSON in, a line of JSON out.

A program in a spec is untrusted: it may loop forever, allocate memory, ask for the environment or for files. Here it
gets none of them, and the parent kills this process when it takes too long.
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
"""Parentheses prevent a program from importing modules, since imports have to come first."""


def serve(library: str) -> None:
    """Answer requests `[program, value, as_text]` until standard input ends; `library` is the folder of the jq package.

    The first line that is written is not an answer but the CPU time of the start, in seconds.
    """
    sys.path.append(library)  # an isolated Python ignores PYTHONPATH and the user's site-packages
    import jq

    jq.compile(_WRAPPED.format(".")).input_value(None).all()
    print(time.process_time(), flush=True)
    for name in set(os.environ) - {"TZ"}:  # Python adds some itself
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
