"""`optional_outputs`: patterns that cover what a publisher names, be it a name, a pattern or below a folder."""

from __future__ import annotations

import pytest

from recast.workflow.publish import is_optional


@pytest.mark.parametrize(
    ("output", "pattern"),
    [
        ("o.root", "o.root"),
        ("o.root", "*.root"),
        ("./o.root", "*.root"),
        ("h_*.root", "*.root"),
        ("sub/o.root", "sub/*.root"),
        ("sub/o.root", "sub"),
        ("sub/o.root", "**/*.root"),
        ("x[1].txt", "x[1].txt"),
    ],
)
def test_covered(output: str, pattern: str) -> None:
    assert is_optional(output, {"optional_outputs": ["other", pattern]})


@pytest.mark.parametrize(("output", "pattern"), [("o.root", "*.txt"), ("sub/o.root", "*.root"), ("o.root", "o")])
def test_not_covered(output: str, pattern: str) -> None:
    assert not is_optional(output, {"optional_outputs": [pattern]})
    assert not is_optional(output, {})
