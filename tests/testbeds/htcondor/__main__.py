"""`python -m tests.testbeds.htcondor start|stop|status`: the pool by hand."""

from __future__ import annotations

import os
import sys

from tests.testbeds.htcondor.pool import Pool

__all__ = ["main"]

LIFE_S = 8 * 3600


def main(arguments: list[str]) -> int:
    """Start, stop or look at the pool; say how to talk to it."""
    pool = Pool()
    if arguments == ["start"]:
        pool.up(os.getpid(), LIFE_S)
        _tell(pool)
        print(f"an HTCondor pool at {pool.collector}; it ends after {LIFE_S // 3600} h, or with: stop", file=sys.stderr)
    elif arguments == ["stop"]:
        pool.down()
    elif arguments == ["status"]:
        if not pool.is_up:
            print("stopped")
            return 1
        _tell(pool)
    else:
        print("usage: python -m tests.testbeds.htcondor start|stop|status", file=sys.stderr)
        return 2
    return 0


def _tell(pool: Pool) -> None:
    print(f"export CONDOR_CONFIG={pool.client}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
