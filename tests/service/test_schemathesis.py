"""A judge from outside reads the OpenAPI document and tries what it promises: no 5xx, no answer that is not in it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.conftest import ROOT
from tests.service.running import ANALYSIS, Running
from tests.service.staged import Staged
from tests.service.test_runs import picture

JUDGE = ROOT / ".venv-desk-judges/bin/schemathesis"
CONFIG = Path(__file__).with_name("judges") / "schemathesis.toml"
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method",
)  # fmt: skip
"""A fixed list: a new version of the judge must not change what is asked of us."""

EXAMPLES = 10
"""Streams are left out: they have no end that the judge would wait for (tests/service/test_streams.py)."""


@pytest.mark.rare
@pytest.mark.parametrize("who", ["stranger", "owner", "administrator"])
def test_the_api_does_what_it_says(service: Running, tmp_path: Path, who: str) -> None:
    token = {
        "stranger": lambda: "",
        "owner": lambda: service.person("alice"),
        "administrator": lambda: service.person("root", roles="administrator"),
    }[who]()
    words = [
        JUDGE, "--config-file", CONFIG, "run", f"{service.url}/api/v1/openapi.json", "--url", service.url,
        "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "18",
        "--continue-on-failure", "--exclude-path-regex", "/events$",
        "--request-timeout", "60", "--suppress-health-check", "all", "--no-color", "--warnings", "off", "--no-shrink",
        *(["--header", f"Authorization: Bearer {token}"] if token else []),
    ]  # fmt: skip
    environ = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.service.judges.hooks", "PYTHONPATH": str(ROOT)}
    client = service.client(token)
    spare = [_spare_token(client) for _ in range(3)] if token else ["t0"]
    environ["RECAST_KNOWN_THINGS"] = json.dumps({**_things(service, tmp_path), "token": spare})
    environ["RECAST_OWN_TOKENS"] = json.dumps(_own_tokens(client) if token else [])
    done = subprocess.run([*map(str, words)], cwd=tmp_path, env=environ, text=True, capture_output=True, timeout=900)
    said = "\n".join(line[:300] for line in done.stdout.splitlines() if line.strip())
    assert done.returncode == 0, said[-8000:] + done.stderr[-2000:]
    assert client.get("/me").json()["how"] == ("token" if token else "nobody"), "it was somebody else half of the time"


def _spare_token(client: httpx2.Client) -> str:
    """Make a token that the judge may revoke; return its id."""
    made: str = client.post("/tokens", json={"name": "spare", "scopes": ["read"]}).json()["id"]
    return made


def _own_tokens(client: httpx2.Client) -> list[str]:
    """Return the tokens with which a client comes."""
    return [it["id"] for it in client.get("/tokens").json()["items"] if it["name"] != "spare"]


def _things(service: Running, folder: Path) -> dict[str, list[str]]:
    """Make one of everything, and return their names by the parameter of a path that they are for."""
    staged = Staged(service)
    requests = [staged.request(state, "public") for state in ("submitted", "accepted", "released")]
    run = staged.run(requests[-1], folder=str(folder))
    picture(service, run)
    return {
        "id": [it.id for it in requests], "run": [run], "step": ["fit/0"], "answer_id": ["a1"],
        "analysis": [ANALYSIS], "version": ["1.0.0"], "code": ["usage", "request.invalid"],
    }  # fmt: skip
