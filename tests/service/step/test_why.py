"""Why a step is as it is, in words, by the picture alone."""

from __future__ import annotations

from typing import Any

import pytest

from recast.service.step.why import seed_of, why_of

STEPS = [{"id": "/a/0", "state": "succeeded"}, {"id": "/b/0", "state": "running"}]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"state": "succeeded", "attempts": 1}, "It ran once."),
        ({"state": "succeeded", "attempts": 0}, "It only publishes values; there is nothing to run."),
        ({"state": "succeeded", "cached": True, "reason": "as in run SECRET step /x/0"}, "It was taken from the cache"),
        ({"state": "waiting", "depends_on": ["/a/0", "/b/0"]}, "It waits for 1 of its 2 upstream steps: /b/0."),
        ({"state": "waiting", "depends_on": None}, "It waits for its upstream steps."),
        ({"state": "failed", "attempts": 3, "reason": "exit code 1."}, "It ran in 3 attempts. It failed: exit code 1."),
        ({"state": "lost", "attempts": 1}, "It ran once. It was lost."),
        ({"state": "submitted", "held": True, "reason": "quota"}, "The batch system holds it: quota."),
        ({"state": "running", "attempts": 2}, "It runs: attempt 2."),
        ({"state": "skipped"}, "It was skipped: the run ended before its turn."),
        ({"state": "ready"}, "Its inputs are there; it waits for its turn."),
        ({"state": "what"}, ""),
    ],
)
def test_words(step: dict[str, Any], words: str) -> None:
    told = " ".join(why_of(step, STEPS, "running"))
    assert told.startswith(words) and bool(told) == bool(words) and "SECRET" not in told


def test_seeds_are_found_by_their_names() -> None:
    assert seed_of({"seed": 1, "randomSeed": [1, 2], "m": 3}) == {"seed": 1, "randomSeed": [1, 2]}
    assert seed_of(None) == seed_of(["seed"]) == {}
