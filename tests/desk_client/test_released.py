"""A released answer is checked with its file and a key alone."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recast.desk.statement import released_statement
from recast.errors import InputError
from recast.operations.desk.released import read_released, service_key, sign_released, verify_released
from recast.signing import sign
from tests.desk.people import Desk

SAID = {
    **{"schema": "recast-answer/1", "analysis": "atlas-x", "version": "1.0.0", "digest": "sha256:a", "reason": ""},
    **{"authority": "automatic", "point": {"coordinates": {"m": 1}}, "results": [{"name": "limit"}]},
    "reviewed": {"at": "2026", "by": "u1", "name": "Carol"},
}
CONTENT = json.dumps(SAID).encode()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return service_key(tmp_path / "keys")


@pytest.fixture
def file(tmp_path: Path, key: Path) -> Path:
    path = tmp_path / "answer.json"
    path.write_bytes(sign_released(CONTENT, key))
    return path


def _public(key: Path) -> Path:
    return key.with_suffix(".pub")


def test_the_key_of_a_service_is_made_once_and_is_its_own(key: Path) -> None:
    assert service_key(key.parent) == key
    assert key.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in key.parent.iterdir()) == ["answers_ed25519", "answers_ed25519.pub"]


def test_many_at_once_get_one_key_and_its_own_public_half(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        (private,) = set(pool.map(lambda _: service_key(tmp_path).read_bytes(), range(6)))
    key = service_key(tmp_path)
    assert key.read_bytes() == private
    derived = subprocess.run(["ssh-keygen", "-y", "-f", key], capture_output=True, check=True).stdout
    assert derived == _public(key).read_bytes()


def test_a_public_half_that_was_lost_follows_from_the_private_one(key: Path) -> None:
    public = _public(key).read_bytes()
    private = key.read_bytes()
    _public(key).unlink()
    assert service_key(key.parent).read_bytes() == private and _public(key).read_bytes() == public


def test_a_released_answer_of_the_desk_is_verified(tmp_path: Path, key: Path) -> None:
    desk = Desk().up_to("released")
    path = tmp_path / "a1.json"
    path.write_bytes(sign_released(released_statement(desk.now, "a1"), key))
    released = read_released(path)
    assert released.digest == desk.now.points[0].answers[0].statement
    assert verify_released(released, key=_public(key)).state == "verified"


def test_the_same_is_said_by_ssh_keygen_alone(tmp_path: Path, file: Path, key: Path) -> None:
    said = json.loads(file.read_text())
    (tmp_path / "statement.sig").write_text(said["signature"])
    (tmp_path / "allowed_signers").write_text(f"atlas-* {_public(key).read_text()}")
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "atlas-x", "-n", "recast-answer"]
    done = subprocess.run(
        [*command, "-s", "statement.sig"], input=said["statement"].encode(), cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_a_changed_answer_is_badly_signed(file: Path, key: Path) -> None:
    file.write_text(file.read_text().replace("atlas-x", "atlas-y"))
    assert verify_released(read_released(file), key=_public(key)).state == "bad"


def test_another_key_is_unknown(file: Path, tmp_path: Path) -> None:
    other = _public(service_key(tmp_path / "other"))
    assert verify_released(read_released(file), key=other).state == "unknown"
    assert verify_released(read_released(file)).state == "unknown"


def test_a_signer_of_other_analyses_does_not_count(file: Path, key: Path, tmp_path: Path) -> None:
    signers = tmp_path / "allowed_signers"
    for pattern, state in (("cms-*", "unknown"), ("atlas-*", "verified")):
        signers.write_text(f'{pattern} namespaces="recast-answer" {_public(key).read_text()}')
        assert verify_released(read_released(file), signers=signers).state == state


def test_a_signature_on_a_version_is_none_on_an_answer(file: Path, key: Path) -> None:
    said = json.loads(file.read_text())
    file.write_text(json.dumps({**said, "signature": sign(CONTENT, key).decode()}))
    assert verify_released(read_released(file), key=_public(key)).state == "bad"


def test_without_a_signature_it_is_unsigned(file: Path) -> None:
    said = json.loads(file.read_text())
    file.write_text(json.dumps({**said, "signature": ""}))
    assert verify_released(read_released(file)).state == "unsigned"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "recast-answer/1"}',
        b'{"format": "recast-answer/9", "statement": "{}"}',
        b'{"format": "recast-answer/1", "statement": 7}',
        b'{"format": "recast-answer/1", "statement": "[]"}',
        json.dumps({"format": "recast-answer/1", "statement": CONTENT.decode(), "signature": 3}).encode(),
        *(
            json.dumps({"format": "recast-answer/1", "statement": json.dumps({**SAID, **wrong})}).encode()
            for wrong in (
                {"schema": 1},
                {"analysis": "a\0"},
                {"analysis": [1]},
                {"analysis": "-f"},
                {"version": None},
                {"point": 3},
                {"point": {"coordinates": [1]}},
                {"results": {}},
                {"results": [1]},
                {"reviewed": []},
                {"reviewed": {"at": 1}},
            )
        ),
    ],
)
def test_what_is_no_released_answer_is_refused(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(said)
    with pytest.raises(InputError) as refused:
        read_released(path)
    assert refused.value.code == "answer.invalid"


def test_a_private_key_is_not_taken_for_a_public_one(file: Path, key: Path) -> None:
    with pytest.raises(InputError, match="public key"):
        verify_released(read_released(file), key=key)
