"""The same store behind a real XRootD server."""

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from recast.worker.failure import Failure
from recast.worker.remote import web
from recast.worker.remote.store import place_of, store_at
from tests.waiting import until

pytestmark = pytest.mark.slow
CONTENT = os.urandom(3_000_000)
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
PLACE = place_of(DIGEST)
CONF = """all.export /
oss.localroot {folder}/data
xrd.port {port}
all.adminpath {folder}/admin
all.pidpath {folder}/admin
xrd.network nodnr
"""


@pytest.fixture(scope="module")
def server():
    """A server that ends with this process. It listens on all addresses: XRootD knows no other way."""
    folder = Path(tempfile.mkdtemp(prefix="recast-xrootd-", dir="/var/tmp"))
    for name in ("data", "admin"):
        (folder / name).mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "conf").write_text(CONF.format(folder=folder, port=port))
    command = ["xrootd", "-I", "v4", "-c", f"{folder}/conf", "-l", f"{folder}/log"]
    user = ["--reuid=xrootd", "--regid=xrootd", "--clear-groups"] if os.geteuid() == 0 else []
    if user:
        found = pwd.getpwnam("xrootd")
        for path in (folder, *folder.iterdir()):
            os.chown(path, found.pw_uid, found.pw_gid)
    process = subprocess.Popen(["setpriv", *user, "--pdeathsig", "KILL", *command], cwd=folder)
    try:
        until(lambda: listens(port, process), "XRootD")
        yield f"root://127.0.0.1:{port}//store", folder / "data/store"
    finally:
        process.kill()
        process.wait(20)
        shutil.rmtree(folder)


def listens(port, process):
    assert process.poll() is None, "XRootD did not start"
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(web, "_PAUSES_S", (0.0,))


def test_there_and_back(server, tmp_path):
    url, folder = server
    store = store_at(url)
    (tmp_path / "made").write_bytes(CONTENT)
    assert store.size(PLACE) is None
    for _ in range(2):
        store.put(str(tmp_path / "made"), PLACE, len(CONTENT))
    assert store.size(PLACE) == len(CONTENT)
    assert (folder / PLACE).read_bytes() == CONTENT
    store.get(PLACE, DIGEST, len(CONTENT), str(tmp_path / "here"))
    assert (tmp_path / "here").read_bytes() == CONTENT


def test_other_bytes(server, tmp_path):
    url, _ = server
    other = place_of("sha256:" + "0" * 64)
    (tmp_path / "made").write_bytes(b"other")
    store_at(url).put(str(tmp_path / "made"), other, 5)
    with pytest.raises(Failure, match="other bytes") as caught:
        store_at(url).get(other, "sha256:" + "0" * 64, 5, str(tmp_path / "here"))
    assert caught.value.kind == "staging" and not (tmp_path / "here").exists()


def test_a_server_that_is_not_there(monkeypatch):
    monkeypatch.setenv("XRD_CONNECTIONWINDOW", "1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"root://127.0.0.1:{unused.getsockname()[1]}//store"
    started = time.monotonic()
    with pytest.raises(Failure) as caught:
        store_at(url).size(PLACE)
    assert caught.value.kind == "staging" and "xrdfs" in caught.value.message
    assert time.monotonic() - started < 60
