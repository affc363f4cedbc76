"""The test-bed: one process of Node that serves the provider, with two clients: one with a secret, one public."""

from __future__ import annotations

import json
import secrets
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.testbeds.bed import Bed
from tests.testbeds.processes import BedProblem, end, free_ports, marked, spawn
from tests.waiting import until

__all__ = ["OidcBed"]

_HERE = Path(__file__).resolve()
_PACKAGES = _HERE.parents[3] / ".cache/node/oidc-provider"


@dataclass(frozen=True)
class OidcBed(Bed):
    """A provider that logs in whoever gives a name."""

    @property
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        known = self._known
        return {"OIDC_ISSUER": known["issuer"], "OIDC_CLIENT_ID": "recast", "OIDC_CLIENT_SECRET": known["secret"]}

    @property
    def issuer(self) -> str:
        """The provider's URL."""
        return str(self._known["issuer"])

    @property
    def secret(self) -> str:
        """The secret of the client `recast`; `recast-public` has none."""
        return str(self._known["secret"])

    def running(self) -> bool:
        """Return whether it was started and has not been stopped since."""
        return super().running() and self.pid("provider") != 0

    def _make(self) -> None:
        if not (_PACKAGES / "node_modules/oidc-provider").is_dir():
            raise BedProblem("oidc-provider is missing: ./scripts/npm-ci oidc-provider")
        port = free_ports(["provider"])["provider"]
        known = {"port": port, "issuer": f"http://127.0.0.1:{port}", "secret": secrets.token_hex(20)}
        (self.folder / "known.json").touch(mode=0o600)
        (self.folder / "known.json").write_text(json.dumps(known))
        (self.folder / "log").mkdir()

    def _begin(self) -> None:
        argv = ("node", str(_HERE.with_name("provider.mjs")), str(_PACKAGES), str(self.folder / "known.json"))
        self.note("provider", spawn(argv, self.folder, self.folder / "log" / "provider.out", {}))
        until(self._answers, "the provider does not answer")

    def _end(self) -> None:
        end([pid] if (pid := self.pid("provider")) else [])
        end(marked(self.folder))

    @property
    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.folder / "known.json").read_text())
        return known

    def _answers(self) -> bool:
        if not self.pid("provider"):
            raise BedProblem("the provider ended")
        url = f"{self._known['issuer']}/.well-known/openid-configuration"
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return True
        return False
