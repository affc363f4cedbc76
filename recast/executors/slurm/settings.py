"""The settings of Slurm."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

from recast.errors import UsageError
from recast.executors.settings import Setting
from recast.json_types import JsonObject

__all__ = ["SETTINGS", "SlurmSettings"]

SETTINGS = (
    Setting("partition", "partition to run in; the site's default if empty"),
    Setting("account", "account to charge"),
    Setting("qos", "quality of service"),
    Setting("constraint", "features that nodes must have, such as 'skylake&ib'"),
    Setting("reservation", "reservation to run in"),
    Setting("options", "further options for sbatch, each as --name=value, such as '--licenses=cvmfs --nice=100'"),
    Setting("array_size", "maximum number of jobs in an array; limited by the site's MaxArraySize", int, 1000, least=1),
    Setting("array_throttle", "maximum number of running jobs of one array; 0 for no limit", int, 0, least=0),
    Setting("memory_margin_mb", "megabytes (10^6 bytes) requested on top of each job's own, for the worker", int, 200,
            least=0, amount="size"),
    Setting("margin_s", "seconds of wall time requested on top of each job's own, for staging and a first pull of its "
            "image", int, 1200, least=0, amount="time"),
    Setting("poll_s", "longest interval between two polls of the queue, in seconds", float, 15.0, least=0.1),
    Setting("quick_poll_s", "shortest interval between two polls of the queue, in seconds", float, 2.0, least=0.1),
    Setting("command_timeout_s", "time limit for one of Slurm's commands, in seconds", float, 60.0, least=0.1),
    Setting("sacct", "ask Slurm's accounting how jobs ended; auto: if the site has it", choices=("auto", "yes", "no"),
            default="auto"),
)  # fmt: skip

_OPTION = re.compile(r"--([a-z][a-z-]*)(?:=[^\0\n]*)?")
_OURS = frozenset({
    "array", "begin", "chdir", "clusters", "cpus-per-task", "dependency", "error", "exclude", "export", "export-file",
    "get-user-env", "help", "hold", "ignore-pbs", "input", "job-name", "kill-on-invalid-dep", "mem", "mem-per-cpu",
    "no-requeue", "nodes", "ntasks", "open-mode", "output", "parsable", "quiet", "requeue", "test-only", "time",
    "time-min", "usage", "verbose", "version", "wait", "wrap",
})  # fmt: skip
"""Options that RECAST sets itself, or that would prevent it from finding its jobs."""


@dataclass(frozen=True, slots=True)
class SlurmSettings:
    """The settings with their values: `asked` and `options` are ready-made options for sbatch."""

    asked: tuple[str, ...]
    options: tuple[str, ...]
    array_size: int
    array_throttle: int
    memory_margin_mb: int
    margin_s: int
    poll_s: float
    quick_poll_s: float
    command_timeout_s: float
    sacct: str
    partition: str = ""

    @classmethod
    def of(cls, values: JsonObject) -> SlurmSettings:
        """Return the settings for `values`, with defaults for the rest; raise UsageError for an invalid one."""
        have = {setting.name: setting.default for setting in SETTINGS}
        have |= {name: value for name, value in values.items() if name in have and value is not None}
        for setting in SETTINGS:
            _check(setting, have[setting.name])
        named = ("partition", "account", "qos", "constraint", "reservation")
        numbers = ("array_size", "array_throttle", "memory_margin_mb", "margin_s", "poll_s", "quick_poll_s")
        return cls(
            asked=tuple(f"--{name}={have[name]}" for name in named if have[name]),
            options=_options(have["options"] or ""),
            sacct=have["sacct"],
            partition=have["partition"] or "",
            command_timeout_s=have["command_timeout_s"],
            **{name: have[name] for name in numbers},
        )


def _check(setting: Setting, value: Any) -> None:
    try:
        setting.read(value)
    except ValueError as problem:
        raise _wrong(setting.name, value, str(problem)) from problem


def _options(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as problem:
        raise _wrong("options", text, str(problem)) from problem
    for word in words:
        match = _OPTION.fullmatch(word)
        if match is None:
            raise _wrong("options", word, "each must be --name or --name=value")
        if match[1] in _OURS or any(name.startswith(match[1]) for name in _OURS):
            raise _wrong(
                "options", word, f"--{match[1]} is set by RECAST: it comes from the job, or is needed to find it"
            )
    return tuple(words)


def _wrong(name: str, value: object, why: str) -> UsageError:
    return UsageError(
        f"The Slurm setting {name} cannot be {value!r}",
        where="executor slurm",
        why=why,
        next_step="recast executors ls",
    )
