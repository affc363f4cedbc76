"""The ways in which people start a run on an ordinary machine."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from tests.testbeds.vm.machine import CODE

__all__ = ["RUNTIMES", "SESSIONS", "started"]

RUNTIMES = ("bubblewrap", "podman", "docker")
SESSIONS = {
    "login": "a shell by ssh",
    "scope": "`systemd-run --user --scope`",
    "user service": "a service of the user's own manager: `systemd-run --user`",
    "root service": "a service of the system, as root: `systemd-run`",
    "cron": "a user's cron job: a service of the system, with hardly an environment",
}
_SERVICE = f"--pipe --wait --quiet --collect --working-directory={CODE}"


def started(session: str, runtime: str, argv: Sequence[str]) -> tuple[str, str]:
    """Return by which login a command is started in a kind of session, and the line to type there.

    Docker is for those in its group, dora; everything else is for ana.
    """
    line, user = shlex.join(argv), "dora" if runtime == "docker" else "ana"
    bare = f"env -i HOME=/home/{user} PATH=/usr/local/bin:/usr/bin:/bin"
    return {
        "login": (user, f"cd {CODE} && {line}"),
        "scope": (user, f"cd {CODE} && systemd-run --user --scope --quiet {line}"),
        "user service": (user, f"systemd-run --user {_SERVICE} {line}"),
        "root service": ("root", f"systemd-run {_SERVICE} --setenv=HOME=/root {line}"),
        "cron": ("root", f"systemd-run {_SERVICE} --uid={user} {bare} {line}"),
    }[session]
