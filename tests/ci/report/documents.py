"""A report and a comparison as a pipeline has them."""

from __future__ import annotations

from typing import Any

from recast.ci.compare import Rules, Tolerance, compare, published_values, quantities
from tests.ci.compare.sample import results

__all__ = ["EVIL", "compared", "report"]

EVIL = "<script>alert(1)</script>|`@everyone` #1 ]( http://evil.example\n/merge\x00\u202e"
"""What a stranger may call a step."""

ITEM = {
    "result": "cutflow",
    "point": {"region": "SR"},
    "quantity": "/steps/2/events",
    "published": 400,
    "source": "HEPData",
}


def compared(*, met: float = 0.2, seed: int = 0, paired: bool = True, **more: Any) -> dict[str, Any]:
    """`comparison.json` of a cut that moved."""
    sides = quantities(results(), "demo"), quantities(results(seed=seed, met=met), "demo")
    theirs = published_values([ITEM], results(), "demo")
    rules = Rules((Tolerance("*", relative=0.05),))
    return compare(*sides, paired=paired, rules=rules, published=theirs, **more).as_json()


def report(comparison: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """`report.json` of a commit."""
    found = comparison or {}
    known = {
        "schema": 1, "analysis": "a-1", "version": "1.0.0", "digest": "sha256:" + "1" * 64, "commit": "c" * 40,
        "ref": "refs/heads/main", "event": "push", "word": found.get("word", "passed"), "exit_code": 0,
        "sentence": found.get("sentence", "All is well."), "mode": found.get("mode", "none"),
        "phases": [
            {"name": "lint", "word": "passed", "seconds": 0.1, "detail": ""},
            {"name": "tests", "word": "failed", "seconds": 1.0, "detail": "1 of 2 failed"},
            {"name": "push", "word": "skipped", "seconds": 0.0, "detail": ""},
            {"name": "run", "word": "blocked", "seconds": 0.0, "detail": "no route to host"},
        ],
        "tests": [
            {"name": "rate", "file": "tests/steps/rate.yml", "stage": "rate", "outcome": "failed", "seconds": 0.3,
             "message": "xsec_fb is 1.2, not 1.3", "log": "logs/rate.txt"},
            {"name": "fit", "file": "tests/steps/fit.yml", "stage": "fit", "outcome": "cached", "seconds": 0.0,
             "message": "", "log": ""},
            {"name": "slow", "file": "tests/steps/fit.yml", "stage": "fit", "outcome": "error", "seconds": 9.0,
             "message": "it did not end", "log": ""},
        ],
        "images": [{"name": "a/fit:1", "digest": "sha256:" + "2" * 64, "built": True, "why": "the recipe changed"}],
        "runs": [{"name": "demo", "run": "ab12", "jobs": 3, "cached": 9, "stages": ["rate", "fit"], "seconds": 4.0}],
        "reference": {"commit": "d" * 40, "digest": "sha256:" + "3" * 64}, "reproduce": "recast ci run . --commit c",
    }  # fmt: skip
    return {**known, **more}
