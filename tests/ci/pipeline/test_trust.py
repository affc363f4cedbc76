"""A stranger's commit, and secrets: what must not be had, done or told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recast.ci.pipeline.outcome import without_secrets
from recast.ci.pipeline.trust import drop_secrets
from recast.images import ImageLock, Pin, write_lock

CANARY = "c4nary-5e1f-do-not-tell"


@pytest.mark.parametrize(
    "option",
    [
        ("--push", "oci://127.0.0.1:1/x"),
        ("--write-reference", "r.json"),
        ("--update-reference",),
        ("--key", "id"),
    ],
)
def test_what_a_stranger_never_gets_is_refused(ci, repository, option) -> None:
    answer = ci("run", repository.root, "--untrusted", *option)
    assert answer.code == 5
    assert option[0] in answer.err


def test_a_strangers_commit_runs_without_anything_secret(ci, repository, monkeypatch) -> None:
    before = dict(os.environ)
    monkeypatch.setenv("DEPLOY_TOKEN", CANARY)
    monkeypatch.setenv("SOMETHING_ELSE", CANARY)
    try:
        code, report = ci.run("--untrusted", "--event", "request")
        left = dict(os.environ)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert (code, report["word"]) == (0, "passed")
    assert CANARY not in left.values()
    assert {"PATH", "RECAST_HOME"} <= left.keys()


def test_credential_files_are_out_of_sight() -> None:
    env = {
        "PATH": "/bin",
        "HOME": "/root",
        "AWS_SECRET_ACCESS_KEY": "x",
        "DOCKER_CONFIG": "/root/.docker",
        "LC_ALL": "C",
    }
    drop_secrets(env)
    assert env.keys() == {"PATH", "HOME", "LC_ALL", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_CONFIG_HOME"}
    assert not any(Path(env[name]).exists() for name in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "XDG_CONFIG_HOME"))


def test_a_canary_in_the_environment_is_found_nowhere(ci, repository, home, monkeypatch) -> None:
    """Jobs print their environment, a test's message and the sentence of a report name a secret: nobody reads it."""
    monkeypatch.setenv("DEPLOY_TOKEN", CANARY)
    monkeypatch.setenv("CANARY", CANARY)
    repository.write(
        "spec/files/select.awk", 'BEGIN { for (k in ENVIRON) print k, ENVIRON[k]; system("env"); exit 1 }\n'
    )
    code, _ = ci.run()
    assert code == 1
    assert CANARY not in ci.err
    for folder in (home, repository.root / "recast-ci"):
        hits = [path for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
        assert hits == []


def test_what_a_report_would_tell_is_masked(monkeypatch) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", CANARY)
    said = without_secrets({"sentence": f"curl said {CANARY}", "rows": [{"message": f"x{CANARY}y"}], "n": 1})
    assert CANARY not in str(said)
    assert said["n"] == 1


def test_a_stranger_with_a_home_of_its_own_is_compared_with_the_reference(
    ci, repository, tmp_path, monkeypatch
) -> None:
    reference = tmp_path / "references/reference.lock.json"
    reference.parent.mkdir()
    assert ci.run("--write-reference", reference)[0] == 0
    monkeypatch.setenv("RECAST_IMAGE_STORE", str(tmp_path / "home/images"))
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "strangers"))
    before = dict(os.environ)
    try:
        repository.cut_at(400)
        code, report = ci.run("--untrusted", "--reference", reference)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert (code, report["word"]) == (7, "moved"), ci.err


def test_a_strangers_images_are_not_from_the_local_network(ci, repository) -> None:
    workflow = repository.spec / "workflow.yml"
    workflow.write_text(workflow.read_text().replace("recast/busybox", "10.1.2.3:5000/secret"))
    pin = Pin("sha256:" + "0" * 64, "linux/amd64", 1, "2026-01-01T00:00:00Z", "registry")
    write_lock(repository.spec, ImageLock({"10.1.2.3:5000/secret:1": pin}))
    before = dict(os.environ)
    try:
        _, report = ci.run("--untrusted")
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert report["word"] == "refused", ci.err


def test_a_report_is_not_written_through_a_link_of_the_checkout(ci, repository, tmp_path) -> None:
    (tmp_path / "precious").mkdir()
    (repository.root / "recast-ci").symlink_to(tmp_path / "precious")
    answer = ci("run", repository.root)
    assert answer.code == 5
    assert list((tmp_path / "precious").iterdir()) == []


@pytest.mark.parametrize("name", ["plots", "logs", "logs/tests"])
def test_no_folder_of_a_report_is_a_link_either(ci, repository, tmp_path, name) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/kept.svg").touch()
    (repository.root / "recast-ci" / name).parent.mkdir(parents=True)
    (repository.root / "recast-ci" / name).symlink_to(tmp_path / "precious")
    assert ci("run", repository.root).code == 5
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["kept.svg"]


def test_a_lock_with_a_number_of_many_digits_is_no_error_of_ours(ci, repository) -> None:
    accepted = [{"quantity": "x", "why": "y", "delta": 10**400}]
    lock = {"schema": 1, "analysis": "small-1", "runs": {}, "accepted": accepted}
    repository.write("reference.lock.json", json.dumps(lock))
    code, report = ci.run()
    assert (code, report["word"]) == (3, "broken"), report["sentence"]
