"""Who takes jobs from the server to pilots, as Harvester does in push mode: `python -m tests.testbeds.panda.shift BED`.

OURS: Harvester is in no package. It tells the server what pilots report. The control of the bed (`/bed/shift`) says how
many run at once, and which jobs go to a real pilot; the rest is run by a stand-in (standin.py) that is no pilot at all.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.pilots import Pilot, stop
from tests.testbeds.panda.standin import StandIn

__all__ = ["Shift"]

_PAUSE_S = 0.2
_REPORTED = ("transExitCode", "pilotErrorCode", "pilotErrorDiag", "exeErrorCode", "exeErrorDiag")
_LOST = {"jobStatus": "failed", "jobDispatcherErrorCode": 100, "jobDispatcherErrorDiag": "lost heartbeat"}
"""What a server says of a job whose pilot it has not heard of for hours."""


@dataclass(frozen=True)
class _Running:
    job: int
    pilot: Pilot | StandIn
    process: subprocess.Popen[bytes]


class Shift:
    """Looks after the pilots of one bed, one step at a time."""

    def __init__(self, bed: PandaBed) -> None:
        self._bed = bed
        self._running: list[_Running] = []

    def step(self) -> None:
        """Take what has ended home, and start what waits."""
        for each in list(self._running):
            self._look(each)
        said = self._bed.ask("next", running=len(self._running))
        for dictionary in said["jobs"]:
            self._start(dictionary, said["pilots"])

    def _start(self, dictionary: Mapping[str, Any], pilots: str) -> None:
        job = int(dictionary["PandaID"])
        kind = Pilot if re.search(pilots, str(dictionary["jobName"])) else StandIn
        pilot = kind(self._bed.folder / f"pilots/{job}", self._bed.images)
        pilot.folder.mkdir(parents=True)
        self._running.append(_Running(job, pilot, pilot.start(dictionary)))
        self._bed.ask("job", job=job, jobStatus="running", computingSite="LOCAL_TEST", modificationHost="bed")

    def _look(self, each: _Running) -> None:
        ended = each.process.poll() is not None
        if not ended and not self._bed.ask("wanted", job=each.job):
            stop(each.process)
            self._bed.ask("job", job=each.job, jobStatus="cancelled", pilotErrorCode=1144, pilotErrorDiag="killed")
            self._running.remove(each)
        elif ended:
            self._bed.ask("job", job=each.job, **_verdict(each.pilot.report))
            self._running.remove(each)


def _verdict(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what becomes of a job by the last words of its pilot; without any it is lost."""
    if report.get("state") not in ("finished", "failed"):
        return _LOST
    told = {name: report[name] for name in _REPORTED if report.get(name) not in (None, "")}
    return {"jobStatus": report["state"], **told}


def main(folder: str) -> None:
    """Serve a bed until it is gone."""
    bed = PandaBed(Path(folder))
    shift = Shift(bed)
    while bed.folder.exists():
        with suppress(URLError, ConnectionError, TimeoutError, json.JSONDecodeError):
            shift.step()
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main(sys.argv[1])
