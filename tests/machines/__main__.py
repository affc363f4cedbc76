"""What holds on an ordinary machine, part by part: `python -m tests.machines [--write] [PART ...]`.

The parts are `limits`, `doctor`, `power`, `namespaces`, `demo` and `trixie`; all of them, if none is named. Exit code
1: something is not as it has to be. `--write` puts the table of the limits into docs/reference/machines.md.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.machines import parts
from tests.testbeds.processes import BedProblem

__all__ = ["main"]


def main() -> int:
    """Run the parts; return the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tests.machines", description=__doc__.split("\n")[0])
    reader.add_argument("part", nargs="*", help=f"of {', '.join(parts.PARTS)} (all)")
    reader.add_argument("--write", action="store_true", help="put the table into docs/reference/machines.md")
    reader.add_argument("--rows", default="", help="only these rows of the limits: podman:cron,docker:login")
    given = reader.parse_args()
    unknown = [name for name in given.part if name not in parts.PARTS]
    if unknown:
        reader.error(f"there is no part {unknown[0]!r}")
    options = parts.Options(given.write, tuple(given.rows.split(",")) if given.rows else ())
    failed = [name for name in given.part or parts.PARTS if _failed(name, options)]
    return 1 if failed else 0


def _failed(name: str, options: parts.Options) -> bool:
    began_s = time.monotonic()
    try:
        wrong = parts.PARTS[name](options)
    except BedProblem as problem:
        wrong = [str(problem)]
    for line in wrong:
        print(f"WRONG {name}: {line}", flush=True)
    print(f"{name}: {len(wrong)} wrong, {time.monotonic() - began_s:.0f} s", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
