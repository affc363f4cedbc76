"""A real run as its pages show it: the step with its log and command, the answer with what it rests on, operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from recast.ledger import Ledger
from tests.dispatch.conftest import asked
from tests.scans.test_scan import Plane
from tests.service.running import running

Settle = Callable[..., None]


def test_a_number_opens_down_to_the_log(
    ledger: Ledger, plane: Plane, settled: Settle, url: str, tmp_path: Path, home: Path
) -> None:
    request = asked(ledger, [(0, 0), (7, 0)])
    settled()
    with running(tmp_path, database=url) as service:
        carol = service.client(service.person("carol", contact="plane-1"))
        answer = carol.get(f"{service.url}/requests/{request.id}/answers/a1")
        assert answer.status_code == 200, answer.text
        (step,) = set(re.findall('href="(/runs/[^"#]+/steps/[^"#]+)"', answer.text))
        page = carol.get(f"{service.url}{step}", params={"facts": "true"}).text
        assert "awk -f" in page and "limit.json" in page and str(home) not in page
        failed = carol.get(service.url + step.replace("/point/0/", "/point/1/")).text
        assert "7 is odd" in failed.split('class="part"')[1] and "It failed: exit code 65" in failed
        otto = service.client(service.person("otto", roles="operator"))
        told = otto.get("/operators").json()
        assert told["failures"]["day"] == [{"failure": "refused", "executor": "local", "attempts": 1, "runs": 1}]
        assert told["runs"] == [] and len(told["dispatchers"]) == 1
        for path in (step, f"/requests/{request.id}/answers/a1"):
            assert "7 is odd" not in service.client().get(service.url + path).text
