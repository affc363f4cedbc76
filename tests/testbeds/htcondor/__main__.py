"""`python -m tests.testbeds.htcondor up|down`: the pool by hand."""

from __future__ import annotations

import os
import sys

from tests.testbeds.htcondor.pool import Pool

__all__ = ["main"]

LIFE_S = 8 * 3600


def main(arguments: list[str]) -> int:
    """Start or end the pool; say how to talk to it."""
    pool = Pool()
    if arguments == ["up"]:
        pool.up(os.getpid(), LIFE_S)
        print(f"CONDOR_CONFIG={pool.client}")
        print(f"an HTCondor pool at {pool.collector}; it ends after {LIFE_S // 3600} h, or with: down", file=sys.stderr)
    elif arguments == ["down"]:
        pool.down()
    else:
        print("usage: python -m tests.testbeds.htcondor up|down", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
