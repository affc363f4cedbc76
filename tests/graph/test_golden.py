"""The picture in the documentation is what the program draws."""

from __future__ import annotations

from tests.graph.golden import GOLDEN, picture


def test_the_picture_in_the_documentation() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == picture(), "look at it, then: python -m tests.graph.golden"
