"""Everything that COPY would carry is in the key of a build, and nothing else is."""

import os
import shutil
from pathlib import Path

import pytest

from recast.images.building.build import _content_key
from recast.images.building.containerfile import Containerfile
from recast.images.building.context import context_digest


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "context"
    (folder / "sub/empty").mkdir(parents=True)
    (folder / "Containerfile").write_text("FROM x\nCOPY . /\n")
    (folder / "sub/f").write_text("one")
    (folder / "link").symlink_to("sub/f")
    (folder / "folder").symlink_to("sub")
    (folder / "nowhere").symlink_to("../../gone")
    os.mkfifo(folder / "pipe")
    return folder


def _again(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


def _file(path: Path) -> None:
    path.unlink()
    path.write_text("sub/f")


CHANGES = {
    "a link's target": lambda f: _again(f / "link", "sub/g"),
    "a folder's link": lambda f: _again(f / "folder", "sub/empty"),
    "a link to nothing": lambda f: _again(f / "nowhere", "gone"),
    "a file for a link": lambda f: _file(f / "link"),
    "one link more": lambda f: (f / "more").symlink_to("x"),
    "bytes": lambda f: (f / "sub/f").write_text("two"),
    "a name": lambda f: (f / "sub/f").rename(f / "sub/g"),
    "a mode": lambda f: (f / "sub/f").chmod(0o600),
    "the executable bit": lambda f: (f / "sub/f").chmod(0o755),
    "setuid": lambda f: (f / "sub/f").chmod(0o4644),
    "a folder's mode": lambda f: (f / "sub").chmod(0o700),
    "the context's own mode": lambda f: f.chmod(0o711),
    "an empty folder less": lambda f: (f / "sub/empty").rmdir(),
    "an empty folder more": lambda f: (f / "sub/empty/er").mkdir(),
    "a pipe less": lambda f: (f / "pipe").unlink(),
    "what is not to be copied": lambda f: (f / ".containerignore").write_text("sub\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_a_new_key(folder, name):
    before = context_digest(folder)
    CHANGES[name](folder)
    assert context_digest(folder) != before


def test_times_places_and_order_do_not_matter(folder, tmp_path):
    before = context_digest(folder)
    os.utime(folder / "sub/f", (1, 1))
    shutil.copytree(folder / "sub", tmp_path / "sub")
    shutil.rmtree(folder / "sub")
    shutil.copytree(tmp_path / "sub", folder / "sub")
    assert context_digest(folder) == before
    folder.rename(tmp_path / "elsewhere")
    assert context_digest(tmp_path / "elsewhere") == before


def test_names_cannot_be_mistaken_for_other_content(tmp_path):
    keys = set()
    for number, names in enumerate((["a\nb"], ["a", "b"], ["a", "\nb"])):
        (tmp_path / str(number)).mkdir(mode=0o755)
        for name in names:
            (tmp_path / str(number) / name).touch()
        keys.add(context_digest(tmp_path / str(number)))
    assert len(keys) == 3


def test_what_the_build_reads_through_a_link_counts(folder, tmp_path):
    for name in ("Containerfile", "requirements.lock"):
        outside = tmp_path / name
        outside.write_text("FROM x\n")
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(outside)
        recipe = Containerfile(folder / "Containerfile", ("x",))
        before = _content_key(recipe, {})
        outside.write_text("FROM y\n")
        assert (_content_key(recipe, {}) != before) == (name in ("Containerfile", _lock_name())), name


def _lock_name() -> str:
    from recast.images.building.wheels import LOCK_FILE

    return LOCK_FILE
