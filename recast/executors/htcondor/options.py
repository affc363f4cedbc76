"""The settings of HTCondor, and their checked form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from recast.errors import UsageError
from recast.executors.settings import Setting
from recast.json_types import JsonObject

__all__ = ["SETTINGS", "Options"]

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "collector",
        "the pool's collector, as host or host:port; otherwise the one in HTCondor's configuration on this machine",
        stays="jobs",
    ),
    Setting("schedd", "the schedd to submit to; otherwise this machine's, or the only one of the pool", stays="jobs"),
    Setting("token_dir", "folder with your IDTOKENS; otherwise the one in HTCondor's configuration on this machine"),
    Setting(
        "transfer",
        "how files reach the schedd: spool sends them, local requires that it sees the run's folder; auto decides",
        default="auto",
        choices=("auto", "spool", "local"),
        stays="jobs",
    ),
    Setting(
        "universe",
        "vanilla: the worker starts the image; container: the pool does, and the image needs Python 3.9",
        default="vanilla",
        choices=("vanilla", "container"),
    ),
    Setting(
        "container_image",
        "where the pool finds an image in the container universe; {digest} and {hex} stand for the pinned digest",
    ),
    Setting("accounting_group", "the accounting group to charge"),
    Setting("accounting_group_user", "the user of that group"),
    Setting("job_flavour", "CERN's name for a maximum run time, such as longlunch"),
    Setting("requirements", "requirements on machines, in the ClassAd language"),
    Setting("rank", "preferences among machines, in the ClassAd language"),
    Setting("attributes", "further attributes of the jobs: Name=value, separated by semicolons"),
    Setting("max_idle", "maximum number of idle jobs of an array (only where files are not spooled)", int),
    Setting("array_size", "maximum number of jobs in one cluster", int, 1000),
    Setting("poll_s", "longest interval between two polls of the queue", float, 10.0),
    Setting("quick_poll_s", "shortest interval between two polls, while states change", float, 1.0),
    Setting("sweep_s", "interval between two lists of all jobs, which reveal those that somebody removed", float, 60.0),
    Setting("margin_s", "added to a job's wall time, for its files and a pull of its image", int, 1200, amount="time"),
    Setting("lease_s", "how long the schedd waits for an unresponsive node", int, 1200, amount="time"),
    Setting("condor_tail", "the program that shows the output of a running job", default="condor_tail"),
    Setting("call_s", "time limit for one call to the schedd", int, 120, amount="time"),
)
"""Declared once: options, environment variables, the configuration file, help and documentation follow from it."""

_ATTRIBUTE = re.compile(r"\+?(?:My\.)?([A-Za-z_][A-Za-z0-9_]{0,99})\s*=(?!=)\s*(\S.*?)\s*", re.DOTALL)
_OURS = ("recastarray", "recasttoken", "jobbatchname")


@dataclass(frozen=True, slots=True)
class Options:
    """The settings, checked. `attributes` maps names to expressions of the ClassAd language."""

    collector: str = ""
    schedd: str = ""
    token_dir: str = ""
    transfer: str = "auto"
    universe: str = "vanilla"
    container_image: str = ""
    accounting_group: str = ""
    accounting_group_user: str = ""
    job_flavour: str = ""
    requirements: str = ""
    rank: str = ""
    attributes: Mapping[str, str] | None = None
    max_idle: int = 0
    array_size: int = 1000
    poll_s: float = 10.0
    quick_poll_s: float = 1.0
    sweep_s: float = 60.0
    margin_s: int = 1200
    lease_s: int = 1200
    call_s: int = 120
    condor_tail: str = "condor_tail"

    @classmethod
    def of(cls, values: JsonObject) -> Options:
        """Check settings, ignoring unknown ones; raise UsageError for an invalid one."""
        given = {name: values[name] for name in cls.__slots__ if values.get(name) is not None}
        for name, value in given.items():
            if isinstance(value, str) and not value.isprintable():
                raise _wrong(name, "it contains a line break or another invisible character")
        if given.get("universe") == "container" and not given.get("container_image"):
            raise _wrong("container_image", "the container universe requires it, as the location of images")
        for name in ("array_size", "poll_s", "quick_poll_s", "sweep_s", "lease_s", "call_s"):
            if given.get(name, 1) <= 0:
                raise _wrong(name, "it has to be more than zero")
        if "attributes" in given:
            given["attributes"] = _attributes(given["attributes"])
        return cls(**given)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        match = _ATTRIBUTE.fullmatch(part.strip())
        if match is None:
            raise _wrong("attributes", f"{part.strip()!r} is not of the form Name=value")
        if match[1].lower() in _OURS:
            raise _wrong("attributes", f"{match[1]} is used to find jobs again")
        found[match[1]] = match[2]
    return found


def _wrong(name: str, why: str) -> UsageError:
    return UsageError(
        f"The setting {name} of htcondor is not valid",
        where=name,
        why=why,
        next_step="recast executors show htcondor",
    )
