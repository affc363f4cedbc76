"""What a run itself knows of its steps, as a service asks for it: a real run of a request, in containers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recast.errors import InfrastructureError
from recast.ledger import Ledger
from recast.service.step.facts import Facts
from tests.dispatch.conftest import asked
from tests.scans.test_scan import Plane

Settle = Callable[..., None]


def test_the_facts_of_a_step_are_those_of_its_run(ledger: Ledger, plane: Plane, settled: Settle, home: Path) -> None:
    request = asked(ledger, [(0, 0), (7, 0)])
    settled()
    (run,) = ledger.runs.of_request(request.id)
    facts = Facts()
    good = facts.of(run, "/point/0/answer/0", final=True, who="ann")
    bad = facts.of(run, "/point/1/answer/0", final=True, who="ann")
    assert good is not None and bad is not None
    assert good["job"]["image"] == good["image_run"] and good["image_run"].startswith("sha256:")
    assert "awk" in good["job"]["command"] and good["job"]["network"] is False
    assert [it["digest"][:7] for it in good["outputs"]] == ["sha256:"]
    assert good["attempts"][0]["exit_code"] == 0 and good["attempts"][0]["used"]["wall_s"] >= 0
    assert bad["attempts"][0]["failure"] == "refused" and bad["attempts"][0]["asked"]["memory_mb"] > 0
    assert str(home) not in json.dumps([good, bad])
    with pytest.raises(InfrastructureError, match="cannot be told") as told:
        facts.of(run, "/point/9/answer/0", final=True, who="ann")
    assert "No step" in told.value.why
    shutil.rmtree(run.folder)
    assert facts.of(run, "/point/0/answer/0", final=True, who="ann") == good  # remembered
    with pytest.raises(InfrastructureError):
        Facts().of(run, "/point/0/answer/0", final=True, who="ann")


def test_what_may_change_is_asked_again_and_what_nobody_asks_for_is_not() -> None:
    asked_for = list[str]()

    def ask(_run: object, step: str) -> dict[str, object]:
        asked_for.append(step)
        return {"n": len(asked_for)}

    facts = Facts(ask)
    run = type("Run", (), {"id": "r"})()
    assert facts.of(run, "/a/0", final=False, who="x", ask=False) is None
    assert facts.of(run, "/a/0", final=False, who="x") == facts.of(run, "/a/0", final=False, who="x") == {"n": 1}
    assert facts.of(run, "/a/0", final=True, who="x") == {"n": 2}
    assert asked_for == ["/a/0", "/a/0"]
