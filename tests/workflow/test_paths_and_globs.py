"""Stage paths and file patterns."""

from __future__ import annotations

import pytest

from recast.errors import SpecError
from recast.workflow.discover import matches, tree
from recast.workflow.paths import Segment, parse_path


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("map", (Segment(("map",)),)),
        ("map[*].sub", (Segment(("map",), True), Segment(("sub",)))),
        ("map.[*].sub", (Segment(("map",), True), Segment(("sub",)))),
        ("map[0].sub", (Segment(("map",), True, 0), Segment(("sub",)))),
        ("map[*].a[*].b", (Segment(("map",), True), Segment(("a",), True), Segment(("b",)))),
        ("a,b", (Segment(("a", "b")),)),
        ("stage-1_x", (Segment(("stage-1_x",)),)),
    ],
)
def test_paths_that_real_workflows_use(text: str, tokens: tuple[Segment, ...]) -> None:
    assert parse_path(text) == tokens


def test_an_index_picks_instances() -> None:
    picked = {text: list(parse_path(text)[0].pick("abc")) for text in ("m", "m[*]", "m[0]", "m[-1]", "m[1:]", "m[7]")}
    assert [len(items) for items in picked.values()] == [3, 3, 1, 1, 2, 0]
    assert picked["m[-1]"] == ["c"]


@pytest.mark.parametrize("text", ["", "map[", "map[*]sub", "..x", "map[?(@.x)]", "a b"])
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
