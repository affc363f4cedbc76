"""Validate crates with roc-validator, without a network; run by the Python of .venv-crate, not by ours.

    judge.py REQUIRED|RECOMMENDED FOLDER...     prints one JSON object: folder -> list of [check, message, entity]

The only thing that the validator would fetch is the JSON-LD context of RO-Crate 1.1. `context.py` has the terms of it
that our crates use; they are put into the validator's cache of HTTP answers, and the validator is told to stay offline.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from pathlib import Path

import requests
from requests.adapters import BaseAdapter
from requests_cache import CachedSession
from rocrate.rocrate import ROCrate
from rocrate_validator import models, services
from urllib3 import HTTPResponse

sys.path.insert(0, str(Path(__file__).parent))
from context import CONTEXT_URL, context


class FromHere(BaseAdapter):
    """Answers the context's URL, and nothing else."""

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        assert request.url == CONTEXT_URL, request.url
        response = requests.Response()
        response.status_code, response.url, response.request = 200, CONTEXT_URL, request
        response.headers["Content-Type"] = "application/ld+json"
        body = io.BytesIO(json.dumps({"@context": context()}).encode())
        response.raw = HTTPResponse(body, response.headers, 200, preload_content=False, request_url=CONTEXT_URL)
        return response

    def close(self) -> None:
        pass


def main(severity: str, folders: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        cache = f"{scratch}/http"
        with CachedSession(cache, expire_after=-1, cache_control=False) as session:
            session.mount("https://", FromHere())
            session.get(CONTEXT_URL, headers={"Accept": "application/ld+json, application/json"})
        print(json.dumps({folder: issues(folder, severity, cache) for folder in folders}))


def issues(folder: str, severity: str, cache: str) -> list[list[str]]:
    assert ROCrate(folder).mainEntity is not None  # the library that others read crates with
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="provenance-run-crate" if has_steps(folder) else "workflow-run-crate",
        requirement_severity=getattr(models.Severity, severity),
        offline=True,
        cache_path=cache,
        cache_max_age=-1,
    )
    found = services.validate(settings).get_issues()
    return [[issue.check.identifier, str(issue.message), str(issue.violatingEntity)] for issue in found]


def has_steps(folder: str) -> bool:
    return "OrganizeAction" in Path(folder, "ro-crate-metadata.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
