"""A stand-in for the pilot: the three phases of a job, one after another, and nothing else. NO PROOF of PanDA's pilot.

It is for what needs many jobs or short ones: the pilot itself takes 40 seconds, 150 for a failure.
"""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.testbeds.processes import MARK

__all__ = ["StandIn"]

_ALRB = Path(__file__).parent / "node/atlasLocalSetup.sh"
_SCRIPT = """\
cd {folder}/work && curl -sS -o {trf} http://127.0.0.1:{port}{path} && chmod +x {trf} || exit 1
report() {{ printf '{{"state": "%s", "transExitCode": %d, "pilotErrorCode": %d}}' "$1" "$2" "$3" >../report.json; }}
{steps}
"""
_THREE = """\
./{trf} {before} >../preprocess 2>&1 || {{ report failed $? 1356; exit 1; }}
printf '%s\\n' {payload} >container_script.sh
(. {alrb} -c {image} -r /srv/container_script.sh) >payload.stdout 2>payload.stderr; code=$?
./{trf} {after} >../postprocess 2>&1 || {{ report failed $code 1357; exit 1; }}
[ $code -eq 0 ] && report finished 0 0 || report failed $code 1305
"""
_ONE = "./{trf} {words} >../payload 2>&1; code=$?; [ $code -eq 0 ] && report finished 0 0 || report failed $code 1305\n"


@dataclass(frozen=True)
class StandIn:
    """One job in a folder; `images` has roots of images by their digests."""

    folder: Path
    images: Path

    def start(self, dictionary: Mapping[str, Any]) -> subprocess.Popen[bytes]:
        """Start it; it ends by itself, or by `pilots.stop`."""
        (self.folder / "work").mkdir(parents=True)
        url = urlsplit(str(dictionary["transformation"]))
        words = {
            "folder": shlex.quote(str(self.folder)),
            "trf": url.path.rpartition("/")[2],
            "port": url.port,
            "path": url.path,
        }
        (self.folder / "job.sh").write_text(_SCRIPT.format(steps=_steps(dictionary).format(**words), **words))
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PANDA_BED_IMAGES": str(self.images),
            MARK: str(self.images.parent),
        }
        with (self.folder / "job.out").open("wb") as said:
            return subprocess.Popen(
                ["bash", str(self.folder / "job.sh")], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def report(self) -> dict[str, Any]:
        """What it says of the job, empty if it was ended before."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        except (OSError, ValueError):
            return {}
        return found


def _steps(dictionary: Mapping[str, Any]) -> str:
    """Return the phases of a job as lines for a shell, in which `{trf}` is the name of the transformation."""
    if "containerOptions" not in dictionary:
        words = str(dictionary["jobPars"])
        if " " not in words:
            words = base64.b64decode(words).decode()
        return _ONE.replace("{words}", _safe(words))
    options = dictionary["containerOptions"]
    texts = {
        "{before}": _safe(str(dictionary["preprocess"]["args"])),
        "{after}": _safe(str(dictionary["postprocess"]["args"])),
        "{payload}": _safe(shlex.quote(str(options["containerExec"]))),
        "{image}": _safe(shlex.quote(str(options["containerImage"]))),
        "{alrb}": shlex.quote(str(_ALRB)),
    }
    steps = _THREE
    for name, text in texts.items():
        steps = steps.replace(name, text)
    return steps


def _safe(text: str) -> str:
    """Return a text that `str.format` leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")
