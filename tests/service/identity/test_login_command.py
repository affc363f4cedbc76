"""The road of a login: `recast serve` beside a real provider, `recast login`, and a person with a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.test_serve import ALONE, get, serving
from tests.testbeds.oidc.bed import OidcBed
from tests.testbeds.oidc.fixture import *  # noqa: F403
from tests.testbeds.oidc.person import Person


def recast(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "RECAST_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "recast", *words], env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def config(tmp_path: Path, oidc: OidcBed) -> Path:
    secret, file = tmp_path / "oidc-secret", tmp_path / "service.toml"
    secret.touch(mode=0o600)
    secret.write_text(oidc.secret)
    file.write_text(
        f'[oidc]\nname = "the test-bed"\nissuer = "{oidc.issuer}"\nclient_id = "recast"\n'
        f'client_secret_file = "{secret}"\n'
    )
    return file


def test_a_command_line_logs_in_by_a_device_code(home: Path, tmp_path: Path, config: Path, oidc: OidcBed) -> None:
    laptop = tmp_path / "laptop"
    with serving(*ALONE, "--config", config) as (_, url):
        words = [sys.executable, "-m", "recast", "login", url]
        env = {**os.environ, "RECAST_HOME": str(laptop)}
        login = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert login.stderr is not None
        said = login.stderr.readline() + login.stderr.readline()
        found = re.fullmatch(r"open +(\S+)\ncode +(\S+)\n", said)
        assert found is not None, said
        with Person("ann") as ann:
            ann.enter_code(found[1], found[2], oidc.issuer)
        _, rest = login.communicate(timeout=300)
        assert login.returncode == 0, rest
        assert "as ann of the test-bed" in rest
        made = recast(laptop, "token", "new", "nightly", "--scope", "read", "-o", "json")
        assert made.returncode == 0, made.stderr
        token = json.loads(made.stdout)["token"]
        assert token.startswith("rct_")
        names = {row["name"] for row in json.loads(recast(laptop, "token", "ls", "-o", "json").stdout)}
        assert names == {"recast login", "nightly"}
        assert recast(laptop, "logout", url).returncode == 0
        assert recast(laptop, "token", "ls", "--server", url).returncode == 6
        assert get(f"{url}/api/v1/me", token).status_code == 401  # it ended with the one that it was made with
    everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert token.encode() not in everything
