"""`recast export-analyses`: the list has what HEPData's schema 1.0.0 asks for."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from catalogue_parts import Checkout, entry_with

from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import publish
from recast.cli.app import run

URL = "https://recast.example.org/analyses/{name}"
REQUIRED = {
    "schema_version",
    "tool",
    "version",
    "date_created",
    "implementations_description",
    "url_templates",
    "analyses",
}


def test_the_list(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkout = Checkout(tmp_path / "checkout")
    checkout.write_entry(entry_with({"/references": {"inspire": 1748602}}))
    published = publish(checkout.entry, Catalogue().store).version
    assert run(["export-analyses", "--url", URL]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == REQUIRED
    assert document["schema_version"] == "1.0.0"
    assert datetime.fromisoformat(document["date_created"]).utcoffset() is not None
    assert document["url_templates"] == {"main_url": URL}
    assert document["analyses"] == [
        {
            "inspire_id": 1748602,
            "pretty_name": "A tiny analysis",
            "implementations": [{"name": "tiny-1", "path": published.digest}],
        }
    ]
    assert run(["catalogue", "withdraw", "tiny-1@1.0.0", "--reason", "wrong"]) == 0
    assert run(["export-analyses", "--url", URL]) == 6


def test_an_analysis_without_a_record_cannot_be_listed(home: Path, tmp_path: Path) -> None:
    publish(Checkout(tmp_path / "checkout").entry, Catalogue().store)
    assert run(["export-analyses", "--url", URL]) == 6


@pytest.mark.parametrize("url", ["https://recast.example.org/", "{name}"])
def test_a_url_that_leads_nowhere(url: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkout = Checkout(tmp_path / "checkout")
    checkout.write_entry(entry_with({"/references": {"inspire": 1748602}}))
    publish(checkout.entry, Catalogue().store)
    assert run(["export-analyses", "--url", url]) == 2
    assert "{name}" in capsys.readouterr().err
