"""An ordinary machine by hand: Debian with systemd in QEMU; it lives for some hours, and prints how it is reached."""

from __future__ import annotations

import os
import sys

from tests.testbeds.command import parser, run
from tests.testbeds.vm.disks import SUITES
from tests.testbeds.vm.machine import HOME, Machine

__all__ = ["main"]


def main() -> int:
    """Do what the command line says; return the exit code."""
    made = parser("vm", __doc__)
    made.add_argument("--suite", choices=SUITES, default=SUITES[0], help="which Debian it is")
    if sys.argv[1:2] == ["ssh"]:
        return _ssh(sys.argv[2:])
    given = made.parse_args()
    name = "guest" if given.suite == SUITES[0] else given.suite
    return run(Machine((given.folder or HOME / name).absolute(), given.suite), given)


def _ssh(words: list[str]) -> int:
    """`ssh USER [COMMAND]`: a shell in the guest that `start` started."""
    machine = Machine(HOME / "guest")
    if not machine.running() or not words:
        print("stopped" if words else "ssh USER [COMMAND ...]", file=sys.stderr)
        return 1
    argv = machine.shell_argv(words[0])
    os.execvp(argv[0], [*argv, *words[1:]])


if __name__ == "__main__":
    sys.exit(main())
