"""The folder of a copy: whole or not at all, in place of an earlier copy and of nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from recast.errors import InfrastructureError, UsageError
from recast.service.offline import folder as room
from recast.service.offline.folder import MARK, check_place, in_place_of


def write(place: Path, text: str) -> None:
    with in_place_of(place, {"analyses": 1}) as fresh:
        (fresh / "index.html").write_text(text)


def test_a_copy_appears_in_place_of_nothing_an_empty_folder_or_an_earlier_copy(tmp_path: Path) -> None:
    place = tmp_path / "new" / "copy"
    write(place, "one")
    assert json.loads((place / MARK).read_text())["analyses"] == 1
    (place / "left").write_text("x")
    write(place, "two")
    assert (place / "index.html").read_text() == "two" and not (place / "left").exists()
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", "three")
    assert sorted(it.name for it in tmp_path.iterdir()) == ["empty", "new"]
    assert [it.name for it in place.parent.iterdir()] == ["copy"]


def test_where_folders_cannot_be_exchanged_the_old_one_steps_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_exchanged", lambda *_: False)
    write(tmp_path / "copy", "one")
    write(tmp_path / "copy", "two")
    assert (tmp_path / "copy" / "index.html").read_text() == "two"
    assert [it.name for it in tmp_path.iterdir()] == ["copy"]


def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "copy", "one")
    with pytest.raises(RuntimeError), in_place_of(tmp_path / "copy", {}) as fresh:
        (fresh / "index.html").write_text("half")
        raise RuntimeError
    assert (tmp_path / "copy" / "index.html").read_text() == "one"
    assert [it.name for it in tmp_path.iterdir()] == ["copy"]


@pytest.mark.parametrize(
    "mark", [None, "", "{}", "[]", '{"kind": "other"}', "x" * 200_000, '{"kind":' + "[" * 100_000, "link", "folder"]
)
def test_what_is_not_a_copy_is_left_alone(tmp_path: Path, mark: str | None) -> None:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "thesis.tex").write_text("x")
    if mark == "link":
        (tmp_path / "mark").write_text(json.dumps({"kind": room._KIND}))
        (place / MARK).symlink_to(tmp_path / "mark")
    elif mark == "folder":
        (place / MARK).mkdir()
    elif mark is not None:
        (place / MARK).write_text(mark)
    with pytest.raises(UsageError) as told:
        write(place, "no")
    assert "overwrite" in told.value.what and (place / "thesis.tex").read_text() == "x"


def test_neither_a_file_nor_a_link_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "copy").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "copy")
    for name in ("file", "link"):
        with pytest.raises(UsageError):
            check_place(tmp_path / name)


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(UsageError), in_place_of(tmp_path / "copy", {}):
        (tmp_path / "copy").mkdir()
        (tmp_path / "copy" / "mine").write_text("x")
    assert (tmp_path / "copy" / "mine").read_text() == "x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InfrastructureError):
        write(tmp_path / "copy", "x")


def test_a_place_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InfrastructureError) as told:
        write(tmp_path / "file" / "copy", "x")
    assert "memory stick" in told.value.next_step
