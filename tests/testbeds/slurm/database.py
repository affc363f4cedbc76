"""The MariaDB behind slurmdbd."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.testbeds.processes import BedProblem
from tests.waiting import BOUND_S, until

__all__ = ["argv", "make", "open_up"]

_GRANTS = """\
create database if not exists slurm;
create user if not exists slurm@localhost identified by 'slurm';
create user if not exists slurm@'127.0.0.1' identified by 'slurm';
grant all on slurm.* to slurm@localhost;
grant all on slurm.* to slurm@'127.0.0.1';
"""


def make(bed: Path) -> None:
    """Make an empty database."""
    command = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={bed}/database", "--skip-test-db"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, check=False)
    if done.returncode:
        raise BedProblem(f"mariadb-install-db: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def argv(bed: Path) -> list[str]:
    """Return the command of the server."""
    port = json.loads((bed / "ports.json").read_text())["database"]
    place = [f"--datadir={bed}/database", f"--socket={bed}/database.sock", f"--pid-file={bed}/mariadbd.own.pid"]
    reach = ["--bind-address=127.0.0.1", f"--port={port}"]
    # Nothing in it is worth waiting for the disk.
    size = ["--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900", "--innodb-flush-log-at-trx-commit=0"]
    return ["mariadbd", "--no-defaults", "--user=root", *place, *reach, *size]


def open_up(bed: Path) -> None:
    """Wait for the server and let slurmdbd in."""
    client = ["mariadb", "--no-defaults", f"--socket={bed}/database.sock", "--user=root"]

    def granted() -> bool:
        return subprocess.run(client, input=_GRANTS.encode(), capture_output=True, check=False).returncode == 0

    until(granted, "mariadbd")
