"""What jobs leave at a store under their own names: files whose digest nobody knows beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.worker.failure import Failure
from recast.worker.remote import web
from recast.worker.remote.names import LOG, OUTCOME, named_place
from recast.worker.remote.s3 import S3Store
from recast.worker.remote.store import FarStore, store_at
from tests.worker.webstore import WebStore, web_store

PLACE = named_place("job-1", OUTCOME)


@pytest.fixture(params=["file", "http", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FarStore:
    if request.param == "file":
        return store_at(f"file://{tmp_path}/far")
    server: WebStore = request.getfixturevalue("server")
    if request.param == "http":
        return store_at(server.url)
    signed = {PLACE: f"{server.url}/{PLACE}?X-Amz-Signature=abc"}
    return S3Store({"get": {}, "post": {}, "put": signed, "look": signed})


@pytest.fixture
def server() -> Iterator[WebStore]:
    with web_store() as made:
        yield made


def test_it_is_not_there_and_then_it_is(store: FarStore, tmp_path: Path) -> None:
    target = str(tmp_path / "came")
    assert not store.fetch_named(PLACE, target, 1000)
    for content in (b"first", b"second one"):
        source = tmp_path / "outcome.json"
        source.write_bytes(content)
        store.put(str(source), PLACE, len(content), again=True)
        assert store.fetch_named(PLACE, target, 1000)
        assert Path(target).read_bytes() == content
        source.unlink()


def test_no_more_is_brought_than_is_wanted(store: FarStore, tmp_path: Path) -> None:
    source = tmp_path / "outcome.json"
    source.write_bytes(b"x" * 5000)
    store.put(str(source), PLACE, 5000, again=True)
    assert store.fetch_named(PLACE, str(tmp_path / "came"), 100)
    assert (tmp_path / "came").stat().st_size == 100


def test_a_server_that_is_down_is_not_one_that_has_nothing(
    server: WebStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_PAUSES_S", (0.0, 0.0, 0.0))
    far = store_at(server.url)
    for status in (503, 403, 500):
        server.ill = [status] * 4
        with pytest.raises(Failure):
            far.fetch_named(PLACE, str(tmp_path / "came"), 100)
        server.ill = []
    assert not (tmp_path / "came").exists()


def test_an_answer_that_breaks_off_is_asked_for_again(
    server: WebStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_PAUSES_S", (0.0, 0.0, 0.0))
    far = store_at(server.url)
    (tmp_path / "made").write_bytes(b"x" * 5000)
    far.put(str(tmp_path / "made"), PLACE, 5000)
    server.cut = [10]
    assert far.fetch_named(PLACE, str(tmp_path / "came"), 10_000)
    assert (tmp_path / "came").stat().st_size == 5000


def test_an_object_store_may_call_what_is_missing_forbidden(server: WebStore, tmp_path: Path) -> None:
    signed = {PLACE: f"{server.url}/{PLACE}?X-Amz-Signature=abc"}
    node = S3Store({"get": {}, "post": {}, "put": signed, "look": signed})
    server.ill = [403]
    assert not node.fetch_named(PLACE, str(tmp_path / "came"), 100)


@pytest.mark.parametrize("job_id", ["", "../x", "a/b", ".hidden", "a b", "a\n", "x" * 201])
def test_an_id_that_could_lead_elsewhere_has_no_place(job_id: str) -> None:
    with pytest.raises(Failure, match="cannot be the name"):
        named_place(job_id, LOG)
