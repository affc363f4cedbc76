"""Room for mounts over a shared root: what bubblewrap is told, and that nothing is written."""

import os

import pytest

from recast.worker.cache.stamp import stamp_of
from recast.worker.failure import Failure
from recast.worker.room import MOST_ENTRIES, with_room


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    for folder in ("code/sub", "proc", "dev", "tmp", "recast/run", "etc"):
        (root / folder).mkdir(parents=True)
    (root / "code/main.py").touch()
    (root / "code/link").symlink_to("main.py")
    (root / "code/sub").chmod(0o750)
    (root / "out").symlink_to("/oldroot/etc")
    return root


@pytest.fixture
def text(tmp_path):
    (tmp_path / "0").touch()
    return str(tmp_path / "0")


def mounted(root, *mounts):
    """Return what is added to the options, with the root's own path cut short; the root must stay as it was."""
    before = stamp_of(str(root))
    options = with_room(["--unshare-all", "--ro-bind", str(root), "/", *mounts])
    assert stamp_of(str(root)) == before
    return " ".join(options).replace(str(root), "ROOT")


def refusal(root, *mounts):
    with pytest.raises(Failure) as caught:
        mounted(root, *mounts)
    assert caught.value.kind == "spec"
    return caught.value.message


def test_what_has_a_place_is_mounted_as_it_stands(root, text):
    mounts = ["--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", text, "/code/main.py", "--ro-bind", text, "/tmp/x/y"]
    assert mounted(root, *mounts) == f"--unshare-all --ro-bind ROOT / {' '.join(mounts)}"


def test_the_nearest_folder_is_shown_anew_and_sealed_at_the_end(root, text):
    assert mounted(root, "--ro-bind", text, "/code/sub/deep/x", "--chdir", "/") == (
        "--unshare-all --ro-bind ROOT / --perms 750 --tmpfs /code/sub"
        f" --ro-bind {text} /code/sub/deep/x --chdir / --remount-ro /code/sub"
    )
    assert mounted(root, "--ro-bind", text, "/code/x", "--bind", str(root.parent), "/code/sub/y") == (
        "--unshare-all --ro-bind ROOT /"
        " --perms 755 --tmpfs /code --symlink main.py /code/link --ro-bind ROOT/code/main.py /code/main.py"
        " --ro-bind ROOT/code/sub /code/sub --perms 750 --tmpfs /code/sub"
        f" --ro-bind {text} /code/x --bind {root.parent} /code/sub/y --remount-ro /code --remount-ro /code/sub"
    )


def test_the_root_itself_is_shown_anew(root, text):
    told = mounted(root, "--ro-bind", text, "/x")
    assert "--ro-bind ROOT /" not in told.split(" --symlink")[0].split(" --ro-bind ROOT/")[0]
    assert "--symlink /oldroot/etc /out" in told and told.endswith("--remount-ro /")


@pytest.mark.parametrize("place", ["/out/x", "/out", "/code/main.py/x", "/code/link", "/code/link/x", "/code/sub"])
def test_links_and_others_in_the_way_are_refused(root, text, place):
    assert "to mount over" in refusal(root, "--ro-bind", text, place)


@pytest.mark.parametrize("place", ["/", "//", "/.", "/a/../b", "x", "/" + "x" * 300, "/x" * 3000])
def test_what_is_no_place_is_refused(root, text, place):
    assert refusal(root, "--ro-bind", text, place)


@pytest.mark.parametrize("place", ["/recast/run", "/recast", "/proc/x", "/proc", "/tmp", "/data", "/data/in/x"])
def test_what_would_hide_another_mount_or_lies_in_it_is_refused(root, text, place):
    mine = ["--bind", str(root.parent), "/data/in", "--tmpfs", "/recast/run", "--bind", text, "/recast/run/a"]
    kernel = ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--tmpfs", "/tmp"]
    assert refusal(root, *mine, *kernel, "--ro-bind", text, place)


def test_a_link_in_the_place_of_a_file_that_is_only_tried_is_left_out(root, text):
    (root / "etc/resolv.conf").symlink_to("/oldroot/home/user/.ssh/authorized_keys")
    told = mounted(root, "--ro-bind-try", text, "/etc/resolv.conf")
    assert "authorized_keys" not in told
    assert f"--tmpfs /etc --ro-bind-try {text} /etc/resolv.conf --remount-ro /etc" in told


def test_what_is_only_tried_and_not_there_costs_nothing(root, text):
    assert mounted(root, "--ro-bind-try", text + "x", "/etc/resolv.conf") == "--unshare-all --ro-bind ROOT /"


def test_a_folder_with_too_many_entries_is_refused(root, text):
    for number in range(MOST_ENTRIES + 1):
        (root / f"code/{number}").touch()
    assert f"over {MOST_ENTRIES}" in refusal(root, "--ro-bind", text, "/code/x")


def test_names_that_are_not_utf8_come_through(root, text):
    os.mkdir(os.fsencode(root / "code") + b"/\xff")
    assert b"/code/\xff" in os.fsencode(mounted(root, "--ro-bind", text, "/code/x"))


def test_the_place_of_a_file_counts_as_there_only_if_it_is_one(root):
    os.mkfifo(root / "code/fifo")
    assert "no plain file at /code/fifo" in refusal(root, "--ro-bind", str(root / "code/main.py"), "/code/fifo")
