"""The cache of a node: whose it is, and what has to go."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.worker.cache.evict import Item, evict
from recast.worker.cache.folder import default_folder, open_cache
from recast.worker.failure import Failure

ITEMS = st.lists(
    st.builds(Item, st.text(min_size=1), st.integers(0, 100), st.floats(0, 100)), unique_by=lambda item: item.name
)


@given(items=ITEMS, bound=st.integers(0, 500), used=st.sets(st.integers(0, 20)))
def test_the_least_recently_used_go_first_and_none_in_use(items, bound, used):
    in_use = {items[index].name for index in used if index < len(items)}
    removed = []

    def remove(item):
        if item.name in in_use:
            return False
        removed.append(item)
        return True

    left = evict(items, bound, remove)
    assert left == sum(item.size_bytes for item in items) - sum(item.size_bytes for item in removed)
    assert left <= bound or all(item.name in in_use or not item.size_bytes for item in set(items) - set(removed))
    stayed = [item.last_used for item in items if item not in removed and item.name not in in_use and item.size_bytes]
    assert all(gone.last_used <= kept for gone in removed for kept in stayed)
    if removed:  # nothing went without need
        assert left + removed[-1].size_bytes > bound


def test_a_folder_of_the_job_alone_is_no_cache_of_the_node():
    uid = os.geteuid()
    assert default_folder({"TMPDIR": "/scratch"}) == f"/scratch/recast-{uid}"
    assert default_folder({}) == f"/var/tmp/recast-{uid}"
    assert default_folder({"TMPDIR": "relative"}) == f"/var/tmp/recast-{uid}"
    for of_the_job in (
        {"TMPDIR": "/pool/dir_12", "_CONDOR_SCRATCH_DIR": "/pool/dir_12"},
        {"TMPDIR": "/pool/dir_12/tmp", "_CONDOR_SCRATCH_DIR": "/pool/dir_12"},
        {"TMPDIR": "/tmp/slurm.4711", "SLURM_JOB_ID": "4711"},
    ):
        assert default_folder(of_the_job) == f"/var/tmp/recast-{uid}"
    assert default_folder({"TMPDIR": "/pool/dir_123", "_CONDOR_SCRATCH_DIR": "/pool/dir_12"}).startswith(
        "/pool/dir_123"
    )


def test_it_is_ours_alone(tmp_path):
    cache = open_cache({"cache": str(tmp_path / "deep/cache"), "cache_mb": 7})
    assert os.stat(cache.root).st_mode & 0o777 == 0o700
    assert cache.bound_bytes == 7_000_000


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "elsewhere")
    refused(tmp_path / "cache", "symbolic link")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_in_its_place(tmp_path):
    (tmp_path / "cache").write_text("")
    refused(tmp_path / "cache", "no folder")


def test_one_that_others_can_write(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    refused(tmp_path / "cache", "written by others")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_one_of_another_user(tmp_path):
    (tmp_path / "cache").mkdir(mode=0o700)
    os.chown(tmp_path / "cache", 65534, 65534)
    refused(tmp_path / "cache", "belongs to user 65534")


def refused(path, why):
    with pytest.raises(Failure, match=why) as caught:
        open_cache({"cache": str(path)})
    assert caught.value.kind == "infrastructure"
    assert str(path) in caught.value.message
