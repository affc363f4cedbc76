"""Which limits the kernel holds here: tried with a payload that breaks one."""

from __future__ import annotations

import json
import os
import signal

from recast.worker.limits.cgroup import Group, prefer_as_victim
from recast.worker.limits.hierarchy import CONTROLLERS, take_hierarchy
from recast.worker.limits.place import Lack

__all__ = ["limits_here"]

_MEMORY_MB = 64
_TOO_MUCH_BYTES = 200_000_000
_RESOURCES = {"memory_mb": _MEMORY_MB, "cpus": 1}


def limits_here() -> int:
    """Print a JSON object: `version` of the control groups, `held` (cpu, memory, pids), `why` not all, `next_step`.

    Of the memory it is tried whether the kernel ends a process that takes too much; as `serve` would have it, which may
    put this process into a group of its own. Returns 0.
    """
    hierarchy = take_hierarchy(may_ask=True)
    group = Group(hierarchy)
    held, lack = [name for name in CONTROLLERS if group.holds(name)], hierarchy.lack
    if "memory" in held:
        try:
            problem = _why_memory_is_not_held(group)
        except OSError as error:
            problem = f"{error.filename or 'a control group'}: {error.strerror}"
        finally:
            group.remove()
        if problem:
            held.remove("memory")
            lack = Lack(problem)
    lack = lack or Lack("")
    version = 2 if hierarchy.unified else 1
    print(json.dumps({"version": version, "held": held, "why": lack.why, "next_step": lack.next_step}), flush=True)
    return 0


def _why_memory_is_not_held(group: Group) -> str:
    """Return why a process with too much memory was not ended by the kernel, empty if it was."""
    group.hold(_RESOURCES)
    prefer_as_victim(True)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if bytearray(b"\1") * _TOO_MUCH_BYTES else 1)
    prefer_as_victim(False)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and group.was_out_of_memory():
        return ""
    return f"a process with {_TOO_MUCH_BYTES // 1_000_000} MB in a group that may have {_MEMORY_MB} MB was not ended"
