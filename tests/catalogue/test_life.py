"""The life of a version: what is said of it, by whom, and how well that is signed; the same everywhere."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from catalogue_parts import busybox_entry
from hypothesis import given
from hypothesis import strategies as st

from recast.catalogue.statements.declare import declare, log, sign_version
from recast.catalogue.statements.statements import STATES, Entry, Statement, read_statement
from recast.catalogue.statements.status import check_standing, standing_of
from recast.errors import EntryError, InputError, PermissionDenied, StoreError
from recast.signing import Signers, only_signed, sign, verify


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("jane", "mallory"):
        comment = f"{name}@example.org"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", folder / name]
        subprocess.run(command, check=True)
    return folder


def test_a_signature_is_good_for_its_words_its_analysis_and_its_signer(keys, tmp_path):
    signers = Signers(tmp_path / "allowed_signers")
    signature = sign(b"words", keys / "jane")
    assert verify(b"words", signature, "atlas-1", signers).state == "unknown"
    signers.add("atlas-*,cms-1", (keys / "jane.pub").read_text())
    good = verify(b"words", signature, "atlas-1", signers)
    assert (good.state, good.signer) == ("verified", "jane@example.org")
    assert verify(b"words", signature, "cms-1", signers).state == "verified"
    assert verify(b"words", signature, "cms-2", signers).state == "unknown"
    assert verify(b"other", signature, "atlas-1", signers).state == "bad"
    assert verify(b"words", sign(b"words", keys / "mallory"), "atlas-1", signers).state == "unknown"
    for junk in (b"", b"junk", signature[: len(signature) // 2], b"x" * 100_000):
        assert verify(b"words", junk, "atlas-1", signers).state == "bad"


def test_a_signature_made_for_something_else_does_not_count(keys, tmp_path):
    signers = Signers(tmp_path / "allowed_signers")
    signers.add("*", (keys / "jane.pub").read_text())
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", keys / "jane", "-n", "git"]
    made = subprocess.run(command, input=b"words", capture_output=True, check=True).stdout
    assert verify(b"words", made, "atlas-1", signers).state == "bad"


def test_ssh_keygen_alone_verifies_what_we_signed(keys, tmp_path, published, catalogue):
    catalogue.signers.add("tiny-*", (keys / "jane.pub").read_text())
    entry = sign_version(catalogue, published, keys / "jane", "jane")
    (tmp_path / "sig").write_bytes(entry.signature)
    command = ["ssh-keygen", "-Y", "verify", "-f", catalogue.signers.path, "-I", "tiny-1", "-n", "recast-version",
               "-s", tmp_path / "sig"]  # fmt: skip
    subprocess.run(command, input=entry.statement.content(), check=True, capture_output=True)


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN OPENSSH PRIVATE KEY-----\nssh-ed25519 AAAA"])
def test_only_public_keys_are_accepted(tmp_path, text):
    with pytest.raises(InputError, match="not a public key"):
        Signers(tmp_path / "a").add("*", text)


def test_only_patterns_of_analyses_are_accepted(tmp_path, keys):
    for pattern in ("a b", "x\ny", "*@example.org", ""):
        with pytest.raises(InputError, match="not a pattern"):
            Signers(tmp_path / "a").add(pattern, (keys / "jane.pub").read_text())


def test_a_key_that_cannot_sign_is_named(tmp_path, published, catalogue):
    (tmp_path / "key").write_text("nonsense")
    for key in (tmp_path / "key", tmp_path / "none"):
        with pytest.raises(InputError) as caught:
            sign_version(catalogue, published, key, "jane")
        assert str(key) in caught.value.where


def test_states_only_get_graver_and_everybody_is_told(published, catalogue):
    assert catalogue.standing(published).state == "published"
    declare(catalogue, published, "deprecated", "1.1.0 is better", "jane")
    told = check_standing(published.reference, catalogue.standing(published), allow_withdrawn=False)
    assert any("deprecated by jane" in line and "1.1.0 is better" in line for line in told)
    declare(catalogue, published, "withdrawn", "a wrong sign", "joe")
    with pytest.raises(PermissionDenied, match="withdrawn") as caught:
        check_standing(published.reference, catalogue.standing(published), allow_withdrawn=False)
    assert "a wrong sign" in caught.value.why
    assert check_standing(published.reference, catalogue.standing(published), allow_withdrawn=True)
    for state in ("deprecated", "withdrawn"):
        with pytest.raises(EntryError) as caught:
            declare(catalogue, published, state, "again", "joe")
        assert caught.value.code == "version.state"
    assert [row["state"] for row in log(catalogue, "tiny-1")] == ["published", "deprecated", "withdrawn"]
    assert catalogue.get("tiny-1") == published


def test_a_reason_is_needed(published, catalogue):
    for reason in ("", "  ", "x" * 3000):
        with pytest.raises(InputError, match="reason"):
            declare(catalogue, published, "withdrawn", reason, "jane")


def test_a_signature_is_of_the_state_too(published, catalogue, keys, monkeypatch):
    catalogue.signers.add("tiny-1", (keys / "jane.pub").read_text(), "Jane Doe")
    sign_version(catalogue, published, keys / "jane", "jane")
    standing = catalogue.standing(published)
    assert (standing.signature.state, standing.signature.signer) == ("verified", "Jane Doe")
    monkeypatch.setenv("RECAST_SIGNATURES", "required")
    assert check_standing("x", standing, allow_withdrawn=False) == []
    declare(catalogue, published, "deprecated", "1.1.0 is better", "mallory", keys / "mallory")
    assert catalogue.standing(published).signature.state == "unknown"
    with pytest.raises(PermissionDenied, match="not an accepted signer"):
        check_standing("x", catalogue.standing(published), allow_withdrawn=False)
    sign_version(catalogue, published, keys / "jane", "jane")
    assert catalogue.standing(published).signature.state == "verified"


def test_the_policy_is_one_of_two_words():
    assert only_signed({"RECAST_SIGNATURES": "required"})
    assert not only_signed({})
    with pytest.raises(Exception, match="RECAST_SIGNATURES"):
        only_signed({"RECAST_SIGNATURES": "yes"})


def test_statements_are_merged_in_any_order_with_the_same_outcome(tmp_path):
    @given(st.permutations(range(6)), st.lists(st.sampled_from(STATES), min_size=6, max_size=6))
    def check(order, states):
        signers = Signers(tmp_path / "none")
        said = [
            Entry(
                f"sha256:{i}",
                Statement("a", "1.0.0", "sha256:" + "0" * 64, state, "x", f"2026-01-0{i + 1}T00:00:00Z"),
                None,
            )
            for i, state in enumerate(states)
        ]
        assert standing_of([said[i] for i in order], signers).state == max(states, key=STATES.index)

    check()


@given(st.binary(max_size=200))
def test_any_bytes_are_a_statement_or_refused(content):
    with pytest.raises(ValueError):
        read_statement(content)


@given(st.dictionaries(st.sampled_from(["schema", "state", "digest", "when", "who", "analysis", "version", "x"]),
                       st.none() | st.integers() | st.text(max_size=5) | st.just({}) | st.just([])))  # fmt: skip
def test_any_json_is_a_statement_or_refused(document):
    with pytest.raises(ValueError):
        read_statement(json.dumps(document).encode())


# -- damage


def test_each_flipped_byte_of_the_catalogue_and_the_images_is_found_named_and_nothing_runs(author, tmp_path, keys):
    author.ok("publish", author.checkout.entry, "--key", keys / "jane")
    folders = [author.catalogue.store.root / "blobs/sha256", author.images.root / "blobs/sha256"]
    blobs = [path for folder in folders for path in sorted(folder.iterdir()) if len(path.name) == 64]
    assert len(blobs) >= 13
    assert author("run", "tiny-1", "--example", "demo").code == 0
    runs = len(author.ok("runs")["runs"])
    for path in blobs:
        good = path.read_bytes()
        at = len(good) // 2
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        answer = author("run", "tiny-1", "--example", "demo", "--no-cache")
        assert answer.code == 4, (path, answer.err)
        assert path.name in answer.err
        path.write_bytes(good)
    assert len(author.ok("runs")["runs"]) == runs
    assert author("run", "tiny-1", "--example", "demo").code == 0


def test_a_catalogue_that_was_edited_by_hand_is_found(published, catalogue, checkout):
    index = catalogue.store.root / "index.json"
    good = json.loads(index.read_text())
    without = [
        it for it in good["manifests"] if not it["annotations"]["org.opencontainers.image.ref.name"].endswith("1.0.0")
    ]
    index.write_text(json.dumps({**good, "manifests": without}))
    with pytest.raises(StoreError) as caught:
        catalogue.get("tiny-1")
    assert caught.value.code == "catalogue.edited"
    assert published.digest in caught.value.why
    index.unlink()
    with pytest.raises(StoreError) as caught:
        catalogue.analyses()
    assert caught.value.code == "catalogue.edited"
    index.write_text(json.dumps(good))
    assert catalogue.get("tiny-1") == published


def test_an_index_that_names_other_bytes_is_found(author):
    author.ok("publish", author.checkout.entry)
    author.checkout.write_entry(busybox_entry({"/versions/0/version": "1.1.0"}))
    author.ok("publish", author.checkout.entry)
    index = author.catalogue.store.root / "index.json"
    document = json.loads(index.read_text())
    by_name = {it["annotations"]["org.opencontainers.image.ref.name"]: it for it in document["manifests"]}
    by_name["tiny-1:1.0.0"]["digest"] = by_name["tiny-1:1.1.0"]["digest"]
    index.write_text(json.dumps(document))
    answer = author("run", "tiny-1@1.0.0", "--example", "demo")
    assert answer.code == 4
    assert "edited by hand" in answer.err
    (row,) = author.ok("catalogue", "ls")
    assert row["state"] == "damaged"


def test_words_on_the_command_line(author, keys):
    author.ok("publish", author.checkout.entry)
    assert author.ok("catalogue", "ls")[0]["signature"] == {"state": "unsigned", "signer": None, "key": None}
    assert (
        "is not signed"
        in author("plan", "tiny-1", "--example", "demo").err + author("run", "tiny-1", "--example", "demo").err
    )
    assert author("catalogue", "verify", "tiny-1@1.0.0").code == 1
    signed = author("catalogue", "sign", "tiny-1@1.0.0", "--key", keys / "jane")
    assert "signers add" in signed.err
    assert author("catalogue", "signers", "add", "tiny-*", f"{keys}/jane.pub", "--name", "Jane").code == 0
    assert author.ok("catalogue", "signers", "ls")[0]["name"] == "Jane"
    assert author.ok("catalogue", "verify", "tiny-1@1.0.0")["signature"]["signer"] == "Jane"
    assert "published; signed by Jane" in author("catalogue", "show", "tiny-1").out
    required = {"RECAST_SIGNATURES": "required"}
    assert author("run", "tiny-1", "--example", "demo", **required).code == 0
    author.ok("catalogue", "deprecate", "tiny-1@1.0.0", "--reason", "old", "--who", "jane")
    refused = author("run", "tiny-1", "--example", "demo", **required)
    assert refused.code == 5
    warned = author("run", "tiny-1", "--example", "demo")
    assert warned.code == 0
    assert "deprecated by jane" in warned.err
    author.ok("catalogue", "withdraw", "tiny-1@1.0.0", "--reason", "wrong", "--key", keys / "jane")
    refused = author("run", "tiny-1", "--example", "demo")
    assert refused.code == 5
    assert "--allow-withdrawn" in refused.err
    assert author("run", "tiny-1", "--example", "demo", "--allow-withdrawn").code == 0
    assert author.ok("catalogue", "ls")[0]["state"] == "withdrawn"
    shown = author.ok("catalogue", "show", "tiny-1")
    assert (shown["state"], shown["reason"], shown["signature"]["signer"]) == ("withdrawn", "wrong", "Jane")
    rows = author.ok("catalogue", "log", "tiny-1")
    assert [(row["state"], row["signature"]["state"]) for row in rows] == [
        ("published", "verified"),
        ("deprecated", "unsigned"),
        ("withdrawn", "verified"),
    ]
