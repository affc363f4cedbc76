"""Whose fault an error is."""

from __future__ import annotations

import pytest

from recast import errors
from recast.ci.pipeline.blame import sentence_of, word_of
from recast.ci.pipeline.phases import Phases, Stopped

BUILDAH = "buildah build failed with exit code 125"


@pytest.mark.parametrize(
    ("problem", "phase", "word"),
    [
        (errors.SpecError("x"), "lint", "broken"),
        (errors.EntryError("x"), "lint", "broken"),
        (errors.InputError("x"), "lint", "broken"),
        (errors.InputError("a step refused its input"), "run", "failed"),
        (errors.NotFound("x"), "lint", "broken"),
        (errors.NotFound("no such repository in the registry"), "push", "blocked"),
        (errors.UsageError("not the address of a registry"), "push", "blocked"),
        (errors.WorkflowFailed("x"), "run", "failed"),
        (errors.ResultError("x"), "run", "failed"),
        (errors.EntryError("x", code="entry.unvalidated"), "publish", "failed"),
        (errors.EntryError("x", code="version.immutable"), "publish", "refused"),
        (errors.EntryError("x", code="version.claimed"), "publish", "refused"),
        (errors.PermissionDenied("x"), "run", "refused"),
        (errors.PermissionDenied("x"), "push", "blocked"),
        (errors.PermissionDenied("x", code="registry.credentials"), "images", "blocked"),
        (errors.CredentialsProblem("x"), "run", "blocked"),
        (errors.ExecutorError("x"), "run", "blocked"),
        (errors.NetworkError("x"), "images", "blocked"),
        (errors.StoreError("x"), "compare", "blocked"),
        (errors.RuntimeUnavailable("x"), "run", "blocked"),
        (errors.ImageCorrupt("x"), "images", "blocked"),
        (errors.ImageError("x", code="image.tool-missing"), "images", "blocked"),
        (errors.ImageError("x", code="image.containerfile"), "images", "broken"),
        (errors.ImageError(BUILDAH, why="sh: frobnicate: not found", code="image.build"), "images", "broken"),
        (errors.ImageError(BUILDAH, why="write: No space left on device", code="image.build"), "images", "blocked"),
        (errors.ImageError("mmdebstrap failed", why="Could not resolve", code="image.build"), "images", "blocked"),
        (
            errors.ImageError("pip download failed", why="No matching distribution", code="image.build"),
            "images",
            "broken",
        ),
        (errors.ImageError("pip download failed", why="ReadTimeout", code="image.build"), "images", "blocked"),
    ],
)
def test_only_what_the_commits_own_files_cause_counts_against_it(problem, phase, word) -> None:
    assert word_of(problem, phase) == word


ROOT = "/srv/state/1/checkout"
BUILD = errors.ImageError(
    "A failed", where="/srv/images/logs/a", why="STEP 1\nfrobnicate: not found", code="image.build"
)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (errors.SpecError("Not YAML", where=f"{ROOT}/spec/workflow.yml:3"), "Not YAML (spec/workflow.yml:3)"),
        (
            errors.WorkflowFailed("A failed", where="/srv/runs/log", why="[user] code 3\nlog:\n  y"),
            "A failed: [user] code 3",
        ),
        (BUILD, "A failed: frobnicate: not found"),
        (errors.StoreError("The disk is full", where="/srv"), "The disk is full"),
    ],
)
def test_the_sentence_names_no_path_of_the_server(problem, said) -> None:
    assert sentence_of(problem, ROOT) == said


def test_an_error_of_this_program_blocks_and_keeps_its_traceback() -> None:
    said: list[str] = []
    phases = Phases(said.append, "/checkout")
    with pytest.raises(Stopped) as stopped, phases.phase("compare"):
        raise OverflowError("int too large to convert to float")
    assert (stopped.value.word, phases.as_json()[0]["word"]) == ("blocked", "blocked")
    assert "RECAST itself failed (OverflowError)" in stopped.value.sentence
    assert any("Traceback" in text for text in said)
