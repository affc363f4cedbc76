"""Run scripts of the bundles in forks of a process that has imported numpy, scipy and pyhf once.

Executed by the Python of `.venv-fit`, standard input and output are the line: a JSON list `[folder, script,
argument...]` in, `[exit code, stdout, stderr]` out. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import sys
import tempfile
from pathlib import Path

import jsonpatch
import numpy as np
import pyhf
import scipy.interpolate
import scipy.stats

PRELOADED = (jsonpatch, np, pyhf, scipy.interpolate, scipy.stats)


def run(script: str, arguments: list[str]) -> int:
    """Run a script in this process as `python3 script arguments` would; return its exit code."""
    sys.argv, sys.path[0] = [script, *arguments], str(Path(script).parent)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def answer(folder: str, script: str, *arguments: str) -> list[object]:
    """Run a script in a fork; return its exit code and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os.chdir(folder)
            code = run(script, list(arguments))
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
        return [os.waitstatus_to_exitcode(status), *texts]


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)
