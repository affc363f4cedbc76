"""The command line. Every command starts in this module, so it imports almost nothing."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["main"]

STARTS_JOBS = ("run", "submit", "resume", "retry", "validate")


def main() -> None:
    """Run the `recast` command."""
    if sys.argv[1:] == ["--version"]:
        from recast._version import __version__

        with suppress(OSError):
            print(f"recast {__version__}", flush=True)
        return
    if sys.argv[1:2] and sys.argv[1] in STARTS_JOBS and _is_for_here(sys.argv):
        from recast.executors.prestart import start_early
        from recast.paths import places

        start_early(places().cache_dir / "worker")
    sys.excepthook = _unexpected
    # Nearly all objects live until the command ends; collecting garbage during start-up would take a tenth of its time.
    gc.set_threshold(100_000, 50, 50)
    from recast.cli.app import run

    code = run(sys.argv[1:])
    with suppress(OSError):  # a failed write was already reported
        sys.stdout.flush()
        sys.stderr.flush()
    # Everything is closed by now; an orderly shutdown of the interpreter would take another 40 ms.
    os._exit(code)


def _unexpected(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    """Print an unexpected exception; its text may contain untrusted input, too."""
    import traceback

    from recast.cli.output import shown

    print(shown("".join(traceback.format_exception(kind, problem, trace))), end="", file=sys.stderr)


def _is_for_here(argv: list[str]) -> bool:
    """Return whether a command that starts jobs will most likely start them on this machine, judging by argv."""
    argv = argv[: argv.index("--")] if "--" in argv else argv
    if {"-h", "--help", "--detach", "--dry-run"} & set(argv):
        return False
    named = next((argv[i + 1] for i, word in enumerate(argv[:-1]) if word == "--executor"), "")
    named = named or next((word.partition("=")[2] for word in argv if word.startswith("--executor=")), "")
    return (named or os.environ.get("RECAST_EXECUTOR") or "local") == "local"
