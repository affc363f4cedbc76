"""The test-bed: panda-server's request entry with a buffer of ours, in a folder, started and ended by process id."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from recast.images import ImageStore, ensure_unpacked
from tests.testbeds.arc.bed import place
from tests.testbeds.bed import Bed
from tests.testbeds.jwt import key_set, make_key, signed
from tests.testbeds.panda.conf import CLIENT_ID, ORIGIN, write_conf
from tests.testbeds.processes import BedProblem, end, free_ports, marked, spawn
from tests.waiting import until

__all__ = ["VENV", "PandaBed", "place"]

_ROOT = Path(__file__).resolve().parents[3]
VENV = _ROOT / ".venv-panda"
"""Where panda-server, panda-client and the pilot are: `scripts/venv-panda`."""
_FAR = Path(__file__).parent / "far"
_ENTRY, _SHIFT = "entry", "shift"
_ANSWER_S = 60
_TOKEN_S = 43_200


@dataclass(frozen=True)
class PandaBed(Bed):
    """A PanDA server on loopback; `ask` speaks to what is ours of it."""

    @property
    def env(self) -> dict[str, str]:
        """What RECAST needs in its environment to use it."""
        return {
            "RECAST_PANDA_SERVER": self.url,
            "RECAST_PANDA_VO": ORIGIN,
            "RECAST_PANDA_TOKEN_FILE": str(self.token_file),
            "RECAST_PANDA_TRANS_PATH": self.transformation,
        }

    @property
    def client_env(self) -> dict[str, str]:
        """What panda-client needs, which resolves hosts' names when it is imported unless it is told not to."""
        api = f"{self.url}/api/v1"
        return {
            "PANDA_URL": f"{self.url}/server/panda",
            "PANDA_URL_SSL": f"{self.url}/server/panda",
            "PANDA_API_URL": api,
            "PANDA_API_URL_SSL": api,
            "PANDACACHE_URL": f"{self.url}/server/panda",
            "PANDA_AUTH": "oidc",
            "PANDA_AUTH_VO": ORIGIN,
            "PANDA_BEHIND_REAL_LB": "1",
            "PANDA_SYS": str(VENV),
            "PANDA_PYTHONPATH": str(next(VENV.glob("lib/python3*/site-packages"))),
        }

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port of all that it serves."""
        return int(json.loads((self.folder / "port.json").read_text()))

    @property
    def home(self) -> Path:
        """PANDA_HOME of the server; `trf/` in it holds the transformations that it serves."""
        return self.folder / "home"

    @property
    def transformation(self) -> str:
        """Where pilots find a transformation: at a place that they accept, which only they see on this machine."""
        return f"http://pandaserver.cern.ch:{self.port}/trf/user/recast-panda"

    @property
    def images(self) -> Path:
        """Where containers find the roots of images, by the 64 letters of their digests."""
        return self.folder / "images"

    def offer(self, store: ImageStore, digest: str) -> None:
        """Let jobs have an image of a store."""
        place = self.images / digest.removeprefix("sha256:")
        if not place.exists():
            place.symlink_to(ensure_unpacked(store, digest).rootfs)

    @property
    def token_file(self) -> Path:
        """The token of a user that it accepts."""
        return self.folder / "token"

    def token(self, life_s: float = _TOKEN_S, **claims: object) -> str:
        """Return a token of the issuer that it believes."""
        now_s = int(time.time())
        usual = {
            "iss": f"http://localhost:{self.port}/issuer",
            "aud": CLIENT_ID,
            "sub": "a-user",
            "name": "Jane Doe",
            "preferred_username": "jdoe",
            "groups": [ORIGIN],
            "iat": now_s - 10,
            "exp": int(now_s + life_s),
        }
        return signed(self.folder / "issuer-key.pem", {**usual, **claims})

    def ask(self, verb: str, **given: Any) -> Any:
        """Tell or ask the part of it that is ours (`far/control.py`)."""
        request = Request(f"{self.url}/bed/{verb}", json.dumps(given).encode())
        with urlopen(request, timeout=_ANSWER_S) as answer:
            return json.load(answer)

    # life ------------------------------------------------------------------------------------------------------

    def running(self) -> bool:
        """Return whether it was started and has not been stopped since."""
        return super().running() and self.pid(_ENTRY) != 0 and self.pid(_SHIFT) != 0

    def _make(self) -> None:
        if not (VENV / ".sources-from").exists():
            raise BedProblem("there is no .venv-panda; type: make setup-test")
        port = free_ports([_ENTRY])[_ENTRY]
        (self.folder / "port.json").write_text(json.dumps(port))
        write_conf(self.home, port)
        (self.folder / "log").mkdir()
        self.images.mkdir()
        shutil.copy(_ROOT / "recast/worker/panda/transformation.py", self.home / "trf/recast-panda")
        key = make_key(self.folder / "issuer-key.pem")
        issuer = {
            "openid-configuration": {
                "issuer": f"http://localhost:{port}/issuer",
                "jwks_uri": f"http://localhost:{port}/issuer/jwks",
            },
            "jwks": key_set(key),
        }
        folders = {name: str(self.home / name) for name in ("auth", "cache", "trf")}
        (self.folder / "settings.json").write_text(json.dumps({"port": port, "issuer": issuer, **folders}))
        _write_secret(self.token_file, self.token())
        _write_secret(self.folder / "server-token", self.token(groups=[f"{ORIGIN}/production"], name="Robot Server"))

    def _begin(self) -> None:
        own = {
            "PANDA_AUTH_VO": f"{ORIGIN}:production",
            "PANDA_AUTH_ID_TOKEN": f"file:{self.folder}/server-token",
            "PANDA_HOME": str(self.home),
        }
        argv = [str(VENV / "bin/python"), "-W", "ignore", str(_FAR / "entry.py"), str(self.folder / "settings.json")]
        env = {**self.client_env, **own}
        self.note(_ENTRY, spawn(argv, self.folder, self.folder / "log/entry.out", env))
        until(self._answers, "the entry does not answer")
        argv = [sys.executable, "-m", "tests.testbeds.panda.shift", str(self.folder)]
        self.note(_SHIFT, spawn(argv, self.folder, self.folder / "log/shift.out", {"PYTHONPATH": str(_ROOT)}))

    def _answers(self) -> bool:
        if not self.pid(_ENTRY):
            raise BedProblem("the entry ended")
        with suppress(URLError, ConnectionError):
            return bool(self.ask("ready"))
        return False

    def _end(self) -> None:
        end([pid for name in (_SHIFT, _ENTRY) if (pid := self.pid(name))], signal.SIGTERM)
        end(marked(self.folder))


def _write_secret(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
