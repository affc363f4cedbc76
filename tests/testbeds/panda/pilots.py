"""Pilots of the test-bed: panda-pilot in push mode, some at once, each in PID and mount namespaces of its own.

Without its own PID namespace a pilot ends every process group of its user whose parent is process 1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.testbeds.panda.bed import VENV
from tests.testbeds.processes import MARK, BedProblem

__all__ = ["PILOT", "Pilot", "stop"]

_HERE = Path(__file__).parent
_QUEUE = "LOCAL_TEST"
PILOT = "panda-pilot-3.7.0.36"
_APART = ("unshare", "--pid", "--fork", "--mount", "--propagation", "private", "--mount-proc", "--kill-child")
# Pilots take transformations from a few hosts only: one of them is this machine, for them.
_WITH_HOSTS = ("sh", "-c", 'mount --bind "$1" /etc/hosts && shift && exec "$@"', "sh")
_HOSTS = "127.0.0.1 localhost pandaserver.cern.ch\n"
_SHORTER = {
    "kill_instruction_time": "5",
    "thread_check": "2",
    "cpu_check": "5",
    "update_sleep": "5",
    "process_verification_time": "20",
    "disk_space_verification_time": "20",
    "memory_usage_verification_time": "5",
    "pandaserver": "http://127.0.0.1:9",
    "redundant": "/nonexistent/redundant.txt",
}
"""Settings of the pilot that are other than by default (HARVESTER_PILOT_CONFIG): waits, and where it calls."""


@dataclass(frozen=True)
class Pilot:
    """One pilot with one job, in a folder; `images` has roots of images by their digests (64 letters)."""

    folder: Path
    images: Path
    life_s: int = 900

    def start(self, dictionary: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start it; it ends by itself, or by `stop`."""
        self._make(dictionary)
        source = next(VENV.glob(f"sources/{PILOT}/pilot.py"), None)
        if source is None:
            raise BedProblem("there is no pilot in .venv-panda; type: make setup-test")
        work = self.folder / "work"
        options = [
            *("-q", _QUEUE, "-j", "user", "--pilot-user", "atlas", "-w", "generic", "-a", str(work), "-t", "-u", "-z"),
            *("--harvester-workdir", str(self._harvester), "--harvester-submit-mode", "PUSH", "--use-rucio-traces"),
            *("False", "--queuedata-url", f"file://{self.folder}/queue.json", "--storagedata-url"),
            *(str(self.folder / "ddmendpoints.json"), "-v", "1", "-l", str(self.life_s), "--cleanup", "False"),
            *("--output-dir", str(self._harvester), "-d"),
        ]
        argv = [*_APART, *_WITH_HOSTS, str(self.folder / "hosts"), str(VENV / "bin/python"), "-W", "ignore"]
        env = {
            "PATH": f"{VENV}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.folder),
            "PILOT_HOME": str(work),
            "PILOT_NOKILL": "1",
            "ATLAS_SW_BASE": str(self.folder / "sw"),
            "HARVESTER_PILOT_CONFIG": str(self.folder / "pilot.cfg"),
            "PANDA_BED_IMAGES": str(self.images),
            "LANG": "C.UTF-8",
            MARK: str(self.images.parent),
        }
        with (self.folder / "pilot.out").open("wb") as said:
            return subprocess.Popen(
                [*argv, str(source), *options], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def report(self) -> dict[str, Any]:
        """What it has told Harvester last, empty before it did."""
        try:
            found: dict[str, Any] = json.loads((self._harvester / "worker_attributes.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    @property
    def job_folder(self) -> Path | None:
        """Where its job works, once there is that."""
        return next(self.folder.glob("work/PanDA_Pilot3_*/PanDA_Pilot-*"), None)

    @property
    def _harvester(self) -> Path:
        return self.folder / "harvester"

    def _make(self, dictionary: Mapping[str, Any]) -> None:
        alrb = self.folder / "sw/atlas.cern.ch/repo/ATLASLocalRootBase/user"
        cric = self.folder / "sw/atlas.cern.ch/repo/sw/local/etc"
        for folder in (alrb, cric, self._harvester, self.folder / "work", self.folder / "disk"):
            folder.mkdir(parents=True)
        shutil.copy(_HERE / "node/atlasLocalSetup.sh", alrb)
        shutil.copy(_HERE / "data/queue.json", self.folder)
        shutil.copy(_HERE / "data/queue.json", cric / "cric_pandaqueues.json")
        disks = json.loads((_HERE / "data/ddmendpoints.json").read_text())
        for disk in disks.values():
            disk |= {"endpoint": f"{self.folder}/disk", "path": f"{self.folder}/disk"}
        for place in (self.folder / "ddmendpoints.json", cric / "cric_ddmendpoints.json"):
            place.write_text(json.dumps(disks))
        (self.folder / "hosts").write_text(_HOSTS)
        (self._harvester / "HPCJobs.json").write_text(json.dumps({str(dictionary["PandaID"]): dictionary}))
        (self.folder / "pilot.cfg").write_text(_config())


def _config() -> str:
    """Return the pilot's own configuration with a few other values."""
    text = next(VENV.glob(f"sources/{PILOT}/pilot/util/default.cfg")).read_text()
    for name, value in _SHORTER.items():
        text, changed = re.subn(rf"(?m)^{name}:.*$", f"{name}: {value}", text)
        if changed != 1:
            raise BedProblem(f"the pilot has no setting {name} any more")
    return text


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a pilot and all in its namespace, by process id."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
