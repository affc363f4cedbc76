"""What is believed for an hour: a success of the same program, user, environment and kind of session."""

import pytest

from recast.runtimes import Probe, choice, choose_runtime, proven
from recast.runtimes.proven import Proven


@pytest.fixture
def notes(tmp_path, monkeypatch):
    program = tmp_path / "bin/podman"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return Proven(tmp_path / "cache/notes.json")


def test_a_success_is_believed_and_nothing_else(notes):
    assert not notes.trusts("podman")
    notes.note("podman")
    assert notes.trusts("podman") and not notes.trusts("docker")


@pytest.mark.parametrize("variable", ["DOCKER_HOST", "XDG_RUNTIME_DIR", "CONTAINERS_CONF", "RECAST_HOME"])
def test_another_environment_is_tried_anew(notes, monkeypatch, variable):
    notes.note("podman")
    monkeypatch.setenv(variable, "/somewhere/else")
    assert not notes.trusts("podman")


def test_another_program_is_tried_anew(notes, tmp_path):
    notes.note("podman")
    (tmp_path / "bin/podman").write_text("#!/bin/sh\nexit 1\n")
    assert not notes.trusts("podman")


def test_after_an_hour_and_before_now_it_is_tried_anew(notes, monkeypatch):
    now = proven.time.time()
    notes.note("podman")
    for moved, trusted in ((3500, True), (3700, False), (-100, False)):
        monkeypatch.setattr(proven.time, "time", lambda moved=moved: now + moved)
        assert notes.trusts("podman") is trusted


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"x": "y"}'])
def test_notes_that_are_none_are_as_good_as_none(notes, tmp_path, content):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/notes.json").write_bytes(content)
    assert not notes.trusts("podman")
    notes.note("podman")
    assert notes.trusts("podman")


def test_where_nothing_can_be_kept_nothing_is(notes, tmp_path):
    (tmp_path / "cache").write_text("a file")
    notes.note("podman")
    assert not notes.trusts("podman")


def test_a_costly_trial_is_made_once(notes, tmp_path, monkeypatch):
    tried = []

    class Podman:
        name, costly = "podman", True

        def probe(self, *, trusted=False):
            tried.append(trusted)
            return Probe(True, "it starts containers")

    monkeypatch.setattr(choice, "runtime_by_name", lambda name: Podman())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert choose_runtime("podman").name == choose_runtime("podman").name == "podman"
    assert tried == [False, True]
