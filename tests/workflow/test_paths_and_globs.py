"""Stage paths and file patterns."""

from __future__ import annotations

import pytest

from recast.errors import SpecError
from recast.workflow.globs import matches, tree
from recast.workflow.paths import Token, parse_path


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("map", (Token(("map",), None),)),
        ("map[*].sub", (Token(("map",), None), Token(("sub",), None))),
        ("map.[*].sub", (Token(("map",), None), Token(("sub",), None))),
        ("map[0].sub", (Token(("map",), 0), Token(("sub",), None))),
        ("map[*].a[*].b", (Token(("map",), None), Token(("a",), None), Token(("b",), None))),
        ("a,b", (Token(("a", "b"), None),)),
        ("stage-1_x", (Token(("stage-1_x",), None),)),
    ],
)
def test_paths_that_real_workflows_use(text: str, tokens: tuple[Token, ...]) -> None:
    assert parse_path(text) == tokens


@pytest.mark.parametrize("text", ["", "map[", "map[*]sub", "..x", "map[?(@.x)]", "a b", "map[-1]"])
def test_other_paths_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        parse_path(text)


LISTING = ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt", ".hidden", "x[1].txt"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["a.txt", "b.txt", "x[1].txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[!a].txt", ["b.txt"]),
        ("sub/*", ["sub/c.txt", "sub/deep"]),
        ("**/*.txt", ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt", "x[1].txt"]),
        ("?.txt", ["a.txt", "b.txt"]),
        ("*", ["a.txt", "b.txt", "sub", "x[1].txt"]),
        (".*", [".hidden"]),
        ("nothing*", []),
    ],
)
def test_patterns(pattern: str, found: list[str]) -> None:
    assert matches(pattern, LISTING) == found


def test_trees() -> None:
    assert tree("sub", LISTING) == ["sub/c.txt", "sub/deep/d.txt"]
    assert tree("", LISTING) == LISTING
    assert tree("su", LISTING) == []
