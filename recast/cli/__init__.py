"""The command line. This module is the start of every command, so it imports next to nothing."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the `recast` command."""
    if sys.argv[1:] == ["--version"]:
        from recast import __version__

        print(f"recast {__version__}")
        return
    from recast.cli.app import run

    sys.exit(run(sys.argv[1:]))
