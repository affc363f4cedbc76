"""Run by a Python of its own: several commands of recast one after the other, each with its answer and its time.

argv: a JSON list of argument lists; stdout: a JSON list of `{code, out, err, seconds}`. The address space is bounded,
so that what would fill the memory fails here instead.
"""

import contextlib
import io
import json
import resource
import sys
import time
import traceback

from recast.cli.app import run

MOST_BYTES = 3 * 1024**3


def answer(arguments):
    out, err = io.StringIO(), io.StringIO()
    start = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(arguments)
        except BaseException:
            traceback.print_exc()
            code = -1
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "seconds": time.monotonic() - start}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    answers = [answer(arguments) for arguments in json.loads(sys.argv[1])]
    json.dump(answers, sys.__stdout__)
