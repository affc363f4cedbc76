"""Uploads are what their bytes say, within limits, and their owner's alone."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert

from recast.digests import digest_of
from recast.errors import ArtifactDamaged, InputError, NotFound, PermissionDenied, StoreError
from recast.ledger import Ledger
from recast.ledger.people.tables import USERS
from recast.ledger.uploads import Limits, Upload
from recast.ledger.uploads.judge import judge
from recast.ledger.uploads.kinds import Unusable, look_at
from recast.store import ArtifactStore

SLHA = b"BLOCK MASS\n 1000021 1000.0 # gluino\n 1000022 100.0\n"
LHE = (
    b'<LesHouchesEvents version="3.0">\n<init>\n2212 2212 6500. 6500. 0 0 0 0 3 1\n</init>\n'
    + b"<event>\n 4 1\n</event>\n" * 3
    + b"</LesHouchesEvents>\n"
)
HEPMC = b"HepMC::Version 3\nHepMC::Asciiv3-START_EVENT_LISTING\nE 1 1 1\nE 2 1 1\nHepMC::Asciiv3-END_EVENT_LISTING\n"
WORKSPACE = json.dumps({"channels": [{}], "observations": [], "measurements": [], "version": "1.0.0"}).encode()

GOOD = [
    ("slha", SLHA, "2 masses"),
    ("lhe", LHE, "3 events"),
    ("lhe", gzip.compress(LHE), "beams of 6500 and 6500 GeV"),
    ("lhe", gzip.compress(LHE[:90]) + gzip.compress(LHE[90:]), "3 events"),
    ("hepmc", HEPMC, "2 events"),
    ("pyhf", WORKSPACE, "a workspace with 1 channel"),
    ("pyhf", b'{"patches": [{}, {}], "metadata": {}}', "a patch set with 2 patches"),
    ("pyhf", b'[{"op": "add", "path": "/channels/0", "value": {}}]', "a patch with 1 operation"),
    ("points", b"m_gluino,m_lsp\n1000,100\n1200,100\n", "2 points with m_gluino, m_lsp"),
    ("points", b"m_gluino: [1000, 1200]\nm_lsp: [100, 200]\n", "4 points with m_gluino, m_lsp"),
    ("points", b"- {m: 1}\n- {m: 2}\n", "2 points with m"),
    ("points", b"- T5HH_2000\n- T5HH_2200\n", "2 named points"),
]


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../etc/passwd", "root::0:0")
    return file.getvalue()


BAD = [
    (b"", "empty"),
    (b"\x7fELF\x02\x01\x01\x00", "zeros"),
    (_zip(), "archive"),
    (gzip.compress(b"BLOCK MASS\n 1 1\n"), "archive"),
    (LHE[:-30], "not complete"),
    (gzip.compress(LHE)[:-20], "not complete"),
    (gzip.compress(LHE)[:60] + b"rubbish", "not complete"),
    (LHE.replace(b"<event>", b"<nothing>"), "no events"),
    (b"BLOCK MASS\n 1000021 many\n", "SLHA"),
    (b"[" * 100_000, "nested"),
    (b'{"channels": NaN, "measurements": 1}', "JSON"),
    (b"a: &a [x]\nb: [" + b"*a, " * 200_000 + b"*a]\n", "points"),
    (b"a,b\n1\n", "1 value under 2 columns"),
    (b"\xff\xfe\x00\x01 no text", "text"),
    (b"<script>alert(1)</script>", "points"),
]


@pytest.mark.parametrize(("kind", "content", "note"), GOOD)
def test_what_a_file_is(kind: str, content: bytes, note: str) -> None:
    found, notes = look_at(io.BytesIO(content))
    assert found == kind and any(note in said for said in notes)


@pytest.mark.parametrize(("content", "why"), BAD)
def test_what_is_nothing_known(content: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        look_at(io.BytesIO(content))


def test_a_bomb_is_given_up(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(gzip.compress(LHE[:200] + b" " * 300_000_000, 9))
    with pytest.raises(InputError, match="cannot be used") as refused:
        judge(bomb, bomb.stat().st_size)
    assert refused.value.code == "upload.unknown-kind"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite", files=tmp_path / "artifacts") as ledger:
        with ledger.writing() as connection:
            rows = [{"id": it, "name": it, "created": "2026-01-01T00:00:00Z"} for it in ("anna", "bob")]
            connection.execute(insert(USERS), rows)
        yield ledger


def send(ledger: Ledger, owner: str, content: bytes) -> Upload:
    with ledger.uploads.begin(owner) as incoming:
        incoming.write(content[:10])
        incoming.write(content[10:])
        return incoming.finish()


def test_an_upload_is_its_owners(store: Ledger) -> None:
    upload = send(store, "anna", SLHA)
    assert (upload.digest, upload.kind, upload.size) == (digest_of(SLHA), "slha", len(SLHA))
    assert store.uploads.path("anna", upload.digest).read_bytes() == SLHA

    with pytest.raises(NotFound):
        store.uploads.get("bob", upload.digest)
    assert send(store, "bob", SLHA).digest == upload.digest
    store.uploads.remove("anna", upload.digest)
    assert store.uploads.of("anna") == [] and [it.owner for it in store.uploads.of("bob")] == ["bob"]
    assert store.uploads.path("bob", upload.digest).read_bytes() == SLHA


def test_the_same_bytes_twice_are_one_upload(store: Ledger) -> None:
    send(store, "anna", SLHA), send(store, "anna", SLHA)
    assert len(store.uploads.of("anna")) == 1


def test_what_is_refused_leaves_nothing(store: Ledger) -> None:
    with pytest.raises(InputError):
        send(store, "anna", b"\x7fELF rubbish \x00")
    with pytest.raises(RuntimeError), store.uploads.begin("anna") as incoming:
        incoming.write(SLHA)
        raise RuntimeError("the client went away")
    assert store.uploads.of("anna") == []
    assert [path for path in store.uploads.store.root.rglob("*") if path.is_file()] == []


def test_size_and_number_are_bounded(store: Ledger) -> None:
    store.uploads.limits = Limits(most_bytes=100, most_files=2, most_at_once=8)
    with pytest.raises(InputError, match="too large"):
        store.uploads.begin("anna", announced=101)
    with pytest.raises(InputError, match="too large"):
        send(store, "anna", SLHA * 3)
    send(store, "anna", SLHA), send(store, "anna", SLHA + b"\n")
    with pytest.raises(PermissionDenied, match="too many"):
        send(store, "anna", SLHA + b"\n\n")
    send(store, "bob", SLHA)


def test_a_few_at_a_time(store: Ledger) -> None:
    held = [store.uploads.begin("anna") for _ in range(store.uploads.limits.most_at_once)]
    with pytest.raises(StoreError, match="at once"):
        store.uploads.begin("bob")
    held.pop().close()
    send(store, "bob", SLHA)
    for incoming in held:
        incoming.close()


def test_a_stored_upload_that_was_changed_is_not_used(store: Ledger) -> None:
    upload = send(store, "anna", SLHA)
    path = store.uploads.store.path(upload.digest)
    path.chmod(0o644)
    path.write_bytes(SLHA.replace(b"1000.0", b"1234.5"))
    with pytest.raises(ArtifactDamaged):
        store.uploads.path("anna", upload.digest)


def test_notes_are_plain_lines(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_bytes("a\u202eb,c\x1b[31m\n1,2\n".encode())
    (note,) = judge(file, file.stat().st_size).notes
    assert note.isprintable() and "\\u202e" in note


def test_the_quota_holds_for_what_announces_nothing_and_what_is_refused_is_nowhere(store: Ledger) -> None:
    store.uploads.quotas = {"upload_bytes": 2.5 * len(SLHA)}
    send(store, "anna", SLHA), send(store, "anna", SLHA + b"\n")
    before = [path for path in store.uploads.store.root.rglob("*") if path.is_file()]

    with pytest.raises(PermissionDenied) as refused:
        send(store, "anna", SLHA + b"\n\n")
    assert refused.value.code == "permission.quota"
    with pytest.raises(PermissionDenied), store.uploads.begin("anna") as incoming:
        for _ in range(10):  # it is told before all has arrived
            incoming.write(SLHA)
    assert [path for path in store.uploads.store.root.rglob("*") if path.is_file()] == before

    send(store, "anna", SLHA)  # the same bytes are no other ones
    assert len(store.uploads.of("anna")) == 2


def test_many_at_once_share_one_quota(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(USERS), [{"id": "anna", "name": "anna", "created": "2026-01-01T00:00:00Z"}])
    ledger.uploads.quotas = {"upload_bytes": 2.5 * len(SLHA)}
    ledger.uploads.store = ArtifactStore(tmp_path / "shared")

    def one(number: int) -> bool:
        try:
            return bool(send(ledger, "anna", SLHA.replace(b"1000.0", f"100{number}.0".encode())))
        except PermissionDenied:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 2
    assert len(list((tmp_path / "shared/sha256").glob("*/*"))) == 2


def test_many_at_once_may_send_the_same(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.writing() as connection:
        connection.execute(insert(USERS), [{"id": "anna", "name": "anna", "created": "2026-01-01T00:00:00Z"}])
    ledger.uploads.store = ArtifactStore(tmp_path / "shared")
    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(lambda _: send(ledger, "anna", SLHA).digest, range(4)))
    assert len(digests) == 1 == len(ledger.uploads.of("anna"))
