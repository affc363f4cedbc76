"""Names of files are bytes: one that is not UTF-8 is told as such, and never reaches a record."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recast.cli.output import emit
from recast.errors import InputError
from recast.prepare.init_dir import read_initdir
from recast.prepare.inputs import user_inputs
from recast.terminal_safe import as_utf8, is_utf8
from recast.worker.failure import Failure
from recast.worker.files.outputs import Tree, matches


@pytest.mark.parametrize("pattern", ["*.txt", "sub", ".", "**/*", "sub/?ad.txt"])
def test_a_step_that_leaves_such_a_name_fails(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "sub").mkdir()
    for folder in (tmp_path, tmp_path / "sub"):
        (folder / os.fsdecode(b"\xffad.txt")).write_text("x")
    with pytest.raises(Failure, match="not UTF-8") as caught:
        matches(Tree(str(tmp_path), []), [{"pattern": pattern, "required": False}])
    assert caught.value.kind == "user"
    assert is_utf8(caught.value.message)


def test_text_of_any_script_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "Größe→ü.txt").write_text("x")
    assert list(matches(Tree(str(tmp_path), []), [{"pattern": "*.txt", "required": True}])) == ["Größe→ü.txt"]


def test_such_an_input_is_refused_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("x")
    (tmp_path / "good.dat").write_text("x")
    read_initdir(tmp_path).check(["good.dat", "*.dat"])
    with pytest.raises(InputError, match="not UTF-8"):
        read_initdir(tmp_path).check("*.txt")
    with pytest.raises(InputError):
        user_inputs([], [os.fsdecode(b"q=\xff.txt")], {})


def test_json_of_a_run_that_has_such_a_name_is_still_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"bad\xff.txt")
    emit({"name": name}, [{"name": name}], ("name",), "json")
    emit({"name": name}, [{"name": name}], ("name",), "jsonl")
    emit({"name": name}, [{"name": name}], ("name",), "csv")
    said = capsys.readouterr().out
    assert said.encode("utf-8").decode() == said
    assert json.loads(said.splitlines()[-3]) == {"name": name}
    assert as_utf8(name) == "bad\\udcff.txt"
