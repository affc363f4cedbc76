"""The mirror on loopback, before what apt and pip of this machine are set up with."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.machines.mirror import mirrored


def test_a_guests_apt_finds_the_release_and_keeps_what_moves_not(tmp_path: Path) -> None:
    with mirrored(tmp_path / "kept") as mirror:
        line = mirror.sources(mirror.port).splitlines()[0]
        url, suite = line.split()[2:4]
        assert url.startswith(f"http://127.0.0.1:{mirror.port}/apt/")
        with urllib.request.urlopen(f"{url}/dists/{suite}/InRelease", timeout=600) as answer:
            assert b"Codename: bookworm" in answer.read()
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_pip_installs_from_it_and_asks_nothing_else(tmp_path: Path) -> None:
    with mirrored(tmp_path / "kept") as mirror:
        conf = tmp_path / "pip.conf"
        conf.write_text(mirror.pip_conf(mirror.port))
        argv = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-cache-dir",
            "-d",
            str(tmp_path / "got"),
        ]
        env = {"PIP_CONFIG_FILE": str(conf), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        done = subprocess.run([*argv, "iniconfig"], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert [path.suffix for path in (tmp_path / "got").iterdir()] == [".whl"]
