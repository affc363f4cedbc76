"""The same store behind a real S3 gateway: nodes have passes for what is theirs, and no key."""

import hashlib
import os
import uuid

import pytest

from recast.errors import CredentialsProblem, UsageError
from recast.store import presigned as signing
from recast.store.presigned import S3Passes
from recast.store.remote_store import RemoteStore
from recast.worker.failure import Failure
from recast.worker.remote.data import send_outputs
from recast.worker.remote.names import OUTCOME, named_place
from recast.worker.remote.store import place_of, store_at
from tests.testbeds.ceph.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow
CONTENT = os.urandom(3_000_000)
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
OTHER = "sha256:" + hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def url(ceph, monkeypatch):
    for name, value in ceph.env.items():
        monkeypatch.setenv(name, value)
    return f"s3://{ceph.bucket}/{uuid.uuid4().hex}"


def on_node(url, *digests):
    """Return the store as the node of a job with these inputs sees it."""
    return store_at(url, "", RemoteStore(url).for_node(digests)["passes"])


def made(tmp_path, content=CONTENT):
    path = tmp_path / f"made-{len(content)}"
    path.write_bytes(content)
    return str(path)


def test_there_and_back(url, tmp_path):
    """A node puts, the driver looks and fetches; the driver puts, a node fetches."""
    on_node(url).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    driver = RemoteStore(url)
    assert driver.has(DIGEST, len(CONTENT))
    driver.fetch(DIGEST, len(CONTENT), tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == CONTENT
    driver.offer(OTHER, tmp_path / made(tmp_path, b"other"))
    on_node(url, OTHER).get(place_of(OTHER), OTHER, 5, str(tmp_path / "there"))
    assert (tmp_path / "there").read_bytes() == b"other"


def test_a_download_goes_on_where_it_broke_off(url, tmp_path):
    on_node(url).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    (tmp_path / "there.part").write_bytes(CONTENT[:1_000_000])
    on_node(url, DIGEST).get(place_of(DIGEST), DIGEST, len(CONTENT), str(tmp_path / "there"))
    assert (tmp_path / "there").read_bytes() == CONTENT


def test_an_empty_file(url, tmp_path):
    empty = "sha256:" + hashlib.sha256().hexdigest()
    on_node(url).put(made(tmp_path, b""), place_of(empty), 0)
    assert RemoteStore(url).has(empty, 0)


def test_a_node_gets_what_its_job_refers_to_and_nothing_else(url, tmp_path):
    on_node(url).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    with pytest.raises(Failure, match="no pass"):
        on_node(url, OTHER).get(place_of(DIGEST), DIGEST, len(CONTENT), str(tmp_path / "there"))


def test_a_node_cannot_put_anything_elsewhere(url, tmp_path):
    passes = RemoteStore(url).for_node([])["passes"]
    beyond = {**passes, "post": {**passes["post"], "folder": "elsewhere/"}}
    with pytest.raises(Failure, match="does not let us") as problem:
        store_at(url, "", beyond).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    assert problem.value.kind == "authentication"


def test_no_pass_holds_the_key_or_says_it(url, ceph, tmp_path):
    passes = RemoteStore(url).for_node([DIGEST])["passes"]
    assert ceph.env["AWS_SECRET_ACCESS_KEY"] not in repr(passes)
    with pytest.raises(Failure) as problem:
        store_at(url, "", passes).get(place_of(DIGEST), DIGEST, len(CONTENT), str(tmp_path / "there"))
    assert "404" in problem.value.message
    assert "Signature" not in problem.value.message


def test_a_pass_that_has_expired(url, tmp_path, monkeypatch):
    on_node(url).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    monkeypatch.setattr(signing, "LIFE_S", -10)
    with pytest.raises(Failure) as problem:
        on_node(url).put(made(tmp_path), place_of(DIGEST), len(CONTENT))
    assert problem.value.kind == "authentication"


def test_what_is_larger_than_one_request_may_be_comes_home(tmp_path):
    task = {"store": str(tmp_path), "far": {"url": "s3://b", "passes": None, "from_bytes": 10, "most_bytes": 100}}
    assert send_outputs(task, [{"digest": DIGEST, "size": 101}, {"digest": OTHER, "size": 9}]) == []


def test_without_credentials_it_is_said_where_they_are_looked_for(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsProblem, match="has no credentials for us") as problem:
        S3Passes("s3://bucket/folder")
    assert "AWS_ACCESS_KEY_ID" in problem.value.next_step


@pytest.mark.parametrize("url", ["s3:///folder", "s3://", "s3://bucket/folder?x=1"])
def test_no_place_in_an_object_store(url):
    with pytest.raises(UsageError, match="not a location"):
        S3Passes(url)


def test_what_has_a_name_is_written_once_and_looked_for(url, tmp_path):
    """A node writes under its own names, looks there, and nowhere else."""
    mine, others = named_place("job-1", OUTCOME), named_place("job-2", OUTCOME)
    node = store_at(url, "", RemoteStore(url).for_node([], [mine])["passes"])
    assert not node.fetch_named(mine, str(tmp_path / "earlier"), 1000)
    node.put(made(tmp_path, b"outcome"), mine, 7, again=True)
    assert node.fetch_named(mine, str(tmp_path / "earlier"), 1000)
    driver = RemoteStore(url)
    assert driver.fetch_named(mine, tmp_path / "here", 4)
    assert (tmp_path / "here").read_bytes() == b"outc"
    assert not driver.fetch_named(others, tmp_path / "there", 1000)
    with pytest.raises(Failure, match="no pass"):
        node.fetch_named(others, str(tmp_path / "there"), 1000)
