"""The arguments of a container that a user may choose, and what each means to whom. Pure.

Nothing else reaches a runtime's command line: what a runtime understands can open any container.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recast.jobs.amounts import megabytes

__all__ = ["ARGUMENTS", "ContainerArgument", "checked", "memory_shm_mb", "pilot_words"]


@dataclass(frozen=True, slots=True)
class ContainerArgument:
    """One word of the allow-list.

    `pilot` is what PanDA's pilot hands to its container front end, empty where that has no such word. `always` says
    that containers that our worker starts are like this anyway. `value` names what stands behind `=`, if anything does.
    """

    name: str
    means: str
    pilot: str = ""
    always: bool = False
    value: str = ""


ARGUMENTS = {
    item.name: item
    for item in (
        ContainerArgument("no-home", "nothing of the home folder is seen", "--nohome", always=True),
        ContainerArgument("no-cvmfs", "CVMFS is not mounted", "--nocvmfs", always=True),
        ContainerArgument("clean-env", "nothing of the environment around it is seen", always=True),
        ContainerArgument("contain", "its own /tmp and /dev, processes and home", always=True),
        ContainerArgument("shm-size", "the size of /dev/shm; it counts as memory of the job", value="SIZE"),
    )
}

_FORM = re.compile(r"(?:--)?([a-z]+(?:-[a-z]+)*)(?:=([A-Za-z0-9.]{1,20}))?")
_OF_PRUN = {"nohome": "no-home", "nocvmfs": "no-cvmfs", "cleanenv": "clean-env"}
"""How users of prun spell some of them (`--alrbArgs`)."""


def checked(text: str) -> str:
    """Return an argument in its one spelling; raise ValueError with what is allowed for any other text."""
    found = _FORM.fullmatch(text)
    name, value = (found[1], found[2]) if found else ("", None)
    argument = ARGUMENTS.get(_OF_PRUN.get(name, name))
    if argument is None:
        allowed = ", ".join(item.name + (f"={item.value}" if item.value else "") for item in ARGUMENTS.values())
        raise ValueError(f"the allowed ones are {allowed}")
    if bool(argument.value) != (value is not None):
        raise ValueError(f"it is written {argument.name}{f'={argument.value}' if argument.value else ''}")
    if value is None:
        return argument.name
    return f"{argument.name}={megabytes(value)}MB"


def memory_shm_mb(arguments: Sequence[str]) -> int | None:
    """Return the size of /dev/shm in MB that the arguments ask for, None if they do not."""
    sizes = [text.partition("=")[2] for text in arguments if text.startswith("shm-size=")]
    return megabytes(sizes[-1]) if sizes else None


def pilot_words(arguments: Sequence[str]) -> str:
    """Return what PanDA's pilot is told; raise ValueError for an argument that it has no word for."""
    words = []
    for text in arguments:
        name = text.partition("=")[0]
        if not ARGUMENTS[name].pilot:
            raise ValueError(f"PanDA's pilot has no word for {name}")
        words.append(ARGUMENTS[name].pilot)
    return " ".join(words)
