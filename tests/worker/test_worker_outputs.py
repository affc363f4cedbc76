"""Which files a job keeps, against a payload that lies."""

import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recast.worker.failure import Failure
from recast.worker.files import outputs
from recast.worker.files.outputs import Tree, matches

LOGICAL = "/recast/run/stage/0"


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def kept(work, *patterns, required=True):
    tree = Tree(str(work), [LOGICAL, str(work)])
    return matches(tree, [{"pattern": pattern, "required": required} for pattern in patterns])


def write(work, *names):
    for name in names:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(name)


def test_patterns(work):
    write(work, "a.txt", "b.txt", "d/c.txt", "d/e/f.txt", "d/e/g.root", ".hidden", "x[1].txt", "x1.txt")
    assert list(kept(work, "a.txt")) == ["a.txt"]
    assert set(kept(work, "*.txt")) == {"a.txt", "b.txt", "x[1].txt", "x1.txt"}
    assert set(kept(work, "d")) == {"d/c.txt", "d/e/f.txt", "d/e/g.root"}
    assert set(kept(work, "d/*.txt")) == {"d/c.txt"}
    assert set(kept(work, "**/*.txt")) == {"a.txt", "b.txt", "x[1].txt", "x1.txt", "d/c.txt", "d/e/f.txt"}
    assert set(kept(work, "d/**")) == {"d/c.txt", "d/e/f.txt", "d/e/g.root"}
    assert set(kept(work, "d/?")) == {"d/e/f.txt", "d/e/g.root"}
    assert set(kept(work, "x[1].txt")) == {"x[1].txt", "x1.txt"}
    assert ".hidden" in kept(work, ".")
    assert set(kept(work, "./d//e/")) == {"d/e/f.txt", "d/e/g.root"}


def test_an_empty_folder_is_kept_but_a_missing_one_is_not_there(work):
    (work / "empty").mkdir()
    assert kept(work, "empty") == {"empty/": "empty/"}
    (work / "d/e/f").mkdir(parents=True)
    write(work, "d/x")
    assert set(kept(work, "d")) == {"d/x", "d/e/f/"}
    assert "d/e/f/" in kept(work, "**")
    assert kept(work, "nothing", required=False) == {}
    with pytest.raises(Failure, match="'nothing'"):
        kept(work, "nothing")


def test_links_inside_are_followed_also_by_their_logical_path(work):
    write(work, "real/file")
    (work / "relative").symlink_to("real/file")
    (work / "logical").symlink_to(f"{LOGICAL}/real/file")
    (work / "physical").symlink_to(work / "real" / "file")
    (work / "folder").symlink_to("real")
    (work / "round").symlink_to("real/../real/file")
    for name in ("relative", "logical", "physical", "round"):
        assert kept(work, name) == {name: "real/file"}
    assert kept(work, "folder") == {"folder/file": "real/file"}


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../x", "real/../../x", f"{LOGICAL}/../other", "/recast/run/stage/01/x", "/"]
)
def test_links_that_lead_out_are_refused(work, target):
    write(work, "real/file")
    (work.parent / "x").write_text("secret")
    (work / "link").symlink_to(target)
    (work / "folder").mkdir()
    (work / "folder" / "link").symlink_to(target.replace("../x", "../../x"))
    for pattern in ("link", "*", "folder", "**", "link/passwd"):
        with pytest.raises(Failure) as caught:
            kept(work, pattern)
        assert caught.value.kind == "user"


def test_loops_and_dangling_links_are_told(work):
    (work / "a").symlink_to("b")
    (work / "b").symlink_to("a")
    with pytest.raises(Failure, match="loop"):
        kept(work, "a")
    (work / "d").mkdir()
    (work / "d" / "up").symlink_to("../d")
    with pytest.raises(Failure, match="links to itself"):
        kept(work, "d")
    (work / "e").mkdir()
    (work / "e" / "gone").symlink_to("nowhere")
    with pytest.raises(Failure, match="symlink to nothing"):
        kept(work, "e")


def test_only_regular_files_are_kept(work):
    os.mkfifo(work / "fifo")
    with pytest.raises(Failure, match="a fifo"):
        kept(work, "fifo")
    plug = socket.socket(socket.AF_UNIX)
    plug.bind(os.path.relpath(work / "socket"))
    plug.close()
    with pytest.raises(Failure, match="a socket"):
        kept(work, "s*")


def test_patterns_cannot_lead_out(work):
    with pytest.raises(Failure, match="leads out"):
        kept(work, "../*")


def test_depth_and_number_are_bounded(work, monkeypatch):
    monkeypatch.setattr(outputs, "MAX_FILES", 5)
    write(work, *(f"many/{number}" for number in range(6)))
    with pytest.raises(Failure, match="more than 5"):
        kept(work, "many")
    deep = work / "/".join(["d"] * 70)
    deep.mkdir(parents=True)
    with pytest.raises(Failure, match="too deep"):
        kept(work, "d")


PARTS = st.sampled_from(["a", "b", "c", ".", "..", "..."])
TARGETS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


@settings(deadline=None, max_examples=150)
@given(links=st.dictionaries(st.sampled_from("abc"), TARGETS, max_size=3), path=TARGETS, absolute=st.booleans())
def test_resolving_agrees_with_the_kernel(tmp_path_factory, links, path, absolute):
    """What is resolved is what the kernel resolves, and never outside."""
    work = tmp_path_factory.mktemp("w")
    for name, target in links.items():
        (work / name).symlink_to(f"{work}/{target}" if absolute else target)
    (work / "...").write_text("x")
    try:
        found = Tree(str(work), [str(work)]).resolve(path)
    except (Failure, OSError):
        return
    assert os.path.realpath(work / path) == os.path.realpath(work / found)
    assert os.path.realpath(work / found).startswith(str(work))
