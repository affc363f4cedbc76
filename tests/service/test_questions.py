"""What visitors ask most often costs few questions to the database, and no transaction."""

from __future__ import annotations

from tests.ledger.making import statements
from tests.service.on_both import *  # noqa: F403
from tests.service.running import ANALYSIS, Running
from tests.service.staged import Staged


def asked(service: Running, path: str) -> list[str]:
    """Return what the database is asked for a stranger's visit."""
    with service.client() as client, statements(service.parts.ledger) as found:
        assert client.get(path).status_code == 200
    return found


def test_a_record(service: Running) -> None:
    request = Staged(service).request("released")
    record = f"/analyses/{ANALYSIS}"
    assert len(asked(service, record)) == 2, "the record, and what its runs have cost"
    assert len(asked(service, record)) == 1, "the cost is remembered"
    path = f"/requests/{request.id}"
    first, again = asked(service, path), asked(service, path)
    assert len(first) == 3, "who may see it, its points, and the policy of its search"
    assert len(again) == 2, "its points are remembered"
    assert not [it for it in first + again if not it.startswith("SELECT")]
    policy = first[-1]
    assert "item" in policy and "body" not in policy


def test_a_search(service: Running) -> None:
    service.publish()
    path = "/analyses?q=search&collaboration=ATLAS"
    first, again = asked(service, path), asked(service, path)
    assert len(again) == 2 < len(first), "the generation, and the lines of what was found"
    assert not [it for it in first + again if not it.startswith("SELECT")]
