"""Judges that we did not write, in `.venv-forge`: Buildbot's hooks, gidgethub and standardwebhooks read deliveries;
python-gitlab and PyGithub drive the status API.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.testbeds.forge.deliveries import Sent
from tests.testbeds.forge.forge import SECRETS

__all__ = ["PYTHON", "Reading", "drive", "judge"]

PYTHON = ROOT / ".venv-forge/bin/python"
_JUDGES = Path(__file__).parent / "judges"


@dataclass(frozen=True)
class Reading:
    """What Buildbot read out of a delivery, its last change: nothing for one that it ignores. `proofs` says which
    libraries took its signature.
    """

    change: dict[str, Any]
    error: str = ""
    proofs: dict[str, bool] = field(default_factory=dict)

    def comparable(self, dialect: str) -> dict[str, str | int | None]:
        """What of it we have, too."""
        if not self.change:
            return {}
        number = self.change["number"]
        # Buildbot gives GitLab's projects only by their name, and the branch that a request is for.
        return {
            "project": self.change["project"],
            "revision": self.change["revision"],
            "branch": "" if number is not None else self.change["branch"],
            "number": number,
        }


def judge(sent: Iterable[Sent]) -> list[Reading]:
    """Let Buildbot read deliveries, and the libraries check their signatures."""
    lines = [
        {"dialect": it.dialect, "headers": it.headers, "body": base64.b64encode(it.body).decode(),
         "secret": SECRETS[it.dialect]}
        for it in sent
    ]  # fmt: skip
    return [Reading(**row) for row in _ask("reads.py", {"deliveries": lines})]


def drive(dialect: str, order: dict[str, Any]) -> Any:
    """Let python-gitlab or PyGithub do something with a forge's API; return what they got."""
    return _ask("drives.py", {"dialect": dialect, **order})


def _ask(judge: str, question: dict[str, Any]) -> Any:
    done = subprocess.run(
        [str(PYTHON), str(_JUDGES / judge)], input=json.dumps(question), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
