"""A Docker daemon of the user's own (rootless): its root is the user; without limits it is not taken."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.testbeds.ordinary import NAME, OrdinaryUser, ordinary_user
from tests.testbeds.users import make_user
from tests.waiting import until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.rare]

SCRIPT = "/usr/share/docker.io/contrib/dockerd-rootless.sh"
CONF = {
    "iptables": False,
    "ip6tables": False,
    "bridge": "none",
    "storage-driver": "vfs",
    "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1024, "Soft": 1024}},
}
# Limits are believed to hold, whatever this machine's control groups are: it is about whose the files are.
BELIEVE = """
import dataclasses, recast.runtimes.docker_daemon as daemon, recast.runtimes.trial as trial
read, judged = daemon.read_daemon, trial._judged
daemon.read_daemon = lambda told: dataclasses.replace(read(told), unheld=())
trial._judged = lambda done, left: dataclasses.replace(judged(done, left), holds_memory=None)
"""


@dataclass(frozen=True)
class Rootless:
    user: OrdinaryUser
    socket: Path

    def recast(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.user.recast(*arguments, env={"DOCKER_HOST": f"unix://{self.socket}", **env})

    def asked(self, form: str) -> str:
        argv = ["docker", "--host", f"unix://{self.socket}", "info", "--format", form]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout.strip()


@pytest.fixture
def rootless() -> Iterator[Rootless]:
    if os.geteuid() != 0:
        pytest.skip("the test-bed of a user needs root")
    make_user(NAME)
    if NAME not in Path("/etc/subuid").read_text():
        ids = "1500000-1565535"
        subprocess.run(["usermod", "--add-subuids", ids, "--add-subgids", ids, NAME], check=True)
    with ordinary_user() as user:
        folder = user.home / "daemon"
        (folder / ".config/docker").mkdir(parents=True)
        (folder / ".config/docker/daemon.json").write_text(json.dumps(CONF))
        (folder / "run").mkdir(mode=0o700)
        user.own()
        env = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DOCKERD_ROOTLESS_ROOTLESSKIT_NET": "host",
            "DOCKERD_ROOTLESS_ROOTLESSKIT_PORT_DRIVER": "none",
        }
        argv = ["setpriv", f"--reuid={NAME}", f"--regid={NAME}", "--clear-groups", "sh", SCRIPT]
        with (user.home / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        made = Rootless(user, folder / "run/docker.sock")
        try:
            until(lambda: made.asked("{{.ServerVersion}}") or daemon.poll() is not None, "no daemon")
            assert daemon.poll() is None, (user.home / "daemon.log").read_text()
            yield made
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


def test_its_root_is_the_user_and_without_limits_it_is_not_taken(rootless: Rootless) -> None:
    home = rootless.user.home
    spec = write_spec(
        home / "spec", "mkdir -m 0700 d; id -u > {out}; echo > /tmp/x", {"out": "{workdir}/out"}, {"out": "{out}"}
    )
    digest = add_busybox(ImageStore(home / "recast/images"))
    pin(spec, digest)
    (home / "believe").mkdir()
    (home / "believe/sitecustomize.py").write_text(BELIEVE)
    for path in (spec, home / "recast", home / "believe"):
        subprocess.run(["chown", "-R", f"{NAME}:{NAME}", path], check=True)
    words = ["run", "workflow.yml", "--toplevel", str(spec), "--runtime", "docker"]
    if rootless.asked("{{.MemoryLimit}}") == "false":
        refused = rootless.recast(*words)
        assert refused.returncode == 4 and "holds no limit of memory" in refused.stderr, refused.stderr
        assert not list((home / "recast").glob("runs/*"))
    code = home / "shown/code"
    packages = Path(site.getsitepackages()[0]).relative_to(Path(__file__).resolve().parents[2])
    paths = f"{home}/believe:{code}:{code / packages}"
    done = rootless.recast(*words, "--workdir", str(home / "run"), PYTHONPATH=paths)
    assert done.returncode == 0, done.stderr
    assert (home / "run/work/work/out").read_text() == "0\n"
    owner = make_user(NAME)
    assert {path.lstat().st_uid for path in (home / "run").rglob("*")} == {owner.pw_uid}
