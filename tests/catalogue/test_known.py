"""Searches that are known and not archived: listed, shown, found, and honest when somebody wants to run them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from catalogue_parts import Checkout

from recast.catalogue import Catalogue
from recast.catalogue.entries.entry import ANALYSIS_NAME, load_entry
from recast.catalogue.publishing.publish import publish
from recast.catalogue.unarchived import known_searches, not_archived
from recast.cli.app import run

ROOT = Path(__file__).parents[2]


def test_every_item_has_identifiers_of_the_right_form() -> None:
    known = known_searches()
    assert len(known) > 10
    assert len({item.inspire for item in known.values()}) == len(known)
    for name, item in known.items():
        assert re.fullmatch(ANALYSIS_NAME, name)
        assert 10**6 < item.inspire < 10**7
        assert re.fullmatch(r"(\d{4}\.\d{5})?", item.arxiv)
        assert re.fullmatch(r"(10\.\d{4}/\S+)?", item.doi)
        assert re.fullmatch(r"10\.17182/hepdata\.\d+(\.v\d+)?", item.hepdata_doi)
        assert set(item.sources) <= {"pyhf", "smodels"}


def test_it_agrees_with_the_entries_of_this_checkout() -> None:
    entries = {path.stem: load_entry(path).entry.references for path in (ROOT / "catalogue").glob("*.yml")}
    both = entries.keys() & known_searches().keys()
    assert "atlas-susy-2018-31" in both
    for name in both:
        item, written = known_searches()[name], entries[name]
        assert (item.inspire, item.arxiv, item.doi) == (written.inspire, written.arxiv, written.doi)
    assert not both & {item.analysis for item in not_archived(entries)}


def test_ls_shows_them_if_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "ls", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(["catalogue", "ls", "--all", "-o", "json"]) == 0
    rows = {row["analysis"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() == known_searches().keys()
    assert {row["state"] for row in rows.values()} == {"not archived"}


@pytest.mark.parametrize("command", [["run"], ["plan"], ["validate"]])
def test_running_one_says_what_to_do(home: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run([*command, "atlas-susy-2018-04"]) == 6
    told = capsys.readouterr().err
    for words in ("catalogue.not-archived", "stau", "hepdata.92006", "recast catalogue create atlas-susy-2018-04"):
        assert words in told


def test_show(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show", "atlas-ins1831992"]) == 0
    page = capsys.readouterr().out
    assert "not archived" in page
    assert "https://inspirehep.net/literature/1831992" in page
    assert "arxiv" not in page
    assert run(["catalogue", "show", "atlas-susy-2018-04", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"]["arxiv"] == "https://arxiv.org/abs/1911.06660"


def test_search_finds_what_is_published_and_what_is_known(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(Checkout(tmp_path / "checkout").entry, Catalogue().store)
    assert run(["catalogue", "search", "COUNTS", "-o", "json"]) == 0  # a word of the abstract
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["analysis"], row["version"], row["state"]) == ("tiny-1", "1.0.0", "published")
    assert run(["catalogue", "search", "atlas", "leptons", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in rows} == {"not archived"}
    assert "atlas-susy-2018-14" in [row["analysis"] for row in rows]
    assert run(["catalogue", "search", "nothing-like-this"]) == 0
    assert "no analysis contains" in capsys.readouterr().err
