"""The index follows a real catalogue: published, said, removed, damaged; nothing is read when nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from benchmarks.service.catalogue import Quick, fill_catalogue
from recast.catalogue import Catalogue
from recast.catalogue.publishing.publish import Author, publish
from recast.catalogue.statements.card import Cards
from recast.catalogue.statements.declare import declare
from recast.catalogue.validate import keep_evidence
from recast.catalogue.version import PublishedVersion
from recast.desk.card import Card, Contact
from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.ledger import Ledger
from recast.ledger.catalogue import follow
from recast.ledger.catalogue.follow import Follower, Looked
from recast.ledger.catalogue.index import Index
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from recast.ledger.warning import warn_of
from tests.catalogue.catalogue_parts import Checkout
from tests.ledger.making import MACHINE, OWNER, asked


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "store")


@pytest.fixture
def version(catalogue: Catalogue, tmp_path: Path) -> PublishedVersion:
    found = {"validated": "2026-01-01T00:00:00Z", "passed": 2, "documented": 0, "failed": 0}
    author = Author("anna", validation=found)
    return publish(Checkout(tmp_path / "checkout").entry, catalogue.store, author=author).version


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        ledger.catalogue._now = iter(range(0, 10**6, 5)).__next__  # each look at the clock is five seconds later
        yield ledger


def test_what_is_published_is_found_with_its_validation(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion
) -> None:
    assert Follower(ledger.catalogue, catalogue).look() == Looked(indexed=1)
    (item,) = ledger.catalogue.search(version.analysis).items

    assert (item["version"], item["digest"]) == (version.version, version.digest)
    assert (item["status"], item["validated"]) == ("published", True)
    record = ledger.catalogue.version(version.analysis, version.version)
    assert record["inputs"] == version.input_schema and record["validation"]["passed"] == 2
    images = {it["image"]: it["digest"] for it in record["images"]}
    assert images and images == {**dict.fromkeys(version.recipes, ""), **version.pins}
    assert [it["title"] for it in record["results"]] == [it.title for it in version.declared_results]


def test_nothing_is_read_when_nothing_changed(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(ledger.catalogue, catalogue)
    follower.look()
    for name in ("stamps_of", "read_analysis"):
        monkeypatch.setattr(follow, name, lambda *_: pytest.fail("it was read again"))
    assert follower.look() == Looked()
    monkeypatch.undo()
    monkeypatch.setattr(follow, "read_analysis", lambda *_: pytest.fail("it was read again"))
    assert Follower(ledger.catalogue, Catalogue(catalogue.store.root)).look() == Looked()  # after a new start


def test_an_index_of_before_is_read_anew(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("recast.ledger.catalogue.reading._FORM", "1")
        Follower(ledger.catalogue, catalogue).look()
    assert Follower(ledger.catalogue, catalogue).look() == Looked(indexed=1)


def test_a_withdrawn_version_is_said_on_its_answers_and_by_the_index(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion
) -> None:
    follower = Follower(ledger.catalogue, catalogue, lambda found: warn_of(ledger, found))
    follower.look()
    facts = Facts(version=version.version, digest=version.digest)
    contact = Actor(user="ucontact", contact_of=frozenset({version.analysis}))
    document = {**asked(1), "analysis": version.analysis}
    request = ledger.act(None, "draft", OWNER, document, facts=facts).id
    ledger.act(request, "submit", OWNER, {}, facts=facts)
    ledger.act(request, "accept", contact, {}, facts=facts)
    ledger.act(request, "start-run", MACHINE, {"run": "r1", "points": ["p1"]}, facts=facts)
    ledger.act(
        request, "answer-point", MACHINE, {"point": "p1", "run": "r1", "results": [{"cls_obs": 0.1}]}, facts=facts
    )

    declare(catalogue, version, "withdrawn", "the luminosity was \x1b[31mwrong", "anna")
    assert follower.look() == Looked(indexed=1)
    assert ledger.catalogue.record(version.analysis)["status"] == "withdrawn"
    (answer,) = ledger.request(request).points[0].answers
    assert "is withdrawn: the luminosity was" in answer.caveat and "\x1b" not in answer.caveat
    events = len(ledger.events(request))
    Follower(ledger.catalogue, catalogue, lambda found: warn_of(ledger, found)).look()
    assert len(ledger.events(request)) == events


def test_a_card_is_found_and_shows_no_address(ledger: Ledger, catalogue: Catalogue, version: PublishedVersion) -> None:
    follower = Follower(ledger.catalogue, catalogue)
    follower.look()
    Cards(catalogue).state(
        Card(version.analysis, (Contact("Anna", "anna@example.org"),), "closed", tags={"tools": ("pyhf",)}), "anna"
    )
    assert follower.look() == Looked(indexed=1)

    facts = ledger.catalogue.facts(version.analysis)
    assert (facts.policy, facts.has_contact) == ("closed", False)
    assert ledger.catalogue.search(facets={"policy": ["closed"]}).total == 1
    assert "anna@example.org" not in str(ledger.catalogue.record(version.analysis))
    assert ledger.catalogue.search("anna@example.org").total == 0


def test_what_is_removed_is_found_no_more(ledger: Ledger, catalogue: Catalogue, version: PublishedVersion) -> None:
    follower = Follower(ledger.catalogue, catalogue)
    follower.look()
    catalogue.forget(version.reference)
    assert follower.look() == Looked(removed=1)
    assert ledger.catalogue.search().total == 0


def test_a_damaged_version_is_told_and_harms_no_other(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion
) -> None:
    fill = Quick(catalogue.store.root)
    fill_catalogue(fill, version, 3)
    broken = catalogue.store.index()[(sorted(catalogue.analyses())[-1], version.version)]
    catalogue.store.path(broken).chmod(0o644)
    catalogue.store.path(broken).write_bytes(b"{}")
    said: list[str] = []
    looked = Follower(ledger.catalogue, catalogue, say=said.append).look()

    assert looked.indexed == 3 and len(looked.damaged) == 1 and len(said) == 1
    assert ledger.catalogue.search().total == 4
    (item,) = ledger.catalogue.search(facets={"status": ["damaged"]}).items
    assert item["analysis"] == looked.damaged[0] and str(catalogue.store.root) not in str(item)
    record = ledger.catalogue.record(item["analysis"])
    assert record["digest"] == broken and str(catalogue.store.root) not in str(record)


def test_a_damaged_version_harms_no_other_of_its_analysis(ledger: Ledger, catalogue: Catalogue, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "checkout")
    old = publish(checkout.entry, catalogue.store).version
    told: list[str] = []
    now = [0.0]
    follower = Follower(ledger.catalogue, catalogue, lambda it: told.append(it.version), steady=lambda: now[0])
    follower.look()
    path = catalogue.store.path(old.digest)
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"{}")
    declare_later(catalogue, old.analysis)
    assert follower.look().damaged == (old.analysis,)
    assert ledger.catalogue.record(old.analysis)["status"] == "published", "what was known of it is kept"
    assert told == [], "nobody is told that it is deprecated"
    path.write_bytes(good)
    now[0] += 31
    assert follower.look() == Looked(indexed=1)
    assert ledger.catalogue.version(old.analysis, old.version)["status"] == "published"


def declare_later(catalogue: Catalogue, analysis: str) -> None:
    """Change something about an analysis, so that it is read again."""
    Cards(catalogue).state(Card(analysis, policy="closed"), "anna")


def test_a_record_has_the_workflow_and_the_numbers_of_its_version(
    home: Path, ledger: Ledger, catalogue: Catalogue, version: PublishedVersion
) -> None:
    follower = Follower(ledger.catalogue, catalogue)
    follower.look()
    record = ledger.catalogue.version(version.analysis, version.version)
    first, *others = (it["stage"] for it in record["workflow"]["stages"])
    assert first == "init" and others
    assert [it["name"] for it in record["evidence"]["items"]] == [it.name for it in version.validation]
    assert (record["evidence"]["when"], record["since"]) == ("", None)
    items = [
        {"name": it.name, "ours": it.published, "deviation": 0.0, "verdict": "passed"} for it in version.validation
    ]
    keep_evidence(version, items)
    assert follower.look() == Looked(indexed=1), "what is validated here is found"
    evidence = ledger.catalogue.version(version.analysis, version.version)["evidence"]
    assert {it["verdict"] for it in evidence["items"]} == {"passed"} and evidence["where"] == "on this machine"
    keep_evidence(version, [{**it, "ours": float("nan"), "deviation": float("inf")} for it in items])
    follower.look()
    told = ledger.catalogue.version(version.analysis, version.version)["evidence"]["items"]
    assert told and not any("ours" in it or "deviation" in it for it in told), "JSON has no such numbers"


def test_many_are_read_once_each(ledger: Ledger, catalogue: Catalogue, version: PublishedVersion) -> None:
    fill_catalogue(Quick(catalogue.store.root), version, 250)
    assert Follower(ledger.catalogue, catalogue).look().indexed == 251
    assert ledger.catalogue.search().total == 251


def test_a_passing_fault_hides_nothing_for_longer_than_a_while(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    follower = Follower(ledger.catalogue, catalogue, steady=lambda: now[0])
    with monkeypatch.context() as broken:
        broken.setattr(follow, "read_analysis", lambda *_: "\ud800".encode())
        assert follower.look().damaged == (version.analysis,)
        now[0] += 31
        assert follower.look().damaged == (version.analysis,)
    assert follower.look() == Looked()
    now[0] += 61  # the second time it waits longer
    assert follower.look() == Looked(indexed=1)
    now[0] += 1e6
    monkeypatch.setattr(follow, "stamps_of", lambda *_: pytest.fail("nothing is damaged any more"))
    assert follower.look() == Looked()


def test_a_record_that_cannot_be_kept_or_told_keeps_no_other_out(
    ledger: Ledger, catalogue: Catalogue, version: PublishedVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_catalogue(Quick(catalogue.store.root), version, 3)
    names = sorted(catalogue.analyses())
    real = type(ledger.catalogue).put

    def put(index: Index, records: Sequence[AnalysisRecord]) -> None:
        if any(record.analysis == names[0] for record in records):
            raise IntegrityError("insert", {}, Exception("another process was faster"))
        real(index, records)

    def warn(found: VersionRecord) -> None:
        raise ZeroDivisionError(found.analysis)

    monkeypatch.setattr(type(ledger.catalogue), "put", put)
    looked = Follower(ledger.catalogue, catalogue).look()
    assert looked.damaged == (names[0],) and looked.indexed == 3

    withdrawn = catalogue.get(version.reference)
    declare(catalogue, withdrawn, "withdrawn", "a wrong sign", "anna")
    monkeypatch.undo()
    looked = Follower(ledger.catalogue, catalogue, warn).look()
    assert version.analysis in looked.damaged
    assert ledger.catalogue.record(version.analysis)["status"] == "published"  # so that it is told again
    told: list[str] = []
    Follower(ledger.catalogue, catalogue, lambda found: told.append(found.analysis)).look()
    assert told == [version.analysis] and ledger.catalogue.record(version.analysis)["status"] == "withdrawn"
