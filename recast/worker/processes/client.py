"""The working directory of a container engine's client, and what the engine leaves there.

A program writes into the folder that it was started in: Podman's monitor leaves a file `oom` there. That folder must
not be the step's, or a pattern would take the file for an output.
"""

from __future__ import annotations

import contextlib
import os
import shutil

from recast.worker.failure import failure_of
from recast.worker.json_types import JsonObject
from recast.worker.limits.cgroup import oom_kills
from recast.worker.processes.engine_slice import EngineSlice
from recast.worker.processes.spawn import capture, succeeds

__all__ = ["REMOVALS", "Client", "started_by"]

REMOVALS = 3
"""How often a container is to be removed: Podman fails the first time if its monitor died with the container."""

_FOLDER, _NAME = "client", "runtime"


class Client:
    """The folder of one attempt's client. In it stands which runtime has started the container, while there is one."""

    def __init__(self, attempt: str, runtime: JsonObject) -> None:
        self.folder = f"{attempt}/{_FOLDER}"
        self._runtime = runtime
        self._kills = 0
        self._slice = EngineSlice(f"recast_{os.path.basename(attempt)}", runtime.get("groups") or ())

    def enter(self) -> None:
        """Make the folder; raise Failure."""
        self._kills = oom_kills()
        try:
            os.mkdir(self.folder, 0o700)
            with open(f"{self.folder}/{_NAME}", "w", encoding="utf-8") as file:
                file.write(self._runtime["name"])
        except OSError as problem:
            raise failure_of(problem, "infrastructure") from None

    def argv(self) -> list[str]:
        """Return the argv that starts the container, in a slice of its own where there can be one."""
        argv = list(self._runtime["argv"])
        after = argv.index("run") + 1 if self._slice.flags else 0
        return [*argv[:after], *self._slice.flags, *argv[after:]]

    def saw_a_kill(self) -> bool:
        """Return whether the kernel killed a process of the container for its memory, however the first one ended.

        The kernel's count is read where Podman's containers have a slice each; elsewhere Podman's monitor says so by a
        file. Docker's daemon is asked if there was such a kill anywhere meanwhile.
        """
        if self._slice.saw_a_kill() or os.path.exists(f"{self.folder}/oom"):
            return True
        if not self._runtime.get("inspect") or oom_kills() == self._kills:
            return False
        return capture(self._runtime["inspect"], dict(os.environ)).split()[:1] == ["true"]

    def leave(self) -> None:
        """Remove the container, whatever state it is in, and the folder with whatever is in it."""
        if not any(self._is_removed() for _ in range(REMOVALS)):
            return  # its name stays in the folder for whoever comes next
        self._slice.leave()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _is_removed(self) -> bool:
        """Remove the container; one that never was is gone as well."""
        command, inspect, env = self._runtime.get("cleanup"), self._runtime.get("inspect"), dict(os.environ)
        return not command or succeeds(command, env) or bool(inspect and not succeeds(inspect, env))


def started_by(attempt: str) -> str:
    """Return the runtime whose container of an attempt was not removed, empty if there is none."""
    with contextlib.suppress(OSError), open(f"{attempt}/{_FOLDER}/{_NAME}", encoding="utf-8") as file:
        return file.read()
    return ""
