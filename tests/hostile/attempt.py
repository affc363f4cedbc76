"""Run by a Python of its own: recast's commands, each lot in a fork with bounded memory and time.

stdin: JSON lines `{commands, folder, environment, timeout_s}`; stdout: a JSON line for each, the list of the answers
`{code, out, err, seconds, cpu_s, peak_mb}`, or the text of what ended the fork.
"""

import contextlib
import importlib
import io
import json
import os
import resource
import signal
import sys
import time
import traceback

MOST_BYTES = 3 * 1024**3
USED = ("recast.cli.app", "recast.cli.spec.lint", "recast.cli.runs.run", "recast.cli.spec", "recast.spec.lint.texts")


def answer(arguments):
    from recast.cli.app import run

    out, err = io.StringIO(), io.StringIO()
    start, cpu = time.monotonic(), time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(arguments)
        except BaseException:
            traceback.print_exc()
            code = -1
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # of all that this fork has run so far
    taken = {"seconds": time.monotonic() - start, "cpu_s": time.process_time() - cpu, "peak_mb": peak_mb}
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), **taken}


def attempt(work, into):
    """Run the commands in this process, which ends with them."""
    signal.alarm(work["timeout_s"])
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    os.chdir(work["folder"])
    os.environ.update(work["environment"])
    with os.fdopen(into, "w") as stream:
        json.dump([answer(arguments) for arguments in work["commands"]], stream)
    os._exit(0)


def serve(work):
    out_of, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out_of)
        attempt(work, into)
    os.close(into)
    with os.fdopen(out_of) as stream:
        said = stream.read()
    _, status = os.waitpid(pid, 0)
    return json.loads(said) if status == 0 else f"the process ended with status {status}"


if __name__ == "__main__":
    for name in USED:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), flush=True)
