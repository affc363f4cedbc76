"""The worker's command line.

`run TASKFILE` for one attempt, `shell TASKFILE` for one by hand, `serve --tasks FD` for a driver on this machine,
`node TASKS INDEX` for a batch system: with `--log-on-stdout` the payload writes into the file that is our own output.
`panda PHASE INDEX INSIDE` for a pilot of PanDA, in the folder of a job. `limits` prints as JSON which limits the kernel
holds here.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["main"]

_USAGE = (
    "usage: worker run|shell TASKFILE | serve --tasks FD | node [--log-on-stdout] TASKS INDEX"
    " | panda PHASE INDEX INSIDE | limits"
)


def main(arguments: list[str]) -> int:
    """Run the worker; return 0 if an outcome was written, whatever it says."""
    if arguments[:1] == ["run"] and len(arguments) == 2:
        return _run(arguments[1])
    if arguments[:1] == ["shell"] and len(arguments) == 2:
        from recast.worker.processes.handson import hands_on

        return hands_on(_task(arguments[1]))
    if arguments[:2] == ["serve", "--tasks"] and len(arguments) == 3:
        from recast.worker.serve import serve

        return serve(int(arguments[2]))
    if arguments == ["limits"]:
        from recast.worker.limits.trial import limits_here

        return limits_here()
    if arguments[:1] == ["panda"] and len(arguments) == 4:
        return _panda(*arguments[1:])
    if arguments[:1] == ["node"]:
        log_on_stdout = arguments[1:2] == ["--log-on-stdout"]
        where = arguments[2 if log_on_stdout else 1 :]
        if len(where) == 2:
            from recast.worker.node import run_on_node

            return run_on_node(where[0], where[1], log_on_stdout=log_on_stdout)
    print(_USAGE, file=sys.stderr)
    return 2


def _panda(phase: str, index: str, inside: str) -> int:
    import os

    if phase == "own":
        from recast.worker.panda.own import run_own

        return run_own(os.getcwd(), index)
    from recast.worker.panda.phases import postprocess, preprocess

    return (preprocess if phase == "preprocess" else postprocess)(os.getcwd(), index, inside)


def _task(path: str) -> Any:
    import json

    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _run(path: str) -> int:
    from recast.worker.attempt import Attempt
    from recast.worker.failure import Stopped
    from recast.worker.limits.cgroup import Group
    from recast.worker.limits.hierarchy import take_hierarchy
    from recast.worker.slot import become_runner, say_unheld

    become_runner()
    group = Group(take_hierarchy(may_ask=True))
    attempt = Attempt(_task(path), group, lambda: False, tell_unheld=lambda names: say_unheld(names, group.lack))
    try:
        attempt.run(lambda pid: None)
    except Stopped:
        return 1
    finally:
        group.remove()
    return 0 if attempt.is_ours else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
