"""Links, odd names and empty folders in an init directory: found as yadage finds them, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recast.errors import InputError
from recast.prepare.init_dir import linked_parts, read_initdir
from recast.workflow.discover import discovered
from tests.conftest import Recast


@pytest.fixture
def init(tmp_path: Path) -> Path:
    folder = tmp_path / "init"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "sub" / "b.txt").write_text("1")
    (folder / "sub" / "deep" / "c.root").write_text("2")
    (folder / "a.txt").write_text("3")
    (folder / "dl").symlink_to("sub")
    (folder / "fl.txt").symlink_to("sub/b.txt")
    (folder / "odd").mkdir()
    for name, target in {"out": "/etc/hostname", "folder": "/etc", "gone": "nowhere", "loop": ".."}.items():
        (folder / "odd" / name).symlink_to(target)
    (folder / "odd" / "empty").mkdir()
    return folder


def found(init: Path, text: str) -> Any:
    files = read_initdir(init)
    files.check(text)
    return discovered(text, "init", files.listing(), patterns=True)


@pytest.mark.parametrize(
    ("text", "theirs"),
    [
        ("dl/b.txt", "init/dl/b.txt"),
        ("dl", "init/dl"),
        ("dl/", "init/dl/"),
        ("fl.txt", "init/fl.txt"),
        ("./a.txt", "init/./a.txt"),
        ("sub//b.txt", "init/sub//b.txt"),
        ("*.txt", ["init/a.txt", "init/fl.txt"]),
        ("dl/*", ["init/dl/b.txt", "init/dl/deep"]),
        ("dl/**", ["init/dl/b.txt", "init/dl/deep", "init/dl/deep/c.root"]),
        ("**/*.txt", ["init/a.txt", "init/dl/b.txt", "init/fl.txt", "init/sub/b.txt"]),
        ("nothing*", "nothing*"),
        ("text", "text"),
        ("", ""),
    ],
)
def test_files_are_found_as_yadage_finds_them(init: Path, text: str, theirs: Any) -> None:
    assert found(init, text) == theirs


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("odd/out", "leads out"),
        ("odd/folder", "leads out"),
        ("odd/folder/hostname", "leads out"),
        ("odd/gone", "broken link"),
        ("odd/loop/a.txt", "folder that contains it"),
        ("odd/empty", "without files"),
        ("odd/*", "leads out|without files|broken link|contains it"),
        ("sub/../a.txt", r"'\.\.'"),
        ("../init/a.txt", "outside"),
    ],
)
def test_what_cannot_be_handed_in_is_refused_when_it_is_named(init: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        found(init, text)
    assert "-p KEY=@FILE" in (caught.value.next_step or "")


def test_links_that_multiply_are_bounded(tmp_path: Path) -> None:
    for level in range(30):
        (tmp_path / f"d{level}").mkdir()
        for name in "xy":
            (tmp_path / f"d{level}" / name).symlink_to(f"../d{level + 1}")
    (tmp_path / "d30").mkdir()
    with pytest.raises(InputError, match="has more than"):
        read_initdir(tmp_path)


def test_linked_folders_are_noted(init: Path) -> None:
    assert linked_parts("dl/deep/c.root", init / "dl" / "deep" / "c.root") == "1"
    assert linked_parts("sub/b.txt", init / "sub" / "b.txt") == ""
    assert linked_parts("inputs/q/b.txt", init / "dl" / "b.txt") == ""


WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'cat {q} > o.txt'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: interpolated-pub, publish: {o: '{workdir}/o.txt'}}
"""


def test_a_run_reads_files_below_linked_folders_and_none_that_nobody_names(
    init: Path, tmp_path: Path, recast: Recast
) -> None:
    (tmp_path / "wf.yml").write_text(WORKFLOW)
    options = ("--initdir", init, "--allow-host-process", "-q")
    ran = recast("run", tmp_path / "wf.yml", *options, "-p", "q=dl/b.txt")
    assert ran.code == 0, ran.err
    refused = recast("run", tmp_path / "wf.yml", *options, "-p", "q=odd/out")
    assert (refused.code, refused.out) == (3, "")
    assert "leads out of the init directory" in refused.err
