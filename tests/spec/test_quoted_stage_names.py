"""Quoted names in the paths of stages: brackets and commas in them are letters."""

from __future__ import annotations

import pytest

from recast.spec.paths import Segment, parse_path


@pytest.mark.parametrize("name", ["[*]", "[x", "a,b", "[0]", "1:2:3"])
def test_what_is_quoted_is_one_name(name: str) -> None:
    assert parse_path(f"a.'{name}'[*].b") == (Segment(("a",)), Segment((name,), True), Segment(("b",)))
