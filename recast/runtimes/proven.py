"""Remember which runtimes started containers here within the last hour: an engine's probe takes a second, or twenty."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from recast.atomic import replace_file
from recast.json_types import JsonDict

__all__ = ["Proven"]

_GOOD_S = 3600.0
_VARIABLES = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "RECAST_HOME"),
    *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS", "HOME"),
)
_MOST_KEPT = 50


class Proven:
    """A file in the user's cache: what started containers, and when. Only successes are stored.

    They are valid for the same program, user, boot, environment and kind of session.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def trusts(self, name: str) -> bool:
        """Return whether a runtime has started a container here within the hour."""
        at = self._read().get(_key(name))
        return isinstance(at, float) and 0 <= time.time() - at < _GOOD_S

    def note(self, name: str) -> None:
        """Keep that a runtime has started a container now; where nothing can be kept, nothing is."""
        known = {**self._read(), _key(name): time.time()}
        latest = sorted(known.items(), key=lambda item: item[1] if isinstance(item[1], float) else 0)[-_MOST_KEPT:]
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._file, json.dumps(dict(latest)).encode())

    def _read(self) -> JsonDict:
        try:
            known = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def _key(name: str) -> str:
    program = shutil.which(name) or ""
    parts: list[object] = [name, program, os.getuid(), _read_text("/proc/sys/kernel/random/boot_id")]
    with suppress(OSError):
        found = Path(program).stat()
        parts += [found.st_size, found.st_mtime_ns, found.st_ino]
    parts += [os.environ.get(variable) for variable in _VARIABLES]
    # The control groups of a login and a cron job may allow different things; those of two logins do not.
    parts.append(re.sub(r"\d+", "#", _read_text("/proc/self/cgroup")))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
