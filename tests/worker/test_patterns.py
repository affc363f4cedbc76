"""How patterns are read, by the worker that keeps files and by the publishers that name them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.jobs import Artifact
from recast.worker.failure import Failure
from recast.worker.files import outputs
from recast.worker.files.outputs import Tree, matches
from recast.worker.files.patterns import expand, fits
from recast.workflow.discover import Listing


@pytest.mark.parametrize(
    ("part", "fitting", "others"),
    [
        ("*.root", ["a.root", ".root"], ["a.root2", "root"]),
        ("a*b*c", ["abc", "aXbYc", "abbcc"], ["ab", "acb"]),
        ("[!a]x", ["bx", "!x"], ["ax", "x"]),
        ("[^a]", ["^", "a"], ["b"]),
        ("[]x]", ["]", "x"], ["y"]),
        ("[a-c-]", ["b", "-"], ["d"]),
        ("[b-a]", [], ["a", "b"]),
        ("[!b-a]", ["a"], [""]),
        ("[[:alpha:]", [":", "["], ["z"]),
        ("[a", ["[a"], ["a"]),
        ("?\\", ["a\\", "\n\\"], ["\\"]),
        ("**", ["", "a"], []),
    ],
)
def test_parts_of_patterns(part: str, fitting: list[str], others: list[str]) -> None:
    assert [fits(name, part) for name in fitting] == [True] * len(fitting)
    assert [fits(name, part) for name in others] == [False] * len(others)


def test_no_pattern_takes_long() -> None:
    since = time.process_time()
    assert not fits("a" * 255, "*a" * 120 + "b")
    assert expand("/".join(["*"] * 2000), Listing(["a/b"])) == []
    assert time.process_time() - since < 5


def test_nested_stars_walk_a_tree_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        (tmp_path / f"d{number % 10}" / f"e{number % 3}").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"d{number % 10}" / f"e{number % 3}" / f"f{number}").write_text("")
    monkeypatch.setattr(outputs, "MAX_FILES", 20_000)
    found = matches(Tree(str(tmp_path), [str(tmp_path)]), [{"pattern": "/".join(["**"] * 8), "required": True}])
    assert len(found) == 300


def test_links_in_circles_are_no_endless_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        (tmp_path / f"loop{number}").symlink_to(".")
    (tmp_path / "a.root").write_text("")
    monkeypatch.setattr(outputs, "MAX_FILES", 20_000)
    tree = Tree(str(tmp_path), [str(tmp_path)])
    assert dict(tree.glob("**/a.root"))["a.root"] == "a.root"
    with pytest.raises(Failure, match="more than 20000"):
        dict(tree.glob("/".join(["*"] * 8)))


def test_a_pattern_that_finds_a_dangling_link_says_so(tmp_path: Path) -> None:
    (tmp_path / "gone.root").symlink_to("nowhere")
    for required in (True, False):
        with pytest.raises(Failure, match="a symlink to nothing"):
            matches(Tree(str(tmp_path), []), [{"pattern": "*.root", "required": required}])


NAMES = st.sampled_from(["a", "b.x", ".h", "c"])
PARTS = st.sampled_from(["*", "**", "a", "?", ".*", "*.x", "[!a]", ".", ""])


@settings(deadline=None, max_examples=60)
@given(
    files=st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=5),
    links=st.dictionaries(st.sampled_from(["l1", "a/l2"]), st.sampled_from(["a", "c", "../c", "a/c"]), max_size=2),
    pattern=st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(lambda text: not text.startswith("/")),
)
def test_the_listing_of_what_was_kept_is_read_as_the_tree_was(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], links: dict[str, str], pattern: str
) -> None:
    """Whatever is kept for a pattern beside everything else: the publisher finds what the worker found."""
    work = tmp_path_factory.mktemp("w")
    for path in files:
        _write(work / path)
    for path, target in links.items():
        if (work / path).parent.is_dir() and not os.path.lexists(work / path):
            (work / path).symlink_to(target)
    tree = Tree(str(work), [str(work)])
    try:
        kept = matches(tree, [{"pattern": ".", "required": False}])
    except Failure:
        return  # a link to nothing or in a circle: the step has failed, and publishes nothing
    known = {name: Artifact(name, "", 0, links=tree.links_of(name)) for name in kept}
    is_kept = set(kept) | {parent for name in kept for parent in map(str, Path(name).parents)}
    found = [path for path in expand(pattern, tree) if str(Path(path)) in is_kept | {"."}]
    assert expand(pattern, Listing(known)) == found


def _write(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return  # another file has the name of a folder
