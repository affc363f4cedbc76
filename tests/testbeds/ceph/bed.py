"""The test-bed: a monitor, one disk in memory and the gateway, started and stopped by process id."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.testbeds.bed import Bed
from tests.testbeds.ceph.conf import ceph_conf
from tests.testbeds.processes import BedProblem, end, free_ports, marked, spawn
from tests.waiting import BOUND_S, until

__all__ = ["CephBed"]

_DAEMONS = {
    "mon": ("ceph-mon", "-i", "a", "-f"),
    "osd": ("ceph-osd", "-i", "0", "-f"),
    "gateway": ("radosgw", "-n", "client.gateway", "-f"),
}


@dataclass(frozen=True)
class CephBed(Bed):
    """An object store whose state is in one folder and in memory; one user, one bucket."""

    bucket = "recast"

    @property
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._known['gateway']}",
            "AWS_ACCESS_KEY_ID": self._known["access"],
            "AWS_SECRET_ACCESS_KEY": self._known["secret"],
        }

    def running(self) -> bool:
        """Return whether it was started and has not been stopped since."""
        return super().running() and all(self.pid(name) for name in _DAEMONS)

    def _make(self) -> None:
        for name in ("mon", "osd", "gateway", "run", "log"):
            (self.folder / name).mkdir()
        ports = free_ports(["mon", "gateway"])
        identity = str(uuid.uuid4())
        known = {**ports, "fsid": identity, "access": secrets.token_hex(10), "secret": secrets.token_hex(20)}
        (self.folder / "known.json").touch(mode=0o600)
        (self.folder / "known.json").write_text(json.dumps(known))
        (self.folder / "keyring").touch()
        (self.folder / "ceph.conf").write_text(ceph_conf(self.folder, identity, ports))

    @property
    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.folder / "known.json").read_text())
        return known

    def _begin(self) -> None:
        """Start the daemons in turn: each is made known to the one before."""
        disk = str(uuid.uuid4())
        known = self._known
        address = f"[v2:127.0.0.1:{known['mon']}]"
        made = ["--create", "--addv", "a", address, "--fsid", known["fsid"], "--set-min-mon-release", "pacific"]
        self.call("monmaptool", *made, str(self.folder / "monmap"))
        self.call("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(self.folder / "monmap"))
        self._spawn("mon")
        self.call("ceph", "--connect-timeout", "30", "osd", "new", disk)
        self.call("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self.call("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=bed")
        self._spawn("osd")
        keys = [f"--access-key={known['access']}", f"--secret-key={known['secret']}"]
        self.call("radosgw-admin", "-n", "client.gateway", "user", "create", "--uid=recast", "--display-name=r", *keys)
        self._spawn("gateway")
        until(self._answers, "the gateway does not answer")
        self._make_bucket()

    def _end(self) -> None:
        end([pid for name in _DAEMONS if (pid := self.pid(name))])
        end(marked(self.folder))

    def call(self, *argv: str) -> str:
        """Run one of Ceph's commands; return what it says."""
        env = {**os.environ, "CEPH_CONF": str(self.folder / "ceph.conf")}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=BOUND_S)
        if done.returncode:
            raise BedProblem(f"{argv[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def _spawn(self, name: str) -> None:
        env = {"CEPH_CONF": str(self.folder / "ceph.conf")}
        self.note(name, spawn(_DAEMONS[name], self.folder, self.folder / "log" / f"{name}.out", env))

    def _answers(self) -> bool:
        if not self.pid("gateway"):
            raise BedProblem("the gateway ended")
        with suppress(OSError), urllib.request.urlopen(self.env["AWS_ENDPOINT_URL"], timeout=5):
            return True
        return False

    def _make_bucket(self) -> None:
        import botocore.session

        client = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=self._known["access"],
            aws_secret_access_key=self._known["secret"],
        )
        client.create_bucket(Bucket=self.bucket)
        client.close()
