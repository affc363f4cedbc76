"""Cards as statements in a catalogue, and the commands that show and state them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from recast.catalogue import Catalogue
from recast.catalogue.statements.card import Cards
from recast.errors import StoreError
from tests.conftest import ROOT, Recast

ANALYSIS = "atlas-susy-2019-08"


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECAST_SHIPPED", str(ROOT / "catalogue"))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def _document(recast: Recast, *arguments: str) -> dict[str, object]:
    found: dict[str, object] = recast("catalogue", "card", *arguments, "-o", "json").json
    return found


def test_the_newest_card_counts_and_all_are_kept(recast: Recast) -> None:
    assert _document(recast, "show", ANALYSIS)["source"] == "shipped"
    changed = _document(recast, "set", ANALYSIS, "--policy", "on-acceptance", "--contact", "Jane <jane@example.org>")
    assert changed["contacts"] == [{"name": "Jane", "email": "jane@example.org", "user": ""}]
    _document(recast, "set", ANALYSIS, "--policy", "closed", "--who", "carol")
    shown = _document(recast, "show", ANALYSIS)
    assert (shown["policy"], shown["source"], shown["who"]) == ("closed", "stated", "carol")
    assert len(recast("catalogue", "card", "log", ANALYSIS, "-o", "json").json) == 2


def test_a_signed_card_says_so(recast: Recast, key: Path) -> None:
    assert recast("catalogue", "signers", "add", "atlas-*", f"{key}.pub").code == 0
    shown = _document(recast, "set", ANALYSIS, "--policy", "closed", "--key", str(key))
    assert shown["signature"]["state"] == "verified"  # type: ignore[index]


def test_what_is_shown_can_be_changed_and_stated(recast: Recast, tmp_path: Path) -> None:
    file = tmp_path / "card.yml"
    file.write_text(recast("catalogue", "card", "show", ANALYSIS, "--document").out.replace("at-once", "closed"))
    assert _document(recast, "set", ANALYSIS, "-f", str(file))["policy"] == "closed"


def test_a_card_of_another_analysis_is_refused(recast: Recast, tmp_path: Path) -> None:
    file = tmp_path / "card.yml"
    file.write_text("analysis: atlas-susy-2018-31\n")
    assert recast("catalogue", "card", "set", ANALYSIS, "-f", str(file)).code == 3


def test_an_unknown_word_is_refused_with_the_way_to_the_known_ones(recast: Recast, tmp_path: Path) -> None:
    file = tmp_path / "card.yml"
    file.write_text(f"analysis: {ANALYSIS}\nmodels: [gluinos]\n")
    said = recast("catalogue", "card", "set", ANALYSIS, "-f", str(file))
    assert said.code == 3 and "card.invalid" in said.err and "recast catalogue card words" in said.err
    assert "gluino" in [row["word"] for row in recast("catalogue", "card", "words", "-o", "json").json]


def test_the_version_stays_as_it_is(recast: Recast) -> None:
    before = recast("catalogue", "show", ANALYSIS, "-o", "json").json["digest"]
    _document(recast, "set", ANALYSIS, "--policy", "closed")
    assert recast("catalogue", "show", ANALYSIS, "-o", "json").json["digest"] == before


def test_an_analysis_without_card_has_the_tags_of_its_entry(recast: Recast, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue()
    monkeypatch.setattr(Cards, "_shipped", lambda *_: None)
    said = Cards(catalogue).of(ANALYSIS, catalogue.get(ANALYSIS))
    assert (said.source, said.card.policy) == ("entry", "on-acceptance")
    assert "electroweakino" in said.card.tags["models"]


def test_a_card_that_nobody_vouches_for_does_not_count(recast: Recast) -> None:
    _document(recast, "set", ANALYSIS, "--policy", "closed")
    (Catalogue().store.root / "said_here").unlink()  # as if it had come from elsewhere
    assert _document(recast, "show", ANALYSIS)["source"] == "shipped"


def test_a_damaged_card_is_an_error_and_not_another_policy(recast: Recast) -> None:
    _document(recast, "set", ANALYSIS, "--policy", "closed")
    store = Catalogue().store
    manifests = json.loads(store.read(store.names()[f"{ANALYSIS}:card"]))["manifests"]
    layer = json.loads(store.read(manifests[0]["digest"]))["layers"][0]["digest"]
    store.path(layer).chmod(0o600)
    store.path(layer).write_bytes(b"{}")
    with pytest.raises(StoreError):
        Cards(Catalogue()).of(ANALYSIS)
