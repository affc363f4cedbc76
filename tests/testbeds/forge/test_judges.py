"""Deliveries and statuses as others read them: GitHub's published examples and schemas, Buildbot, client libraries."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from recast.ci.forges import Delivery, Hook, read_delivery
from recast.ci.forges.client import Forge as ForgeClient
from recast.ci.forges.comments import seal
from recast.ci.forges.states import Status
from tests.conftest import ROOT
from tests.testbeds.forge.api import Api, forge_api
from tests.testbeds.forge.deliveries import Sent, good_deliveries, prepare
from tests.testbeds.forge.forge import SECRETS, TOKEN, forge_of
from tests.testbeds.forge.judging import drive, judge
from tests.testbeds.forge.sign import signed
from tests.testbeds.forge.table import DIALECTS, table_of

PAYLOADS = ROOT / ".cache/forge-payloads"
COMMIT = "5" * 40


@pytest.fixture(scope="session")
def examples() -> list[dict[str, Any]]:
    subprocess.run([ROOT / "scripts/forge-payloads", PAYLOADS], cwd=ROOT, check=True, timeout=300)
    found: list[dict[str, Any]] = json.loads((PAYLOADS / "index.json").read_bytes())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_bad_delivery_leads_to_a_pipeline_and_good_ones_are_read_as_by_buildbot(
    dialect: str, tmp_path: Path
) -> None:
    outcome = table_of(dialect, tmp_path)
    assert outcome.wrong == []
    assert (outcome.readings, outcome.pipelines) == (7, 6)


def sent_of(name: str, document: dict[str, Any]) -> Sent:
    body = json.dumps(document).encode()
    return Sent("github", name, name, signed("github", name, body, SECRETS["github"]), body)


def read(sent: Sent) -> Any:
    document = sent.document
    path = (document.get("repository") or {}).get("full_name", "no/repository")
    return read_delivery(sent.headers.items(), sent.body, Hook("github", path, SECRETS["github"].encode()), 0.0)


def test_every_published_example_is_read_as_by_buildbot_or_ignored(examples: list[dict[str, Any]]) -> None:
    sent = [sent_of(group["name"], document) for group in examples for document in group["examples"]]
    kinds: dict[str, int] = {}
    watched = []
    for each in sent:
        said = read(each)
        if isinstance(said, Delivery):
            kinds[said.event.kind] = kinds.get(said.event.kind, 0) + 1
            if each.event in ("push", "pull_request"):
                watched.append((each, said.event))
            else:
                assert said.event.kind in ("ignored", "ping"), each.event
        else:
            assert "repository" not in each.document, (each.event, said)
    assert kinds["push"] + kinds.get("tag", 0) + kinds.get("deleted", 0) == 7
    assert kinds["request"] and kinds["ping"] and kinds["ignored"] > 100
    for (each, event), reading in zip(watched, judge(it for it, _ in watched), strict=True):
        assert reading.proofs == {"gidgethub": True}
        assert reading.error == ""
        if event.kind in ("ignored", "deleted"):
            assert reading.change == {}
        else:
            assert reading.change, each.document
            assert (reading.change["project"], reading.change["number"]) == (event.repository, event.number)
            assert reading.change["revision"] == event.after


def merged(example: Any, ours: Any) -> Any:
    """An example with our values where we have some: an example's fields that we leave out are not ours to invent."""
    if isinstance(example, dict) and isinstance(ours, dict):
        return {key: merged(example[key], ours[key]) if key in ours else example[key] for key in example}
    return ours


def test_our_deliveries_fit_the_published_schemas(examples: list[dict[str, Any]], tmp_path: Path) -> None:
    by_name = {group["name"]: group["examples"] for group in examples}
    schema = json.loads((PAYLOADS / "schema.json").read_bytes())
    with forge_of("github", tmp_path) as forge:
        for sent in good_deliveries(forge, prepare(forge)):
            name = {"push": "push$event", "pull_request": "pull_request$opened"}[sent.event]
            whole = {
                "$schema": schema["$schema"],
                "definitions": schema["definitions"],
                "$ref": f"#/definitions/{name}",
            }
            judge_of = jsonschema.Draft7Validator(whole)
            # Some of the examples are older than the schemas.
            example = next(it for it in by_name[sent.event] if judge_of.is_valid(it))
            judge_of.validate(merged(example, sent.document))


@pytest.fixture(params=["gitlab", "github"])
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    with forge_api(request.param, TOKEN) as made:
        yield made


def test_the_status_api_is_one_that_client_libraries_drive(api: Api) -> None:
    """What we set is what python-gitlab and PyGithub read, and the refusals that we expect are what they meet."""
    ours = ForgeClient(api.dialect, api.base, TOKEN)  # type: ignore[arg-type]
    ours.set_status(COMMIT, Status("running", "", "recast"), look_first=False)
    ours.set_status(COMMIT, Status("running", "", "recast"), look_first=False)
    ours.set_status(COMMIT, Status("moved", "41 of 1,612 events lost", "recast"), look_first=False)
    ours.set_comment(3, "# moved")
    order = {"url": api.url, "token": TOKEN, "project": api.project, "number": api.number, "commit": COMMIT}
    pending = "running" if api.dialect == "gitlab" else "pending"
    wishes = [["running" if api.dialect == "gitlab" else "nonsense", "x"], [pending, "again"], [pending, "again"]]
    got = drive(api.dialect, {**order, "set": wishes, "comment": [3, "a person's words"]})
    moved = "failed" if api.dialect == "gitlab" else "failure"
    assert ["recast", moved, "moved: 41 of 1,612 events lost"] in got["statuses"]
    assert got["refused"] == ([400, 400] if api.dialect == "gitlab" else [422])
    assert got["comments"] == [f"{seal(TOKEN, api.base, 3)}\n# moved", "a person's words"]
