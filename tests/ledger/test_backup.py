"""Back-up, destroyed machine, restore: what was there at one instant is there again."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from recast.desk.statement import released_statement
from recast.digests import digest_of
from recast.errors import RecastError, StoreError
from recast.journal import Journal, Record
from recast.ledger import Ledger, Wanted, tables
from recast.ledger.backup import back_up, restore
from recast.ledger.backup.rows import read_rows
from recast.ledger.people.invitations import invite, read_invitation
from recast.ledger.people.links import make_link, read_link
from recast.ledger.people.sessions import begin_session, read_session
from recast.ledger.people.tables import USERS
from recast.ledger.people.tokens import issue_token, read_token
from recast.operations.desk.released import read_released, service_key, sign_released, verify_released
from tests.conftest import Answer
from tests.ledger.making import CONTACT, FACTS, MACHINE, OWNER, accepted
from tests.ledger.test_uploads import SLHA, send


@pytest.fixture
def full(url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with a person, an upload, a statement, a request that is answered, and a run that goes on."""
    with Ledger(url, files=tmp_path / "artifacts") as ledger:
        with ledger.writing() as connection:
            connection.execute(insert(USERS), [{"id": "uowner", "name": "Anna", "created": "2026-01-01T00:00:00Z"}])
        send(ledger, "uowner", SLHA)
        ledger.statements.keep("sha256:1", b"signed \xff bytes")
        request = accepted(ledger)
        ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
        lease = ledger.work.take("d1", ["run"], 600)
        assert lease is not None
        ledger.runs.note(lease, "r1", {})
        ledger.act(request.id, "start-run", MACHINE, {"run": "r1", "points": ["p1", "p2"]}, lease=lease)
        folder = tmp_path / "runs/r1"
        (folder / "spec").mkdir(parents=True)
        (folder / "request.json").write_text("{}")
        (folder / "spec/workflow.yml").write_text("stages: []")
        (folder / "spec/.my größe (1).txt").write_text("odd")
        ledger.runs.placed(lease, "r1", str(folder))
        ledger.act(request.id, "answer-point", MACHINE, {"point": "p1", "run": "r1", "results": [{"cls_obs": 0.1}]})
        yield ledger


def test_a_destroyed_machine_is_made_again(full: Ledger, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs/r1/journal.sqlite")
    journal.append([Record("RunCreated", {"n": 1})])  # and its writer goes on
    before = full.requests(Wanted(), MACHINE).items
    found = back_up(full, tmp_path / "desk.backup")
    journal.append([Record("RunEnded", {"n": 2})])
    journal.close()
    assert (found.requests, found.uploads, found.runs, found.missing) == (1, 1, 1, ())
    assert (tmp_path / "desk.backup").stat().st_mode & 0o777 == 0o600

    elsewhere = tmp_path / "new"
    with Ledger(f"sqlite:///{elsewhere}/ledger.sqlite", files=elsewhere / "artifacts") as ledger:
        restored = restore(ledger, tmp_path / "desk.backup", elsewhere / "runs")
        assert (restored.requests, restored.uploads, restored.runs) == (1, 1, 1)
        assert ledger.requests(Wanted(), MACHINE).items == before
        assert ledger.audit_holds() == []
        assert ledger.statements.get("sha256:1") == b"signed \xff bytes"
        (upload,) = ledger.uploads.of("uowner")
        assert ledger.uploads.path("uowner", upload.digest).read_bytes() == SLHA
        (run,) = ledger.runs.unfinished()
        assert run.folder == str(elsewhere / "runs/r1")
        assert Path(run.folder, "spec/workflow.yml").read_text() == "stages: []"
        assert Path(run.folder, "spec/.my größe (1).txt").read_text() == "odd"
        records = [record.kind for _, record in Journal(Path(run.folder, "journal.sqlite"), read_only=True).read()]
        assert records == ["RunCreated"]
        lease = ledger.work.take("d2", ["run"], 60)
        assert lease is not None and lease.request == before[0].id
        ledger.act(before[0].id, "comment", OWNER, {"text": "on it goes"}, facts=FACTS)


def test_a_released_answer_verifies_after_the_machine_was_destroyed(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with Ledger(f"sqlite:///{old}/ledger.sqlite", files=old / "a") as ledger:
        request = accepted(ledger, points=1, audience="public").id
        ledger.act(request, "start-run", MACHINE, {"run": "r1", "points": ["p1"]}, facts=FACTS)
        ledger.act(request, "answer-point", MACHINE, {"point": "p1", "run": "r1", "results": [{"cls_obs": 0.1}]})
        ledger.act(request, "review", CONTACT, {}, facts=FACTS)
        released = ledger.act(request, "release", CONTACT, {}, facts=FACTS)
        (answer,) = released.points[0].answers
        public = service_key(ledger.beside).with_suffix(".pub").read_text()
        first = sign_released(released_statement(released, answer.id), service_key(ledger.beside))
        ledger.statements.keep(answer.statement, first)
        back_up(ledger, tmp_path / "desk.backup")
    shutil.rmtree(old)

    with Ledger(f"sqlite:///{new}/ledger.sqlite", files=new / "a") as ledger:
        restore(ledger, tmp_path / "desk.backup", new / "runs")
        file = tmp_path / "answer.json"
        file.write_bytes(ledger.statements.get(answer.statement) or b"")
        again = sign_released(released_statement(ledger.request(request), answer.id), service_key(ledger.beside))
    assert file.read_bytes() == first
    (tmp_path / "key.pub").write_text(public)
    assert verify_released(read_released(file), key=tmp_path / "key.pub").state == "verified"
    file.write_bytes(again)
    assert verify_released(read_released(file), key=tmp_path / "key.pub").state == "verified"
    assert (new / "answers_ed25519").stat().st_mode & 0o777 == 0o600


def test_by_command(recast: Callable[..., Answer], home: Path, tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path}/old.sqlite", files=home / "artifacts") as old:
        request = accepted(old).id
    taken = recast("serve", "backup", tmp_path / "f", "--database", f"sqlite:///{tmp_path}/old.sqlite", "-o", "json")
    assert taken.code == 0 and taken.json["requests"] == 1
    made = recast("serve", "restore", tmp_path / "f", "-o", "json")
    assert made.code == 0, made.err
    assert made.json["requests"] == 1
    with Ledger(f"sqlite:///{home}/service/ledger.sqlite") as new:
        assert new.request(request).state == "accepted"
    again = recast("serve", "restore", tmp_path / "f")
    assert again.code == 4 and "backup.not-empty" in again.err


def test_a_back_up_of_an_older_program_is_restored(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path}/old.sqlite", files=tmp_path / "a") as old:
        request = accepted(old)
        back_up(old, tmp_path / "desk.backup")
    (tmp_path / "older").write_bytes(_changed((tmp_path / "desk.backup").read_bytes(), "older"))
    with Ledger(f"sqlite:///{tmp_path}/new.sqlite", files=tmp_path / "b") as new:
        restore(new, tmp_path / "older", tmp_path / "runs")
        assert new.request(request.id) == request


def test_from_sqlite_to_postgresql(tmp_path: Path, postgres_url: str) -> None:
    with Ledger(f"sqlite:///{tmp_path}/old.sqlite", files=tmp_path / "a") as old:
        request = accepted(old, points=3)
        old.act(request.id, "run", CONTACT, {}, facts=FACTS)
        back_up(old, tmp_path / "desk.backup")
        kept = old.request(request.id)
    with Ledger(postgres_url, files=tmp_path / "b") as new:
        restore(new, tmp_path / "desk.backup", tmp_path / "runs")
        assert new.request(request.id) == kept and new.audit_holds() == []
        assert accepted(new).id != request.id  # numbers go on where they ended
        assert new.work.waiting() == 1


def test_a_ledger_that_is_not_empty_is_not_overwritten(full: Ledger, tmp_path: Path) -> None:
    back_up(full, tmp_path / "desk.backup")
    with pytest.raises(StoreError) as refused:
        restore(full, tmp_path / "desk.backup", tmp_path / "runs")
    assert refused.value.code == "backup.not-empty"


def test_a_live_key_and_live_runs_are_not_replaced(full: Ledger, tmp_path: Path) -> None:
    service_key(full.beside)
    back_up(full, tmp_path / "desk.backup")
    journal = tmp_path / "runs/r1/journal.sqlite"
    journal.write_bytes(b"newer")
    with Ledger(f"sqlite:///{tmp_path}/look/ledger.sqlite", files=tmp_path / "b") as look:
        key = service_key(look.beside).read_bytes()
        with pytest.raises(StoreError) as refused:
            restore(look, tmp_path / "desk.backup", tmp_path / "elsewhere")
        assert refused.value.code == "backup.not-empty" and "answers_ed25519" in refused.value.where
        assert service_key(look.beside).read_bytes() == key
    with Ledger(f"sqlite:///{tmp_path}/third/ledger.sqlite", files=tmp_path / "c") as look:
        with pytest.raises(StoreError) as refused:
            restore(look, tmp_path / "desk.backup", tmp_path / "runs")
        assert refused.value.code == "backup.not-empty" and refused.value.where.endswith("runs/r1")
        assert list(look.beside.glob("answers_*")) == [] and not (tmp_path / "c/sha256").exists()
    assert journal.read_bytes() == b"newer"


def test_the_same_key_is_no_hindrance(full: Ledger, tmp_path: Path) -> None:
    key = service_key(full.beside)
    back_up(full, tmp_path / "desk.backup")
    with Ledger(f"sqlite:///{tmp_path}/new/ledger.sqlite", files=tmp_path / "b") as new:
        shutil.copy(key, new.beside)
        restore(new, tmp_path / "desk.backup", tmp_path / "elsewhere")
        assert service_key(new.beside).read_bytes() == key.read_bytes()
        assert service_key(new.beside).with_suffix(".pub").is_file()


def test_what_proves_who_somebody_is_ends_with_a_restore(full: Ledger, tmp_path: Path) -> None:
    now = "2026-01-31T12:00:00Z"
    with full.writing() as connection:
        token, _ = issue_token(connection, OWNER, "t", ["read"], 3600, now)
        session = begin_session(connection, "uowner", "test", now)
        link, _ = make_link(connection, "q1", "uowner", "", 3600, now)
        invitation = invite(connection, "service", now, role="administrator")
    back_up(full, tmp_path / "desk.backup")
    for keep in (False, True):
        place = tmp_path / f"new-{keep}"
        with Ledger(f"sqlite:///{place}/ledger.sqlite", files=place / "a") as new:
            restore(new, tmp_path / "desk.backup", place / "runs", keep_logins=keep)
            with new.reading() as connection:
                reads = (read_token, read_session, read_link, read_invitation)
                works = [
                    _works(read, connection, secret, now)
                    for read, secret in zip(reads, (token, session, link, invitation), strict=True)
                ]
            assert works == [keep] * 4


def _works(read: Callable[..., object], *arguments: object) -> bool:
    try:
        return read(*arguments) is not None
    except RecastError:
        return False


def test_rows_of_a_program_without_a_column_get_its_default(ledger: Ledger) -> None:
    old = b'{"id":1,"person":"a","urgency":"now","request":"q","event":1,"text":"t","not_before":0,"sent":null}'
    with ledger.writing() as connection:
        assert read_rows(connection, tables.outbox, [old]) == 1
        row = connection.execute(select(tables.outbox)).one()
        assert (row.at, row.tries) == (0, 0)
        for bad in (b'{"id":1}', old[:-1] + b',"more":1}', b"[]"):
            with pytest.raises(ValueError):
                read_rows(connection, tables.outbox, [bad])


def test_what_is_gone_is_told_and_the_rest_is_kept(full: Ledger, tmp_path: Path) -> None:
    (upload,) = full.uploads.of("uowner")
    path = full.uploads.store.path(upload.digest)
    path.unlink()
    found = back_up(full, tmp_path / "desk.backup")
    assert str(path) in found.missing


def test_a_failed_back_up_leaves_the_last_one(full: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "desk.backup").write_text("the last one")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recast.ledger.backup.archive.Writer.end", full_disk)
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(full, tmp_path / "desk.backup")
    assert (tmp_path / "desk.backup").read_text() == "the last one"


def _changed(content: bytes, change: str) -> bytes:
    """Return a back-up with one harm done to it."""
    if change == "cut":
        return content[: len(content) // 2]
    if change == "rubbish":
        return b"not a tar at all"
    out, users = io.BytesIO(), b""
    with tarfile.open(fileobj=io.BytesIO(content)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for entry in old:
            file = old.extractfile(entry)
            assert file is not None
            body = file.read()
            if change == "row" and entry.name == "tables/requests.jsonl":
                body = body.replace(b"accepted", b"released", 1)
            if change == "twice" and entry.name == "tables/users.jsonl":
                body = users = body * 2
            if change == "swap" and entry.name.startswith(("uploads/", "runs/r1/journal")):
                body = bytes(len(body))  # of the same length, so that only its content tells
            if change == "slip" and entry.name.startswith("runs/"):
                entry.name = "runs/../../../tmp/slipped"
            if change == "key" and entry.name.startswith("runs/"):
                entry.name = "keys/ledger.sqlite"
            if change == "link" and entry.name.startswith("runs/"):
                entry.type, entry.linkname, body = tarfile.SYMTYPE, "/etc/passwd", b""
            if change == "older" and entry.name == "tables/watches.jsonl":
                continue  # the first tables had none
            if change in ("trail", "older", "twice") and entry.name == "manifest.json":
                document = json.loads(body)
                document["revision"] = {"trail": "9999", "older": "0001"}.get(change, document["revision"])
                document["members"].pop("tables/watches.jsonl") if change == "older" else None
                if change == "twice":
                    document["members"]["tables/users.jsonl"] = {"size": len(users), "digest": digest_of(users)}
                body = json.dumps(document).encode()
            if change == "missing" and entry.name.startswith("uploads/"):
                continue
            entry.size = len(body)
            new.addfile(entry, io.BytesIO(body))
    return gzip.compress(out.getvalue())


@pytest.mark.parametrize(
    "change", ["cut", "rubbish", "row", "twice", "slip", "key", "link", "trail", "missing", "swap"]
)
def test_a_back_up_that_was_changed_restores_nothing(tmp_path: Path, change: str) -> None:
    with Ledger(f"sqlite:///{tmp_path}/old.sqlite", files=tmp_path / "a") as old:
        with old.writing() as connection:
            connection.execute(insert(USERS), [{"id": "uowner", "name": "Anna", "created": "2026-01-01T00:00:00Z"}])
        send(old, "uowner", SLHA)
        accepted(old)
        _with_run(old, tmp_path)
        back_up(old, tmp_path / "good")
    (tmp_path / "bad").write_bytes(_changed((tmp_path / "good").read_bytes(), change))

    with Ledger(f"sqlite:///{tmp_path}/new.sqlite", files=tmp_path / "b") as new:
        with pytest.raises(RecastError):
            restore(new, tmp_path / "bad", tmp_path / "new-runs")
        with new.reading() as connection:
            assert connection.execute(select(tables.requests)).all() == []
        left = [path for folder in ("new-runs", "b") for path in (tmp_path / folder).rglob("*") if path.is_file()]
        assert left == []
        restore(new, tmp_path / "good", tmp_path / "new-runs")
    assert not Path("/tmp/slipped").exists()


def _with_run(ledger: Ledger, tmp_path: Path) -> None:
    request = accepted(ledger)
    ledger.act(request.id, "run", CONTACT, {}, facts=FACTS)
    lease = ledger.work.take("d1", ["run"], 600)
    assert lease is not None
    ledger.runs.note(lease, "r1", {})
    (tmp_path / "runs/r1").mkdir(parents=True)
    sqlite3.connect(tmp_path / "runs/r1/journal.sqlite").close()
    (tmp_path / "runs/r1/request.json").write_text("{}")
    ledger.runs.placed(lease, "r1", str(tmp_path / "runs/r1"))
