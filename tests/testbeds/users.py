"""Users of this machine that tests need."""

from __future__ import annotations

import fcntl
import pwd
import subprocess
from pathlib import Path

from tests.testbeds.processes import BedProblem

__all__ = ["make_user"]

_LOCK = Path("/var/tmp/recast-users.lock")


def make_user(name: str) -> pwd.struct_passwd:
    """Return a user, made if there is none; one at a time: a second `useradd` would give the name another number."""
    with _LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(name)
        except KeyError:
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", name]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                raise BedProblem(f"useradd: {made.stderr}") from None
            return pwd.getpwnam(name)
