"""Whether a payload ran out of memory: the only rule of the class `memory`, whatever enforces the limits.

A process that the kernel killed for memory in the payload's group makes the whole attempt one of class `memory`, with
whatever exit code the payload's first process ends: a result without the part that was killed is none.
"""

from __future__ import annotations

__all__ = ["ran_out_of_memory"]

_KILLED = 137


def ran_out_of_memory(
    *, in_group: bool = False, engine_says: bool = False, code: int = 0, kills_anywhere: bool = False
) -> bool:
    """Return whether a payload that ended by itself ran out of memory.

    `in_group`: the kernel killed a process of its own control group. `engine_says`: a container engine saw that.
    `kills_anywhere`: the kernel killed some process of this machine meanwhile; where nobody counts by group, that is
    believed of a payload that was killed (`code` 137, as a shell says it, or of SIGKILL itself).
    """
    return in_group or engine_says or (kills_anywhere and code == _KILLED)
