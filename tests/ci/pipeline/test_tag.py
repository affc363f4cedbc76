"""A tag publishes a version, once; whoever moves it is refused."""

from __future__ import annotations

import pytest

from recast.cli.app import run as call
from tests.registry.real import real_registry

TAG = ("--ref", "refs/tags/v1.0.0", "--event", "tag")


@pytest.fixture
def registry(tmp_path):
    with real_registry(tmp_path / "registry") as real:
        yield f"oci://{real.host}/group/small-1"


def test_a_tag_publishes_and_another_machine_runs_it(ci, repository, registry, tmp_path, monkeypatch) -> None:
    repository.commit("first")
    code, report = ci.run(*TAG, "--push", registry)
    assert (code, report["word"]) == (0, "passed"), ci.err
    assert report["published"]["at"] == f"{registry}:1.0.0"
    assert [row["word"] for row in report["phases"] if row["name"] == "publish"] == ["passed"]
    assert ci.run(*TAG, "--push", registry)[0] == 0  # the same bytes again
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "elsewhere"))
    assert call(["run", f"{registry}:1.0.0", "--example", "demo", "-q"]) == 0


def test_a_moved_tag_is_refused(ci, repository, registry) -> None:
    assert ci.run(*TAG, "--push", registry)[0] == 0
    repository.write("spec/files/select.awk", "# other bytes\n" + (repository.spec / "files/select.awk").read_text())
    code, report = ci.run(*TAG, "--push", registry)
    assert (code, report["word"]) == (5, "refused"), ci.err
    assert "never changes" in report["sentence"]


@pytest.mark.parametrize(("ref", "word"), [("refs/tags/nightly", "passed"), ("refs/tags/v2.0.0", "broken")])
def test_a_tag_that_does_not_name_the_version_publishes_nothing(ci, repository, registry, ref, word) -> None:
    _, report = ci.run("--ref", ref, "--event", "tag", "--push", registry)
    assert report["word"] == word
    assert report["published"] is None


def test_a_commit_that_moved_the_physics_is_not_published(ci, repository, registry) -> None:
    ci.run("--update-reference")
    repository.cut_at(400)
    code, report = ci.run(*TAG, "--push", registry)
    assert (code, report["word"], report["published"]) == (7, "moved", None)


def test_the_reference_travels_through_the_registry(ci, repository, registry, tmp_path, monkeypatch) -> None:
    ci.run("--update-reference", "--push", registry)
    monkeypatch.setenv("RECAST_IMAGE_STORE", str(tmp_path / "home/images"))
    monkeypatch.setenv("RECAST_HOME", str(tmp_path / "elsewhere"))
    repository.cut_at(400)
    code, report = ci.run()
    assert (code, report["word"]) == (7, "moved"), ci.err
